"""Who may import whom: arrows point down only, vendors stay in their own files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import eccs_backup

PACKAGE = Path(eccs_backup.__file__).parent
LAYERS = [
    {"model"},
    {"errors"},
    {"retry", "pace", "digest", "paths", "structure", "schema", "disk", "messages", "profiles"},
    {"http"},
    {"tunnel"},
    {"accounts"},
    {"sources"},
    {"manifest"},
    {"catalogue", "likeness", "vault"},
    {"ranges"},
    {"download"},
    {"choice", "crew", "mail"},
    {"survey"},
    {"balance"},
    {"delivery", "verify"},
    {"backup", "restore", "forwarding", "linked_apps", "takeout"},
    {"progress"},
    {"cli"},
    {"__main__"},
]
RANK = {name: number for number, layer in enumerate(LAYERS) for name in layer}
ONLY_IN = {
    "sqlite3": {"manifest.py", "mail/index.py"},
    "click": {"cli"},
    "tqdm": {"progress.py"},
    "googleapiclient": {"accounts/google_api.py", "rehearsal"},
    "httplib2": {"accounts/google_api.py"},
    "google_auth_oauthlib": {"accounts"},
    "google": {"accounts"},
    "requests": {"http.py", "tunnel.py", "accounts", "sources", "rehearsal"},
    "imapclient": {"sources/gmail"},
    "starlette": {"rehearsal"},
    "uvicorn": {"rehearsal"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports(path: Path) -> None:
    relative = path.relative_to(PACKAGE).as_posix()
    own = relative.split("/")[0].removesuffix(".py")
    for module in _imports(path):
        head, _, rest = module.partition(".")
        if head == "eccs_backup" and rest and not rest.startswith("__"):
            _check_arrow(relative, own, rest.split(".")[0])
        elif head in ONLY_IN:
            assert any(relative == each or relative.startswith(f"{each}/") for each in ONLY_IN[head]), (
                f"{relative} must not import {head}"
            )


def test_every_module_has_a_layer() -> None:
    names = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in FILES}
    assert names - set(RANK) == {"__init__", "rehearsal"}


def _check_arrow(relative: str, own: str, used: str) -> None:
    if own == "rehearsal":
        assert used == "rehearsal", f"{relative}: a fake must not share our misreadings"
    elif own != used:
        assert used != "rehearsal" or own == "cli", f"{relative} must not import the rehearsal"
        assert used == "rehearsal" or RANK[used] < RANK[own], f"{relative} must not import {used}"


def test_sources_do_not_import_each_other() -> None:
    for path in (PACKAGE / "sources").rglob("*.py"):
        parts = path.relative_to(PACKAGE / "sources").parts
        own = parts[0].removesuffix(".py")
        for module in _imports(path):
            names = module.split(".")
            if names[:2] == ["eccs_backup", "sources"] and len(names) > 2:
                assert names[2] == own, f"{path} imports another source"


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "eccs_backup":
                yield from (f"eccs_backup.{alias.name}" for alias in node.names)
            elif node.module == "eccs_backup.sources":
                named = (f"eccs_backup.sources.{alias.name}" for alias in node.names)
                yield from (
                    name if (PACKAGE / "sources" / name.split(".")[2]).is_dir() else node.module for name in named
                )
            else:
                yield node.module or ""
