"""Names from a hostile service, on every disk we know of."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eccs_backup import paths
from eccs_backup.errors import VaultDamaged

NASTY = st.sampled_from(
    [
        *'/\\<>:"|?*. -=~_$%\0\x01\x1b\x7f\x85\x9f\t\n\r\u2028\u00a0\u3000',
        *"\u200b\u200c\u200d\u200e\u202a\u202e\u2066\u2069\u2060\ufeff\u00ad\u034f\u061c\u3164\u115f",
        *"\ufe0f\ufe00\U000e0100\U000e0041\u180e",
        *"\ud800\udbff\udc00\udfff\ufffe\uffff\ufdd0\uf03a\uf02f",
        *"\u0301\u0338\u0307\u3099\u3099\u309a\u0345\u093c",
        *"İıiIßſKkΣςσﬃǆé神ぱパ가ᄀ한😀🏽①Ａ．／ﾞ",
        *["con", "CON", "nul", "COM1", "lpt¹", "conin$", "aux."],
        *[".eccs-backup", ".ECCS-Backup", ".tar.gz", ".docx", "REPORT~1", "a" * 90, "あ" * 60, "😀" * 45, " " * 199],
    ]
)
ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)
NAMES = st.one_of(ANY, st.lists(NASTY, max_size=12).map("".join), st.tuples(ANY, NASTY, ANY).map("".join))
IDS = st.text(max_size=40)

UNTOUCHED = [
    "Report.docx",
    "卒業論文（最終版）.docx",
    "葛\U000e0100城さんの資料.pdf",  # a variant of the character, as its bearer writes it
    "第１回　講義ノート.txt",
    "パーティー♪.png",
    "❤️ thanks.txt",
    ".bashrc",
    "..hidden",
    "-rf",
    "=SUM(A1).csv",
    "archive.tar.gz",
    "console.log",
    "com10.txt",
    "nulls.csv",
    "lpt",
    "~$Report.docx",
    "Dr. Who",
    "a_b [1] {2} 100% #3 & 'q'",
    "Überraschung für Zoë.txt",
    "קובץ.txt",
    "한글.hwp",
    "x" * 195 + ".docx",
    "SHA256SUMS",
]
CHANGED = [
    ("", "untitled"),
    (".", "untitled"),
    ("..", "untitled"),
    (" . . ", "untitled"),
    ("\u200b\ufeff", "untitled"),
    ("\ufe0f", "untitled"),
    ("a/b", "a／b"),
    ("../../etc/passwd", "..／..／etc／passwd"),
    ("C:\\Windows\\*?", "C：＼Windows＼＊？"),
    ('<"|">', "＜＂｜＂＞"),
    ("line\nbreak\ttab", "line break tab"),
    ("bell\x07nul\0c1\x9b", "bell_nul_c1_"),
    ("trailing. . .", "trailing"),
    ("　 full width blanks　", "full width blanks"),
    ("pdf.\u202efdp.exe", "pdf.fdp.exe"),
    ("pay\u200bpal\u2060.txt", "paypal.txt"),
    ("lone\ud800.txt", "lone\ufffd.txt"),
    ("pair\ud83d\ude00.txt", "pair😀.txt"),
    ("cafe\u0301", "caf\u00e9"),
    ("か\u3099.txt", "が.txt"),
    ("cygwin\uf02fslash", "cygwin_slash"),
    ("nul", "_nul"),
    ("NUL.txt", "_NUL.txt"),
    ("con .txt", "_con .txt"),
    ("aux.tar.gz", "_aux.tar.gz"),
    ("COM0", "_COM0"),
    ("com¹.log", "_com¹.log"),
    ("LPT³", "_LPT³"),
    ("CONIN$", "_CONIN$"),
    ("conout$.x", "_conout$.x"),
    ("nul\u200b.txt", "_nul.txt"),
    ("nul" + " " * 250 + ".txt", "_nul.txt"),
    (".eccs-backup", "_.eccs-backup"),
    (".ECCS-BACKUP", "_.ECCS-BACKUP"),
    (".eccs-backup.lnk", "_.eccs-backup.lnk"),
    (".\u200beccs-backup", "_.eccs-backup"),
    ("REPORT~1.DOC", "REPORT～1.DOC"),
    ("progra~1", "progra～1"),
    ("x" * 300 + ".docx", "x" * 195 + ".docx"),
    ("x" * 300 + ".tar.gz", "x" * 193 + ".tar.gz"),
    ("あ" * 100 + ".docx", "あ" * 65 + ".docx"),
    ("x" * 300, "x" * 200),
    ("x" * 190 + ". " + "y" * 40, "x" * 190 + ". " + "y" * 8),  # a sentence, not an extension
    ("x" * 199 + "e\u0323\u0301", "x" * 199),  # no half letter
    ("x" * 195 + "👍🏽", "x" * 195),
]


@pytest.mark.parametrize("name", UNTOUCHED)
def test_good_names_are_unchanged(name: str) -> None:
    assert paths.safe(name) == name


@pytest.mark.parametrize(("name", "expected"), CHANGED)
def test_bad_names_stay_recognisable(name: str, expected: str) -> None:
    assert paths.safe(name) == expected


def _is_valid_everywhere(name: str) -> None:
    assert name not in ("", ".", "..")
    assert not set(name) & set('/\\<>:"|?*')
    assert name == name.strip()
    assert not name.endswith(".")
    for char in name:
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"), ascii(char)
        assert char not in "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
        assert unicodedata.bidirectional(char) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    assert not PureWindowsPath(name).is_reserved()
    assert not re.match(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)", name)
    assert unicodedata.is_normalized("NFC", name)
    assert len(name.encode()) <= 200
    assert not name.casefold().startswith(".eccs-backup")


@given(NAMES)
@example("\ud800")
@example("nul." + "a" * 197)
@example("<\u0338")
def test_every_name_becomes_valid_and_stays_so(name: str) -> None:
    safe = paths.safe(name)
    _is_valid_everywhere(safe)
    assert paths.safe(safe) == safe


@given(NAMES, st.from_regex(r"\.[a-z0-9]{1,16}", fullmatch=True))
def test_the_extension_survives_the_cut(name: str, extension: str) -> None:
    safe = paths.safe("x" + name * 5 + "x" + extension)
    assert safe.endswith(extension)


@given(st.text(st.sampled_from("éが각ộ😀葛"), max_size=150))
def test_a_cut_leaves_a_beginning(name: str) -> None:
    name = unicodedata.normalize("NFC", name)
    assert name.startswith(paths.safe(name)) or not name


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_names_can_be_created_and_are_listed_as_given(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    made = {paths.safe(name) for name in names} | {paths.distinct(paths.safe(name), name) for name in names}
    for name in made:
        (folder / name).write_text(name)
    if len({paths.fold(name) for name in made}) == len(made):
        assert {path.name for path in folder.iterdir()} <= made
        assert all((folder / name).read_text() == name for name in made)


@pytest.mark.parametrize("name", UNTOUCHED + [name for name, _ in CHANGED])
def test_the_nasty_table_can_be_created(tmp_path: Path, name: str) -> None:
    path = tmp_path / paths.safe(name)
    path.write_bytes(b"x")
    assert path.parent == tmp_path
    assert path.stat().st_size == 1


FOLDED = [
    ("README", "readme"),
    ("Straße", "STRASSE"),
    ("ſtart", "Start"),
    ("\u212aelvin", "kelvin"),  # KELVIN SIGN
    ("\u212bngström", "ångström"),  # ANGSTROM SIGN
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("İstanbul", "istanbul"),
    ("ısparta", "ISPARTA"),
    ("ﬃ", "ffi"),
    ("ǆ", "Ǆ"),
    ("ǆ", "ǅ"),
    ("が", "か\u3099"),
    ("ᾳ", "ΑΙ"),
    ("pay\u200dpal", "paypal"),
    ("葛\U000e0100", "葛"),
    ("ﬁle", "FILE"),
    ("１", "1"),  # ZFS with normalization=formKD
    ("ſ\u0323\u0307", "s\u0307\u0323"),
    ("REPORT～1.DOC", "report~1.doc"),
]


@pytest.mark.parametrize(("one", "other"), FOLDED)
def test_fold_is_equal(one: str, other: str) -> None:
    assert paths.fold(one) == paths.fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("a", "b"), ("か", "が"), ("は", "ぱ"), ("z", "ż"), ("a b", "ab"), ("日", "曰")]
)
def test_fold_keeps_other_letters_apart(one: str, other: str) -> None:
    assert paths.fold(one) != paths.fold(other)


@given(NAMES)
def test_fold_does_not_see_case_or_normalization(name: str) -> None:
    key = paths.fold(name)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert paths.fold(unicodedata.normalize(form, name)) == key
    name = unicodedata.normalize("NFC", name)  # as safe names are; a capital letter may stop marks from reordering
    for other in (name.upper(), name.lower(), name.casefold(), name.swapcase(), key):
        assert paths.fold(other) == key
    one_by_one = "".join(c.upper() if len(c.upper()) == 1 else c for c in name)  # as NTFS and exFAT do
    assert paths.fold(one_by_one) == key


def test_fold_does_not_see_case_of_any_character() -> None:
    for char in map(chr, range(0x110000)):
        for other in {char.upper(), char.lower(), char.casefold(), char.title()} - {char}:
            assert paths.fold(other) == paths.fold(char), ascii(char)


DISTINCT = [
    ("Report.docx", "Report~{}.docx"),
    ("archive.tar.gz", "archive~{}.tar.gz"),
    ("folder", "folder~{}"),
    (".bashrc", ".bashrc~{}"),
    ("Dr. Who", "Dr. Who~{}"),
    ("x" * 195 + ".docx", "x" * 188 + "~{}.docx"),
]


@pytest.mark.parametrize(("name", "pattern"), DISTINCT)
def test_distinct_stands_before_the_extension(name: str, pattern: str) -> None:
    assert paths.distinct(name, "1AbC#docx") == pattern.format("8b30a9")


@given(NAMES, IDS, st.integers(1, 64))
def test_distinct_is_another_safe_name(name: str, id: str, length: int) -> None:
    name = paths.safe(name)
    other = paths.distinct(name, id, length)
    assert other == paths.safe(other)
    _is_valid_everywhere(other)
    assert paths.fold(other) != paths.fold(name)
    assert other == paths.distinct(name, id, length)
    assert paths.fold(paths.distinct(other, id, length)) != paths.fold(other)


@given(NAMES, NAMES, IDS, IDS)
def test_distinct_differs_by_id(name: str, twin: str, one: str, other: str) -> None:
    name, twin = paths.safe(name), paths.safe(twin)
    if one != other:
        assert paths.fold(paths.distinct(name, one, 32)) != paths.fold(paths.distinct(name, other, 32))
        assert paths.fold(paths.distinct(name, one, 32)) != paths.fold(paths.distinct(twin, other, 32))


def test_distinct_takes_any_id() -> None:
    assert paths.distinct("a", "\ud800") != paths.distinct("a", "")


def test_the_longest_path_fits_macos() -> None:
    root, component, closing = 250, 255, 1
    assert root + 1 + paths.LONGEST_FOLDER + 1 + component + closing <= 1024
    assert not paths.too_long("あ" * (paths.LONGEST_FOLDER // 3))
    assert paths.too_long("あ" * (paths.LONGEST_FOLDER // 3) + "x")
    assert not paths.too_long("")


OUTSIDE = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "../x",
    "a/../../x",
    "a/..",
    "a/.. /x",
    "a/...",
    ".",
    "a//b",
    "a/",
    "C:/x",
    "C:x",
    "a/b:stream",
    "..\\x",
    "\\\\server\\share",
    "a\\b",
    "a\0b",
    "a/\ud800",
    "\udcff",
]


@pytest.mark.parametrize("relative", OUTSIDE)
def test_no_row_leads_out_of_the_vault(tmp_path: Path, relative: str) -> None:
    with pytest.raises(VaultDamaged) as caught:
        paths.inside(tmp_path, relative)
    assert caught.value.hint
    str(caught.value).encode()


def test_inside_joins(tmp_path: Path) -> None:
    assert paths.inside(tmp_path, "drive/My Drive/卒論.docx") == tmp_path / "drive" / "My Drive" / "卒論.docx"
    assert paths.inside(tmp_path, "drive/..hidden/-rf") == tmp_path / "drive" / "..hidden" / "-rf"


@given(st.lists(NAMES, min_size=1, max_size=5))
def test_every_path_of_safe_names_is_inside(names: list[str]) -> None:
    root = Path("/vault")
    path = paths.inside(root, "/".join(map(paths.safe, names)))
    assert path.relative_to(root).parts == tuple(map(paths.safe, names))


@given(st.lists(st.one_of(NAMES, st.sampled_from(["..", ".", "", "/", ".. "])), max_size=5).map("/".join))
def test_any_row_is_inside_or_refused(relative: str) -> None:
    root = Path("/vault")
    try:
        path = paths.inside(root, relative)
    except VaultDamaged:
        return
    assert path.is_relative_to(root)
    assert path != root
    assert ".." not in path.parts
    assert PureWindowsPath(relative).anchor == ""
