"""What labels are called elsewhere."""

from __future__ import annotations

import pytest

from eccs_backup.mail import folders


@pytest.mark.parametrize(("text", "encoded"), [("R&D", "R&-D"), ("研究", "&eBR6dg-"), ("a😀b", "a&2D3eAA-b")])
def test_modified_utf7(text: str, encoded: str) -> None:
    assert folders.modified_utf7(text) == encoded
