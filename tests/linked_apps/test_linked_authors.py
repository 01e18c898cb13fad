"""Who wrote a mail is what the receiving server found, and nothing else."""

from __future__ import annotations

import pytest

from eccs_backup.linked_apps.mail import google_alerts, humans, lookalikes
from eccs_backup.linked_apps.mail.authors import Proof, proof
from eccs_backup.linked_apps.mail.heads import Address, Head
from eccs_backup.linked_apps.mail.judge import Judge

ME = "hanako@g.example.ac.jp"
PASSED = "mx.google.com; dmarc=pass (p=REJECT) header.from=github.com"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (PASSED, Proof.ALIGNED),
        ("mx.google.com 1; dmarc=pass header.from=github.com", Proof.ALIGNED),
        ("mx.google.com; dkim=pass header.i=@mail.github.com header.s=s1", Proof.ALIGNED),
        ("mx.google.com; dkim=pass header.d=github.com", Proof.ALIGNED),
        ("mx.google.com; spf=pass (google.com: domain of a@github.com) smtp.mailfrom=a@github.com", Proof.ALIGNED),
        ("mx.google.com; dkim=fail header.i=@github.com", Proof.FORGED),
        ("mx.google.com; spf=pass smtp.mailfrom=b@vps1.top", Proof.FORGED),
        ("mx.google.com; dmarc=pass header.from=evil.com", Proof.FORGED),
        ("mx.google.com; dkim=pass header.i=@github.com; dmarc=fail header.from=github.com", Proof.FORGED),
        ("mx.google.com; dkim=pass header.i=@amazonses.com; dmarc=none header.from=github.com", Proof.CARRIED),
        ("mx.google.com.evil.top; dmarc=pass header.from=github.com", Proof.FORGED),
        ("mail.example.org; dmarc=pass header.from=github.com", Proof.FORGED),
        ('mx.google.com; spf=pass smtp.mailfrom="x; dmarc=pass header.from=github.com"@evil.top', Proof.FORGED),
        (
            "mx.google.com; spf=fail (domain of a(; dmarc=pass header.from=github.com;)@b.top) smtp.mailfrom=a@b",
            Proof.FORGED,
        ),
        ("mx.google.com; spf=fail (of x) y; dmarc=pass header.from=github.com.evil.top", Proof.FORGED),
        ("", Proof.UNKNOWN),
    ],
)
def test_proof(line: str, expected: Proof) -> None:
    head = _head(f"Authentication-Results: {line}" if line else "X-Nothing: here")
    assert proof(head, "github.com") is expected


def test_only_the_topmost_line_counts() -> None:
    below = _head(
        "Authentication-Results: mx.google.com; dmarc=fail header.from=github.com", f"Authentication-Results: {PASSED}"
    )
    assert proof(below, "github.com") is Proof.FORGED


@pytest.mark.parametrize(
    ("name", "domain", "expected"),
    [
        ("GitHub", "github-security.dev", True),
        ("PayPal Service", "paypa1-billing.com", True),
        ("Somebody", "paypa1-billing.com", True),
        ("Amazon", "kqzvtre.cn", True),
        ("えきねっと", "jp-login.shop", True),
        ("Nоtion Team", "notions.example", True),  # the first o is Cyrillic
        ("Notice", "xn--ntion-jye.so", True),
        ("文具屋もり", "bunguya-mori.jp", False),
        ("Anything", "amazon.de", False),
        ("日本語.jp 事務局", "xn--wgv71a119e.jp", False),
        ("Blue River Hostel", "blueriverhostel.com", False),
    ],
)
def test_lookalikes(name: str, domain: str, expected: bool) -> None:
    assert lookalikes.suspects(name, domain) is expected


@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        ("森 健", "mori.ken@firm.co.jp", True),
        ("Anna Lindqvist", "anna.lindqvist@hydro.uu.se", True),
        ("Ana from Loopwell", "ana@loopwell.io", False),
        ("朝日新聞デジタル", "news@asahi.com", False),
        ("砂田クリニック", "x@sunadaclinic.jp", False),
        ("GitHub", "noreply@github.com", False),
    ],
)
def test_people(name: str, address: str, expected: bool) -> None:
    assert humans.wrote(Address(name, address)) is expected


@pytest.mark.parametrize(
    ("text", "app"),
    [
        ("Zoom was granted access to your Google Account hanako@x\n\nIf you did not", "Zoom"),
        ("You allowed My App, Inc. access to some of your Google Account data", "My App, Inc."),
        ("あなたは Zapier に Google アカウントのデータの一部へのアクセスを許可しました", "Zapier"),
        ("Security alert hanako@x You allowed Canva access to some of your Google Account data hanako@x", "Canva"),
        ("River Monitor's access to your Google Account was removed", None),
        ("A new sign-in on Windows\nWe noticed a new sign-in to your Google Account", None),
        ("重大なセキュリティ通知\nログインの試行がブロックされました", None),
    ],
)
def test_google_alerts(text: str, app: str | None) -> None:
    assert google_alerts.app(text) == app


@pytest.mark.parametrize(
    "lines",
    [
        ("From: GitHub <noreply@github.com>", "X-Gmail-Labels: Spam"),
        ("From: GitHub <noreply@github.com>", "X-Gmail-Labels: =?UTF-8?B?6L+35oOR44Oh44O844Or?="),
        (f"From: Me <{ME}>",),
        ("From: GitHub <noreply@github.com>", "Auto-Submitted: auto-replied"),
        ("From: GitHub <noreply@github.com>", f"X-Forwarded-For: other@gmail.com {ME}"),
        (
            "From: GitHub <noreply@github.com>",
            "List-Post: <mailto:list@elsewhere.org>",
            "List-Id: <list.elsewhere.org>",
        ),
        ("From: Office <noreply@adm.example.ac.jp>",),
        ("From: nobody",),
        ("From: GitHub <noreply@github.com>", "Content-Type: text/calendar"),
    ],
)
def test_what_is_no_mail_of_a_service(lines: tuple[str, ...]) -> None:
    head = _head(f"Authentication-Results: {PASSED}", *lines, "Subject: Please verify your email address")
    assert not [*Judge([ME]).claims(head, lambda: "", "message 1")]


def test_a_mail_of_a_service() -> None:
    head = _head(
        f"Authentication-Results: {PASSED}", "From: GitHub <noreply@github.com>", "Subject: Please verify your email"
    )
    (claim,) = Judge([ME]).claims(head, lambda: "", "message 1")
    assert (claim.domain, str(claim.kind), claim.proven, claim.alone) == ("github.com", "sign-up", True, True)


def _head(*lines: str) -> Head:
    return Head.of("\r\n".join([*lines, "", ""]).encode())
