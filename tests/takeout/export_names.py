"""What folders and files in a Google Takeout are called, by the account's language.

Mail in German: https://github.com/hanshuebner/herold (its name is cut off in real exports, too). Mail, photos and
activity in Japanese: names that public scripts look for. The others, beyond English, are likely ones.
"""

from __future__ import annotations

NAMES: dict[str, dict[str, str]] = {
    "en": {
        "mail": "Mail", "all mail": "All mail Including Spam and Trash", "drive": "Drive", "photos": "Google Photos",
        "photos of": "Photos from {}", "edited": "-edited", "album": "Graduation trip", "metadata": "metadata",
        "contacts": "Contacts", "all contacts": "All Contacts", "calendar": "Calendar", "keep": "Keep",
        "labels": "Labels", "tasks": "Tasks", "chat": "Google Chat", "groups": "Groups", "account": "Google Account",
        "youtube": "YouTube and YouTube Music", "history": "history", "watched": "watch-history", "videos": "videos",
        "activity": "My Activity", "my activity": "MyActivity", "search": "Search", "settings": "User Settings",
        "log": "Access Log Activity", "owned groups": "groups you own", "topics": "topics",
    },
    "ja": {
        "mail": "メール", "all mail": "すべてのメール（迷惑メール、ゴミ箱のメールを含む）", "drive": "ドライブ",
        "photos": "Google フォト", "photos of": "Photos from {}", "edited": "-編集済み", "album": "卒業旅行",
        "metadata": "メタデータ", "contacts": "連絡先", "all contacts": "すべての連絡先", "calendar": "カレンダー",
        "keep": "Keep", "labels": "ラベル", "tasks": "ToDo リスト", "chat": "Google Chat", "groups": "グループ",
        "account": "Google アカウント", "youtube": "YouTube と YouTube Music", "history": "履歴",
        "watched": "watch-history", "videos": "動画", "activity": "マイ アクティビティ",
        "my activity": "マイアクティビティ",
        "search": "検索", "settings": "ユーザー設定", "log": "アクセスログ アクティビティ",
        "owned groups": "所有しているグループ", "topics": "トピック",
    },
    "de": {
        "mail": "Gmail", "all mail": "Alle E-Mails einschließlich Spam-Nachrichten und E", "drive": "Drive",
        "photos": "Google Fotos", "photos of": "Fotos von {}", "edited": "-bearbeitet", "album": "Abschlussfahrt",
        "metadata": "Metadaten", "contacts": "Kontakte", "all contacts": "Alle Kontakte", "calendar": "Kalender",
        "keep": "Google Notizen", "labels": "Labels", "tasks": "Aufgaben", "chat": "Google Chat", "groups": "Gruppen",
        "account": "Google-Konto", "youtube": "YouTube und YouTube Music", "history": "Verlauf",
        "watched": "Wiedergabeverlauf", "videos": "Videos", "activity": "Meine Aktivitäten",
        "my activity": "MeineAktivitäten", "search": "Google Suche", "settings": "Nutzereinstellungen",
        "log": "Zugriffsprotokollaktivitäten", "owned groups": "Eigene Gruppen", "topics": "Themen",
    },
}  # fmt: skip
"""Folders and files by the account's language."""
