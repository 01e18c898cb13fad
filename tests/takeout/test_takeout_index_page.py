"""The index page's claims, in several languages and in all forms that are known; rubbish is no error."""

from __future__ import annotations

import time

import index_pages
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eccs_backup.takeout import index_page
from eccs_backup.takeout.index_page import Claim, Claims, claims

ME = "yamada.hanako@g.example.ac.jp"
PHOTOS, DRIVE = "Google フォト", "ドライブ <&>"
FILES = {PHOTOS: ["root.jpg", "2019 年の写真/a & b.jpg", "2019 年の写真/c.json", "x/y/z/deep.jpg", "x/y/near", "last"]}


@pytest.mark.parametrize("language", ["en", "ja", "de"])
def test_languages(language: str) -> None:
    products = [(PHOTOS, 12_345, 99_000_000), (DRIVE, 3, 700), ("Fit", 0, 0), ("Keep 2", 1, 1024)]
    page = index_pages.page(language, ME, products, ["論文/本文.gdoc"], FILES | {"Keep 2": ["a.html"]})
    assert claims(page) == Claims(
        ME,
        index_pages.TIMES[language].replace("\u202f", " "),
        [
            Claim(PHOTOS, 12_345, None, [], FILES[PHOTOS]),
            Claim(DRIVE, 3, 700),
            Claim("Fit", 0),
            Claim("Keep 2", 1, None, [], ["a.html", "論文/本文.gdoc"]),
        ],
    )


def test_files_that_google_could_not_export() -> None:
    """They are named, and are not among those that were exported, whether or not a browser could show them."""
    page = index_pages.page("en", ME, [("Drive", 2, 5)], ["a.gdoc", "b.html"], {"Drive": ["c.docx", "d/e.txt"]})
    assert claims(page).products == [Claim("Drive", 2, 5, ["a.gdoc", "b.html"], ["c.docx", "d/e.txt"])]


TILE = '<div id="service-tile-X" class="service_wrapper"><div class="service_summary"><div class="service_name"><h1 '
HEADS = [
    ("파일 1993개, 22.9MB", "파일 1993개를 성공적으로 내보냈습니다.", 1993),
    ("17 ملفًا, 5.6 ميغابايت", "تم تصدير 17 ملفًا بنجاح", 17),
    ("8 files, less than 1 MB", "8 files exported successfully", 8),
    ("1 file, 22 MB", "1 file exported successfully", 1),
    ("227,263 files, 1,731.65 GB", "", 227_263),
    ("227\u202f263 fichiers, 1 731,65 Go", "", 227_263),
    ("1,31,657 files", "", 131_657),
    ("22 MB", "3 files exported successfully", 3),
    ("20 files, 22 MB", "17 files exported successfully, 3 failed", 17),
    ("No data found", "0 files exported successfully", 0),
    ("No data found", "", None),
    ("", "", None),
]


@pytest.mark.parametrize(("tile", "header", "files"), HEADS)
def test_counts(tile: str, header: str, files: int | None) -> None:
    """The texts as they stand in pages; a number in a product's name is none."""
    page = (
        f'{TILE}class="data-folder-name" data-folder-name="Fit 2">Fit 2</h1></div>{tile}</div></div><p>9 things</p>'
        f'<div id="service-details-X" class="service-detail"><div class="service-header"><h1>Fit 2</h1>{header}</div>'
        f"<p>8 things</p></div><p>7 things</p>"
    )
    assert claims(page.encode()).products == [Claim("Fit 2", files)]


def test_pages_without_tiles_and_pages_without_details() -> None:
    """Forms that programs expect which read such pages."""
    page = f"""
        <h1 class="header_title">Archive for {ME}</h1>
        <div class="header_subtext">24 Feb 2026, 11:43:48 GMT-8 • 1,731.65 GB • <a href="#">Learn more</a></div>
        <h1 class="data-folder-name" data-folder-name="Google Photos">Google Photos</h1>
        <div class="service_summary">227,263 files, 1,731.65 GB</div>
        <div class="extracted-file-name">root.jpg</div>
        <div class="extracted-folder-name">Trip 2025</div>
        <div class="extracted-folder-name">Sample &amp; Album</div>
        <div class="file-leaf"><div class="extracted-file-name"> IMG_0001.jpg</div></div>
        <h1 class="data-folder-name" data-folder-name="Drive">Drive</h1>
        <div class="service_summary">1 file, 512 bytes</div>"""
    assert claims(page.encode()) == Claims(
        ME,
        "24 Feb 2026, 11:43:48 GMT-8",
        [
            Claim("Google Photos", 227_263, None, [], ["root.jpg", "Sample & Album/IMG_0001.jpg"]),
            Claim("Drive", 1, 512),
        ],
    )


@pytest.mark.parametrize(
    ("title", "account"),
    [
        (f"Archive for {ME}", ME),
        (f"{ME} 보관 파일", ME),
        (f"{ME}のアーカイブ", ME),
        (f"أرشيف لـ \u200f{ME}", ME),
        ("Archive for me+you@sub.example.com.", "me+you@sub.example.com"),
        ("Archive for nobody", ""),
        ("所有者hanako@example.com", "hanako@example.com"),
        ("@@@@.@", ""),
    ],
)
def test_accounts(title: str, account: str) -> None:
    assert claims(f'<h1 class="header_title">{title}</h1>'.encode()).account == account


