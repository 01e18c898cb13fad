"""Do the exports say all that is known, in the form their readers need, and does hostile text stay text?"""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import re
import string
import unicodedata
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

import eccs_backup
from eccs_backup.linked_apps import services
from eccs_backup.linked_apps.claims import Kind
from eccs_backup.linked_apps.inventory import Confidence, Linked, State, Step, Way
from eccs_backup.linked_apps.worklist.exports import FORMAT, as_csv, as_ics, as_json
from eccs_backup.linked_apps.worklist.page import as_html
from eccs_backup.linked_apps.worklist.words import account_mark, day, line, web_link, worst_first
from eccs_backup.messages import LANGUAGES, Voice, sentences
from linked_apps.some_services import (
    ACCOUNT,
    FORMULA,
    HALF,
    IMAGE,
    LONG,
    MADE,
    SCRIPT,
    TURNED,
    at,
    everything,
    hostile,
    linked,
    ordinary,
    proof,
)

PACKAGE = Path(eccs_backup.__file__).parent
SENTENCES = sentences("worklist")
UNTIL = date(2027, 3, 31)


# Sentences


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", [each for each in SENTENCES if each != "and"])
def test_each_sentence_in_both_languages(name: str) -> None:
    said = SENTENCES[name]
    assert set(said) == set(LANGUAGES)
    assert all(text.strip() for text in said.values())
    assert braces(said["en"]) == braces(said["ja"])
    assert any(ord(letter) > 0x3000 for letter in said["ja"])
    assert said["en"].isascii()


def test_every_sentence_is_said_and_every_value_has_one() -> None:
    values = {
        *(f"way-{each}{more}" for each in Way for more in ("", "-means")),
        *(f"step-{each}{more}" for each in Step for more in ("", "-how")),
        *(f"state-{each}" for each in State),
        *(f"confidence-{each}" for each in Confidence),
        *(f"evidence-{each}" for each in Kind),
        *(f"sort-{each}" for each in services.Kind),
    }
    assert values <= set(SENTENCES)
    code = [PACKAGE / "linked_apps" / "worklist" / f"{name}.py" for name in ("exports", "page", "words")]
    words = {
        node.value
        for path in code
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    columns = {f"column-{word}" for word in words}
    assert {name for name in SENTENCES if name not in words | values | columns} == set()


# Words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two \t words\r\nand\u2028more ", "two words and more"),
        ("a\x00b\x1b[31mc\x9bd", "ab[31mcd"),
        (TURNED, "gnp.exe mail"),
        (HALF, "half of a letter"),
        ("研究室　ご案内 👍", "研究室 ご案内 👍"),
    ],
)
def test_one_harmless_line(text: str, expected: str) -> None:
    assert line(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "https://",
        "https:///path",
        "https://user@evil.example/",
        "https://a.example\\@evil.example/",
        "https://a.example/ b",
        " https://a.example/",
        "https://a.example/\n",
        "https://[half/",
        'https://a.example/"onclick="alert(1)',
        f"https://a.example/{TURNED}",
        f"https://{HALF}",
        "",
    ],
)
def test_what_is_no_link(text: str) -> None:
    assert web_link(text) == ""


@pytest.mark.parametrize("text", ["https://a.example/?q=1&r=%20#x", "HTTP://A.example", "https://日本語.example/設定"])
def test_what_is_a_link(text: str) -> None:
    assert web_link(text) == text


@pytest.mark.parametrize("seconds", [None, 1e18, -1e300, float("nan"), float("inf")])
def test_no_day(seconds: float | None) -> None:
    assert day(seconds, UTC) == ""


def test_the_day_is_that_of_the_zone() -> None:
    assert day(at(2027, 3, 3, 7), MADE.tzinfo) == "2027-03-03"
    assert day(at(2027, 3, 3, 7), UTC) == "2027-03-02"


def test_worst_first() -> None:
    found = [each.id for each in worst_first(ordinary())]
    assert found[:5] == ["notion.so", "figma.com", "wantedly.com", "duolingo.com", "miro.com"]  # office before career
    assert found[-3:] == ["tabelog.com", "slack.com", "hotpepper.jp"]
    assert found.index("zoom.us") < found.index("calendly.com"), "mail still comes: it is open"
    assert found == [each.id for each in worst_first(reversed(ordinary()))]


# JSON


