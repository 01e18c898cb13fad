"""Whatever the service, the network and the person do, the manifest never claims what is not there."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from eccs_backup import balance, vault
from eccs_backup import verify as checks
from eccs_backup.model import State
from shelf import Fault, World, save

IDS = st.sampled_from("abc")
NAMES = st.sampled_from([("x",), ("X",), ("x", "y"), ("..",), ("é",), ("é",), ("a/b",), ("",)])
FAULTS = st.lists(
    st.one_of(
        st.builds(Fault, cut_after=st.integers(0, 3000)),
        st.sampled_from([Fault(status=503), Fault(status=404), Fault(ignore_range=True), Fault(garble=True)]),
        st.builds(Fault, replace_with=st.binary(max_size=3000)),
    ),
    max_size=8,
)


class Trouble(RuleBasedStateMachine):
    """The rules are what happens to an account and to a folder."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.world = World({"z": b"always there"})

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(id=IDS, data=st.binary(max_size=3000))
    def write(self, id: str, data: bytes) -> None:
        self.world.files[id] = data

    @rule(id=IDS)
    def delete(self, id: str) -> None:
        self.world.files.pop(id, None)

    @rule(id=IDS, names=NAMES)
    def rename(self, id: str, names: tuple[str, ...]) -> None:
        self.world.names[id] = names

    @rule(id=IDS, faults=FAULTS)
    def misbehave(self, id: str, faults: list[Fault]) -> None:
        self.world.faults[id] = faults

    @rule()
    def back_up(self) -> None:
        save(self.world, self.root)

    @rule(id=IDS, data=st.binary(min_size=1, max_size=300), status=st.sampled_from([403, 503]))
    def update_on_a_bad_day(self, id: str, data: bytes, status: int) -> None:
        self.world.files[id] = data
        self.world.faults[id] = [Fault(status=status)] * 9
        save(self.world, self.root)
        self.world.faults.clear()

    @rule(number=st.integers(0, 9), data=st.none() | st.binary(max_size=20))
    def meddle(self, number: int, data: bytes | None) -> None:
        """A saved file is lost, or written over, and `verify` is run."""
        files = sorted(path for path in self.root.glob("shelf/**/*") if path.is_file())
        if files:
            file = files[number % len(files)]
            if data is None:
                file.unlink()
            else:
                file.write_bytes(data)
            with vault.existing(self.root) as place:
                list(checks.files(place))

    @rule()
    def calm_backup_is_complete(self) -> None:
        self.world.faults.clear()
        save(self.world, self.root)
        with vault.existing(self.root) as place:
            by_id = {entry.key.id: entry for entry in place.manifest.entries()}
            for id, data in self.world.files.items():
                assert (self.root / str(by_id[id].path)).read_bytes() == data
            found = balance.of(place.manifest, "shelf")
            assert found is not None
            assert found.whole
            assert found.saved == len(self.world.files)

    @invariant()
    def rows_are_true(self) -> None:
        if not (self.root / ".eccs-backup").exists():
            return
        with vault.reading(self.root) as place:
            entries = list(place.manifest.entries())
        for entry in entries:
            if entry.state is State.SAVED:
                found = (self.root / str(entry.path)).read_bytes()
                assert (hashlib.sha256(found).hexdigest(), len(found)) == (entry.sha256, entry.size)
        held = {entry.path for entry in entries if entry.path}
        files = {path.relative_to(self.root).as_posix() for path in self.root.glob("shelf/**/*") if path.is_file()}
        assert all("(set aside" in path for path in files - held), "a file without a row"
        assert all(path.resolve().is_relative_to(self.root.resolve()) for path in self.root.glob("**/*"))


TestTrouble = Trouble.TestCase
TestTrouble.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
