"""One mail -> what it says of an account: claims, or none when a person, a list, a forger or the university wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache

from eccs_backup import profiles
from eccs_backup.linked_apps import services
from eccs_backup.linked_apps.claims import Claim, Kind
from eccs_backup.linked_apps.domains import registrable
from eccs_backup.linked_apps.mail import google_alerts, humans, lookalikes, wording
from eccs_backup.linked_apps.mail.authors import Proof, is_carried, proof
from eccs_backup.linked_apps.mail.heads import Address, Head
from eccs_backup.linked_apps.mail.senders import SENDERS

Text = Callable[[], str]
"""Brings the text of the mail, when it is wanted: that costs more than its headers."""
GOOGLE = frozenset({"google.com", "youtube.com", "googlegroups.com", "google.co.jp", "googlemail.com", "gmail.com"})
NOT_RECEIVED = frozenset(
    (
        "spam",
        "draft",
        "drafts",
        "sent",
        "chat",
        "chats",
        "迷惑メール",
        "下書き",
        "送信済み",
        "送信済みメール",
        "チャット",
    )
)
"""Labels of mail that the person wrote, or that Gmail holds to be spam, as the API and Takeout name them."""
MOST_TEXTS = 15
_LISTS = ("x-mailman-version", "x-ml-name", "mailing-list")
_WEAK = frozenset({Kind.NOTICE, Kind.NEWSLETTER})
STRONG = frozenset({Kind.SIGN_UP, Kind.RESET, Kind.SECURITY, Kind.RECEIPT})
_MACHINES = re.compile(
    r"cuenote|haihai|blayn|mailchimp|phpmailer|swiftmailer|symfony|wordpress|zendesk|salesforce|benchmark|"
    r"mailpublisher|spiral|synergy|combz|acmailer|xserver|php/|nodemailer|javamail|hubspot",
    re.IGNORECASE,
)
"""Programs that no person writes with."""
_RECEIPT_FROM = re.compile(
    r"\b(?:receipt|invoice|payment) (?:from|to|for) (\S.{1,60}?)(?: (?:\[?#|\()|$)", re.IGNORECASE
)
"""Whose receipt it is, where the platform writes under its own name."""
_ANSWER = re.compile(r"\s*(?:re|fwd?|aw|wg|sv|返信|転送|回复)\s*[::\]]", re.IGNORECASE)


class Judge:
    """Judges the mails of one person. `addresses` are the person's own, in lower case.

    Texts are read of the first MOST_TEXTS mails of a writer's domain, as services repeat themselves.
    """

    def __init__(self, addresses: Collection[str]) -> None:
        self._texts: dict[str, int] = {}
        self._own = frozenset(addresses)
        self._home = frozenset(registrable(each.rpartition("@")[2]) for each in addresses) - {""}
        self._profiles = [found for each in addresses if (found := profiles.of(each))]

    def claims(self, head: Head, text: Text, source: str) -> Iterator[Claim]:
        """What the mail says; most mails say nothing. `source` names it, as "message 18f0c2"."""
        author = head.address("from")
        if not author.host or len(head.every("from")) > 1 or self._is_own(head, author):
            return
        if _is_no_letter(head, author) or self._was_forwarded(head):
            return
        domain = registrable(author.host)
        if domain in GOOGLE:
            yield from _of_google(head, author, text, source)
            return
        true = proof(head, author.host)
        if true is Proof.FORGED or self._is_home(domain, author.host) or self._is_discussion(head, author, domain):
            return
        if SENDERS.is_platform(domain, author.local):
            true, writer = Proof.CARRIED, _customer(head, author, domain)
        else:
            mailer = lookalikes.mailer_of(domain)
            writer = author.name, mailer.domains[0] if mailer else domain
        if domain in SENDERS.carriers and services.of_domain(writer[1]):
            return  # anybody may write there, under any name
        if not services.of_domain(domain) and self._plays_home(author, domain):
            return
        text = self._sparing(writer[1], text)
        yield from _of_service(head, author, writer, text, source, proven=true is Proof.ALIGNED)

    def _sparing(self, domain: str, text: Text) -> Text:
        """The text once, and only when not too many of that domain have been read."""
        found: list[str] = []

        def read() -> str:
            if not found:
                count = self._texts[domain] = self._texts.get(domain, 0) + 1
                found.append(text() if count <= MOST_TEXTS else "")
            return found[0]

        return read

    def _is_own(self, head: Head, author: Address) -> bool:
        return author.address in self._own or bool(head.labels & NOT_RECEIVED)

    def _is_home(self, domain: str, host: str) -> bool:
        return domain in self._home or any(profiles.ends_too(each, f"@{host}") for each in self._profiles)

    def _is_discussion(self, head: Head, author: Address, domain: str) -> bool:
        """Whether it came through a mailing list to which people write. Services have such of their own domain."""
        if any(each in head for each in _LISTS):
            return True
        to_me = not self._own.isdisjoint(each.address for each in head.addresses("to"))
        to_list = head.first("precedence").lower() == "list" and not to_me
        if "mailto:" not in head.first("list-post").lower() and not to_list:
            return False
        listed = registrable(head.first("list-id").rpartition("<")[2].strip("<> ").lower())
        return listed != domain or not SENDERS.is_automatic(author.local)

    def _plays_home(self, author: Address, domain: str) -> bool:
        """Whether a stranger is called like the person's own organisation, or its domain."""
        told = author.name.lower()
        names = [*self._home, *(each.rpartition("@")[2] for each in self._own)]
        if any(each in told for each in names):
            return True
        known = (name.lower() for each in self._profiles for name in each.names)
        return not domain.endswith(lookalikes.REGISTERED) and any(each in told for each in known)

    def _was_forwarded(self, head: Head) -> bool:
        """Whether the mail came through another mailbox, whose address it is then that the service knows."""
        if "+caf_=" in head.first("return-path"):
            return True
        through = {each.address for each in head.addresses("x-forwarded-for")}
        through |= {word.strip("<>,").lower() for word in head.first("x-forwarded-for").split() if "@" in word}
        return bool(through - self._own)


