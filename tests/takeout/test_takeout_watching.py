"""A folder into which a browser downloads: what is finished there, and when."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eccs_backup.errors import Unusable
from eccs_backup.takeout import watching

NAME = "takeout-20261101T101010Z-{:03}.zip"
FIRST, SECOND = NAME.format(1), NAME.format(2)
SECONDS = 30


class Day:
    """A clock that runs only while somebody sleeps, and what the browser does at its times."""

    def __init__(self, folder: Path, events: dict[float, Callable[[Path], object]] | None = None) -> None:
        self.now, self.folder, self.events = 0.0, folder, events or {}

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for time in sorted(each for each in self.events if each <= self.now):
            self.events.pop(time)(self.folder)

    def watch(self, until: float = SECONDS, **more: float) -> list[tuple[float, str]]:
        """Times and names of what was found to be finished."""
        found = watching.finished(self.folder, self.clock, self.sleep, until=lambda: self.now >= until, **more)
        return [(self.now, path.relative_to(self.folder).as_posix()) for path in found]


def write(name: str, content: bytes = b"PK", modified: int = 0) -> Callable[[Path], None]:
    def event(folder: Path) -> None:
        (folder / name).write_bytes(content)
        os.utime(folder / name, (modified, modified))

    return event


def move(name: str, to: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).replace(folder / to)


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def test_what_lies_there_is_given_in_the_order_of_the_parts(tmp_path: Path) -> None:
    for name in ("notes.txt", NAME.format(1000), NAME.format(999), SECOND, FIRST, "drive-download-x-1-001.zip"):
        write(name)(tmp_path)
    assert Day(tmp_path).watch() == [(3.0, name) for name in (FIRST, SECOND, NAME.format(999), NAME.format(1000))]
    assert Day(tmp_path).watch(settle=10)[0] == (10.0, FIRST)


def test_a_file_that_grows_is_waited_for(tmp_path: Path) -> None:
    growing = {float(time): write(FIRST, b"PK" * time) for time in range(1, 8)}
    assert Day(tmp_path, dict(growing)).watch() == [(10.0, FIRST)]


def test_a_file_of_the_same_size_that_is_still_written_is_waited_for(tmp_path: Path) -> None:
    """Room for the whole file is taken first, and filled then."""
    written = {float(time): write(FIRST, b"PK", time) for time in range(1, 8)}
    assert Day(tmp_path, dict(written)).watch() == [(10.0, FIRST)]


@pytest.mark.parametrize("ending", watching.BESIDE)
def test_what_is_unfinished(tmp_path: Path, ending: str) -> None:
    """Chrome renames its file at the end; Firefox keeps the name with an empty file, which it replaces."""
    chrome = {1.0: write(f"{FIRST}{ending}"), 9.0: move(f"{FIRST}{ending}", FIRST)}
    assert Day(tmp_path, dict(chrome)).watch() == [(12.0, FIRST)]
    firefox = {1.0: write(SECOND, b""), 2.0: write(f"{SECOND}{ending}"), 9.0: move(f"{SECOND}{ending}", SECOND)}
    remove(FIRST)(tmp_path)
    assert Day(tmp_path, dict(firefox)).watch() == [(12.0, SECOND)]


def test_a_finished_name_beside_an_unfinished_file_is_not_finished(tmp_path: Path) -> None:
    both = {1.0: write(FIRST), 1.5: write(f"{FIRST}.part"), 9.0: remove(f"{FIRST}.part")}
    assert Day(tmp_path, dict(both)).watch() == [(12.0, FIRST)]


def test_an_empty_file_never_is(tmp_path: Path) -> None:
    write(FIRST, b"")(tmp_path)
    assert Day(tmp_path).watch() == []


def test_a_replaced_file_is_given_again(tmp_path: Path) -> None:
    write(FIRST)(tmp_path)
    assert Day(tmp_path, {9.0: write(FIRST, b"PK again")}).watch() == [(3.0, FIRST), (12.0, FIRST)]
    assert Day(tmp_path, {9.0: write(FIRST, b"PK again", modified=5)}).watch() == [(3.0, FIRST), (12.0, FIRST)]


def test_a_file_that_was_away_is_not_given_again(tmp_path: Path) -> None:
    write(FIRST)(tmp_path)
    away = {9.0: move(FIRST, "elsewhere"), 12.0: move("elsewhere", FIRST)}
    assert Day(tmp_path, dict(away)).watch() == [(3.0, FIRST)]


def test_a_file_that_goes_before_it_is_whole(tmp_path: Path) -> None:
    write(FIRST)(tmp_path)
    assert Day(tmp_path, {2.0: remove(FIRST)}).watch() == []


def test_what_changed_while_another_was_read_is_looked_at_anew(tmp_path: Path) -> None:
    """Reading a part takes minutes; both were whole when the first was given."""
    write(FIRST)(tmp_path)
    write(SECOND)(tmp_path)
    day = Day(tmp_path)
    found = watching.finished(tmp_path, day.clock, day.sleep, until=lambda: day.now >= SECONDS)
    assert next(found).name == FIRST
    write(SECOND, b"PK anew", modified=7)(tmp_path)
    day.now += 5
    assert [(day.now, path.name) for path in found] == [(12.0, SECOND)]


def test_no_further_part_is_given_when_no_more_is_wanted(tmp_path: Path) -> None:
    write(FIRST)(tmp_path)
    write(SECOND)(tmp_path)
    day = Day(tmp_path)
    found: list[str] = []
    for path in watching.finished(tmp_path, day.clock, day.sleep, until=lambda: bool(found)):
        found.append(path.name)
    assert found == [FIRST]


def test_only_files_are_given(tmp_path: Path) -> None:
    (tmp_path / FIRST).mkdir()
    write(SECOND)(tmp_path / FIRST)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / SECOND)
        (tmp_path / NAME.format(3)).symlink_to("nowhere")
    assert Day(tmp_path).watch() == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything can be read")
def test_a_folder_that_must_not_be_read(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    with pytest.raises(Unusable, match="cannot be read"):
        Day(tmp_path).watch()
    tmp_path.chmod(0o700)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be read") as error:
        Day(tmp_path / "nowhere").watch()
    assert "browser" in error.value.hint
    write("file")(tmp_path)
    with pytest.raises(Unusable):
        Day(tmp_path / "file").watch()


def test_a_folder_that_goes_away(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    with pytest.raises(Unusable):
        Day(folder, {5.0: lambda each: each.rename(tmp_path / "gone")}).watch()
