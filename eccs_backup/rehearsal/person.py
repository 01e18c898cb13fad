"""The student at the browser: opens the consent page, ticks, presses a button, is sent back to the client."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass(slots=True)
class Visit:
    """How a visit ended: the last page's address, status (0: nobody listens there) and text."""

    url: str
    status: int
    text: str


@dataclass(slots=True)
class _Form(HTMLParser):
    action: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    radios: dict[str, bool] = field(default_factory=dict)
    boxes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        kind = held.get("type")
        if tag == "form":
            self.action = held["action"]
        elif kind == "hidden":
            self.hidden[held["name"]] = held["value"]
        elif kind == "radio":
            self.radios[held["value"]] = "checked" in held
        elif kind == "checkbox":
            self.boxes.append(held["value"])


class Person:
    """Stands in for `webbrowser`: `open` can be handed to whatever would open a browser."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        """How each visit ended, in order."""
        self.account: str | None = None
        """The address to choose when `open` names none; None keeps what the page preselects."""
        self.untick: Collection[str] = ()
        self.cancel = False
        self._threads: list[threading.Thread] = []

    def open(
        self,
        url: str,
        new: int = 0,
        autoraise: bool = True,
        *,
        account: str | None = None,
        untick: Collection[str] | None = None,
        cancel: bool | None = None,
    ) -> bool:
        """Visit the page in a thread, as a browser does, and return True at once."""
        choices = (
            account or self.account,
            self.untick if untick is None else untick,
            self.cancel if cancel is None else cancel,
        )
        thread = threading.Thread(target=self._visit, args=(url, *choices), daemon=True)
        self._threads.append(thread)
        thread.start()
        return True

    def join(self, timeout: float = 10.0) -> None:
        """Wait for all visits to end; seconds, for each."""
        for thread in self._threads:
            thread.join(timeout)

    def visit(
        self, url: str, *, account: str | None = None, untick: Collection[str] = (), cancel: bool = False
    ) -> Visit:
        """Go through the consent page: choose the account, tick all but `untick` (whole scopes or their last part).

        Ends at the client's loopback address, or at the page that refuses.
        """
        with requests.Session() as browser:
            browser.trust_env = False
            page = browser.get(url, timeout=30)
            form = _Form()
            form.feed(page.text)
            if page.ok and form.action:
                data = _filled(form, account, untick, cancel)
                target = urljoin(page.url, form.action)
                page = browser.post(target, data=data, timeout=30, allow_redirects=False)
            if "location" not in page.headers:
                return Visit(page.url, page.status_code, page.text)
            return _return(browser, page.headers["location"])

    def _visit(self, url: str, account: str | None, untick: Collection[str], cancel: bool) -> None:
        self.visits.append(self.visit(url, account=account, untick=untick, cancel=cancel))


def _return(browser: requests.Session, url: str) -> Visit:
    try:
        page = browser.get(url, timeout=30)
    except requests.ConnectionError:
        return Visit(url, 0, "")  # nobody listens: what a person without a browser on this machine sees
    return Visit(page.url, page.status_code, page.text)


def _filled(form: _Form, account: str | None, untick: Collection[str], cancel: bool) -> list[tuple[str, str]]:
    chosen = account or next((value for value, checked in form.radios.items() if checked), "")
    ticked = [box for box in form.boxes if box not in untick and box.rpartition("/")[2] not in untick]
    pairs = [*form.hidden.items(), ("account", chosen), *(("scope", box) for box in ticked)]
    return [*pairs, ("choice", "cancel" if cancel else "continue")]
