"""The student's own files that are special for what they hold, when, or what the service does with them."""

from __future__ import annotations

from collections.abc import Iterator

from eccs_backup.rehearsal.cast import STUDENT, TEACHER
from eccs_backup.rehearsal.making import Case, blob, document, folder, shortcut
from eccs_backup.rehearsal.things import BIN, FOLDER, GOOGLE, Json, Trouble

MB = 1 << 20


def own_files() -> Iterator[Case]:
    """Blobs, times, trash, shortcuts and documents of My Drive."""
    yield from _contents()
    yield from _times()
    yield from _facts()
    yield from _trash()
    yield from _shortcuts()
    yield from _documents()
    yield from _other_kinds()


def _contents() -> Iterator[Case]:
    yield folder("1Study", "卒業研究"), "an ordinary folder"
    yield blob("1Thesis", "卒業論文.pdf", "1Study", 180_000, mime="application/pdf"), "an ordinary file"
    yield blob("1Empty", "空のファイル.txt", size=0, mime="text/plain"), "a file of 0 bytes"
    yield folder("1EmptyFolder", "空のフォルダ"), "a folder with nothing in it"
    yield (
        blob("1Film", "実験記録.mp4", "1Study", 24 * MB + 12_345, mime="video/mp4"),
        "large enough for ranges",
    )
    yield blob("1Block", "ちょうど1MiB.bin", "1Study", MB), "exactly one block long"
    yield blob("1Md5Only", "古い写真.jpg", sums=("md5Checksum",), mime="image/jpeg"), "only an MD5 checksum"
    yield (
        blob("1NoSums", "とても古い写真.jpg", sums=(), mime="image/jpeg"),
        "no checksum at all: an old upload",
    )
    yield blob("1Gone", "消えたファイル.txt", trouble=Trouble.GONE), "listed, but 404 when it is opened"
    yield blob("1Busy", "人気の動画.mp4", trouble=Trouble.BUSY), "403 downloadQuotaExceeded"
    yield (
        blob("1Abusive", "誤検出.exe", trouble=Trouble.ABUSIVE),
        "marked as abusive, own: works when acknowledged",
    )
    yield (
        blob("1Encrypted", "暗号化.pdf", trouble=Trouble.ENCRYPTED),
        "client-side encrypted: bytes are ciphertext",
    )
    restriction: Json = {"restrictedForReaders": True, "restrictedForWriters": True}
    extra = {"downloadRestrictions": {"effectiveDownloadRestrictionWithContext": restriction}}
    yield blob("1Dlp", "機密.xlsx", extra=extra), "own, but a rule of the organisation forbids the download"


def _times() -> Iterator[Case]:
    yield blob("1Old", "昭和の記録.txt", modified="1975-03-04T05:06:07.123Z"), "modified before 1980"
    yield blob("1BeforeEpoch", "万博.txt", modified="1969-12-31T23:59:59.999Z"), "modified before 1970"
    yield blob("1Future", "未来.txt", modified="2099-12-31T23:59:59.001Z"), "modified in the future"
    yield blob("1Millis", "ミリ秒.txt", modified="2024-02-29T12:34:56.789Z"), "milliseconds, and a leap day"


def _facts() -> Iterator[Case]:
    html = '<b>太字</b><script>alert("説明")</script> & 改行\n二行目'
    yield blob("1Described", "説明つき.txt", extra={"description": html}), "a description with HTML in it"
    yield blob("1Starred", "スター付き.txt", extra={"starred": True}), "starred"
    properties: dict[str, Json] = {"properties": {"課題": "第3回"}, "appProperties": {"k": "v"}}
    yield blob("1Properties", "属性つき.txt", extra=properties), "properties, public and private"
    extra: dict[str, Json] = {"permissions": _open_to_all()}
    yield blob("1Open", "リンク公開.pdf", extra=extra, readers=(TEACHER,)), "shared with a person and by link"
    yield blob("1Orphan", "親なし.txt", None), "own, without any folder"


