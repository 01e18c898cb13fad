"""One mail after another: what makes it a service's, and each thing that keeps it from being one."""

from __future__ import annotations

import pytest

from eccs_backup.linked_apps.claims import Claim, Gathering
from eccs_backup.linked_apps.inventory import Confidence, Evidence, Linked, State, Way, join
from eccs_backup.linked_apps.mail.heads import Head
from eccs_backup.linked_apps.mail.judge import MOST_TEXTS, Judge
from eccs_backup.linked_apps.memory import Memory

ME = "yamada.hanako@g.ecc.u-tokyo.ac.jp"
SHOP = "Blue River <noreply@blueriver.example.com>"
CONFIRM = "Please confirm your email address"


def judged(
    sender: str = SHOP,
    subject: str = CONFIRM,
    *more: str,
    text: str = "",
    proof: str = "own",
    judge: Judge | None = None,
) -> list[Claim]:
    """What a mail shows. `proof`: "own" when the sender's domain signed it, else the whole line, "" for none."""
    host = sender.rpartition("@")[2].strip(">")
    line = f"mx.google.com; dkim=pass header.i=@{host}" if proof == "own" else proof
    lines = [f"Authentication-Results: {line}"] if line else []
    lines += [f"From: {sender}", f"Subject: {subject}", f"To: {ME}", *more, "", ""]
    return [*(judge or Judge([ME])).claims(Head.of("\r\n".join(lines).encode()), lambda: text, "message 1")]


def linked(*claims: Claim) -> list[Linked]:
    gathering = Gathering()
    for claim in claims:
        gathering.add(claim)
    return join(Evidence("mail", each) for each in gathering.traces())


def test_a_service() -> None:
    (claim,) = judged()
    assert (claim.domain, str(claim.kind), claim.proven, claim.alone) == ("example.com", "sign-up", True, True)


@pytest.mark.parametrize(
    "subject",
    [
        "仮登録のご案内（24時間以内にお手続きのない場合、登録情報は削除されます）",
        "Confirm your registration within 24 hours or it will be deleted",
        "ご予約ありがとうございます（お持ち帰り）",
        "商品発送のお知らせ（再配達はこちら）",
        "年会費納入のお願い（未納の方へ）",
        "Your boarding pass for Apple Wallet",
        "抽選結果のお知らせ：当選しました",
        "アカウントロックのお知らせ",
        "会員登録完了（還付のお手続き）",
        f"Confirm your email address: {ME}",
        f"【会員登録完了】{ME}",
        "Welcome to the u-tokyo.ac.jp workspace on Foo",
    ],
)
def test_frightening_words_and_ones_own_address_lose_nothing(subject: str) -> None:
    assert len(linked(*judged("Foo Office <noreply@mails-of-foo.com>", subject))) == 1


def test_what_forgers_write_is_not_enough_alone() -> None:
    once = judged("IT Desk <noreply@greenleaf-catering.com>", "Your mailbox is full: verify your account")
    assert not linked(*once)
    (found,) = linked(*once, *judged("IT Desk <noreply@greenleaf-catering.com>", "Your order 12"))
    assert found.domain == "greenleaf-catering.com"


@pytest.mark.parametrize(
    "sender",
    [
        "Google <noreply@google-security.com>",
        "Gmail Team <noreply@foo-bar.com>",
        "Google アカウント <noreply@foo-bar.com>",
        "東京大学 <noreply@foo-bar.com>",
        "UTokyo Account <noreply@foo-bar.com>",
        "ECCS Helpdesk <noreply@foo-bar.com>",
        "g.ecc.u-tokyo.ac.jp <noreply@foo-bar.com>",
        "Amaz0n <noreply@foo-bar.com>",
        "PayPaI <noreply@foo-bar.com>",
        "Àmazon <noreply@foo-bar.com>",
        "三井住友カ一ド <noreply@foo-bar.com>",
        "Somebody <noreply@githubb.com>",
        "Somebody <noreply@githup.com>",
        "Somebody <noreply@amazonprime-x.com>",
        "三井住友銀行 <noreply@smbc.se>",
        "PayPay <noreply@paypay.cn>",
        "Somebody <noreply@arnazon.com>",
        "Shop <noreply@shop-jp.com>",
        "Shop <noreply@shop.icu>",
        "Coinbase <hanako@gmail.com>",
    ],
)
def test_who_plays_another(sender: str) -> None:
    assert not judged(sender, "Reset your password")


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("Udemy <no-reply@e.udemymail.com>", "udemy.com"),
        ("東大生協 <noreply@utcoop.or.jp>", "utcoop.or.jp"),
        ("東京大学出版会 <noreply@utp.or.jp>", "utp.or.jp"),
        ("Amazon.de <noreply@amazon.de>", "amazon.de"),
        ("Blue River, Inc. <noreply@blueriver.com>", "blueriver.com"),
    ],
)
def test_who_does_not(sender: str, domain: str) -> None:
    (claim,) = judged(sender)
    assert claim.domain == domain
    assert claim.name.startswith(sender.split(" ")[0])


