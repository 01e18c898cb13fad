"""Exports in three languages, whole and in pieces, become one vault whose balance closes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from importing import balanced, body, entries, everything, failed, imported

from eccs_backup.model import Kind, State
from practice import check_sums
from takeout import exports
from takeout.exports import Export

LANGUAGES = ("ja", "en", "de")


def check_whole(export: Export, out: Path, line_end: bytes = b"\r\n") -> None:
    """Every mail and every file of the export is in the vault, with the very bytes."""
    mails = {id: row for id, row in entries(out, "mail").items() if row.state is State.SAVED}
    assert {id: body(out, row) for id, row in mails.items()} == {
        id: mail.held(line_end) for id, mail in export.mails.items()
    }
    for id, mail in export.mails.items():
        assert set(mails[id].facts["labels"]) == mail.labels, id  # type: ignore[arg-type]
        assert (mails[id].facts["thread"], mails[id].modified) == (mail.thread, mail.date)
    rows = [row for row in entries(out, "takeout").values() if row.facts.get("member") in export.files]
    assert {row.facts["member"] for row in rows} == set(export.files)
    for row in rows:
        path = row.path or str(row.facts["as"])
        assert (out / path).read_bytes() == export.files[str(row.facts["member"])]
    assert check_sums(out) == len(mails) + sum(row.path is not None for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("suffix", ["zip", "tgz"])
def test_a_whole_export(tmp_path: Path, language: str, suffix: str) -> None:
    export = exports.build(tmp_path / "parts", language=language, suffix=suffix, group=1, split_mid_message=True)
    outcome = imported(tmp_path / "out", export.parts)
    assert failed(tmp_path / "out") == {}
    assert (outcome.missing, outcome.damaged) == ([], {})
    assert balanced(tmp_path / "out").whole
    check_whole(export, tmp_path / "out")


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_and_truncated(tmp_path: Path, language: str) -> None:
    """What is wrong is named, nothing else; the right parts close the balance."""
    export = exports.build(tmp_path / "parts", language=language, split_mid_message=True)
    whole = export.part(9).read_bytes()
    exports.truncated(export.part(9), 0.6)
    out = tmp_path / "out"
    outcome = imported(out, [each for each in export.parts if each != export.part(4)])
    assert outcome.missing == [export.part(4).name]
    assert list(outcome.damaged) == [export.part(9).name]
    named = {name for name in failed(out) if name.startswith("takeout-")}
    assert named == {export.part(4).name, export.part(9).name}
    assert not balanced(out).whole
    export.part(9).write_bytes(whole)
    outcome = imported(out, [export.part(9)])
    assert outcome.missing == [export.part(4).name]
    imported(out, [export.part(4)])
    assert failed(out) == {}
    assert balanced(out).whole
    check_whole(export, out)


@pytest.mark.parametrize("cut_at", ["body", "head", "separator", "crlf"])
def test_a_mailbox_cut_anywhere_in_any_order(tmp_path: Path, cut_at: str) -> None:
    export = exports.build(
        tmp_path / "parts", language="en", parts=4, mails=30, split_mid_message=True, cut_at=cut_at, only=["mailbox"]
    )
    one, other = tmp_path / "one", tmp_path / "other"
    imported(one, export.parts)
    for part in reversed(export.parts):
        imported(other, [part])
    for out in (one, other):
        assert failed(out) == {}
        check_whole(export, out)
    assert list(everything(one)) == list(everything(other))


def test_again_reads_nothing(tmp_path: Path) -> None:
    export = exports.build(tmp_path / "parts", language="en", parts=3)
    out = tmp_path / "out"
    imported(out, export.parts)
    before = list(everything(out))
    outcome = imported(out, export.parts)
    assert outcome.known == [each.name for each in export.parts]
    assert outcome.mails.messages == 0
    assert list(everything(out)) == before
    assert balanced(out).whole


@pytest.mark.parametrize("source", ["mail", "takeout"])
@pytest.mark.parametrize("suffix", ["zip", "tgz"])
def test_what_was_lost_is_read_again(tmp_path: Path, source: str, suffix: str) -> None:
    export = exports.build(tmp_path / "parts", language="en", parts=3, mails=30, suffix=suffix)
    out = tmp_path / "out"
    imported(out, export.parts)
    row = next(row for row in entries(out, source).values() if row.state is State.SAVED)
    (out / (row.path or "")).unlink()
    page = export.files["Takeout/archive_browser.html"]
    other = exports.build(
        tmp_path / "other", language="en", parts=1, mails=0, stamp="20261201T101010Z", only=["drive"], index=page
    )
    imported(out, other.parts)
    assert not balanced(out).whole, "the parts that held it have to be given again"
    imported(out, export.parts)
    assert balanced(out).whole
    check_whole(export, out)


def test_a_second_export_keeps_only_what_is_new(tmp_path: Path) -> None:
    first = exports.build(tmp_path / "first", language="en", parts=3, mails=30)
    second = exports.build(tmp_path / "second", language="en", parts=3, mails=40, stamp="20261201T101010Z")
    out = tmp_path / "out"
    imported(out, first.parts)
    outcome = imported(out, second.parts)
    assert (outcome.mails.new, outcome.mails.same) == (10, 30)
    again = [row for row in entries(out, "takeout").values() if row.kind is Kind.ELSEWHERE and "as" in row.facts]
    assert len(again) >= len(first.files)
    check_whole(second, out)


@pytest.mark.parametrize("newer_first", [False, True])
def test_labels_of_the_newest_export_hold(tmp_path: Path, newer_first: bool) -> None:
    mails = exports.some_mails(12, start=18)
    moved = [replace(mail, labels=frozenset({"INBOX", "kept for later"})) for mail in mails]
    older = exports.build(tmp_path / "older", language="en", parts=1, mails=mails, only=["mailbox"])
    newer = exports.build(
        tmp_path / "newer", language="en", parts=1, mails=moved, only=["mailbox"], stamp="20261201T101010Z"
    )
    for export in (newer, older) if newer_first else (older, newer):
        imported(tmp_path / "out", export.parts)
    labels = {frozenset(map(str, row.facts["labels"])) for row in entries(tmp_path / "out", "mail").values()}  # type: ignore[arg-type]
    assert labels == {frozenset({"INBOX", "kept for later"})}