def test_json_holds_everything() -> None:
    found = json.loads(as_json(ordinary(), ACCOUNT, MADE))
    assert list(found) == ["format", "account", "made", "counts", "services"]
    assert (found["format"], found["account"], found["made"]) == (FORMAT, ACCOUNT, "2027-03-03T00:30:00Z")
    assert found["counts"] == {"services": 23, "todo": 19, "moved": 2, "closed": 1, "ignored": 1}
    zoom = next(each for each in found["services"] if each["id"] == "zoom.us")
    assert zoom == {
        "id": "zoom.us",
        "name": "Zoom",
        "domain": "zoom.us",
        "kind": "",
        "way": "registered",
        "ways": ["registered"],
        "confidence": "certain",
        "step": "change-address",
        "change": "https://zoom.us/profile",
        "without_google": "yes",
        "first": "2027-01-12T03:00:00Z",
        "last": "2027-01-12T03:00:00Z",
        "state": "moved",
        "marked": "2027-01-20T03:00:00Z",
        "arrived": 3,
        "note": "new address entered, but mail still comes",
        "evidence": [
            {
                "reader": f"mailbox {ACCOUNT}",
                "name": "",
                "domain": "",
                "kind": "notice",
                "count": 7,
                "proven": 7,
                "alone": 7,
                "first": "2025-07-21T03:00:00Z",
                "last": "2027-01-12T03:00:00Z",
                "examples": [
                    {
                        "source": "message 18f0c2a7",
                        "quote": "Your meeting recording is ready",
                        "when": "2027-01-12T03:00:00Z",
                    }
                ],
            }
        ],
    }


def test_json_names_every_field() -> None:
    service = everything()[0]
    found = json.loads(as_json([service], ACCOUNT, MADE))["services"][0]
    assert set(found) == set(Linked._fields)
    assert set(found["evidence"][0]) == {"reader", "count", *service.evidence[0].trace._fields} - {"number"}