@pytest.mark.parametrize(
    "line",
    [
        'mx.google.com; spf=pass (domain of "a); dkim=pass header.i=@victim.com (b"@evil.top) smtp.mailfrom=x',
        "mx.google.com; dkim=pass header.i=@evil.top header.i=@victim.com",
        "mx.google.com; dmarc=fail header.from=victim.com; dmarc=pass header.from=victim.com",
        "mx.google.com; dmarc=permerror header.from=victim.com; spf=pass smtp.mailfrom=a@victim.com",
        "mx.google.com; dkim=pass header.i=@",
        "mx.google.com; spf=neutral smtp.mailfrom=a@victim.com",
        'mx.google.com; spf=pass smtp.mailfrom="a@victim.com',
        "mx.google.com; dmarc=pass header.from=",
    ],
)
def test_lines_that_prove_nothing(line: str) -> None:
    assert not judged("Victim <noreply@victim.com>", proof=line)


@pytest.mark.parametrize(
    ("line", "confidence"),
    [
        ("mx.google.com; dmarc=temperror header.from=shop.com; spf=pass smtp.mailfrom=a@shop.com", Confidence.CERTAIN),
        ("mx.google.com; spf=pass smtp.mailfrom=0101@us-west-2.amazonses.com", Confidence.POSSIBLE),
        ("", Confidence.POSSIBLE),
    ],
)
def test_how_sure(line: str, confidence: Confidence) -> None:
    (found,) = linked(*judged("Shop <noreply@shop.com>", proof=line))
    assert found.confidence is confidence


def test_known_services_of_old_mail_are_possible() -> None:
    (found,) = linked(*judged("GitHub <noreply@github.com>", proof=""))
    assert (found.id, found.confidence) == ("github", Confidence.POSSIBLE)


@pytest.mark.parametrize(
    ("sender", "more"),
    [
        (f"Me <{ME}>", ()),
        ("Office <noreply@adm.u-tokyo.ac.jp>", ()),
        ("Office <noreply@ecc.u-tokyo.ac.jp>", ()),
        (SHOP, ("From: Other <noreply@blueriver.example.com>",)),
        (SHOP, ("X-ML-Name: friends",)),
        (SHOP, ("Precedence: list", "To: friends@lists.example.org")),
        (SHOP, ("Return-Path: <bounce+caf_=me@gmail.com>",)),
        (SHOP, ("X-Forwarded-For: other@gmail.com",)),
        (SHOP, ("Sender: calendar-notification@google.com",)),
        (SHOP, ("Content-Class: urn:content-classes:calendarmessage",)),
        (SHOP, ("X-Autoreply: yes",)),
        (SHOP, ("X-Failed-Recipients: a@b",)),
        ("Mail Delivery <mailer-daemon@blueriver.example.com>", ()),
        ("Google <no-reply@google.com>", ()),
        ("森 健 <mori@gmail.com>", ("List-Unsubscribe: <https://x>",)),
    ],
)
def test_what_keeps_a_mail_from_counting(sender: str, more: tuple[str, ...]) -> None:
    lines = [each for each in more if not each.startswith("To:")]
    if len(lines) < len(more):
        head = (
            f"Authentication-Results: mx.google.com; dkim=pass header.i=@x.blueriver.example.com\r\nFrom: {sender}\r\n"
        )
        mail = head + "\r\n".join([f"Subject: {CONFIRM}", *more, "", ""])
        assert not [*Judge([ME]).claims(Head.of(mail.encode()), lambda: "", "message 1")]
    else:
        assert not judged(sender, CONFIRM, *lines)


def test_a_null_return_path_is_no_bounce() -> None:
    assert judged(SHOP, CONFIRM, "Return-Path: <>")


