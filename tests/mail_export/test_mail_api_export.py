"""The student's mailbox by the API: every message as its very bytes, and nothing changed online."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from api_mail import SETTINGS, check_true, clear, export, mailbox, raw_gets, rows

from eccs_backup.model import Proof, State
from eccs_backup.rehearsal.mail.student_mail import MAIL_CASES, MAIL_IDS
from practice import Student, check_sums


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_every_message_is_exact(student: Student, out: Path) -> None:
    box = mailbox(student)
    before = {id: (set(one.labels), one.history) for id, one in box.messages.items()}
    history = box.history
    clear(student)
    found = export(student, out)
    assert found["whole"]
    assert found["listed"] == found["saved"] == len(MAIL_CASES) + len(SETTINGS)
    assert found["proofs"] == {"structure": found["saved"]}
    check_true(student, out)
    assert {id: (set(one.labels), one.history) for id, one in box.messages.items()} == before
    assert box.history == history
    assert {seen.method for seen in student.server.log} == {"GET", "POST"}
    assert {seen.path for seen in student.server.log if seen.method == "POST"} == {"/batch/gmail/v1"}
    assert len(raw_gets(student)) == len(MAIL_CASES) + 1, "the empty message is asked for twice"
    assert student.server.leaks == []


def test_sums_paths_and_files(student: Student, out: Path) -> None:
    export(student, out)
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=out, check=True)
    assert check_sums(out) == len(MAIL_CASES) + len(SETTINGS)
    files = {path.relative_to(out).as_posix() for path in out.glob("mail/**/*") if path.is_file()}
    found = rows(out)
    assert files == {entry.path for entry in found.values()} | {f"mail/settings/{name}.json" for name in SETTINGS}
    for id in ("Old2004", "OldLast", "OldFirst"):
        entry = found[MAIL_IDS[id]]
        assert entry.proof is Proof.STRUCTURE
        assert (out / str(entry.path)).stat().st_mtime == pytest.approx(entry.modified, abs=0.001)
    assert not list((out / ".eccs-backup/partial").iterdir())
    verified = student.run("verify", out)
    assert verified.exit_code == 0, verified.output


def test_labels_by_their_names(student: Student, out: Path) -> None:
    export(student, out)
    found = rows(out)
    assert {"研究/ゼミ/2024"} == set(found[MAIL_IDS["OnlyLabel"]].facts["labels"])  # type: ignore[arg-type]
    everything = set(found[MAIL_IDS["AllLabels"]].facts["labels"])  # type: ignore[arg-type]
    assert {"研究", "研究/ゼミ", "../../etc/passwd", "がくせいべんこう", "INBOX", "UNREAD"} <= everything
    assert found[MAIL_IDS["Archived"]].facts["labels"] == []
    thread = found[MAIL_IDS["Thread1"]].facts["thread"]
    assert sum(entry.facts["thread"] == thread for entry in found.values()) == 41


def test_settings_are_what_gmail_answers(student: Student, out: Path) -> None:
    export(student, out)
    box = mailbox(student)
    for name in SETTINGS[1:]:
        held = json.loads((out / f"mail/settings/{name}.json").read_text(encoding="utf-8"))
        assert held == box.settings[name], name
    labels = json.loads((out / "mail/settings/labels.json").read_text(encoding="utf-8"))["labels"]
    assert {each["id"]: each["name"] for each in labels} == {each.id: each.name for each in box.labels.values()}
    assert next(each for each in labels if each["id"] == "Label_1")["color"]["backgroundColor"] == "#4a86e8"


def test_a_changed_setting_is_saved_anew(student: Student, out: Path) -> None:
    export(student, out)
    mailbox(student).settings["language"] = {"displayLanguage": "en"}
    clear(student)
    assert export(student, out)["whole"]
    assert json.loads((out / "mail/settings/language.json").read_bytes()) == {"displayLanguage": "en"}
    assert raw_gets(student) == []
    assert not [path for path in (out / "mail/settings").iterdir() if path.stem not in SETTINGS]
    assert check_sums(out) == len(MAIL_CASES) + len(SETTINGS)


def test_only_mail_with_a_label(student: Student, out: Path) -> None:
    found = export(student, out, "--label", "研究/ゼミ", "--label", "spam", "--without-label", "STARRED")
    box = mailbox(student)
    wanted = {
        one.hex
        for one in box.messages.values()
        if one.labels & {"Label_2", "SPAM"} and "STARRED" not in one.labels
    }  # fmt: skip
    assert {id for id, entry in rows(out).items() if entry.state is State.SAVED} == wanted
    assert found["whole"]
    assert found["listed"] == found["saved"] + sum(found["left_out"].values())
    assert set(found["left_out"]) == {"not named by --label", "--without-label STARRED"}
    assert found["labels"] == []
    assert "left out" in found["verdict"]
    clear(student)
    whole = export(student, out)
    assert not set(raw_gets(student)) & wanted
    assert whole["whole"]
    assert not whole["left_out"]
    check_true(student, out)


def test_spam_can_be_left_out(student: Student, out: Path) -> None:
    found = export(student, out, "--without-label", "SPAM", "--without-label", "TRASH")
    spam = sum(bool({"SPAM", "TRASH"} & one.labels) for one in mailbox(student).messages.values())
    assert sum(found["left_out"].values()) == spam
    assert found["saved"] == len(MAIL_CASES) - spam + len(SETTINGS)
    clear(student)
    again = export(student, out, "--without-label", "SPAM", "--without-label", "TRASH")
    assert again["left_out"] == found["left_out"]
    assert raw_gets(student) == []
    assert student.run("verify", out, "--online").exit_code == 0


def test_an_unknown_label_is_refused_with_near_names(student: Student, out: Path) -> None:
    result = student.run("mail-export", out, "--label", "研究/ゼミ/2025")
    assert result.exit_code == 2
    assert "There is no label '研究/ゼミ/2025'" in result.stderr
    assert "研究/ゼミ/2024" in result.stderr
    assert not raw_gets(student)
    assert student.run("mail-export", out, "--without-label", "zzzzz").exit_code == 2


def test_a_dry_run_changes_and_fetches_nothing(student: Student, out: Path) -> None:
    clear(student)
    found = export(student, out, "--dry-run")
    assert found["to_fetch"] == len(MAIL_CASES) + len(SETTINGS)
    assert found["of_unknown_size"] == len(MAIL_CASES)
    assert not out.exists()
    assert raw_gets(student) == []
    assert "messages whose size Gmail does not tell" in student.run("mail-export", out, "--dry-run").stdout


def test_json_alone_is_on_stdout(student: Student, out: Path) -> None:
    result = student.run("mail-export", out, "--json")
    found = json.loads(result.stdout)
    assert found["source"] == "mail"
    assert {each["label"]: each["here"] for each in found["labels"]}["all messages"] == len(MAIL_CASES)
    assert all(each["gmail"] == each["here"] for each in found["labels"])
    shown = student.run("mail-export", out)
    assert f"and as many for each of {len(mailbox(student).labels)} labels." in shown.stdout
    assert student.run("status", out).exit_code == 0
