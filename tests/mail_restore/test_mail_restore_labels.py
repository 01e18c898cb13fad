"""Labels of people that are called like Gmail's own, or nearly like each other: none becomes another."""

from __future__ import annotations

from pathlib import Path

import pytest
from restoring import PRIVATE, labels_of, letter, only, private, ready, restore

from eccs_backup.rehearsal.world import STUDENT
from practice import Student

ALIKE = ["Trash", "Spam", "Sent", "Chat", "Draft", "inbox", "Unread ", "category_social", "Drafts"]


def labelled(student: Student, *names: str) -> None:
    """One message in the inbox for each of these labels of the student's."""
    mailbox = student.server.world.mail[STUDENT.address]
    made = [mailbox.new_label(name) for name in names]
    only(student, *(letter(number, {"INBOX", label.id}) for number, label in enumerate(made)))


def test_a_label_called_like_one_of_gmails_does_not_become_it(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    labelled(student, *ALIKE)
    ready(student, out)
    found = restore(student, out)
    wanted = {name: f"{name.strip()} (restored)" for name in ALIKE}
    assert found["renamed_labels"] == wanted
    assert found["unlabelled"] == []
    assert sorted(map(sorted, labels_of(private(student)))) == sorted(sorted({"INBOX", new}) for new in wanted.values())


def test_the_label_that_stands_for_it_is_found_again(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    labelled(student, "Trash", "Work")
    private(student).new_label("trash (restored)")
    ready(student, out)
    plan = student.run("mail-restore", out, "--account", PRIVATE, "--dry-run", "--json")
    assert '"labels_to_make": ["Work"]' in plan.stdout
    assert restore(student, out)["renamed_labels"] == {"Trash": "Trash (restored)"}
    assert {"INBOX", "trash (restored)"} in labels_of(private(student))


def test_labels_that_gmail_tells_apart_stay_apart(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    labelled(student, "Masse", "Maße")
    ready(student, out)
    assert restore(student, out)["renamed_labels"] == {}
    assert sorted(map(sorted, labels_of(private(student)))) == [["INBOX", "Masse"], ["INBOX", "Maße"]]


@pytest.mark.parametrize("damage", ["[]", '{"labels": [5]}', '{"labels": [{}]}', "[" * 100_000, "\0"])
def test_damaged_descriptions_of_labels_cost_their_looks_only(student: Student, tmp_path: Path, damage: str) -> None:
    out = tmp_path / "out"
    labelled(student, "Work")
    ready(student, out)
    (out / "mail/settings/labels.json").write_text(damage)
    result = student.run("mail-restore", out, "--account", PRIVATE, "--yes")
    assert result.exit_code == 0, result.output
    assert "labels.json cannot be read" in result.stderr
    assert labels_of(private(student)) == [{"INBOX", "Work"}]