def test_the_beginning_of_a_page_tells_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    page = index_pages.page("ja", ME, [(PHOTOS, 10_000, 10**9)], files={PHOTOS: [f"{n}.jpg" for n in range(100)]})
    monkeypatch.setattr(index_page, "HEAD", 2_000)
    assert len(page) > 10_000
    assert index_page.account(page) == ME
    assert index_page.account(page[2_000:]) == index_page.account(b"") == ""


def test_a_warning_that_names_no_file_is_not_lost() -> None:
    detail = '<div id="service-details-{0}" class="service-detail"><div class="service-header"><h1>{0}</h1></div>'
    warning = '<div class="failure-warning"><svg></svg> Some of your files  are missing.</div>'
    leaf = '<div class="file-leaf"><a class="takeout-resource-link">a</a><div class="failure-message">no</div></div>'
    page = f"{detail.format('A')}{warning}{leaf}</div>{detail.format('B')}{warning}</div>{warning}"
    found = claims(page.encode()).products
    assert found == [Claim("A", failed=["a"]), Claim("B", failed=["Some of your files are missing."])]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe\x00", b"<html>" * 10_000, b"<h1 class='header_title'>", b"<div class='extracted-file-name'>x",
        b"</div></h1></html>", b"<div class='file-leaf'></div>", b"<div class='service-detail'></div>",
        b"<div class='failure-message'>x</div>", b"<h1 class=data-folder-name></h1>",
        b"<button class=extracted-folder></button><div class=extracted-folder-name>x</div>",
    ],
)  # fmt: skip
def test_rubbish(content: bytes) -> None:
    assert claims(content) == Claims()


WORDS = [
    "<div class=",
    *index_page._ROLES,
    ">",
    "<h1>",
    "</h1>",
    "<a class=",
    "</div>",
    "id=service-tile-A",
    " 5 ",
    "x",
    "<!",
]


@given(st.lists(st.sampled_from(WORDS)).map("".join) | st.text())
def test_any_page_is_read(page: str) -> None:
    assert all(each.name for each in claims(page.encode("utf-8", "replace")).products)


PIECES = [
    "<", "<!", "<!--", "</", "<a", "<a&b='", "&", "&#", "<![", "<![x[", "<!DOCTYPE", "<?", "<div>", "<div&", "</div>",
    "<script>", "</<", "1,", "@a.", "<br>", "<h1&class=header_title>", "<div&class=file-leaf>",
    "<button&class=extracted-folder>", "<a&class=file-leaf&",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_no_page_takes_long(piece: str) -> None:
    """Nor does one raise an error: of the standard library's parser both are known."""
    head = "<div class=service-detail><div class=service-header><h1>x</h1>1"
    before = time.process_time()
    claims((head + piece.replace("&", " ") * (200_000 // len(piece))).encode())
    assert time.process_time() - before < 3


HEAD = "<div class=service-detail><div class=service-header><h1>x</h1>"
LEAF = "<div class=file-leaf><a class=takeout-resource-link>{}</a></div>"


def test_what_is_no_claim() -> None:
    """Scripts, headings further down, and what comes behind the products."""
    page = f"{HEAD}<script>7 files</script><style>8</style>9 files</div><h1>Y</h1>{LEAF}</div>{LEAF.format('behind')}"
    nameless = "<div class=service-detail><h1>More</h1></div>"
    assert claims((page + nameless).encode()).products == [Claim("x", 9, None, [], ["{}"])]


def test_a_link_within_a_name() -> None:
    name = "<div class=extracted-file-name><a class=takeout-resource-link>a</a></div>"
    page = f"{HEAD}</div><div class=file-leaf>{name}</div>"
    assert claims(page.encode()).products == [Claim("x", listed=["a"])]


def test_what_is_too_deep_is_passed_over() -> None:
    deep = "<div>" * 200 + f"5{LEAF.format('deep')}6" + "</div>" * 200
    page = f"{HEAD}{deep}7</div>{deep}{LEAF.format('after')}"
    assert claims(page.encode()).products == [Claim("x", 7, None, [], ["after"])]


def test_texts_and_lists_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_page, "LISTED", 5_000)
    monkeypatch.setattr(index_page, "MOST_FAILED", 3)
    head = "<div class=service-detail><div class=service-header><h1>" + "n" * 5_000 + "</h1></div>"
    folders = ("<div><div class=extracted-folder-name>" + "f" * 900 + "</div>") * 50
    files = "<a class=takeout-resource-link>file</a>" * 100
    failed = "<div class=file-leaf><a class=takeout-resource-link>x</a><div class=failure-message>y</div></div>" * 9
    (found,) = claims((head + folders + files + failed).encode()).products
    assert found.name == "n" * 1_000
    assert len(found.listed) == 5
    assert len(found.failed) == 3
    monkeypatch.setattr(index_page, "LISTED", 5_000_000)
    assert len(claims((head + failed).encode()).products[0].listed) == 0
    assert {len(each) for each in (*found.listed, *found.failed)} == {1_000}


def test_many_products_with_warnings_take_no_square_of_time() -> None:
    tile = "<div id='service-tile-{}'><div class='failure-warning'>x</div></div>"
    page = "".join(tile.format(number) for number in range(20_000)).encode()
    began = time.process_time()
    claims(page[: len(page) // 10])
    tenth = time.process_time() - began
    claims(page)
    assert time.process_time() - began < 40 * tenth, "ten times the page, ten times the time"
