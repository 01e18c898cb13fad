"""The index page's claims, in three languages and in the two forms that are known; rubbish is no error."""

from __future__ import annotations

import index_pages
import pytest

from eccs_backup.takeout.index_page import Claim, claims

ME = "yamada.hanako@g.example.ac.jp"
FORM_OF_2026 = f"""
<h1 class="header_title">Archive for {ME}</h1>
<div class="header_subtext">24 Feb 2026, 11:43:48 GMT-8 • 1,731.65 GB • <a href="#">Learn more</a></div>
<h1 class="data-folder-name" data-folder-name="Google Photos">Google Photos</h1>
<div class="service_summary">227,263 files, 1,731.65 GB</div>
<div class="extracted-folder-name">Sample &amp; Album</div>
<div class="extracted-file-name">IMG_0001.jpg</div>
<h1 class="data-folder-name" data-folder-name="Drive">Drive</h1>
<div class="service_summary">1 file, 512 bytes</div>
"""


@pytest.mark.parametrize("language", ["en", "ja", "de"])
def test_languages(language: str) -> None:
    files = {"Google フォト": ["root.jpg", "2019 年の写真/a & b.jpg"], "ドライブ": []}
    page = index_pages.page(
        language, ME, [("Google フォト", 12_345, 99_000_000), ("ドライブ", 3, 700)], ["論文.gdoc"], files
    )
    found = claims(page)
    assert found.account == ME
    assert found.products == [
        Claim("Google フォト", 12_345, None, [], files["Google フォト"]),
        Claim("ドライブ", 3, 700, ["論文.gdoc"]),
    ]


def test_the_other_form() -> None:
    found = claims(FORM_OF_2026.encode())
    assert found.account == ME
    assert found.products == [
        Claim("Google Photos", 227_263, None, [], ["Sample & Album/IMG_0001.jpg"]),
        Claim("Drive", 1, 512),
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"<html>" * 10_000, b"<h1 class='header_title'>", b"<div class='extracted-file-name'>x"],
)
def test_rubbish(content: bytes) -> None:
    assert claims(content).products == []


def test_a_page_that_never_ends_is_read_in_bounded_memory() -> None:
    page = b"<div class='service-detail'><h1>" + b"x" * 5_000_000
    assert [each.name for each in claims(page + b"</h1></div>").products] == ["x" * 1_000]