def test_json_is_safe_in_a_terminal_and_keeps_the_text() -> None:
    text = as_json(hostile(), ACCOUNT, MADE)
    text.encode("utf-8")
    assert not [each for each in text if each != "\n" and unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"}]
    named = {each["id"]: each for each in json.loads(text)["services"]}
    assert named["turned"]["name"] == TURNED
    assert named["turned"]["note"] == "a\x00b\x1b[31mc\rd\te\nf\u2028g"
    assert named["turned"]["last"] is None
    assert named["long"]["name"] == LONG
    assert HALF.replace("\ud83d", "\ufffd") in named
    assert "えきねっと" in as_json(ordinary(), ACCOUNT, MADE)


def test_json_of_nothing() -> None:
    assert json.loads(as_json([], ACCOUNT, MADE))["counts"]["services"] == 0


# CSV


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def test_csv_in_both_languages() -> None:
    head, *body = rows(as_csv(ordinary(), MADE, "en"))
    assert ",".join(head) == (
        "State,Service,Domain,Connection,Sort of service,How sure,First step,Change page,Last seen,Evidence,Note"
    )
    assert len(body) == 23
    zoom = next(each for each in body if each[1] == "Zoom")
    assert zoom == [
        "Moved",
        "Zoom",
        "zoom.us",
        "Address registered",
        "",
        "Certain",
        "Change the address",
        "https://zoom.us/profile",
        "2027-01-12",
        f"Notice to members (7, last 2027-01-12) in mailbox {ACCOUNT}; Still writes to the old address: 3 since then",
        "new address entered, but mail still comes",
    ]
    head, *body = rows(as_csv(ordinary(), MADE, "ja"))
    assert head[:4] == ["状態", "サービス", "ドメイン", "つながり方"]
    atcoder = next(each for each in body if each[1] == "AtCoder")
    assert atcoder[0] == "未対応"
    assert atcoder[9] == (
        f"会員登録・アドレス確認（1件、最終 2024-05-02、mailbox {ACCOUNT}）; "
        "保存されたパスワード（1件、file Chrome Passwords.csv）"
    )
    unnamed = next(each for each in body if each[2] == "pokemon-go.example")
    assert unnamed[1] == "pokemon-go.example"


def test_csv_for_excel() -> None:
    text = as_csv(everything(), MADE, "ja")
    assert text.encode("utf-8").startswith(b"\xef\xbb\xbf")
    assert text.count("\n") == text.count("\r\n") == len(everything()) + 1
    assert all(len(each) == 11 for each in rows(text))


@pytest.mark.parametrize(
    "first", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r\n+", " =", "\u202e=", "\x00@", "\u3000＝"]
)
def test_csv_cells_are_never_calculated(first: str) -> None:
    service = linked("a", f"{first}1+1", Way.NEWSLETTER, proof(Kind.NEWSLETTER, "x"), note=f"{first}cmd|' /C calc'!A0")
    found = rows(as_csv([service], MADE, "en"))[1]
    assert found[1].startswith("'")
    assert found[10].startswith("'")


def test_csv_of_hostile_text() -> None:
    text = as_csv(hostile(), MADE, "en")
    text.encode("utf-8")
    cells = [cell for row in rows(text) for cell in row]
    assert not [each for cell in cells for each in cell if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert f"'{FORMULA}" in cells
    assert "'＝1+1" in cells
    assert "'@SUM(A1)" in cells
    assert "ab[31mc d e f g" in cells
    assert SCRIPT in cells
    assert IMAGE in cells


# iCalendar


def lines(text: str) -> list[str]:
    """A calendar's lines, unfolded; each was short enough and ended as it must."""
    text.encode("utf-8")
    assert text.endswith("\r\n")
    folded = text.removesuffix("\r\n").split("\r\n")
    assert all(len(each.encode("utf-8")) <= 75 and "\n" not in each and "\r" not in each for each in folded)
    return "\r\n".join(folded).replace("\r\n ", "").split("\r\n")


def test_ics_task() -> None:
    zoom = next(each for each in ordinary() if each.id == "zoom.us")
    found = lines(as_ics([zoom], ACCOUNT, MADE, "en", UNTIL))
    named = hashlib.sha256(b"zoom.us").hexdigest()[:16]
    start = found.index("BEGIN:VTODO")
    assert found[start:] == [
        "BEGIN:VTODO",
        f"UID:{account_mark(ACCOUNT)}-{named}@eccs-backup",
        "DTSTAMP:20270303T003000Z",
        "SUMMARY:Zoom: Change the address",
        "DESCRIPTION:Enter an address that stays in its settings\\, and confirm it by the mail that arrives there."
        "\\nhttps://zoom.us/profile\\nNotice to members (7\\, last 2027-01-12) in mailbox hanako@g.ecc.u-tokyo.ac.jp"
        "\\nStill writes to the old address: 3 since then\\nnew address entered\\, but mail still comes",
        "URL:https://zoom.us/profile",
        "DUE;VALUE=DATE:20270331",
        "PRIORITY:3",
        "CATEGORIES:Address registered",
        "STATUS:NEEDS-ACTION",
        "END:VTODO",
        "END:VCALENDAR",
    ]


def test_ics_end_of_the_account() -> None:
    found = lines(as_ics(ordinary(), ACCOUNT, MADE, "ja", UNTIL))
    event = found[found.index("BEGIN:VEVENT") : found.index("END:VEVENT")]
    assert "DTSTART;VALUE=DATE:20270331" in event
    assert f"SUMMARY:{ACCOUNT} の有効期限" in event
    without = lines(as_ics(ordinary(), ACCOUNT, MADE, "ja"))
    assert not [each for each in without if each.startswith(("DUE", "BEGIN:VEVENT"))]


def test_ics_only_what_is_open_worst_first() -> None:
    found = lines(as_ics(ordinary(), ACCOUNT, MADE, "en", UNTIL))
    assert found.count("BEGIN:VTODO") == found.count("END:VTODO") == 20
    priorities = [int(each.removeprefix("PRIORITY:")) for each in found if each.startswith("PRIORITY:")]
    assert priorities == [1] * 5 + [3] * 11 + [5] * 2 + [9] * 2
    uids = [each for each in found if each.startswith("UID:")]
    assert len(set(uids)) == 21
    later = as_ics(ordinary()[::-1], ACCOUNT, datetime(2027, 3, 20, tzinfo=UTC), "ja", UNTIL)
    assert set(uids) == {each for each in lines(later) if each.startswith("UID:")}


def test_ics_of_hostile_text() -> None:
    text = as_ics(hostile(), f"{ACCOUNT}\r\nATTACH:x", MADE, "ja", UNTIL)
    found = lines(text)
    assert not [
        each for each in text if each not in "\r\n" and unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]
    assert found.count("BEGIN:VTODO") == 6
    assert all(re.match(r"[A-Z-]+[:;]", each) for each in found)
    assert not [each for each in found if each.startswith("URL") and "evil" in each]
    assert not [each for each in found if each.startswith(("ATTACH", "END:VCALENDAR")) and each != "END:VCALENDAR"]


def test_ics_link_beyond_ascii() -> None:
    service = linked("a", "back\\slash; semi, comma", Way.GRANT, change="https://日本語.example/設定?a=1&b=%20")
    found = lines(as_ics([service], ACCOUNT, MADE, "en"))
    assert any(each.startswith("SUMMARY:back\\\\slash\\; semi\\, comma: ") for each in found)
    assert "URL:https://%E6%97%A5%E6%9C%AC%E8%AA%9E.example/%E8%A8%AD%E5%AE%9A?a=1&b=%20" in found


def test_ics_is_read_by_others() -> None:
    icalendar = pytest.importorskip("icalendar", reason="icalendar is not installed")
    for language in LANGUAGES:
        calendar = icalendar.Calendar.from_ical(as_ics(everything(), ACCOUNT, MADE, language, UNTIL))
        tasks = calendar.walk("VTODO")
        assert len(tasks) == 26
        assert not [each.errors for each in calendar.walk() if each.errors]
        assert {each.decoded("due") for each in tasks} == {UNTIL}
        (event,) = calendar.walk("VEVENT")
        assert event.decoded("dtstart") == UNTIL
        named = {str(each["summary"]).split(": ")[0]: each for each in tasks}
        assert str(named["三井住友銀行"]["priority"]) == "3"
        assert str(named["GitHub"]["url"]) == "https://github.com/settings/emails"


# The page, as it is written; how it looks and works is in test_linked_page_in_browser.py


class Page(HTMLParser):
    """What a page holds: its tags with attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_holds_nothing_but_its_own_tags(language: str) -> None:
    text = as_html(everything(), f"{IMAGE}{ACCOUNT}{HALF}", MADE, language, UNTIL, 4.5)
    text.encode("utf-8")
    page = Page(text)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == tags.count("style") == 1
    assert not {"img", "iframe", "link", "form", "object", "svg", "base"} & set(tags)
    assert not [name for _, found in page.tags for name in found if name.startswith("on") or name in {"style", "src"}]
    assert page.tags[0] == ("html", {"lang": language})
    assert SCRIPT in page.texts
    assert IMAGE in page.texts
    assert not [each for each in text if each != "\n" and unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp", "Cs"}]


def test_page_links_only_pages_of_the_web() -> None:
    page = Page(as_html(everything(), ACCOUNT, MADE, "en", UNTIL))
    links = [found for tag, found in page.tags if tag == "a"]
    assert all(str(each["href"]).startswith("https://") for each in links)
    assert not [each for each in links if "evil" in str(each["href"])]
    assert {each["rel"] for each in links} == {"noreferrer noopener"}
    assert {each["target"] for each in links} == {"_blank"}
    addresses = {each["href"] for each in links}
    assert "https://github.com/settings/emails" in addresses
    assert "https://jreast.co.jp/.well-known/change-password" in addresses
    assert "https://duolingo.com/.well-known/change-password" not in addresses, "a new account is what it needs"
    assert "javascript:alert('link')" in page.texts


def test_page_allows_its_own_script_and_style_alone() -> None:
    text = as_html(ordinary(), ACCOUNT, MADE, "en")
    metas = [found for tag, found in Page(text).tags if tag == "meta"]
    (policy,) = (each["content"] for each in metas if each.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    allowed = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert set(allowed) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}
    assert {allowed[name] for name in ("default-src", "img-src", "base-uri", "form-action")} == {"'none'"}
    assert all(re.fullmatch(r"'sha256-[\w+/]{43}='", allowed[name]) for name in ("script-src", "style-src"))
    assert "http" not in re.sub(r"<script>.*</script>|<style>.*</style>|http-equiv", "", as_html([], "", MADE, "en"))


def test_page_says_only_what_is_known() -> None:
    text = as_html(ordinary(), ACCOUNT, MADE, "ja", UNTIL, 4.5)
    assert "有効期限は 2027-03-31 です" in text
    assert "約4.5年後" in text
    less = as_html(ordinary(), ACCOUNT, MADE, "ja")
    assert "有効期限は" not in less
    assert "年後" not in less
    assert Voice("worklist", "en").say("empty") in as_html([], ACCOUNT, MADE, "en")
    assert Voice("worklist", "en").say("empty") not in as_html(ordinary(), ACCOUNT, MADE, "en")
