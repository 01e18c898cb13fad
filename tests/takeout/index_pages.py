"""Writes an archive_browser.html as Google does.

The elements and their classes are those of real pages, and so are the words in English; see the sources in
`eccs_backup.takeout.index_page`. The words in Japanese and German are made up. Real pages have not been seen to say
exact bytes: here a product of less than 1,024 bytes does, for what is made of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

TITLES = {"en": "Archive for {}", "ja": "{} のアーカイブ", "de": "Archiv für {}"}
TIMES = {"en": "Nov 1, 2026, 3:10:10\u202fAM PDT", "ja": "2026/11/01 3:10:10 GMT-7", "de": "01.11.2026, 03:10:10 GMT-7"}
TILES = {"en": "{} files, {}", "ja": "{} 個のファイル、{}", "de": "{} Dateien, {}"}
SMALL = {"en": "less than 1 MB", "ja": "1 MB 未満", "de": "unter 1 MB"}
NOTHING = {"en": "No data found", "ja": "データが見つかりません", "de": "Keine Daten gefunden"}
EXPORTED = {
    "en": "{} files exported successfully",
    "ja": "{} 個のファイルをエクスポートしました",
    "de": "{} Dateien erfolgreich exportiert",
}
WHY = {
    "en": "Service failed to retrieve this item",
    "ja": "このアイテムを取得できませんでした",
    "de": "Konnte nicht abgerufen werden",
}
Tree = dict[str, "Tree | None"]


def page(
    language: str,
    account: str,
    products: Sequence[tuple[str, int, int]],
    failed: Sequence[str] = (),
    files: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """`products`: folder, number of files, bytes; `failed` are the last one's; `files`: folder -> paths below it."""
    listed = files or {}
    lines = [
        "<!DOCTYPE html><html><head><meta charset='UTF-8'><title>Google</title>",
        "<style>.failure-message { color: red }</style><script>if (1 < 2) '<h1 class=header_title>'</script></head>",
        '<body><div class="container"><section class="header"><div class="job-id hidden">b569ec77-9c07</div><div><div>',
        f'<h1 class="header_title">{TITLES[language].format(escape(account))}</h1>',
        f'<div class="header_subtext">{TIMES[language]} • 1.5 GB • <a href="#">?</a> 3 &amp; 4</div></div></div>',
        '</section><section class="info"><div class="service_tile_list"><div class="archive-summary">9 products</div>',
        *(_tile(language, number, *product) for number, product in enumerate(products)),
        '</div><div class="service_details">',
    ]
    for number, (name, count, _) in enumerate(products):
        broken = failed if number == len(products) - 1 else ()
        lines += _details(language, number, name, count, _tree([*listed.get(name, ()), *broken]), set(broken))
    return "\n".join([*lines, "</div></section></div></body></html>"]).encode()


def _tile(language: str, number: int, name: str, count: int, size: int) -> str:
    much = f"{size:,} bytes" if size < 1024 else SMALL[language] if size < 10**6 else f"{size / 1e6:.1f} MB"
    text = TILES[language].format(_number(language, count), much) if count else NOTHING[language]
    heading = f'<h1 class="data-folder-name" data-english-name="{number}" data-folder-name="{escape(name)}">'
    return (
        f'<div id="service-tile-{number}" class="service_wrapper"><button class="service"><div class="service-image">'
        f'<img src="data:"></div><div class="service_summary"><div class="service_name">{heading}{escape(name)}</h1>'
        f"</div>{text}</div><div></div></button></div>"
    )


def _details(language: str, number: int, name: str, count: int, tree: Tree, failed: set[str]) -> Iterator[str]:
    yield (
        f'<div id="service-details-{number}" class="service-detail"><div class="service-header"><div '
        f'class="service-image"><img src="data:"></div><div class="service_name"><h1>{escape(name)}</h1></div>'
        f'{EXPORTED[language].format(_number(language, count))}</div><div class="content_tabs"></div>'
        f'<div class="service-files tab-content"><div>2 notes<br><br></div><div class="extracted-list">'
    )
    yield from _list(tree, "table-row", WHY[language], failed)
    yield '</div><div class="failure-message"></div></div><div class="service-about tab-content">'
    yield '<h1 class="card-section-header">5 more</h1><div class="link-data"><h1>Google</h1></div></div></div>'


def _list(tree: Tree, row: str, why: str, failed: set[str]) -> Iterator[str]:
    for name, inside in tree.items():
        yield f'<div class="{row}">'
        if inside is None:
            shown = name.endswith((".html", ".jpg", ".txt"))
            leaf = (
                f'<a class="takeout-resource-link" href="{escape(name)}"> {escape(name)}</a>'
                if shown
                else f'<div class="extracted-file-name"> {escape(name)}</div>'
            )
            reason = f'<div class="failure-message">{why}</div>' if name in failed else ""
            yield f'<div class="file-leaf">{leaf}{reason}</div>'
        else:
            yield '<button class="extracted-folder"><svg width="24"><path d="M0 0"/><path d="M2 4"/></svg>'
            yield f'<div class="extracted-folder-name">{escape(name)}</div></button>'
            yield from _list(inside, "extracted-child extracted-file-name", why, failed)
        yield "</div>"


def _tree(paths: Iterable[str]) -> Tree:
    root: Tree = {}
    for path in paths:
        *folders, leaf = path.split("/")
        place = root
        for folder in folders:
            inside = place.setdefault(folder, {})
            assert inside is not None, f"{folder} is a file and a folder"
            place = inside
        place[leaf] = None
    return root


def _number(language: str, number: int) -> str:
    return f"{number:,}".replace(",", ".") if language == "de" else f"{number:,}"