def _is_no_letter(head: Head, author: Address) -> bool:
    """Whether it is a calendar's invitation, a bounce, or an answer that a machine gave for a person."""
    if head.address("sender").address.startswith("calendar-notification@"):
        return True
    if "text/calendar" in head.first("content-type").lower() or "calendarmessage" in head.first("content-class"):
        return True
    answered = head.first("auto-submitted").lower().startswith("auto-replied") or "x-autoreply" in head
    return answered or "x-failed-recipients" in head or author.local in ("mailer-daemon", "postmaster")


def _of_google(head: Head, author: Address, text: Text, source: str) -> Iterator[Claim]:
    if author.address != google_alerts.SENDER or proof(head, author.host) is not Proof.ALIGNED:
        return
    if (name := google_alerts.app(text())) is not None:
        known = services.named(name)
        domain = known.domains[0] if known else registrable(name)
        yield Claim(name, domain, Kind.GRANT, head.when, source, head.subject)


def _customer(head: Head, author: Address, domain: str) -> tuple[str, str]:
    """Name and domain of the one in whose name a platform writes: as far as it can be told. The customer chose both."""
    answers = registrable(head.address("reply-to").host)
    if answers and answers != domain and answers not in SENDERS.carriers and not _is_person(head.address("reply-to")):
        return author.name, answers
    named, own = _RECEIPT_FROM.search(head.subject), services.of_domain(domain)
    if named and own and services.named(author.name) == own:
        return named[1], ""
    if own is None and (known := services.named(author.name)):
        return author.name, known.domains[0]
    return author.name, "" if domain in SENDERS.carriers or SENDERS.platforms[domain] else domain