def _open_to_all() -> Json:
    anyone: Json = {"id": "anyoneWithLink", "type": "anyone", "role": "reader", "allowFileDiscovery": False}
    owner: Json = {"id": "01", "type": "user", "role": "owner", "emailAddress": STUDENT.address}
    viewer: Json = {"id": "02", "type": "user", "role": "reader", "emailAddress": TEACHER}
    return [owner, viewer, anyone]


def _trash() -> Iterator[Case]:
    yield blob("1Trashed", "捨てた.txt", trashed=True), "in the trash itself"
    yield folder("1TrashedFolder", "捨てたフォルダ", trashed=True), "a folder in the trash"
    yield (
        blob("1InTrash", "道連れ.txt", "1TrashedFolder"),
        "in the trash only with its folder",
    )


def _shortcuts() -> Iterator[Case]:
    yield folder("1Cycle", "循環"), "a folder that holds a shortcut to itself"
    yield shortcut("1ToCycle", "一つ上へ", "1Cycle", FOLDER, "1Cycle"), "a shortcut that makes a cycle"
    yield shortcut("1ToRoot", "マイドライブへ", STUDENT.root, FOLDER, "1Cycle"), "a shortcut to the root"
    yield shortcut("1ToFile", "卒業論文.pdf", "1Thesis", "application/pdf"), "a shortcut to a file"
    yield (
        shortcut("1Dangling", "切れたショートカット", "1NeverThere", BIN),
        "a shortcut to what is gone (404)",
    )
    target = "a shortcut to a file that is not listed, opened by its resource key"
    yield shortcut("1ToUnlisted", "配布資料", "1Unlisted", "application/pdf", key="0-practiceKey"), target
    yield (
        shortcut("1ToHidden", "見えない先", "1HiddenFolder", FOLDER),
        "a shortcut to a folder that may not be seen",
    )


def _documents() -> Iterator[Case]:
    yield folder("1Docs", "Google ドキュメント"), "a folder of Google documents"
    for kind, name in (
        ("document", "研究ノート"),
        ("spreadsheet", "測定結果"),
        ("presentation", "発表スライド"),
        ("drawing", "装置の図"),
        ("script", "集計スクリプト"),
        ("vid", "紹介動画"),
    ):
        yield document(f"1Doc-{kind}", name, kind, "1Docs"), f"a Google {kind}"
    yield (
        document("1DocLarge", "写真入り報告書", "document", "1Docs", large=True),
        ("its docx is over 10 MB: files.export refuses, exportLinks works"),
    )
    yield (
        document("1DocSignIn", "巨大な報告書", "document", "1Docs", large=True, trouble=Trouble.SIGN_IN_PAGE),
        ("its docx is over 10 MB and exportLinks shows a sign-in page: only files.download works"),
    )
    yield (
        document("1DocElsewhere", "転送される文書", "document", "1Docs", trouble=Trouble.OTHER_HOST),
        ("exportLinks redirects to another host, which must not be told the token"),
    )
    yield (
        document("1DocPdf", "PDF不可", "document", "1Docs", trouble=Trouble.PDF_FAILS),
        "pdf export answers 500",
    )
    yield document("1DocDot", "第1.2版", "document", "1Docs"), "a dot in a document's name that is no suffix"
    yield document("1DocSuffix", "報告.docx", "document", "1Docs"), "a Google document named like a Word file"
    yield blob("1WordBeside", "研究ノート.docx", "1Docs"), "has the name that an exported document will get"
    yield document("1DocSlash", "4/1 議事録", "document", "1Docs"), "a document with a slash in its name"
    yield document("1DocTrashed", "捨てた文書", "document", "1Docs", trashed=True), "a document in the trash"


def _other_kinds() -> Iterator[Case]:
    for kind, name in (
        ("form", "アンケート"),
        ("site", "研究室サイト"),
        ("map", "調査地図"),
        ("jam", "ホワイトボード"),
        ("fusiontable", "昔の表"),
        ("drive-sdk.123456789012", "他社アプリの図"),
    ):
        file = document(f"1Kind-{kind.partition('.')[0]}", name, kind, "1Docs")
        yield file, f"{GOOGLE}{kind}: cannot be exported"
