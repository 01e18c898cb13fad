"""Does the practice server tell how to practise forwarding, so that it works from the first step?"""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from forward_account import OLD, TO

from eccs_backup.cli import cli
from eccs_backup.rehearsal.mail.forwarding import Forwarding


def test_how_to_practise_forwarding(monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[tuple[str, str]] = []
    remove = Forwarding.remove

    def seen(self: Forwarding, address: str, to: str) -> None:
        remove(self, address, to)
        removed.append((address, to))
        assert self.add_by_hand(address, to) == "pending"  # the confirmation mail goes out, and can be read

    monkeypatch.setattr(Forwarding, "remove", seen)
    result = CliRunner().invoke(cli, ["rehearse", "--serve", "--seconds", "0"])
    assert result.exit_code == 0, result.output
    assert removed == [(OLD, TO)]
    for words in (
        f"forward --to {TO} --account {OLD}",
        f"/mail/u/?authuser={OLD.replace('@', '%40')}#settings/fwdandpop",
        f"mail-export ./new --account {TO}",
        "mail-search ./new --from forwarding-noreply --paths",
    ):
        assert words in result.output
