"""The test message of a `forward` command: one is sent, at most once, and looked for where it should arrive."""

from __future__ import annotations

from eccs_backup.accounts import google
from eccs_backup.accounts.google_purposes import READ
from eccs_backup.cli.forward_report import Report
from eccs_backup.cli.forward_session import SEND, Session, scopes
from eccs_backup.errors import Unusable
from eccs_backup.forwarding import addresses, proof
from eccs_backup.forwarding.mailbox import Mailbox, Unsure
from eccs_backup.forwarding.proof import Place

COLOURS = {Place.INBOX: "green", Place.SPAM: "yellow", Place.TRASH: "yellow", Place.ARCHIVED: "yellow"}
SENTENCES = {
    Place.INBOX: "test-arrived",
    Place.SPAM: "test-spam",
    Place.TRASH: "test-trash",
    Place.ARCHIVED: "test-archived",
}


def prepare(session: Session, to: str, second: str | None) -> None:
    """See that the message could be sent and found: what is lacking is said now, and not after all the rest.

    Raises Unusable, SignInNeeded.
    """
    if second and addresses.mailbox(second) == addresses.mailbox(session.account):
        raise session.talk.error(Unusable, "test-account-old", second=second)
    if second and addresses.mailbox(second) != addresses.mailbox(to):
        raise session.talk.error(Unusable, "test-account-other", second=second, to=to)
    google.account(second or session.account, scopes(SEND), group=SEND)
    if second:
        google.account(second, scopes(READ), group=READ)


def prove(session: Session, report: Report, to: str, second: str | None) -> bool:
    """Send a message to the old address, and look for it at the new one if it can be read; whether all is well."""
    sender, address = session.other(second or session.account, SEND)
    sent = proof.probe(address, session.account)
    if not session.talk.ask("will-send", sender=address, account=session.account):
        raise session.talk.error(Unusable, "test-not-sent", hint="say-yes")
    session.watch.start()
    report.found["test_subject"] = sent.subject
    sure = _send(session, sender, sent)
    if not second:
        report.found["test"] = "sent" if sure else "unknown"
        report.tell("test-sent" if sure else "test-unsure", account=session.account, to=to, subject=sent.subject)
        return sure
    box, _ = session.other(second, READ)
    session.talk.say("looking", to=second)
    arrival = proof.await_copy(box, sent, session.watch)
    if arrival is None or not proof.came_by_forwarding(arrival, to):
        report.found["test"] = "lost"
        report.tell("test-lost", "red", to=to, subject=sent.subject)
        return False
    report.found["test"] = "arrived" if arrival.place is Place.INBOX else arrival.place.value
    report.tell(SENTENCES[arrival.place], COLOURS[arrival.place], to=to)
    return True


def _send(session: Session, sender: Mailbox, sent: proof.Probe) -> bool:
    """Whether it was sent for certain. It is never sent a second time: the answer may have been lost, and not it."""
    try:
        sender.send(sent.body)
    except Unsure as error:
        session.talk.say("answer-lost", error=error)
        return False
    return True
