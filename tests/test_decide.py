"""The policy, one case a line."""

from __future__ import annotations

from dataclasses import replace
from unicodedata import normalize

import pytest

from eccs_backup.choice import Choice
from eccs_backup.model import Entry, Item, Key, Kind, Obstacle, State, Step
from eccs_backup.survey import Action, decide

ITEM = Item(Key("s", "1"), (Step("0", "Thesis"), Step("1", "a.pdf")), revision="2", size=3)
HELD = Entry(ITEM.key, State.SAVED, revision="2", path="s/a", sha256="00")
FORM = replace(ITEM, obstacle=Obstacle(Kind.NO_EXPORT, "a form"))
LEFT = replace(ITEM, obstacle=Obstacle(Kind.LEFT_OUT, "--exclude"))


@pytest.mark.parametrize(
    ("item", "known", "held", "expected"),
    [
        (ITEM, None, False, Action.FETCH),
        (ITEM, HELD, True, Action.KEEP),
        (ITEM, HELD, False, Action.FETCH),
        (ITEM, replace(HELD, revision="1"), True, Action.FETCH),
        (ITEM, replace(HELD, revision=""), True, Action.FETCH),  # verify found it damaged
        (ITEM, replace(HELD, state=State.FAILED), True, Action.KEEP),  # a later listing shows the version we hold
        (ITEM, replace(HELD, state=State.PENDING, revision="1"), True, Action.FETCH),
        (ITEM, Entry(ITEM.key, State.EXPLAINED, revision="2"), True, Action.FETCH),  # no file, whatever the row says
        (FORM, None, False, Action.NOTE),
        (FORM, HELD, True, Action.KEEP),  # what we hold is the newest, whatever may not be fetched any more
        (FORM, HELD, False, Action.NOTE),
        (FORM, replace(HELD, revision="1"), True, Action.NOTE),
        (LEFT, None, False, Action.NOTE),
        (LEFT, HELD, True, Action.KEEP),  # saved before it was left out, and still the newest
        (LEFT, HELD, False, Action.NOTE),
        (LEFT, replace(HELD, revision="1"), True, Action.NOTE),
    ],
)
def test_decide(item: Item, known: Entry | None, held: bool, expected: Action) -> None:
    assert decide(item, known, held) is expected


@pytest.mark.parametrize(
    ("include", "exclude", "left_out"),
    [
        ((), (), False),
        (("*.pdf",), (), False),
        (("*.PDF",), (), False),
        (("*.doc",), (), True),
        (("Thesis",), (), False),
        (("Thesis/*",), (), False),
        (("Thesis/b*", "Thesis/a*"), (), False),
        ((), ("thesis",), True),
        ((), ("Thesis/",), False),
        ((), ("a.pdf",), True),
        (("*.pdf",), ("Thesis/*",), True),
    ],
)
def test_choice(include: tuple[str, ...], exclude: tuple[str, ...], left_out: bool) -> None:
    item = Choice(include, exclude).apply(ITEM)
    assert (item.obstacle is not None and item.obstacle.kind is Kind.LEFT_OUT) is left_out


@pytest.mark.parametrize("typed", ["NFC", "NFD"])
@pytest.mark.parametrize("named", ["NFC", "NFD"])
@pytest.mark.parametrize("glob", ["Haus/がくせい/*", "がくせい", "Haus/Gäste/*", "gäs*", "Haus/GÄSTE/*"])
def test_a_choice_is_met_however_letters_are_put_together(typed: str, named: str, glob: str) -> None:
    folder = normalize(named, "がくせい" if "がくせい" in glob else "Gäste")
    item = replace(ITEM, path=(Step("0", "Haus"), Step("1", folder), Step("2", "a")))
    assert Choice(include=(normalize(typed, glob),)).apply(item).obstacle is None


def test_choice_leaves_explained_items_explained() -> None:
    assert Choice(exclude=("*",)).apply(FORM) is FORM
