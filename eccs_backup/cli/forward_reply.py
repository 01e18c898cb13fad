"""The vacation reply of a `forward` command: what is there is shown, then what is to be, and then Gmail is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from eccs_backup.cli.forward_report import Report
from eccs_backup.cli.forward_session import Session
from eccs_backup.errors import Unusable
from eccs_backup.forwarding import reply
from eccs_backup.forwarding.run import LOOKS, SOON
from eccs_backup.model import Json


def set_reply(session: Session, report: Report, wished: reply.Reply) -> bool:
    """Show the reply, set it, and read it back; whether Gmail shows it. Raises Unusable when nobody says yes."""
    session.watch.start()
    talk = session.talk
    held = session.mailbox.reply()
    if held.get("enableAutoReply"):
        talk.say("reply-there", account=session.account, text=reply.shown(held), until=_end(session, held))
    until = f"{wished.until:%Y-%m-%d}" if wished.until else talk.voice.say("no-end")
    if not talk.ask("will-reply", account=session.account, text=wished.text, until=until):
        raise talk.error(Unusable, "reply-left", hint="say-yes")
    session.watch.start()
    session.mailbox.set_reply(wished.body())
    good = _shows(session, wished)
    report.found["reply"] = good
    report.tell("reply-on" if good else "reply-lost", None if good else "red")
    return good


def _shows(session: Session, wished: reply.Reply) -> bool:
    for number in range(LOOKS):
        if wished.is_in(session.mailbox.reply()):
            return True
        if number < LOOKS - 1:
            session.watch.rest(SOON)
    return False


def _end(session: Session, held: Mapping[str, Json]) -> str:
    try:
        return f"{datetime.fromtimestamp(int(str(held['endTime'])) / 1000).astimezone():%Y-%m-%d %H:%M}"
    except (KeyError, ValueError, OverflowError, OSError):
        return session.talk.voice.say("no-end")
