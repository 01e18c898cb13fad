"""The student's files whose names are a trial: for file systems, terminals, tables and trees."""

from __future__ import annotations

from collections.abc import Iterator

from eccs_backup.rehearsal.making import Case, blob, folder

HERE = "1Names"
_NAMES: dict[str, tuple[str, str]] = {
    "Slash": ("2023/10/01 実験 1/2.txt", "slashes in a name"),
    "Backslash": ("C:\\データ\\結果.txt", "backslashes and a drive letter in a name"),
    "DotDot": ("..", "named like the folder above"),
    "Dot": (".", "named like this folder"),
    "Escape": ("../../../../etc/passwd", "a path that leads out"),
    "Empty": ("", "no name at all"),
    "Spaces": ("   ", "only spaces"),
    "WideSpace": ("　", "one wide space"),
    "TrailingDot": ("メモ.", "ends in a dot"),
    "TrailingSpace": ("メモ ", "ends in a space"),
    "Con": ("CON", "a device of Windows"),
    "Nul": ("nul.txt", "a device of Windows, with a suffix"),
    "Com1": ("COM1", "a device of Windows"),
    "Com1Super": ("COM¹.log", "a device of Windows, with a raised digit"),
    "Control": ("ベル\x07とエスケープ\x1b[31m.txt", "control characters, a terminal's too"),
    "Newline": ("一行目\n二行目.txt", "a line end in a name"),
    "Tab": ("列1\t列2.tsv", "a tab in a name"),
    "Bidi": ("請求書\u202efdp.exe", "bidi override: shown as if it were a PDF"),
    "ZeroWidth": ("見え\u200bない.txt", "a zero-width space in a name"),
    "Long": ("卒業論文の第三稿に先生の赤字を反映した版" * 15, "300 Japanese characters, 900 bytes"),
    "LongSuffix": ("あ" * 120 + "." + "x" * 60, "a long name with a long suffix"),
    "Emoji": ("👩‍🔬🎓 卒業 🎉.jpg", "emoji, one joined from several"),
    "Dash": ("-rf", "begins like an option"),
    "Formula": ('=HYPERLINK("http://example.com","開く")', "begins like a formula of a spreadsheet"),
    "At": ("@SUM(1+1).csv", "begins with an at sign, also a formula"),
    "Html": ("<img src=x onerror=alert(1)>.html", "HTML in a name"),
    "Percent": ("100%達成 %2e%2e%2f.txt", "percent signs and a percent-encoded path"),
    "Colon": ("レポート: 最終版?.docx", "characters that Windows forbids"),
    "Quote": ("it's 'quoted' \"twice\".txt", "quotation marks"),
    "Hidden": (".bashrc", "a hidden file"),
    "Ours": (".eccs-backup", "named like a backup's own folder"),
    "NoSuffix": ("README", "no suffix"),
    "Surrogate": ("𠮷野家の領収書.pdf", "a character beyond the basic plane"),
    "Nfc": ("がくせいべんこう.txt".replace("が", "\u304c").replace("べ", "\u3079"), "composed kana (NFC)"),
    "Nfd": (
        "がくせいべんこう.txt".replace("が", "\u304b\u3099").replace("べ", "\u3078\u3099"),
        "the same, taken apart (NFD)",
    ),
    "CaseUpper": ("Report.TXT", "equal to another but for case"),
    "CaseLower": ("report.txt", "equal to another but for case"),
    "Suffixed": ("同じ名前 (2).txt", "has the name that a second copy would be given"),
}


def names() -> Iterator[Case]:
    """A folder full of them."""
    yield folder(HERE, "名前の試練"), "a folder of hard names"
    for key, (name, what) in _NAMES.items():
        yield blob(f"1Name-{key}", name, HERE), what
    for number in (1, 2):
        yield blob(f"1Twin-{number}", "双子.txt", HERE), "one of two files with one name"
    for number in (1, 2, 3):
        yield blob(f"1Triplet-{number}", "同じ名前.txt", HERE), "one of three files with one name"
    for number in (1, 2):
        yield folder(f"1TwinFolder-{number}", "同名フォルダ", HERE), "one of two folders with one name"
        yield (
            blob(f"1InTwin-{number}", "中身.txt", f"1TwinFolder-{number}"),
            "a file in one of two folders of one name",
        )
    yield (
        folder("1FolderLikeFile", "ファイルかフォルダか", HERE),
        "a folder with the name of a file beside it",
    )
    yield blob("1FileLikeFolder", "ファイルかフォルダか", HERE), "a file with the name of a folder beside it"
    yield blob("1InFolderLikeFile", "中.txt", "1FolderLikeFile"), "a file in a folder that has a file's name"
    yield folder("1FolderDotDot", "..", HERE), "a folder named like the folder above"
    yield blob("1InDotDot", "外へ.txt", "1FolderDotDot"), "a file in a folder named like the folder above"
    yield from _deep()


def _deep() -> Iterator[Case]:
    above = HERE
    for level in range(1, 41):
        id = f"1Deep-{level:02}"
        yield (
            folder(id, f"深い階層 {level:02} とても長い名前のフォルダがどこまでも続きます", above),
            "40 folders deep",
        )
        above = id
    yield (
        blob("1DeepEnd", "いちばん奥.txt", above),
        "a file 40 folders deep, its path longer than systems allow",
    )
