"""The worklist for other programs: JSON with everything, a table for spreadsheets, tasks for calendars."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from urllib.parse import quote

from eccs_backup.linked_apps.inventory import Evidence, Linked, Way
from eccs_backup.linked_apps.worklist.words import (
    FILE,
    STATES,
    WAYS,
    account_mark,
    day,
    evidence_in_full,
    is_open,
    line,
    moment,
    own_change_page,
    sort_of,
    title,
    web_link,
    worst_first,
)
from eccs_backup.messages import Voice

FORMAT = 1
"""The number of the JSON's form: it grows when a key changes its meaning or goes."""
COLUMNS = ("state", "name", "domain", "way", "kind", "confidence", "step", "change", "last", "evidence", "note")
FORMULAS = frozenset("=+-@＝＋－＠")
"""What makes a spreadsheet calculate a cell, in both widths; tabs and line ends are taken out. https://owasp.org/www-community/attacks/CSV_Injection"""
PRIORITIES = {Way.GOOGLE: 1, Way.REGISTERED: 3, Way.GRANT: 5, Way.NEWSLETTER: 9}
"""RFC 5545, 3.8.1.9: 1 is the most urgent, 9 the least."""
LONGEST_LINE = 75
"""Octets of a calendar's line, its end apart: RFC 5545, 3.1."""


def as_json(services: Sequence[Linked], account: str, made: datetime) -> str:
    """Everything that is known, worst first. Times are ISO 8601 in UTC; halves of characters become U+FFFD.

    Characters that control or turn the direction of writing are written as escapes: safe to look at in a terminal.
    """
    found = {
        "format": FORMAT,
        "account": account,
        "made": _iso(made.timestamp()),
        "counts": {
            "services": len(services),
            **{state.value: sum(each.state is state for each in services) for state in STATES},
        },
        "services": [_service(each) for each in worst_first(services)],
    }
    return "".join(map(_shown, json.dumps(found, ensure_ascii=False, indent=2))) + "\n"


def as_csv(services: Sequence[Linked], made: datetime, language: str) -> str:
    """A row per service, worst first, for Excel: begins with a byte order mark, ends its lines with CR LF.

    Dates are those of the zone of `made`. Cells that a spreadsheet would calculate begin with an apostrophe. Write it
    as UTF-8 with newline="".
    """
    voice, page = Voice(FILE, language), io.StringIO()
    table = csv.writer(page, lineterminator="\r\n")
    table.writerow([voice.say(f"column-{each}") for each in COLUMNS])
    for service in worst_first(services):
        table.writerow([_cell(each) for each in _row(voice, service, made)])
    return f"\ufeff{page.getvalue()}"


def as_ics(services: Sequence[Linked], account: str, made: datetime, language: str, until: date | None = None) -> str:
    """A calendar (RFC 5545) with a task for each service that is still to do, due on the day the account ends.

    That day is an event as well, when it is known: many calendars show no tasks. Tasks keep their UID, so importing
    again renews them. Write it as UTF-8 with newline="".
    """
    voice, left = Voice(FILE, language), [each for each in worst_first(services) if is_open(each)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//eccs-backup//linked-apps//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{_text(voice.say('title'))}")
    if until is not None:
        lines += _end(voice, account, made, until, len(left))
    for service in left:
        lines += _task(voice, service, account, made, until)
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(each)}\r\n" for each in lines)


def _service(service: Linked) -> dict[str, object]:
    return {
        "id": service.id,
        "name": service.name,
        "domain": service.domain,
        "kind": service.kind,
        "way": service.way,
        "ways": [each for each in WAYS if each in service.ways],
        "confidence": service.confidence,
        "step": service.step,
        "change": service.change,
        "without_google": service.without_google,
        "first": _iso(service.first),
        "last": _iso(service.last),
        "state": service.state,
        "marked": _iso(service.marked),
        "arrived": service.arrived,
        "note": service.note,
        "evidence": [_evidence(each) for each in service.evidence],
    }


