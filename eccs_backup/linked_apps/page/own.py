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
clear | clear filters | name | all | all apps |
your connections | send feedback | settings |
Google アカウント | ホーム | 個人情報 | データとプライバシー | セキュリティ | セキュリティとログイン |
情報共有と連絡先 |
連絡先と情報の共有 | お支払いと定期購入 | 概要 | Google について | プライバシー | 規約 | 利用規約 | ヘルプ |
プライバシー規約ヘルプ概要 | プライバシー ポリシー | 戻る | メニュー | メインメニュー | メインコンテンツにスキップ |
閉じる | 検索 |
Google アカウントの検索 | クリア | フィルタをクリア | 名前 |
すべて |
すべてのアプリ | フィードバックを送信 | 設定
""")
FILTER_BY = words("""
filter | filters | filter by | フィルタ | フィルタ条件 | フィルタする | フィルター | フィルター条件 | 絞り込み |
絞り込む | 絞り込み条件
""")
"""What stands before the names of filters."""
SORT_BY = words("""
sort | sort by | sort order | order by | 並べ替え | 並べ替える | 並べ替え条件 | 並べ替え順 | 並び替え | 並び替える |
並び順 | 表示順
""")
"""What stands before the orders."""
LABELS = words("""
access | access type | type of access | connection type | permissions | access permissions | data access | has access |
sign in | all connections | all services | all types | show all | show more | show less | see all | see more |
see less | view all | view more | load more | expand | collapse | apply | reset | clear all | selected | not selected |
no filters | alphabetical | alphabetically | app name | ascending | descending | newest | oldest | recent | date |
アクセス | アクセス権限 | アクセス権あり | アクセス許可 | アクセスの種類 | アクセス権の種類 | 権限 | 接続の種類 | 種類 |
すべての接続 | すべてのサービス | すべての種類 | すべて表示 | すべて見る | もっと見る | もっと表示 | さらに表示 |
表示を減らす | 一部を表示 | 折りたたむ | 展開 | 展開する | 適用 | 適用する | リセット | 完了 | すべてクリア |
選択済み | 未選択 | アプリ名 | 昇順 | 降順 | 最近 | 最近使用 | 最近使用したアプリ | 最近追加 | 最終使用日 |
最終アクセス | 最終アクセス日 | 日付 | 追加日 | アルファベット | 五十音
""")
"""Names of filters and orders, and what can be pressed around the list."""
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
_CONTROL = re.compile(
    r"(?:sort|order|filter)(?:ed)? by\b.+|(?:sort|order|filter)s?: ?.+|.+\((?:filter|フィルター?|絞り込み|並べ替え)\)"
    r"|(?:並べ替え|並び替え|並び順|表示順|フィルター?|絞り込み)(?:条件)?: ?.+"
    r"|.{1,30}[でを](?:絞り込[むみ]|フィルタ|並べ替え|並び替え).{0,4}"
    r"|(?:(?:app )?name|名前|アプリ名)?[ (:]*(?:a ?(?:[-–—~〜→>]|to|から) ?z|z ?(?:[-–—~〜→>]|to|から) ?a)順?\)?"
    r"|(?:newest|oldest|latest|most|least|recently|recent|last|first|date|time)"
    r"(?: (?:newest|oldest|recent|recently|added|used|connected|linked|accessed|updated|access|connection|first|last))+"
    r"|[^\s]{1,12}(?<!手)順(?:\(.{1,8}\))?"
    r"|search (?:for )?(?:your |all |by )?(?:apps?|connections?|links?|names?|services?|sites?)\b.{0,40}"
    r"|.{1,20}を検索(?:する)?|名前で検索"
)
"""Filters, orders and searches in more words than can be listed."""
_SENTENCE = re.compile(
    r"[。！]|(?:です|ます|ません|ください)$|^(?:[^\s]+ ){4,}.*[.!?]$|^(?:you|these|this|your|keep|if|no|there) .{25,}"
)


def is_button(line: str) -> bool:
    """Whether a line, folded, is what every entry has: never a name, even where a name stands."""
    return line in BUTTONS or line in ICONS


def is_control(line: str) -> bool:
    """Whether a line, folded, is a filter, an order or a search, in whatever words."""
    return line in FILTER_BY or line in SORT_BY or line in LABELS or bool(_CONTROL.fullmatch(line))


def is_own(line: str) -> bool:
    """Whether a line, folded, is the page's own: it can be no name where nothing but the text tells."""
    if line in BUTTONS or line in MENU or line in ICONS or line in PART or not any(map(str.isalnum, line)):
        return True
    if len(line) > LONGEST_NAME or line.isdecimal():
        return True
    return bool(_COUNT.fullmatch(line) or _ACCOUNT.fullmatch(line) or _SENTENCE.search(line))
