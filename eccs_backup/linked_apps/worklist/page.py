"""The worklist as one page that needs nothing but itself: opened from a disk, it loads and sends nothing.

The rows stand in the page, escaped; without JavaScript it is a list with boxes to tick. The browser is told to run the
one script and the one style of `worklist.html`, by their hashes, and to load nothing at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from functools import cache
from importlib.resources import files
from string import Template

from eccs_backup.linked_apps.inventory import Evidence, Linked, State, Way
from eccs_backup.linked_apps.worklist.words import (
    FILE,
    KEPT_BY_CHANGE,
    STATES,
    STEPS,
    SURE,
    WAYS,
    account_mark,
    day,
    evidence_in_short,
    is_open,
    line,
    own_change_page,
    sort_of,
    title,
    web_link,
    worst_first,
)
from eccs_backup.messages import Voice

TEMPLATE = "worklist.html"
COLUMNS = ("done", "name", "way", "step", "confidence", "last", "state")
SENTENCES = (
    *("title", "offline", "ticks", "ticks-lost", "legend", "find", "find-hint", "filter-way", "filter-state"),
    *("hide-ticked", "clear", "open-all", "close-all", "print", "sort-by", "nothing-shown", "progress"),
)
"""What the template says by the name of the sentence, - as _."""


def as_html(
    services: Sequence[Linked],
    account: str,
    made: datetime,
    language: str,
    until: date | None = None,
    reuse: float | None = None,
) -> str:
    """The page, worst first. Dates are those of the zone of `made`.

    `until` is the day on which the account ends, `reuse` the years after which its address may be another person's;
    what is not known is not said. Write it as UTF-8.
    """
    voice = Voice(FILE, language)
    values = {name.replace("-", "_"): _safe(voice.say(name)) for name in SENTENCES}
    values |= _head(voice, account, made, until, reuse) | _counts(voice, services)
    values["ways"] = "\n".join(_ways(voice, services))
    values["steps"] = "\n".join(_steps(voice, services))
    values["way_chips"] = _chips(voice, "way", WAYS)
    values["state_chips"] = _chips(voice, "state", STATES)
    values["columns"] = "\n".join(_column(voice.say(f"column-{name}"), name) for name in COLUMNS)
    values["rows"] = "\n".join(_service(voice, each, made.tzinfo) for each in worst_first(services))
    values["empty"] = "" if services else f'<p class="empty">{_safe(voice.say("empty"))}</p>'
    return Template(_template()).substitute(values, lang=language, policy=_policy())


def _head(voice: Voice, account: str, made: datetime, until: date | None, reuse: float | None) -> dict[str, str]:
    today = made.date().isoformat()
    address = f"<bdi>{_safe(account)}</bdi>"
    ends = "" if until is None else f'<p class="ends">{_safe(voice.say("ends", until=until.isoformat()))}</p>'
    again = "" if reuse is None else f"<p>{_safe(voice.say('reuse', years=f'{reuse:g}'))}</p>"
    return {
        "mark": account_mark(account),
        "intro": _safe(voice.say("intro", account="{account}")).replace("{account}", address),
        "made": _safe(voice.say("made", day=today)),
        "print_header": _safe(voice.say("print-header", account=account, day=today)),
        "ends": ends,
        "reuse": again,
    }


def _counts(voice: Voice, services: Sequence[Linked]) -> dict[str, str]:
    """The counts as they stand before anything is ticked, and the sentences that the script fills in later."""
    total, done = len(services), sum(not is_open(each) for each in services)
    return {
        "total": str(total),
        "done": str(done),
        "done_count": _safe(voice.say("done-count", done=done, all=total)),
        "say_done": _safe(voice.say("done-count", done="{done}", all="{all}")),
        "say_shown": _safe(voice.say("shown", shown="{shown}", all="{all}")),
    }


def _ways(voice: Voice, services: Sequence[Linked]) -> Iterator[str]:
    for way in WAYS:
        count = sum(each.way is way for each in services)
        label, means = (_safe(voice.say(name)) for name in (f"way-{way}", f"way-{way}-means"))
        yield f'<div class="card {way}"><dt>{label}<b>{count}</b></dt><dd>{means}</dd></div>'


def _steps(voice: Voice, services: Sequence[Linked]) -> Iterator[str]:
    """What to do, said once for the paper, where the rows leave it out."""
    for step in STEPS:
        if any(each.step is step for each in services):
            yield f"<dt>{_safe(voice.say(f'step-{step}'))}</dt><dd>{_safe(voice.say(f'step-{step}-how'))}</dd>"


def _chips(voice: Voice, group: str, values: Iterable[Way] | Iterable[State]) -> str:
    chip = '<button type="button" class="chip {0}" data-group="{1}" data-value="{0}" aria-pressed="false">{2}</button>'
    return "\n".join(chip.format(each.value, group, _safe(voice.say(f"{group}-{each}"))) for each in values)


def _column(label: str, name: str) -> str:
    button = f'<button type="button" class="by">{_safe(label)}<span class="arrow" aria-hidden="true"></span></button>'
    about = f'class="{name}" data-column="{name}" data-label="{_safe(label)}" aria-sort="none"'
    return f'<th role="columnheader" scope="col" {about}>{button}</th>'


def _service(voice: Voice, service: Linked, zone: tzinfo | None) -> str:
    values = f'data-id="{_safe(service.id)}" data-way="{service.way}" data-state="{service.state}"'
    cells = "\n".join(
        (
            _tick(voice, service),
            _name(voice, service),
            _cell("way", WAYS.index(service.way), _way(voice, service)),
            _cell("step", STEPS.index(service.step), "".join(_step(voice, service))),
            _cell("confidence", SURE.index(service.confidence), _safe(voice.say(f"confidence-{service.confidence}"))),
            _cell("last", service.last or 0, _safe(day(service.last, zone)) or "–"),
            _cell("state", STATES.index(service.state), "".join(_state(voice, service, zone))),
        )
    )
    proof = _proof(voice, service, zone)
    return f'<tbody role="rowgroup" class="service" {values}>\n<tr role="row">\n{cells}\n</tr>\n{proof}</tbody>'


def _cell(name: str, value: float, inside: str) -> str:
    return f'<td role="cell" class="{name}" data-by="{value}">{inside}</td>'


def _tick(voice: Voice, service: Linked) -> str:
    label, ticked = _safe(voice.say("tick", name=title(service))), "" if is_open(service) else " checked"
    return f'<td role="cell" class="done"><input type="checkbox" autocomplete="off" aria-label="{label}"{ticked}></td>'


def _name(voice: Voice, service: Linked) -> str:
    name, domain = title(service), line(service.domain)
    below = [each for each in (domain if domain != name else "", sort_of(voice, service)) if each]
    small = " · ".join(f'<bdi class="find">{_safe(each)}</bdi>' for each in below)
    lines = [f'<bdi class="name find">{_safe(name)}</bdi><span class="small">{small}</span>']
    if service.arrived:
        lines.append(f'<span class="warning">{_safe(voice.say("arrived", count=service.arrived))}</span>')
    if note := line(service.note):
        lines.append(f'<bdi class="note find">{_safe(note)}</bdi>')
    return f'<th role="rowheader" scope="row" class="name" data-by="{_safe(name)}">{"".join(lines)}</th>'


def _way(voice: Voice, service: Linked) -> str:
    besides = [voice.say(f"way-{each}") for each in WAYS if each in service.ways and each is not service.way]
    also = _small(voice.say("ways-besides", ways=voice.say("and").join(besides))) if besides else ""
    return f'<span class="tag {service.way}">{_safe(voice.say(f"way-{service.way}"))}</span>{also}'


def _step(voice: Voice, service: Linked) -> Iterator[str]:
    yield f'<p class="first">{_safe(voice.say(f"step-{service.step}"))}</p>'
    yield f'<p class="how">{_safe(voice.say(f"step-{service.step}-how"))}</p>'
    if service.way is Way.GOOGLE and service.without_google == "unknown":
        yield f"<p>{_safe(voice.say('without-google-unknown'))}</p>"
    if link := web_link(service.change):
        yield _link(voice, link, voice.say("open-change"), "change")
    elif service.change:
        yield f'<p class="address">{_safe(service.change)}</p>'
    elif is_open(service) and (own := own_change_page(service)):
        yield f'<p class="small">{_safe(voice.say("no-change"))} {_link(voice, own, own, "own")}</p>'
    elif is_open(service) and service.step in KEPT_BY_CHANGE:
        yield _small(voice.say("no-change-at-all"))


def _link(voice: Voice, address: str, label: str, name: str) -> str:
    href, hint = _safe(address), _safe(f"{label} - {address} ({voice.say('new-window')})")
    opens = f'href="{href}" target="_blank" rel="noreferrer noopener" title="{hint}"'
    if label == address:
        return f'<a class="{name}" {opens}>{href}</a>'
    return f'<a class="{name}" {opens}>{_safe(label)}</a><span class="paper address">{href}</span>'


def _state(voice: Voice, service: Linked, zone: tzinfo | None) -> Iterator[str]:
    yield f'<span class="state-{service.state}">{_safe(voice.say(f"state-{service.state}"))}</span>'
    if service.state is not State.TODO and (since := day(service.marked, zone)):
        yield _small(since)


def _proof(voice: Voice, service: Linked, zone: tzinfo | None) -> str:
    if not service.evidence:
        return ""
    found = "\n".join(_trace(voice, each, zone) for each in service.evidence)
    head = f'<span class="hint">{_safe(voice.say("column-evidence"))}</span> {_safe(evidence_in_short(voice, service))}'
    inside = f"<details><summary>{head}</summary>\n<ul>\n{found}\n</ul></details>"
    return f'<tr role="row" class="proof"><td role="cell" colspan="{len(COLUMNS)}">{inside}</td></tr>\n'


def _trace(voice: Voice, evidence: Evidence, zone: tzinfo | None) -> str:
    trace = evidence.trace
    what = voice.say("times", what=voice.say(f"evidence-{trace.kind}"), count=trace.number)
    small = [line(evidence.reader), *_about(voice, evidence, zone)]
    quotes = "".join(
        f'<li><span class="when">{day(when, zone) or "–"}</span> <bdi class="find">{_safe(quote)}</bdi>'
        f' <bdi class="source">{_safe(source)}</bdi></li>'
        for source, quote, when in trace.examples
    )
    return f"<li><b>{_safe(what)}</b> {_small(' · '.join(filter(None, small)))}<ul>{quotes}</ul></li>"


def _about(voice: Voice, evidence: Evidence, zone: tzinfo | None) -> Iterator[str]:
    trace = evidence.trace
    first, last = day(trace.first, zone), day(trace.last, zone)
    if first and first != last:
        yield voice.say("period", first=first, last=last)
    if trace.proven == 0:
        yield voice.say("unproven")
    elif trace.proven < trace.number:
        yield voice.say("partly-proven", proven=trace.proven, count=trace.number)


def _small(text: str) -> str:
    return f'<span class="small">{_safe(text)}</span>'


def _safe(text: str) -> str:
    """One harmless line, for between tags and for attributes in double quotes."""
    return html.escape(line(text))


@cache
def _template() -> str:
    return (files(__package__) / TEMPLATE).read_text("utf-8")


@cache
def _policy() -> str:
    """What the browser may do: run and show what the template holds, and nothing else."""
    allowed = {name: _hash(name) for name in ("script", "style")}
    return (
        f"default-src 'none'; script-src '{allowed['script']}'; style-src '{allowed['style']}'; "
        "img-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _hash(tag: str) -> str:
    found = re.search(f"<{tag}>(.*?)</{tag}>", _template(), re.DOTALL)
    if found is None:
        raise LookupError(f"{TEMPLATE} has no {tag}")
    return f"sha256-{base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()}"