def test_a_list_of_the_services_own() -> None:
    more = ("List-Post: <mailto:reply@reply.github.com>", "List-Id: repo <repo.github.com>")
    assert judged("Ken Mori <notifications@github.com>", "Re: issue", *more)
    assert not judged("Ken Mori <ken@github.com>", "Re: issue", *more)


@pytest.mark.parametrize(
    ("sender", "more", "expected"),
    [
        ("OpenAI <invoice+statements@stripe.com>", ("Reply-To: support@openai.com",), ("openai.com", False)),
        ("Shop <invoice+statements@stripe.com>", ("Reply-To: x@gmail.com",), ("", False)),
        ("Shop <invoice+statements@stripe.com>", ("Reply-To: x@amazonses.com",), ("", False)),
        ("Stripe <notifications@stripe.com>", (), ("stripe.com", True)),
        ("Club <noreply@sendgrid.net>", (), ("", False)),
    ],
)
def test_platforms(sender: str, more: tuple[str, ...], expected: tuple[str, bool]) -> None:
    (claim,) = judged(sender, "Your receipt #12", *more)
    assert (claim.domain, claim.proven) == expected


@pytest.mark.parametrize("sender", ["Amazon <noreply@sendgrid.net>", "Apple Support <apple@mailchimpapp.net>"])
def test_nobody_is_a_known_service_on_a_shared_host(sender: str) -> None:
    assert not judged(sender)
    assert not judged(sender, CONFIRM, "Reply-To: noreply@amazon.co.jp")


def test_an_office_that_answers_is_no_service() -> None:
    office = "Office <office@foo-society.org>"
    assert not linked(*judged(office, "Re: your question", "In-Reply-To: <1@x>"))
    assert linked(*judged(office, "Your membership has been renewed"))


@pytest.mark.parametrize(
    ("subject", "way"),
    [
        ("利用規約改定のお知らせ", Way.REGISTERED),
        ("会員ポイント有効期限のお知らせ", Way.REGISTERED),
        ("取引レポートのお知らせ", Way.REGISTERED),
        ("春の新着おすすめ特集", Way.NEWSLETTER),
        ("会員登録特典！今だけ1000円引", Way.NEWSLETTER),
    ],
)
def test_members_and_readers(subject: str, way: Way) -> None:
    mail = judged("銀行 <info@foo-ginko.co.jp>", subject, "List-Unsubscribe: <https://x>")
    (found,) = linked(*mail, *mail)
    assert found.way is way


def test_a_password_besides_google() -> None:
    welcome = judged(text="You signed up with Google.")
    assert [str(each.kind) for each in welcome] == ["sign-in"]
    assert linked(*welcome)[0].way is Way.GOOGLE
    assert linked(*welcome, *judged(subject="Reset your password"))[0].way is Way.REGISTERED


def test_texts_are_read_sparingly() -> None:
    judge, read = Judge([ME]), []
    for number in range(MOST_TEXTS + 9):
        head = Head.of(
            f"Authentication-Results: mx.google.com; dkim=pass header.i=@a.com\r\nFrom: A <noreply@a.com>\r\n"
            f"Subject: Number {number}\r\n\r\n".encode()
        )
        assert [*judge.claims(head, lambda number=number: read.append(number) or "", "message 1")]
    assert len(read) == MOST_TEXTS


def test_a_mark_follows_its_service() -> None:
    """A service that was known by its domain alone may be in the table later, or the other way about."""
    (found,) = linked(*judged())
    memory = Memory([ME])
    memory.readers["mail"] = [each.trace for each in found.evidence]
    memory.mark(found._replace(id="blue-river"), State.MOVED, "done")
    (again,) = memory.services()
    assert (again.state, again.note) == (State.MOVED, "done")
    memory.mark(again, State.TODO, None)
    assert memory.services()[0].note == "done"
    memory.mark(again._replace(id="blue-river"), State.TODO, "")
    assert memory.services()[0].state is State.TODO


def test_names_without_a_domain_join_the_domain() -> None:
    named = judged()[0]._replace(domain="", name="Blue River")
    by_mail = judged("Blue River <noreply@sparkmail.com>")
    assert len(linked(*by_mail, named)) == 1
    by_domain = judged("Office <noreply@blueriver.com>")
    assert len(linked(*by_domain, named)) == 1
