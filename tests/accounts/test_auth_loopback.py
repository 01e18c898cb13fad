"""The door for the browser: one right request among stray ones, and the address pasted instead."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from eccs_backup.accounts.loopback import Door, Reply, Unfit, door, reply_pasted

STATE = "state-of-this-sign-in"


@pytest.fixture
def opened() -> Iterator[Door]:
    with door(STATE) as found:
        yield found


class Waiting(threading.Thread):
    """Waits at the door while the test knocks."""

    def __init__(self, at: Door, seconds: float = 20, lines: Iterator[str] | None = None) -> None:
        super().__init__(daemon=True)
        self.at, self.seconds, self.lines = at, seconds, lines
        self.complaints: list[str] = []
        self.reply: Reply | None = None
        self.start()

    def run(self) -> None:
        self.reply = self.at.wait(self.seconds, self.lines, self.complaints.append)

    def result(self) -> Reply | None:
        self.join(20)
        assert not self.is_alive()
        return self.reply


def knock(at: Door, query: str, path: str = "") -> requests.Response:
    return requests.get(at.address + path + query, timeout=10)


def test_the_right_request_is_taken_after_any_number_of_stray_ones(opened: Door) -> None:
    waiting = Waiting(opened)
    silent = socket.create_connection(("127.0.0.1", opened._server.server_port))  # a browser's early connection
    assert knock(opened, "", "favicon.ico").status_code == 404
    assert knock(opened, f"?state={STATE}&code=c", "elsewhere").status_code == 404
    assert knock(opened, "").status_code == 400
    assert knock(opened, "?code=forged").status_code == 400
    assert knock(opened, "?state=&code=forged").status_code == 400
    assert knock(opened, "?state=another&code=forged").status_code == 400
    assert knock(opened, f"?state={STATE}").status_code == 400
    assert requests.post(opened.address, data={"state": STATE, "code": "c"}, timeout=10).status_code == 501
    assert waiting.is_alive()
    assert knock(opened, f"?state={STATE}&code=the%2Fcode&scope=a+b").status_code == 200
    assert waiting.result() == Reply("the/code", "")
    silent.close()


def test_the_page_is_in_both_languages_and_keeps_nothing(opened: Door) -> None:
    waiting = Waiting(opened)
    page = knock(opened, f"?state={STATE}&error=access_denied")
    assert "閉じて" in page.text
    assert "You may close" in page.text
    assert "http" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert waiting.result() == Reply("", "access_denied")


def test_a_reply_faster_than_the_wait_is_taken(opened: Door) -> None:
    assert knock(opened, f"?state={STATE}&code=c").status_code == 200
    assert opened.wait(0.5) == Reply("c", "")


def test_time_runs_out(opened: Door) -> None:
    assert opened.wait(0.05) is None


def test_it_listens_on_this_machine_only(opened: Door) -> None:
    assert opened._server.server_address[0] == "127.0.0.1"


def test_a_bad_paste_is_said_and_the_next_one_taken(opened: Door) -> None:
    lines = iter(
        [
            "\n",
            "hello\n",
            "http://127.0.0.1:9/?state=another&code=c\n",
            f"http://127.0.0.1:9/?state={STATE}&code=right&scope=x\n",
        ]
    )
    waiting = Waiting(opened, lines=lines)
    assert waiting.result() == Reply("right", "")
    assert len(waiting.complaints) == 2
    assert "another sign-in" in waiting.complaints[1]


def test_the_end_of_the_input_leaves_the_door_open(opened: Door) -> None:
    waiting = Waiting(opened, lines=iter([]))
    knock(opened, f"?state={STATE}&code=c")
    assert waiting.result() == Reply("c", "")


@pytest.mark.parametrize(
    "text",
    [
        f"http://127.0.0.1:4321/?state={STATE}&code=4/0abc&scope=x",
        f"  <http://127.0.0.1:4321/?code=4%2F0abc&state={STATE}#frag>\r\n",
        f'"http://localhost/?state={STATE}&code=4/0abc"',
        f"?state={STATE}&code=4/0abc",
        f"state={STATE}&code=4/0abc",
    ],
)
def test_what_people_paste_is_understood(text: str) -> None:
    assert reply_pasted(text, STATE) == Reply("4/0abc", "")


@pytest.mark.parametrize(
    "text", ["", "4/0abc", "http://127.0.0.1/", f"?state={STATE}", "?code=4/0abc", "?state=é&code=x"]
)
def test_what_does_not_fit_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        reply_pasted(text, STATE)
    assert "4/0abc" not in str(caught.value)
