"""A restore on a bad day: refusals, doubts, damage, the wrong account - nothing lost, nothing twice, nothing hidden."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from restoring import PRIVATE, allow, hashes, private, ready, restore, saved, sent

from conftest import signed_in
from eccs_backup import vault
from eccs_backup.accounts import tokens
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.mail.mailbox import Message
from eccs_backup.rehearsal.server import serve
from eccs_backup.restore.ledger import Ledger
from practice import Student

COUNT = 40
PUT = r"/messages(/import)?\?internalDateSource"
IMPORT = r"/messages/import\?"


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A student with some plain messages, saved; the private account may be restored into."""
    with serve(worlds.plain_mail(COUNT, 1000)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        ready(student, tmp_path / "out")
        server.log.clear()
        yield student


def whole(student: Student) -> bool:
    """Whether the private mailbox holds all of the student's messages, each once."""
    return hashes(private(student)) == hashes(student.server.world.mail[worlds.STUDENT.address])


def test_without_a_sign_in_for_it_the_command_is_named(few: Student, tmp_path: Path) -> None:
    assert few.run("auth", "--forget", "--account", PRIVATE).exit_code == 0
    assert few.run("auth", "--account", PRIVATE).exit_code == 0  # to read is not to restore
    result = few.run("mail-restore", tmp_path / "out", "--account", PRIVATE, "--yes")
    assert result.exit_code == 4
    assert f"eccs-backup auth --for restore --account {PRIVATE}" in result.stderr


def test_a_permission_that_was_not_ticked(few: Student, tmp_path: Path) -> None:
    held = next(token for token in tokens.every("google") if token.group == "restore")
    lacking = tuple(scope for scope in held.scopes if not scope.endswith("gmail.insert"))
    tokens.save(tokens.Token(held.service, held.address, held.group, lacking, held.credentials, 0, 0))
    result = few.run("mail-restore", tmp_path / "out", "--account", PRIVATE, "--yes")
    assert result.exit_code == 4
    assert "Add emails into your Gmail mailbox" in result.stderr
    assert f"--for restore --account {PRIVATE}" in result.stderr


def test_access_taken_back_in_between(few: Student, tmp_path: Path) -> None:
    few.server.grants.revoke_all()
    result = few.run("mail-restore", tmp_path / "out", "--account", PRIVATE, "--yes")
    assert result.exit_code == 4
    assert f"--for restore --account {PRIVATE}" in result.stderr
    few.run("auth")
    allow(few)
    assert restore(few, tmp_path / "out")["restored"] == COUNT


def test_the_account_that_the_mail_came_from_is_refused(few: Student, tmp_path: Path) -> None:
    owner = worlds.STUDENT.address
    assert few.run("auth", "--for", "restore", "--account", owner).exit_code == 0
    result = few.run("mail-restore", tmp_path / "out", "--account", owner, "--yes")
    assert result.exit_code == 2
    assert "--same-account" in result.stderr
    assert not sent(few)
    result = few.run("mail-restore", tmp_path / "out", "--account", owner, "--yes", "--same-account")
    assert result.exit_code == 0, result.output
    assert not sent(few), "all of it is still there"
    mailbox = few.server.world.mail[owner]
    before = hashes(mailbox)
    mailbox.delete(next(iter(mailbox.messages)))
    with vault.existing(tmp_path / "out") as place:
        ManifestCatalogue(place.manifest, "mail").forget(f"restore:{owner}")  # as in a run on another day
    result = few.run("mail-restore", tmp_path / "out", "--account", owner, "--yes", "--same-account")
    assert result.exit_code == 0, result.output
    assert sent(few) == 1
    assert hashes(mailbox) == before


def test_a_token_of_another_mailbox_is_refused(few: Student, tmp_path: Path) -> None:
    held = next(token for token in tokens.every("google") if token.group == "read")
    scopes = next(token.scopes for token in tokens.every("google") if token.group == "restore")
    tokens.save(tokens.Token("google", PRIVATE, "restore", scopes, held.credentials, 0, 0))
    result = few.run("mail-restore", tmp_path / "out", "--account", PRIVATE, "--yes")
    assert result.exit_code == 9
    assert not sent(few)


def test_nobody_says_yes(few: Student, tmp_path: Path) -> None:
    result = few.run("mail-restore", tmp_path / "out", "--account", PRIVATE)
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert not sent(few)
    assert not [label for label in private(few).labels.values() if label.user]


def test_a_folder_without_mail(few: Student, tmp_path: Path) -> None:
    result = few.run("mail-restore", tmp_path / "nothing", "--account", PRIVATE)
    assert result.exit_code == 2


def test_an_unknown_label(few: Student, tmp_path: Path) -> None:
    result = few.run("mail-restore", tmp_path / "out", "--account", PRIVATE, "--label", "nowhere")
    assert result.exit_code == 2
    assert "講義" in result.stderr


def test_refusals_for_lack_of_quota_are_waited_for(few: Student, tmp_path: Path) -> None:
    slow = [Fault(429, "rateLimitExceeded"), Fault(403, "userRateLimitExceeded")]
    few.server.faults.add(IMPORT, *slow, None, *slow)
    found = restore(few, tmp_path / "out", "--label", "講義")  # a refusal empties the bucket: four a second from there
    assert 0 < found["restored"] == len(private(few).messages)
    assert found["failed"] == []
    assert max(hashes(private(few)).values()) == 1


def test_an_access_token_that_ends_in_between(few: Student, tmp_path: Path) -> None:
    few.server.faults.add(IMPORT, *[None] * 10, Fault(expire=True))
    assert restore(few, tmp_path / "out")["restored"] == COUNT
    assert whole(few)


@pytest.mark.parametrize(
    "fault",
    [Fault(503), Fault(cut_after=0), Fault(cut_after=10, chunked=True), Fault(502, headers={"Retry-After": "1"})],
    ids=["503", "cut at once", "cut in the middle", "502"],
)
def test_doubts_are_settled_and_not_guessed(few: Student, tmp_path: Path, fault: Fault) -> None:
    few.server.faults.add(IMPORT, None, fault, None, fault, fault)
    assert restore(few, tmp_path / "out")["restored"] == COUNT
    assert whole(few)


def test_doubts_when_gmail_has_forgotten_its_log(few: Student, tmp_path: Path) -> None:
    few.server.faults.add("/history", Fault(404, "notFound"), Fault(404, "notFound"))
    few.server.faults.add(IMPORT, None, Fault(cut_after=0), Fault(503))
    assert restore(few, tmp_path / "out")["restored"] == COUNT
    assert whole(few)


def test_a_message_that_is_always_refused_is_named_and_the_rest_goes_on(few: Student, tmp_path: Path) -> None:
    few.server.faults.add(PUT, *[Fault(400, "invalidArgument")] * 100)
    found = restore(few, tmp_path / "out", expected=3)
    assert found["failed"]
    assert all("invalidArgument" in each["reason"] for each in found["failed"])
    few.server.app.faults = Faults()
    again = restore(few, tmp_path / "out", expected=0)
    assert again["restored"] == len(found["failed"])
    assert whole(few)


def test_a_message_that_import_refuses_is_inserted(few: Student, tmp_path: Path) -> None:
    few.server.faults.add(IMPORT, *[Fault(400, "invalidArgument")] * 100)
    assert restore(few, tmp_path / "out")["restored"] == COUNT
    assert any(seen.path.endswith("/messages") and seen.method == "POST" for seen in few.server.log)
    assert whole(few)


def test_damaged_and_missing_files_are_named_and_not_sent(few: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = list(saved(out))
    garbled, gone = out / str(rows[3].path), out / str(rows[7].path)
    garbled.write_bytes(garbled.read_bytes()[::-1])
    gone.unlink()
    result = few.run("mail-restore", out, "--account", PRIVATE, "--dry-run", "--json")
    assert result.exit_code == 5
    assert {each["path"] for each in json.loads(result.stdout)["damaged"]} == {rows[3].path, rows[7].path}
    found = restore(few, out, expected=5)
    assert {each["path"] for each in found["damaged"]} == {rows[3].path, rows[7].path}
    assert found["restored"] == COUNT - 2 == len(private(few).messages)
    told = few.run("mail-restore", out, "--account", PRIVATE, "--yes").stdout
    assert f"`eccs-backup verify {out}`, then `eccs-backup mail-export {out}`" in told
    assert few.run("verify", out).exit_code == 5
    assert few.run("mail-export", out).exit_code == 0
    assert restore(few, out)["restored"] == 2
    assert whole(few)


@pytest.mark.parametrize(
    "front",
    [
        b"",
        b"Delivered-To: hanako@example.com\r\nReceived: by 2002:ab0 with SMTP id x;\r\n\tSun, 1 Nov 2026\r\n",
    ],
    ids=["as it was", "with fields of Gmail's in front"],
)
def test_what_arrived_before_a_kill_is_recognised(few: Student, tmp_path: Path, front: bytes) -> None:
    out, mailbox = tmp_path / "out", private(few)
    rows = list(saved(out))
    with vault.existing(out) as place:
        ledger = Ledger(place.manifest, PRIVATE)
        ledger.begin(str(mailbox.history))
        ledger.sending(row.key.id for row in rows[:5])
    for number, row in enumerate(rows[:3]):  # two of the five never left
        mailbox.add(Message(1 << 60 | number, 1 << 60 | number, 0, front + (out / str(row.path)).read_bytes()))
    mailbox.add(Message(1 << 61, 1 << 61, 0, b"Subject: something else\r\n\r\nhello\r\n"))
    found = restore(few, out)
    assert found["restored"] == COUNT
    assert len(mailbox.messages) == COUNT + 1
    assert sent(few) == COUNT - 3


def test_doubts_about_what_is_not_wished_for_are_settled_too(few: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with vault.existing(out) as place:
        ledger = Ledger(place.manifest, PRIVATE)
        ledger.begin(str(private(few).history))
        ledger.sending(row.key.id for row in saved(out))
    assert restore(few, out, "--label", "講義")["restored"] == len(private(few).messages) > 0
    restore(few, out)
    assert whole(few)


def test_a_service_that_is_away_ends_the_run_soon(few: Student, tmp_path: Path) -> None:
    few.server.faults.add(PUT, *[None] * 5, *[Fault(503)] * 1000)
    result = few.run("mail-restore", tmp_path / "out", "--account", PRIVATE, "--yes")
    assert result.exit_code == 3
    assert "stopped answering" in result.stderr
    few.server.app.faults = Faults()
    restore(few, tmp_path / "out")
    assert whole(few)


def test_a_message_that_meets_a_fault_every_time_is_named(few: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    few.server.faults.add(PUT, *[None, Fault(503)] * 200)  # every second one, in each of three rounds
    found = restore(few, out, expected=3)
    assert 0 < len(found["failed"]) < COUNT / 4
    few.server.app.faults = Faults()
    assert restore(few, out)["restored"] == len(found["failed"])
    assert whole(few)


def test_the_vault_is_as_it_was(few: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = list(saved(out))
    restore(few, out)
    assert list(saved(out)) == before
    assert few.run("verify", out, "--online").exit_code == 0
    assert few.run("status", out).exit_code == 0


def test_another_run_holds_the_vault(few: Student, tmp_path: Path) -> None:
    with vault.existing(tmp_path / "out"):
        result = few.run("mail-restore", tmp_path / "out", "--account", PRIVATE, "--yes")
    assert result.exit_code == 6