def _evidence(evidence: Evidence) -> dict[str, object]:
    trace = evidence.trace
    return {
        "reader": evidence.reader,
        "name": trace.name,
        "domain": trace.domain,
        "kind": trace.kind,
        "count": trace.number,
        "proven": trace.proven,
        "alone": trace.alone,
        "first": _iso(trace.first),
        "last": _iso(trace.last),
        "examples": [{"source": source, "quote": said, "when": _iso(when)} for source, said, when in trace.examples],
    }


def _iso(seconds: float | None) -> str | None:
    when = moment(seconds, UTC)
    return None if when is None else when.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _shown(letter: str) -> str:
    """A letter of a JSON text, or its escape; line ends come from the indentation alone, and stay."""
    match unicodedata.category(letter):
        case "Cs":
            return "\ufffd"
        case "Cc" | "Cf" | "Zl" | "Zp" if letter != "\n":
            return json.dumps(letter)[1:-1]
        case _:
            return letter


def _row(voice: Voice, service: Linked, made: datetime) -> Iterator[str]:
    yield voice.say(f"state-{service.state}")
    yield title(service)
    yield service.domain
    yield voice.say(f"way-{service.way}")
    yield sort_of(voice, service)
    yield voice.say(f"confidence-{service.confidence}")
    yield voice.say(f"step-{service.step}")
    yield service.change
    yield day(service.last, made.tzinfo)
    yield "; ".join(evidence_in_full(voice, service, made.tzinfo))
    yield service.note


def _cell(text: str) -> str:
    """One line, defused: an apostrophe before what would be calculated, even after blanks or control characters."""
    shown = line(text)
    return f"'{shown}" if shown[:1] in FORMULAS else shown


def _end(voice: Voice, account: str, made: datetime, until: date, left: int) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{account_mark(account)}-end@eccs-backup"
    yield f"DTSTAMP:{made.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{until:%Y%m%d}"
    yield f"SUMMARY:{_text(voice.say('calendar-end', account=account))}"
    yield f"DESCRIPTION:{_text(voice.say('calendar-open', count=left))}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _task(voice: Voice, service: Linked, account: str, made: datetime, until: date | None) -> Iterator[str]:
    yield "BEGIN:VTODO"
    yield f"UID:{_uid(service, account)}"
    yield f"DTSTAMP:{made.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"SUMMARY:{_text(title(service))}: {_text(voice.say(f'step-{service.step}'))}"
    yield "DESCRIPTION:" + r"\n".join(_text(each) for each in _description(voice, service, made) if each)
    if link := web_link(service.change):
        yield f"URL:{quote(link, safe=URL_MARKS)}"
    if until is not None:
        yield f"DUE;VALUE=DATE:{until:%Y%m%d}"
    yield f"PRIORITY:{PRIORITIES[service.way]}"
    yield f"CATEGORIES:{_text(voice.say(f'way-{service.way}'))}"
    yield "STATUS:NEEDS-ACTION"
    yield "END:VTODO"


URL_MARKS = "%:/?#[]@!$&'()*+,;=~"
"""What stands in an address as it is: RFC 3986, 2.2, and what is written with % already."""


def _description(voice: Voice, service: Linked, made: datetime) -> Iterator[str]:
    yield voice.say(f"step-{service.step}-how")
    yield service.change
    if not service.change and (own := own_change_page(service)):
        yield f"{voice.say('no-change')} {own}"
    yield from evidence_in_full(voice, service, made.tzinfo)
    yield service.note


def _uid(service: Linked, account: str) -> str:
    named = hashlib.sha256(service.id.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return f"{account_mark(account)}-{named}@eccs-backup"


def _text(text: str) -> str:
    """A calendar's TEXT of one line: RFC 5545, 3.3.11."""
    return line(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(text: str) -> str:
    """Folded after at most 75 octets, never inside a character."""
    lines, room = [""], LONGEST_LINE
    for letter in text:
        size = len(letter.encode())
        if size > room:
            lines.append(" ")
            room = LONGEST_LINE - 1
        lines[-1] += letter
        room -= size
    return "\r\n".join(lines)
