"""Bare HTTP against the practice Drive, for its tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from eccs_backup.rehearsal.server import Rehearsal, serve
from eccs_backup.rehearsal.world import student


class Api:
    """Bare HTTP against Drive's API, so that no client library hides what is sent."""

    def __init__(self, rehearsal: Rehearsal, address: str | None = None) -> None:
        self.rehearsal = rehearsal
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {rehearsal.access_token(address=address)}"

    def get(self, path: str, headers: dict[str, str] | None = None, **query: object) -> requests.Response:
        url = f"{self.rehearsal.url}/drive/v3/{path}"
        return self.session.get(url, params={name: str(value) for name, value in query.items()}, headers=headers)

    def json(self, path: str, **query: object) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def everything(self, **query: object) -> list[Any]:
        """All pages of files.list."""
        found: list[Any] = []
        more: dict[str, object] = {}
        while True:
            page = self.json("files", pageSize=1000, **query, **more)
            found += page["files"]
            if "nextPageToken" not in page:
                return found
            more = {"pageToken": page["nextPageToken"]}


def reason(answer: requests.Response) -> tuple[int, str]:
    """Status and reason code of a refusal."""
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["errors"][0]["reason"]


@pytest.fixture(name="rehearsal")
def served_student() -> Iterator[Rehearsal]:
    """A practice server with the student's world."""
    with serve(student()) as running:
        yield running


@pytest.fixture(name="api")
def signed_in(rehearsal: Rehearsal) -> Api:
    """The student, signed in."""
    return Api(rehearsal)


FIXTURES = (served_student, signed_in)
"""For test modules to unpack: a conftest.py of our own would hide the one above it, which others import by name."""