def _of_service(
    head: Head, author: Address, writer: tuple[str, str], text: Text, source: str, *, proven: bool
) -> Iterator[Claim]:
    """What is left to see: whether it is a service at all, whether it is the one it says, and what it writes about."""
    name, domain = writer
    known = services.of_domain(domain) is not None
    if _is_person(author) or (not known and domain and lookalikes.suspects(author.name, domain)):
        return
    if not (known or _is_office(author, domain) or _is_bulk(head) or _is_business(head, author)):
        return
    kind = _kind(head, author, text)
    alone = _is_enough(head, author, domain, kind, known=known)
    if alone and not known and not _is_named_after(author, domain) and wording.alarms(head.subject, text):
        alone = proven = False  # forgers write so; true ones have written other mail
    yield Claim(name, domain, kind, head.when, source, head.subject, proven, alone)


def _kind(head: Head, author: Address, text: Text) -> Kind:
    """What it writes about: by the subject, by the text where the subject does not say, else by how it was sent."""
    if wording.with_google(head.subject):
        return Kind.SIGN_IN
    found = wording.of_subject(head.subject)
    vague = found in (Kind.SIGN_UP, None) or (found is Kind.NOTICE and "list-unsubscribe" not in head)
    if vague or wording.is_open(head.subject):
        content = text()
        if wording.with_google(content):
            return Kind.SIGN_IN
        if found in (Kind.NOTICE, None):
            found = wording.of_text(content) or found
    advertised = (found is Kind.NOTICE and not wording.is_for_members(head.subject)) or (
        found in (Kind.SIGN_UP, Kind.RECEIPT) and wording.sells(head.subject)
    )
    if advertised and "list-unsubscribe" in head and not SENDERS.is_automatic(author.local):
        return Kind.NEWSLETTER
    if found is not None:
        return found
    return Kind.NEWSLETTER if "list-unsubscribe" in head and not SENDERS.is_notifier(author.local) else Kind.NOTICE


def _is_enough(head: Head, author: Address, domain: str, kind: Kind, *, known: bool) -> bool:
    """Whether the writer is a service that knows the address, and not a person there or an office that writes once."""
    if SENDERS.is_automatic(author.local):
        return True
    if "list-unsubscribe" in head:
        return True
    if humans.wrote(author) or ("in-reply-to" in head and not _is_bulk(head)):
        return False
    if _is_office(author, domain):
        return known or _is_bulk(head) or kind not in _WEAK or humans.is_body(author)
    return _is_business(head, author)


def _is_office(author: Address, domain: str) -> bool:
    """Whether nobody in person writes, by the name before the @ or the writer's."""
    return SENDERS.is_role(author.local) or _is_named_after(author, domain) or humans.is_body(author)


def _is_business(head: Head, author: Address) -> bool:
    """Whether it opens with business such as a booking or a new account, and is not from a person by name."""
    answers = "in-reply-to" in head or _ANSWER.match(head.subject)
    return not answers and wording.of_subject(head.subject) in STRONG and not humans.wrote(author)


def _is_bulk(head: Head) -> bool:
    """Whether a machine sent it, by its own word or by the service that carried it."""
    automatic = head.first("auto-submitted").lower().startswith("auto-generated")
    bulk = head.first("precedence").lower() in ("bulk", "junk")
    told = automatic or bulk or "list-unsubscribe" in head or "feedback-id" in head
    return told or _MACHINES.search(head.first("x-mailer")) is not None or is_carried(head)


def _is_person(author: Address) -> bool:
    return author.host in SENDERS.people and not SENDERS.is_automatic(author.local)


@lru_cache(maxsize=8192)
def _is_named_after(author: Address, domain: str) -> bool:
    """Whether the name before the @ or the writer's name is the domain's."""
    if humans.wrote(author):
        return False
    label = domain.partition(".")[0]
    names = (re.sub(r"[^a-z0-9]", "", each) for each in (author.local, author.name.lower()))
    own = {label.replace("-", ""), label.partition("-")[0]}
    return any(len(each) > 2 and each in name for name in names for each in own)
