"""A practice server with the student's world, and a session that is signed in to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rehearsal_api import Api

from eccs_backup.rehearsal.server import Rehearsal, serve
from eccs_backup.rehearsal.world import student


@pytest.fixture
def rehearsal() -> Iterator[Rehearsal]:
    with serve(student()) as running:
        yield running


@pytest.fixture
def api(rehearsal: Rehearsal) -> Api:
    return Api(rehearsal)
