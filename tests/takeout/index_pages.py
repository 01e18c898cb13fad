"""Writes an archive_browser.html as Google does, as far as that is known from programs that read such pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

TITLES = {"en": "Archive for {}", "ja": "{} のアーカイブ", "de": "Archiv für {}"}
COUNTS = {
    "en": "{:,} files exported successfully • {}",
    "ja": "{:,} 個のファイルをエクスポートしました • {}",
    "de": "{:,} Dateien erfolgreich exportiert • {}",
}


def page(
    language: str,
    account: str,
    products: Sequence[tuple[str, int, int]],
    failed: Sequence[str] = (),
    files: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """`products`: folder, number of files, bytes; `failed` are the last one's; `files`: folder -> paths below it."""
    lines = [
        "<!DOCTYPE html><html><head><meta charset='utf-8'><style>.x{color:red}</style></head><body>",
        "<div class='job-id hidden'>dd79eba9-4aa8-4d2a</div>",
        f"<h1 class='header_title'>{TITLES[language].format(escape(account))}</h1>",
        "<div class='header_subtext'>2026/11/01 10:10:10 UTC • 1.5 GB • <a href='x'>?</a></div>",
    ]
    for number, (name, count, size) in enumerate(products):
        text = COUNTS[language].format(count, f"{size:,} bytes" if size < 1024 else f"{size / 1e6:.2f} MB")
        if language == "de":
            text = text.replace(",", ".")
        lines.append(
            f"<div id='service-details-{number}' class='service-detail'><div class='service-header'>"
            f"<h1 class='data-folder-name' data-folder-name='{escape(name)}'>{escape(name)}</h1>{text}</div>"
        )
        for path in (files or {}).get(name, ()):
            folder, _, leaf = path.rpartition("/")
            lines.append(f"<div class='extracted-folder-name'>{escape(folder)}</div>" if folder else "")
            lines.append(f"<div class='file-leaf'><div class='extracted-file-name'> {escape(leaf)}</div></div>")
        if number == len(products) - 1:
            lines += [f"<div class='failed-item'>{escape(each)}</div>" for each in failed]
        lines.append("</div>")
    return "\n".join([*lines, "</body></html>"]).encode()
