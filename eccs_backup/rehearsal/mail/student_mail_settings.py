"""The student's settings of Gmail, as its API answers them."""

from __future__ import annotations

from eccs_backup.rehearsal.cast import STUDENT
from eccs_backup.rehearsal.things import Json

_SIGNATURE = (
    '<div dir="ltr">--&nbsp;<br><b>山田 花子</b><br>理学部 物理学科 4年<br>'
    '<a href="https://example.ac.jp/~yamada">https://example.ac.jp/~yamada</a></div>'
)


def student_settings() -> dict[str, Json]:
    """Name of the resource -> the whole answer. https://developers.google.com/workspace/gmail/api/reference/rest"""
    return {
        "filters": {"filter": _filters()},
        "forwardingAddresses": {
            "forwardingAddresses": [
                {"forwardingEmail": "hanako.private@mail.example.com", "verificationStatus": "accepted"},
                {"forwardingEmail": "hanako@later.example.net", "verificationStatus": "pending"},
            ]
        },
        "autoForwarding": {
            "enabled": True,
            "emailAddress": "hanako.private@mail.example.com",
            "disposition": "leaveInInbox",
        },
        "sendAs": {"sendAs": _send_as()},
        "vacation": {
            "enableAutoReply": True,
            "responseSubject": "不在のお知らせ",
            "responseBodyPlainText": "学会のため三月十日まで不在です。\nお急ぎの方は研究室へ。",
            "responseBodyHtml": "<p>学会のため三月十日まで不在です。<br>お急ぎの方は研究室へ。</p>",
            "restrictToContacts": False,
            "restrictToDomain": True,
            "startTime": "1709251200000",
            "endTime": "1710082800000",
        },
        "imap": {"enabled": True, "autoExpunge": True, "expungeBehavior": "archive", "maxFolderSize": 0},
        "pop": {"accessWindow": "disabled", "disposition": "leaveInInbox"},
        "language": {"displayLanguage": "ja"},
    }


def _filters() -> list[Json]:
    return [
        {
            "id": "ANe1Bmh1",
            "criteria": {"from": "suzuki.ichiro@g.example.ac.jp", "subject": "ゼミ"},
            "action": {"addLabelIds": ["Label_2", "STARRED"], "removeLabelIds": ["INBOX"]},
        },
        {
            "id": "ANe1Bmh2",
            "criteria": {
                "query": 'list:announce.example.org OR "お知らせ"',
                "hasAttachment": True,
                "size": 1_048_576,
                "sizeComparison": "larger",
            },
            "action": {"removeLabelIds": ["UNREAD", "SPAM"]},
        },
        {
            "id": "ANe1Bmh3",
            "criteria": {"to": STUDENT.address, "negatedQuery": "from:me", "excludeChats": True},
            "action": {"forward": "hanako.private@mail.example.com"},
        },
    ]


def _send_as() -> list[Json]:
    return [
        {
            "sendAsEmail": STUDENT.address,
            "displayName": STUDENT.name,
            "replyToAddress": "",
            "signature": _SIGNATURE,
            "isPrimary": True,
            "isDefault": True,
        },
        {
            "sendAsEmail": "hanako@phys.example.ac.jp",
            "displayName": "Hanako Yamada <物理>",
            "replyToAddress": STUDENT.address,
            "signature": "<p>山田 花子 &lt;物理学教室&gt;</p>",
            "isPrimary": False,
            "isDefault": False,
            "treatAsAlias": True,
            "smtpMsa": {
                "host": "smtp.phys.example.ac.jp",
                "port": 587,
                "username": "hanako",
                "securityMode": "starttls",
            },
            "verificationStatus": "accepted",
        },
    ]
