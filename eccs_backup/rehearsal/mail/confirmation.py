"""The mail that asks the owner of a forwarding address to agree: its subject, its text and its two links.

https://support.google.com/mail/answer/10957
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime

SENDER = "Gmail Team <forwarding-noreply@google.com>"
_SUBJECT = (
    "(#{code}) Gmail Forwarding Confirmation - Receive Mail from {source}",
    "(#{code}) Gmail の転送の確認 - {source} からメールを受信",
)
_TEXT = (
    "{source} has requested to automatically forward mail to your email\r\naddress {to}.\r\n"
    "Confirmation code: {code}\r\n\r\n"
    "To allow {source} to automatically forward mail to your address,\r\n"
    "please click the link below to confirm the request:\r\n\r\n{agree}\r\n\r\n"
    "If you do not approve of this request, no further action is required.\r\n"
    "If you accidentally clicked the link, but you do not want to allow messages to be forwarded,\r\n"
    "click this link to cancel this verification:\r\n{refuse}\r\n",
    "{source} さんから、メールを\r\n{to} に自動転送するリクエストがありました。\r\n"
    "確認コード: {code}\r\n\r\n"
    "転送を許可する場合は、次のリンクをクリックして確認してください。\r\n\r\n{agree}\r\n\r\n"
    "許可しない場合、操作は必要ありません。\r\n"
    "誤ってリンクをクリックした場合は、次のリンクで取り消せます。\r\n{refuse}\r\n",
)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The number, and the last part of each link."""

    code: str
    agree: str
    refuse: str


def mail(source: str, to: str, confirmation: Confirmation, origin: str, *, japanese: bool) -> bytes:
    """The whole message. `origin` begins the links."""
    words = {
        "source": source,
        "to": to,
        "code": confirmation.code,
        "agree": f"{origin}/mail/{confirmation.agree}",
        "refuse": f"{origin}/mail/{confirmation.refuse}",
    }
    message = EmailMessage(SMTP)
    message["From"] = SENDER
    message["To"] = to
    message["Subject"] = _SUBJECT[japanese].format(**words)
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = f"<{confirmation.code}.forwarding@google.com>"
    # Links are not to be broken into lines, as quoted-printable would do.
    message.set_content(_TEXT[japanese].format(**words), charset="utf-8", cte="8bit" if japanese else "7bit")
    return message.as_bytes()
