"""Parts that Google delivered into Drive: fetched with their proof one after another, and taken off the disk again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import signed_in
from eccs_backup import balance, vault
from eccs_backup.cli.takeout_drive import offered
from eccs_backup.errors import Corrupt, SignInNeeded, Unavailable, VaultFull
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.server import serve
from eccs_backup.rehearsal.things import BIN
from eccs_backup.rehearsal.world import FOLDER, FRIEND, SHORTCUT, STUDENT, File, Literal, Noise
from eccs_backup.retry import Halt
from eccs_backup.takeout.from_drive import Offer
from practice import Student
from takeout import exports

MANY = "takeout-20261101T101010Z-{:03}.zip"
LATER = "2026-12-01T00:00:00.000Z"
PARTS = ".eccs-backup/takeout-parts"


class Stopped(BaseException):
    """The run ends here, as by Ctrl-C."""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Student]:
    """A small account that is signed in once: for each test that would take longer than the test."""
    with serve(worlds.plain(2, 100, 200)) as server, pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            patch.delenv(name, raising=False)
        yield signed_in(server, tmp_path_factory.mktemp("account"), patch)


@pytest.fixture
def student(account: Student, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """The account, with nothing in the folder to which Google delivers; pauses pass at once."""
    monkeypatch.setenv("ECCS_BACKUP_HOME", str(account.home))
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: self.check())
    account.server.world.put(File("1Takeout", "Takeout", FOLDER, parent=STUDENT.root, owner=STUDENT.address))
    account.server.reset()
    yield account
    for id in [id for id in account.server.world.files if id.startswith(("1Part", "1Again", "1Second", "1Old"))]:
        if id in account.server.world.files:
            account.server.world.delete(id)
    account.server.app.faults = Faults()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def part(number: int, content: Noise | Literal | None = None, **more: object) -> File:
    """A part as Google delivers it."""
    content = content or Noise(number, 1_000 + number)
    file = File(f"1Part{number}", MANY.format(number), BIN, parent="1Takeout", owner=STUDENT.address, content=content)
    return replace(file, **more)  # type: ignore[arg-type]


def deliver(student: Student, *files: File) -> None:
    for file in files:
        student.server.world.put(file)


def content(file: File) -> bytes:
    assert file.content
    return b"".join(map(bytes, file.content.read(0, file.content.size)))


def fetched(out: Path, on_bytes: Callable[[int], object] = lambda count: None) -> dict[str, bytes]:
    """Every part that is offered, by name; one at a time lies on the disk."""
    found = {}
    with vault.opened(out) as place, offered(place, None) as offers:
        for offer in offers:
            path = offer.fetch(on_bytes)
            assert path.stat().st_size == offer.size
            found[offer.name.name] = path.read_bytes()
            assert len(left(out)) <= 1
            offer.release()
    return found


def names(offers: Iterable[Offer]) -> list[str]:
    return sorted(each.name.name for each in offers)


def left(out: Path) -> list[str]:
    """What lies where parts are read."""
    return sorted(each.name for each in (out / PARTS).glob("*"))


def downloads(student: Student) -> list[str]:
    return [seen.path.rpartition("/")[2] for seen in student.server.log if "alt=media" in seen.query]


def test_the_parts_of_an_export_come_as_they_are(student: Student, out: Path, tmp_path: Path) -> None:
    export = exports.build(tmp_path / "export", language="en", parts=3, mails=12)
    bodies = {path.name: path.read_bytes() for path in export.parts}
    deliver(student, *(part(number, Literal(body), name=name) for number, (name, body) in enumerate(bodies.items())))
    counts: list[int] = []
    assert fetched(out, counts.append) == bodies
    assert sum(counts) == sum(map(len, bodies.values()))
    assert not (out / PARTS).exists()
    assert not list((out / ".eccs-backup/partial").iterdir())


def test_nothing_is_changed_online_and_nothing_listed_in_drives_balance(student: Student, out: Path) -> None:
    deliver(student, part(1))
    for _ in range(2):
        fetched(out)
    assert {seen.method for seen in student.server.log if seen.path.startswith(("/drive", "/upload"))} == {"GET"}
    with vault.reading(out) as place:
        assert place.manifest.sources() == []
        assert not list(place.manifest.entries())


def test_all_names_are_there_before_anything_is_fetched(student: Student, out: Path) -> None:
    deliver(student, part(2), part(1))
    with vault.opened(out) as place, offered(place, None) as offers:
        assert {each.name.number: each.size for each in offers} == {1: 1_001, 2: 1_002}
    assert downloads(student) == []


def test_other_things_in_drive_are_no_parts(student: Student, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strange = {
        "folder": part(1, mime=FOLDER),
        "shortcut": part(2, mime=SHORTCUT, extra={"shortcutDetails": {"targetId": "1Part9"}}),
        "form": part(3, mime=f"{worlds.GOOGLE}form"),
        "document": part(4, mime=f"{worlds.GOOGLE}document"),
        "Drive's own": part(5, name="drive-download-20261101T101010Z-001.zip"),
    }
    deliver(student, *strange.values())
    with vault.opened(out) as place, offered(place, None) as offers:
        assert offers == []
    assert "Not read" not in capsys.readouterr().err


def test_what_is_in_the_trash_or_not_the_persons_own_is_left_aside(
    student: Student, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trashed = File("1Old", "Old", FOLDER, parent=STUDENT.root, owner=STUDENT.address, trashed=True)
    theirs = part(4, owner=FRIEND, readers=(STUDENT.address,))
    again = replace(part(1, trashed=True), id="1Again")
    deliver(student, trashed, part(1), again, part(2, trashed=True), part(3, parent="1Old"), theirs)
    with vault.opened(out) as place, offered(place, None) as offers:
        assert names(offers) == [MANY.format(1)]
    told = capsys.readouterr().err
    assert f"trash: {MANY.format(2)}, {MANY.format(3)}." in told
    assert f"not your own: {MANY.format(4)}." in told
    assert MANY.format(1) not in told


@pytest.mark.parametrize("fault", [Fault(cut_after=1_000), Fault(garble=True)], ids=["cut", "garbled"])
def test_trouble_that_passes_is_survived(student: Student, out: Path, fault: Fault) -> None:
    deliver(student, part(1, Noise(1, 1 << 20)))
    student.server.app.faults.add("/1Part1.*alt=media", fault)
    assert fetched(out) == {MANY.format(1): content(part(1, Noise(1, 1 << 20)))}
    assert len(downloads(student)) == 2
    assert not (out / PARTS).exists()


def test_trouble_that_stays_is_that_parts_alone(student: Student, out: Path) -> None:
    deliver(student, part(1), part(2))
    student.server.app.faults.add("/1Part1.*alt=media", *[Fault(garble=True)] * 9)
    with vault.opened(out) as place, offered(place, None) as offers:
        one, two = offers
        with pytest.raises(Corrupt, match="does not match"):
            one.fetch(int)
        assert left(out) == []
        assert two.fetch(int).read_bytes() == content(part(2))


def test_a_part_that_may_not_be_downloaded_says_so(student: Student, out: Path) -> None:
    deliver(student, part(1, extra={"capabilities": {"canDownload": False}}))
    student.server.app.faults.add("/1Part1.*alt=media", *[Fault(403, "cannotDownloadFile")] * 9)
    with vault.opened(out) as place, offered(place, None) as offers, pytest.raises(Unavailable, match="forbids"):
        offers[0].fetch(int)


def test_the_next_run_goes_on_in_the_middle_of_a_part(student: Student, out: Path) -> None:
    big = part(1, Noise(1, 3 << 20))
    deliver(student, big)
    seen = 0

    def stop(count: int) -> None:
        nonlocal seen
        seen += count
        if seen >= 1 << 20:
            raise Stopped

    with pytest.raises(Stopped):
        fetched(out, stop)
    student.server.log.clear()
    assert fetched(out) == {big.name: content(big)}
    (asked,) = (seen.range for seen in student.server.log if "alt=media" in seen.query)
    assert int(asked.removeprefix("bytes=").removesuffix("-")) >= 1 << 20


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="nobody can press Ctrl-C here")
def test_ctrl_c_ends_the_fetching_at_once(student: Student, out: Path) -> None:
    big, pressed = part(1, Noise(1, 4 << 20)), threading.Event()
    deliver(student, big)

    def press(count: int) -> None:
        if count and not pressed.is_set():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            pressed.wait(10)

    def run() -> None:
        with vault.opened(out) as place, offered(place, None) as offers:
            student.server.app.rate = 1 << 24
            try:
                offers[0].fetch(press)
            finally:
                pressed.set()

    with pytest.raises(KeyboardInterrupt):
        run()
    student.server.app.rate = None
    assert left(out) == []
    assert fetched(out) == {big.name: content(big)}


def test_a_part_that_a_killed_run_left_is_not_fetched_again(student: Student, out: Path) -> None:
    deliver(student, part(1))
    with vault.opened(out) as place, offered(place, None) as offers:
        offers[0].fetch(int)
    assert left(out) == [MANY.format(1)]
    student.server.log.clear()
    assert fetched(out) == {MANY.format(1): content(part(1))}
    assert downloads(student) == []
    assert not (out / PARTS).exists()


def test_what_a_killed_run_left_gives_way_to_a_newer_part(student: Student, out: Path) -> None:
    deliver(student, part(1))
    with vault.opened(out) as place, offered(place, None) as offers:
        offers[0].fetch(int)
    newer = part(1, Noise(7, 2_000))
    deliver(student, newer)
    assert fetched(out) == {newer.name: content(newer)}
    assert not (out / PARTS).exists()


def test_a_part_that_need_not_be_fetched_can_be_released(student: Student, out: Path) -> None:
    deliver(student, part(1))
    for _ in range(2):
        with vault.opened(out) as place, offered(place, None) as offers:
            if not left(out):
                offers[0].fetch(int)
            else:
                offers[0].release()
    assert not (out / PARTS).exists()


def test_parts_that_were_exported_are_used(student: Student, out: Path) -> None:
    deliver(student, part(1), part(2))
    assert student.run("drive-export", out).exit_code == 0
    before = drive_balance(out)
    deliver(student, part(3))
    student.server.world.trash("1Part2")  # what was saved of it counts
    student.server.log.clear()
    assert fetched(out) == {MANY.format(number): content(part(number)) for number in (1, 2, 3)}
    assert downloads(student) == ["1Part3"]
    assert (out / "drive/My Drive/Takeout" / MANY.format(1)).read_bytes() == content(part(1))
    assert drive_balance(out) == before
    assert student.run("verify", out).exit_code == 0
    assert student.run("drive-export", out).exit_code == 0


def test_an_exported_part_that_was_lost_is_fetched(student: Student, out: Path) -> None:
    deliver(student, part(1))
    assert student.run("drive-export", out).exit_code == 0
    (out / "drive/My Drive/Takeout" / MANY.format(1)).unlink()
    student.server.log.clear()
    assert fetched(out) == {MANY.format(1): content(part(1))}
    assert downloads(student) == ["1Part1"]


def test_an_exported_part_that_differs_from_drives_is_used_and_that_is_said(
    student: Student, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(student, part(1))
    assert student.run("drive-export", out).exit_code == 0
    student.server.world.edit("1Part1")
    capsys.readouterr()
    assert fetched(out) == {MANY.format(1): content(part(1))}
    assert "than the one saved here" in capsys.readouterr().err


def test_of_two_exported_copies_the_newer_and_nobody_elses(student: Student, out: Path) -> None:
    older, newer = part(1, Noise(8, 500)), part(1, modified=LATER)
    theirs = part(2, owner=FRIEND, readers=(STUDENT.address,))
    deliver(student, replace(older, id="1Again"), newer, replace(older, id="1Second"), theirs)
    assert student.run("drive-export", out, "--shared-with-me").exit_code == 0
    student.server.log.clear()
    assert fetched(out) == {newer.name: content(newer)}
    assert downloads(student) == []


@pytest.mark.parametrize(
    ("first", "second", "taken", "said"),
    [
        (part(1), part(1, modified=LATER), 1, False),
        (part(1), part(1, Noise(8, 500), modified=LATER), 8, True),
        (part(1, modified=LATER), part(1, Noise(8, 500)), 1, True),
        (part(1), part(1, Noise(8, 500), modified=LATER, sums=()), 1, True),
        (part(1, sums=()), part(1, Noise(8, 500), sums=("md5Checksum",)), 8, True),
    ],
    ids=["alike", "newer", "older", "newer without a checksum", "only one has a checksum"],
)
def test_of_two_copies_the_newest_that_can_be_proven(
    student: Student, out: Path, capsys: pytest.CaptureFixture[str], first: File, second: File, taken: int, said: bool
) -> None:
    second = replace(second, id="1Second", name=MANY.format(1))
    deliver(student, replace(first), second)
    assert fetched(out) == {MANY.format(1): content(first if taken == 1 else second)}
    assert ("differ: the newest is read" in capsys.readouterr().err) == said


def test_a_part_for_which_there_is_no_room_is_not_begun(student: Student, out: Path) -> None:
    deliver(student, part(1, Noise(1, 1 << 60), sums=()))
    student.server.app.faults.add("/1Part1.*alt=media", *[Fault(403, "cannotDownloadFile")] * 9)  # or the disk is full
    with vault.opened(out) as place, offered(place, None) as offers, pytest.raises(VaultFull):
        offers[0].fetch(int)
    assert downloads(student) == []


def test_the_folders_own_account_is_asked_and_no_other(student: Student, out: Path) -> None:
    with vault.opened(out) as place:
        place.check_account("mail", "somebody.else@example.com")
        with pytest.raises(SignInNeeded), offered(place, None):
            pass
        assert place.manifest.account("drive") is None


def drive_balance(out: Path) -> dict[str, object]:
    with vault.reading(out) as place:
        found = balance.of(place.manifest, "drive")
    assert found
    return found.as_json()
