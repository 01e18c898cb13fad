"""What exports lack of what Gmail and Drive list: against the practice server, and the mail by rows alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from comparing_rows import LATER, STAMP, Rows, command, compared, written
from importing import imported

from conftest import signed_in
from eccs_backup import vault
from eccs_backup.errors import Unusable
from eccs_backup.model import Entry, Key, Kind, Proof, State
from eccs_backup.rehearsal.cast import FRIEND, SECOND, STUDENT
from eccs_backup.rehearsal.mail.mailbox import Message
from eccs_backup.rehearsal.making import blob, document, folder
from eccs_backup.rehearsal.server import serve
from eccs_backup.rehearsal.world import File, Literal, World
from eccs_backup.retry import Halt
from eccs_backup.sources import Row
from eccs_backup.takeout import comparing
from eccs_backup.takeout.comparing_drive import Drive
from eccs_backup.takeout.comparing_mail import Label, Mail
from eccs_backup.takeout.records import ALSO
from takeout import export_files, exports
from takeout.exports import some_mails


def filled(mails: Iterable[exports.Mail]) -> World:
    """A student whose mailbox holds these mails, and whose Drive what is in the Drive of an export."""
    world = World([STUDENT, SECOND])
    box = world.mail[STUDENT.address]
    for mail in mails:
        named = {label.name: label.id for label in box.labels.values()}
        ids = {named.get(name) or box.new_label(name).id for name in mail.labels}
        box.fill([Message(int(mail.id, 16), int(mail.thread, 16), mail.date * 1000, mail.raw, ids)])
    world.fill(_drive())
    return world


def _drive() -> Iterator[File]:
    folders = {"": STUDENT.root}
    for path, data in export_files.products("en", STUDENT.address)["drive"].items():
        steps = path.removeprefix("Takeout/Drive/").split("/")
        if steps[-1].endswith("-info.json") and not steps[-1].startswith("contacts"):
            continue
        for depth in range(1, len(steps)):
            here = "/".join(steps[:depth])
            if here not in folders:
                folders[here] = f"1Folder{len(folders)}"
                yield folder(folders[here], steps[depth - 1], folders["/".join(steps[: depth - 1])])
        parent, name = folders["/".join(steps[:-1])], steps[-1]
        id = "1" + hashlib.sha256(path.encode()).hexdigest()[:20]
        stem, _, suffix = name.rpartition(".")
        kind = {"docx": "document", "xlsx": "spreadsheet", "pptx": "presentation"}.get(suffix)
        yield document(id, stem, kind, parent) if kind else blob(id, name, parent, content=Literal(data))


OTHERS = (
    blob("1New", "made after the export.bin"),
    blob("1Trashed", "thrown away.bin", trashed=True),
    File("1Friends", "a friend's.bin", parent=STUDENT.root, owner=FRIEND, readers=(STUDENT.address,)),
    document("1Form", "a form", "form"),
    blob("1Question", "what? (final).txt", content=Literal(b"a name that Takeout changes\n")),
)
"""What is in Drive besides."""


def test_beside_what_the_services_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: self.check())
    mails = some_mails(26, account=STUDENT.address)
    gone, here = mails[:2], mails[2:]
    export = exports.build(
        tmp_path / "parts", language="en", parts=3, mails=mails[:22], only=["mailbox", "drive", "account"],
        account=STUDENT.address, more={"Takeout/Drive/what_ (final).txt": b"a name that Takeout changes\n"},
    )  # fmt: skip
    out, world = tmp_path / "out", filled(here)
    world.mail[STUDENT.address].messages[int(here[-1].id, 16)].trouble = "refused"
    world.fill(replace(each) for each in OTHERS)
    with serve(world) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        imported(out, export.parts)
        assert student.run("mail-export", out, "--road", "api").exit_code == 3
        assert student.run("drive-export", out).exit_code == 0
    found = compared(out)
    assert isinstance(found.mail, Mail)
    assert (found.mail.listed, found.mail.both, found.mail.waived) == (24, 20, 0)
    assert found.mail.saved.count == 3
    assert found.mail.lacking.names == (f"{here[-1].id}.eml",)
    assert {each.partition(".")[0][-16:] for each in found.mail.only_export.names} == {each.id for each in gone}
    assert Label("all messages", 24, 22) in found.mail.labels
    assert all(_counted(here, each.name) == each.gmail for each in found.mail.labels[1:] if each.gmail is not None)
    assert all(_counted(mails[:22], each.name) == each.export for each in found.mail.labels[1:])
    assert isinstance(found.drive, Drive)
    assert found.drive.saved.names == ("My Drive/made after the export.bin",)
    assert found.drive.listed - found.drive.both == 1
    assert (found.drive.lacking.count, found.drive.changed.count) == (0, 0)
    assert [each for each in found.drive.only_export.names if "/series/" not in each] == []
    result = command(out)
    assert result.exit_code == 3
    assert f"{here[-1].id}.eml" in result.stdout
    assert json.loads(command(out, "--json").stdout)["lacking"] == 1


def _counted(mails: Iterable[exports.Mail], label: str) -> int:
    return sum(label in mail.labels for mail in mails)


def test_nothing_was_listed_yet(tmp_path: Path) -> None:
    export = exports.build(tmp_path / "parts", language="ja", parts=3, mails=5, only=["mailbox", "drive"])
    imported(tmp_path / "out", export.parts)
    result = command(tmp_path / "out")
    assert result.exit_code == 0
    assert "eccs-backup mail-export" in result.stdout
    assert "eccs-backup drive-export" in result.stdout


def test_without_an_export(tmp_path: Path) -> None:
    with vault.opened(tmp_path):
        pass
    with vault.reading(tmp_path) as place, pytest.raises(Unusable, match="No export"):
        comparing.compare(place)


def mail_of(rows: Rows) -> Mail:
    found = rows.compare().mail
    assert isinstance(found, Mail)
    return found


def test_every_standing_of_a_message(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        put = rows.place.manifest.put
        rows.mailbox("Mail/All.mbox", 4)
        rows.message("a1")
        rows.message("a2", Proof.STRUCTURE)
        rows.message("a3", Proof.STRUCTURE)
        rows.message("a4", Proof.DIGEST, "CHAT", "INBOX")
        rows.message("settings/filters", Proof.DIGEST)
        put(Entry(Key("mail", "a5"), State.FAILED, "a5.eml", reason="refused"))
        put(Entry(Key("mail", "a6"), State.LEFT_OUT, "a6.eml", Kind.LEFT_OUT, "--label"))
        put(Entry(Key("mail", "a7"), State.EXPLAINED, "a7.eml", Kind.GONE, "gone"))
        put(Entry(Key("mail", "a8"), State.PENDING, "a8\u202e.eml", facts={"takeout": STAMP}))
        rows.listed("a1", "a2", "a3", "a5", "a6", "a7", "a8", "a9")
        rows.catalogue("takeout").note(ALSO, Row("a3", {"export": STAMP}))
        found = mail_of(rows)
    assert (found.listed, found.both, found.waived, found.chats) == (8, 2, 2, 1)
    assert found.saved.names == ("2026/01/a2.eml",)
    assert found.lacking.names == ("a5.eml", "a8\u202e.eml", "a9")
    assert found.only_export.names == ("2026/01/a4.eml",)
    assert "\u202e" not in command(tmp_path).stdout


def test_messages_that_another_road_had_brought_before(tmp_path: Path) -> None:
    """Only their number shows that they were in an export: nothing is said of which they are, unless it was noted."""
    with written(tmp_path) as rows:
        rows.mailbox("Mail/All.mbox", 2)
        rows.mailbox("Mail/All.mbox", 1, export=LATER)
        rows.message("a1", Proof.STRUCTURE, "INBOX")
        rows.message("a2", Proof.DIGEST, "INBOX")
        rows.listed("a1", "a2")
        rows.catalogue("mail").replace("counts", [Row("000000", {"label": "all", "gmail": 2, "here": 2})], "")
        found = mail_of(rows)
        assert (found.both, found.saved.count, found.untold, found.labels) == (1, 1, 1, ())
        shown = command(tmp_path)
        assert shown.exit_code == 0
        assert "some of them were in an export as well" in shown.stdout
        assert "2026/01/a1.eml" not in shown.stdout
        rows.catalogue("takeout").note(ALSO, Row("a1", {"export": STAMP}))
        found = mail_of(rows)
    assert (found.both, found.saved.count, found.untold, found.labels) == (2, 0, 0, (Label("INBOX", None, 2),))


def test_labels_whose_numbers_differ(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        rows.message("a1", Proof.DIGEST, "INBOX", "研究", "INBOX")
        rows.message("a2", Proof.DIGEST, "INBOX", "Old\u202e")
        rows.message("a3", Proof.STRUCTURE, "INBOX")
        rows.listed("a1", "a2", "a3")
        counts = [("all messages", 3), ("INBOX", 2), ("研究", 5), ("SPAM", 0), ("all messages", 0)]
        log = [
            Row(f"{number:06}", {"label": label, "gmail": gmail, "here": 0})
            for number, (label, gmail) in enumerate(counts)
        ]
        rows.catalogue("mail").replace("counts", [*log, Row("outdated", {})], "")
        found = mail_of(rows)
    expected = (Label("all messages", 3, 2), Label("研究", 5, 1), Label("Old\u202e", None, 1))
    assert (found.labels, found.agreeing) == (expected, 3)
    shown = command(tmp_path).stdout
    assert "研究: Gmail counts 5; 1 came with exports." in shown
    assert "Gmail has no such label; 1 came with exports." in shown
    assert "\u202e" not in shown


def test_only_twenty_are_named_and_all_are_counted(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        rows.mailbox("Mail/All.mbox", 1)
        rows.listed(*(f"{number:04x}" for number in range(3000)))
        found = mail_of(rows)
    assert (found.lacking.count, len(found.lacking.names)) == (3000, 20)
    result = command(tmp_path)
    assert result.exit_code == 3
    assert "and 2,980 more" in result.stdout


def test_an_export_without_mail_and_without_files(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        rows.member("Keep/note.json", b"{}", product="keep")
        rows.message("a1", Proof.STRUCTURE)
        rows.listed("a1", "a2")
        found = rows.compare()
    assert found.mail == "The exports hold no mail."
    assert isinstance(found.drive, str)
    assert found.lacking == 0
