"""From one mailbox into the vault, from the vault into another mailbox: the same mail."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from restoring import PRIVATE, hashes, private, ready, restore, saved, sent

from conftest import signed_in
from eccs_backup.model import Entry
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.server import serve
from eccs_backup.restore.labels import INSTEAD
from practice import Student


def labelled(rows: list[Entry]) -> Counter[tuple[str, tuple[str, ...]]]:
    return Counter((row.sha256 or "", names(row)) for row in rows)


def names(row: Entry) -> tuple[str, ...]:
    labels = row.facts["labels"]
    assert isinstance(labels, list)
    return tuple(sorted(INSTEAD.get(str(each), str(each)) for each in labels))


def conversations(rows: list[Entry]) -> set[frozenset[str]]:
    """The conversations, each as the set of its messages, of messages whose bytes are there once."""
    once = {sha for sha, number in Counter(row.sha256 for row in rows).items() if number == 1}
    found: dict[object, set[str]] = defaultdict(set)
    for row in rows:
        if row.sha256 in once:
            found[row.facts["thread"]].add(row.sha256 or "")
    return {frozenset(each) for each in found.values()}


def test_the_students_mail_comes_back_as_it_was(student: Student, tmp_path: Path) -> None:
    out, back = tmp_path / "out", tmp_path / "back"
    ready(student, out)
    found = restore(student, out)
    before = list(saved(out))
    assert found["restored"] == len(before) == len(private(student).messages)
    assert any(seen.path.endswith("/messages") for seen in student.server.log if seen.method == "POST"), (
        "messages with the same Message-ID must not be imported: Gmail would make one of them"
    )
    assert found["unlabelled"] == []
    assert found["renamed_labels"] == {}
    assert student.run("auth", "--account", PRIVATE).exit_code == 0
    assert student.run("mail-export", back, "--account", PRIVATE).exit_code == 0
    after = list(saved(back))
    assert labelled(after) == labelled(before)
    assert conversations(after) == conversations(before)
    redated = {row.sha256 for row in before if row.path in found["redated"]}
    dates = {row.sha256: row.facts["internalDate"] for row in after}
    for row in before:
        same = abs(int(str(dates[row.sha256])) - int(str(row.facts["internalDate"]))) < 1000
        if Counter(each.sha256 for each in before)[row.sha256] == 1:
            assert same == (row.sha256 not in redated), row.path
    assert 0 < len(found["redated"]) < len(before) / 4


def test_labels_are_made_once_with_their_looks(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ready(student, out)
    private(student).new_label("ZÜRICH")  # differs by case only
    restore(student, out)
    made = {label.name: label for label in private(student).labels.values() if label.user}
    assert "Zürich" not in made
    assert made["研究"].more["color"] == {"textColor": "#ffffff", "backgroundColor": "#4a86e8"}
    assert made["100%"].more["labelListVisibility"] == "labelHide"
    assert "空っぽ" not in made  # nobody needs it
    student.server.log.clear()
    again = restore(student, out)
    assert (again["restored"], again["already_there"]) == (0, again["in_the_vault"])
    assert not any(seen.method == "POST" for seen in student.server.log if seen.path.startswith(("/gmail", "/upload")))


def test_plain_mail_and_a_single_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(worlds.plain_mail(150, 1500)) as server:
        student, out = signed_in(server, tmp_path / "home", monkeypatch), tmp_path / "out"
        ready(student, out)
        found = restore(student, out, "--label", "receipts")
        assert 0 < found["restored"] < 150
        assert found["left_out"] == 150 - found["restored"]
        made = [label.name for label in private(student).labels.values() if label.user]
        assert "Receipts" in made
        rest = restore(student, out)
        assert (rest["restored"], rest["already_there"]) == (150 - found["restored"], found["restored"])
        assert hashes(private(student)) == hashes(server.world.mail[worlds.STUDENT.address])
        dates = [sorted(message.date for message in box.messages.values()) for box in server.world.mail.values()]
        assert len(dates) == 2
        assert all(abs(one - other) < 1000 for one, other in zip(*dates, strict=True))
        assert sent(student) == 150


def test_large_messages_are_uploaded_as_they_are(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ready(student, out)
    student.server.log.clear()
    restore(student, out)
    uploads = [seen for seen in student.server.log if seen.path.startswith("/upload/")]
    assert sum((row.size or 0) > 5_000_000 or not row.size for row in saved(out)) == len(uploads) > 0


def test_a_dry_run_changes_nothing(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ready(student, out)
    student.server.log.clear()
    result = student.run("mail-restore", out, "--account", PRIVATE, "--dry-run")
    assert result.exit_code == 0
    assert "will be put into" in result.stdout
    assert "label to make: 研究" in result.stdout
    assert "With another date" in result.stdout
    assert not any(seen.method == "POST" and "gmail" in seen.path for seen in student.server.log)
    assert not private(student).messages
