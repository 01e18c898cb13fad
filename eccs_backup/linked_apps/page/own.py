"""What Google's page of connections says of itself, in English and Japanese: buttons, menus, footers, help, counts."""

from __future__ import annotations

import re

from eccs_backup.linked_apps.page.line import words

LONGEST_NAME = 120
"""Characters of a line that can be a name."""
BUTTONS = words("""
see details | view details | details | manage | manage access | remove access | remove all access | delete connection |
delete link | delete all connections | delete all links | confirm | cancel | ok | learn more | unlink |
stop using sign in with google | report this app | visit app on google play |
詳細を表示 | 詳細 | 詳細を見る | 詳しくは | 管理 | 管理する | アクセス権を管理 | アクセス権を削除 | アクセス権の削除 |
すべてのアクセス権を削除 | 接続を削除 | リンクを削除 | すべての接続を削除 | 確認 | キャンセル | リンクを解除 |
Google でログインの使用を停止 | このアプリを報告
""")
"""What can be pressed in an entry."""
MENU = words("""
google account | google | home | personal info | data & privacy | security | security & sign-in | people & sharing |
payments & subscriptions | about | privacy | terms | help | privacyterms | privacytermshelpabout | privacy policy |
terms of service | back | menu | main menu | skip to main content | close | search | search google account |
search apps | filter | filters | filter by | clear | clear filters | sort | sort by | name | all | all apps |
your connections | send feedback | settings |
Google アカウント | ホーム | 個人情報 | データとプライバシー | セキュリティ | セキュリティとログイン |
情報共有と連絡先 |
連絡先と情報の共有 | お支払いと定期購入 | 概要 | Google について | プライバシー | 規約 | 利用規約 | ヘルプ |
プライバシー規約ヘルプ概要 | プライバシー ポリシー | 戻る | メニュー | メインメニュー | メインコンテンツにスキップ |
閉じる | 検索 |
Google アカウントの検索 | アプリを検索 | フィルタ | フィルタする | クリア | フィルタをクリア | 並べ替え | 名前 |
すべて |
すべてのアプリ | フィードバックを送信 | 設定
""")
CHOSEN = words("done | check | check_small")
"""Names of icons, which copied text has in their place."""
ICONS = words("""
account_circle | apps | arrow_back | arrow_drop_down | arrow_forward | arrow_forward_ios | chevron_right | close |
expand_more | filter_list | help_outline | info | keyboard_arrow_right | link | menu | more_vert | navigate_next |
open_in_new | pentagon | search | tune
""")
PART = words("""
see all connections | manage third-party access |
すべての接続を表示 | すべての接続を見る | サードパーティによるアクセスを管理
""")
"""Buttons of pages that show the first few connections only."""
LOGIN = words("""
forgot email | forgot password | use your google account | email or phone | create account | choose an account |
verify it's you | enter your password | forgot your password |
continue with apple | don't have an account | to continue to google | sign in - google accounts |
メールアドレスまたは電話番号 | メールアドレスを忘れた場合 | パスワードをお忘れの場合 | アカウントを作成 |
アカウントの選択 |
本人確認 | パスワードを入力 | パスワードを忘れ | 新規登録 | Google アカウントを使用 | ログイン - Google アカウント
""")
"""What a page to sign in says."""
_COUNT = re.compile(
    r"(?:you have )?[\d,]+\+? ?(?:total |linked |connected )?(?:app|connection|item|service|result|link)s?\b.{0,60}"
    r"|(?:合計)? ?[\d,]+ ?[件個].{0,30}"
)
_ACCOUNT = re.compile(
    r"google ?(?:account|アカウント): .+|[^\s@]{1,64}@[^\s@]+\.[^\s@]+|.{0,60}\([^\s@]{1,64}@[^\s@]+\)"
)
_SENTENCE = re.compile(
    r"[。！]|(?:です|ます|ません|ください)$|^(?:[^\s]+ ){4,}.*[.!?]$|^(?:you|these|this|your|keep|if|no|there) .{25,}"
)


def is_button(line: str) -> bool:
    """Whether a line, folded, is what every entry has: never a name, even where a name stands."""
    return line in BUTTONS or line in ICONS


def is_own(line: str) -> bool:
    """Whether a line, folded, is the page's own: it can be no name where nothing but the text tells."""
    if line in BUTTONS or line in MENU or line in ICONS or line in PART or not any(map(str.isalnum, line)):
        return True
    if len(line) > LONGEST_NAME or line.isdecimal():
        return True
    return bool(_COUNT.fullmatch(line) or _ACCOUNT.fullmatch(line) or _SENTENCE.search(line))
