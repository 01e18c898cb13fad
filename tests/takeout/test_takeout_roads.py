"""An export and the APIs are roads to the same items: what one has brought, the other does not fetch again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from importing import body, entries, failed, imported
from test_takeout_comparing import filled

from conftest import signed_in
from eccs_backup.model import Kind, State
from eccs_backup.rehearsal.cast import STUDENT
from eccs_backup.rehearsal.server import serve
from eccs_backup.retry import Halt
from eccs_backup.takeout.differences import Difference, differences
from practice import Student, check_sums
from takeout import exports
from takeout.exports import Export, Mail, some_mails


@contextmanager
def account(mails: list[Mail], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A practice account that holds these mails, and the Drive of an export."""
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: self.check())
    with serve(filled(mails)) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


def mail_export(student: Student, out: Path) -> dict[str, object]:
    result = student.run("mail-export", out, "--road", "api", "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def exported(tmp_path: Path, mails: list[Mail], *, line_end: bytes = b"\r\n", quoting: bool = False) -> Export:
    return exports.build(
        tmp_path / "parts", language="en", parts=3, mails=mails, account=STUDENT.address, line_end=line_end,
        quoting=quoting, only=["mailbox", "drive"],
    )  # fmt: skip


def test_mail_after_an_import_is_only_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mails = some_mails(40, account=STUDENT.address, start=18)
    gone, here, new = mails[:3], mails[3:34], mails[34:]
    out = tmp_path / "out"
    with account([*here, *new], tmp_path, monkeypatch) as student:
        imported(out, exported(tmp_path, [*gone, *here]).parts)
        student.server.reset()
        found = mail_export(student, out)
        asked = {seen.path.rpartition("/")[2] for seen in student.server.log if "format=raw" in seen.query}
        units = student.server.state()["mail_quota"]["spent"]  # type: ignore[index,call-overload]
    assert asked == {mail.id for mail in new}
    assert units < 20 * len(here), "as much as fetching everything"
    rows = entries(out, "mail")
    for mail in (*here, *new):
        assert set(rows[mail.id].facts["labels"]) == mail.labels  # type: ignore[arg-type]
        assert rows[mail.id].state is State.SAVED
    assert (found["whole"], found["kept"]) == (True, len(gone))
    check_sums(out)


@pytest.mark.parametrize("quoting", [False, True])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_bytes_of_both_roads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line_end: bytes, quoting: bool) -> None:
    """The API's stay; every difference has one of the reasons that the docs explain."""
    mails = some_mails(40, account=STUDENT.address, start=18)
    out = tmp_path / "out"
    with account(mails, tmp_path, monkeypatch) as student:
        mail_export(student, out)
    tally = imported(out, exported(tmp_path, mails, line_end=line_end, quoting=quoting).parts).mails
    assert tally.new <= 3, "the last of each file is kept apart"
    assert tally.strange == []
    kinds = {kind for each in tally.different for kind in each.split(" + ")}
    assert kinds <= {Difference.LAST_LINE, Difference.LINE_ENDS, Difference.QUOTING}
    assert (Difference.QUOTING in kinds) == quoting
    assert tally.same + tally.different.total() + tally.new == len(mails)
    rows = entries(out, "mail")
    assert all(body(out, rows[mail.id]) == mail.raw for mail in mails)


def test_gmail_itself_mends_what_a_missing_part_left_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mails = some_mails(24, account=STUDENT.address, start=18)
    export = exports.build(
        tmp_path / "parts", language="en", parts=4, mails=mails, account=STUDENT.address, split_mid_message=True,
        only=["mailbox"],
    )  # fmt: skip
    missing = export.where[list(export.boxes)[1]][0]
    parts = [part for number, part in enumerate(export.parts, start=1) if number != missing]
    out = tmp_path / "out"
    with account(mails, tmp_path, monkeypatch) as student:
        imported(out, parts)
        open_before = {title for title in failed(out) if title.endswith(".mbox")}
        mail_export(student, out)
        imported(out, parts)
    assert all(entries(out, "mail")[mail.id].state is State.SAVED for mail in mails)
    assert len(open_before) == 2, "the one before the gap, and the one behind it"
    assert len({title for title in failed(out) if title.endswith(".mbox")}) == 1, "whose beginning has no id"


def test_drive_after_an_import_takes_over_what_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with account([], tmp_path, monkeypatch) as student:
        export = exported(tmp_path, [])
        imported(out, export.parts)
        student.server.reset()
        assert student.run("drive-export", out).exit_code == 0
        fetched = [seen.path for seen in student.server.log if "alt=media" in seen.query]
    assert fetched == []
    drive = {row.title.partition("/")[2]: row for row in entries(out, "drive").values() if row.path}
    moved = [row for row in entries(out, "takeout").values() if row.kind is Kind.ELSEWHERE and "sha256" in row.facts]
    assert len(moved) >= 5
    for row in moved:
        assert body(out, drive[row.title.partition("/")[2]]) == export.files[str(row.facts["member"])]
    check_sums(out)
    before = len(entries(out, "takeout"))
    imported(out, export.parts)
    assert len(entries(out, "takeout")) == before


def test_an_import_after_drive_keeps_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with account([], tmp_path, monkeypatch) as student:
        assert student.run("drive-export", out).exit_code == 0
    export = exported(tmp_path, [])
    imported(out, export.parts)
    held = {row.title.partition("/")[2] for row in entries(out, "drive").values() if row.path}
    kept = {row.title.partition("/")[2] for row in entries(out, "takeout").values() if row.path}
    assert not {name for name in held & kept if not name.endswith(("docx", "xlsx", "pptx"))}


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (b"a\r\nb\r\n", b"a\nb\n", (Difference.LINE_ENDS,)),
        (b"a\nFrom b\n", b"a\n>From b\n", (Difference.QUOTING,)),
        (b"a\n>From b\n", b"a\n>>From b\n", (Difference.QUOTING,)),
        (b"a\nb", b"a\nb\n", (Difference.LAST_LINE,)),
        (b"a\r\nFrom b", b"a\n>From b\n", (Difference.LINE_ENDS, Difference.QUOTING, Difference.LAST_LINE)),
        (b"A: 1\n\ntext\n", b"A: 2\n\ntext\n", (Difference.HEADERS,)),
        (b"A: 1\n\ntext\n", b"A: 1\n\nother\n", (Difference.OTHER,)),
        (b"a", b"a", ()),
    ],
)
def test_differences(one: bytes, other: bytes, found: tuple[Difference, ...]) -> None:
    assert differences(one, other) == found
    assert differences(other, one) == found
