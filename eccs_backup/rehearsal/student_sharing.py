"""What others share with the student, what lies in others' folders, and shared drives."""

from __future__ import annotations

from collections.abc import Iterator

from eccs_backup.rehearsal.cast import FRIEND, SECOND, STUDENT, TEACHER
from eccs_backup.rehearsal.making import Case, blob, document, folder
from eccs_backup.rehearsal.things import Json, SharedDrive, Trouble

LAB, CLUB, STRANGE = "0ALabDrive", "0AClubDrive", "0AStrangeDrive"
_ME = (STUDENT.address,)


def shared_drives() -> list[SharedDrive]:
    """The two that the student is a member of."""
    return [
        SharedDrive(LAB, "鈴木研究室", {TEACHER: "organizer", STUDENT.address: "writer"}),
        SharedDrive(CLUB, "天文部/写真", {FRIEND: "organizer", STUDENT.address: "reader"}),
    ]


def shared() -> Iterator[Case]:
    """All that is not plainly the student's own."""
    yield from _with_me()
    yield from _among_others()
    yield from _held_back()
    yield from _in_drives()


def _with_me() -> Iterator[Case]:
    yield blob("1Given", "講義資料.pdf", None, owner=TEACHER, readers=_ME), "shared with me, without a folder"
    yield folder("1GivenFolder", "共有フォルダ", None, owner=FRIEND, readers=_ME), "a folder shared with me"
    yield (
        folder("1GivenInner", "内側", "1GivenFolder", owner=FRIEND, readers=_ME),
        "a folder in a shared folder",
    )
    yield (
        blob("1GivenChild", "共有の中.txt", "1GivenInner", owner=FRIEND, readers=_ME),
        "a file in a shared folder",
    )
    yield (
        document("1GivenDoc", "共同編集", "document", "1GivenFolder", owner=FRIEND, readers=_ME),
        "a shared document",
    )
    key: dict[str, Json] = {"resourceKey": "0-practiceKey"}
    yield (
        blob("1Unlisted", "リンクだけの資料.pdf", None, owner=TEACHER, readers=("anyone",), extra=key),
        ("never listed: open to who has its link and key"),
    )


def _among_others() -> Iterator[Case]:
    yield (
        folder("1HiddenFolder", "先生だけのフォルダ", None, owner=TEACHER),
        "another's folder, out of sight",
    )
    yield (
        blob("1InHidden", "提出した課題.pdf", "1HiddenFolder"),
        "own, in a folder of another's that may not be seen",
    )
    yield (
        blob("1InGiven", "自分が入れたファイル.txt", "1GivenFolder"),
        "own, in a folder that another shares with me",
    )
    yield (
        blob("1Foreign", "友人の写真.jpg", "1Study", owner=FRIEND, readers=_ME),
        "another's file in my own folder",
    )


def _held_back() -> Iterator[Case]:
    yield (
        blob("1ViewOnly", "閲覧のみ.pdf", None, owner=TEACHER, readers=_ME, locked=True),
        ("view only (copyRequiresWriterPermission)"),
    )
    yield (
        document("1ViewOnlyDoc", "閲覧のみの文書", "document", None, owner=TEACHER, readers=_ME, locked=True),
        ("a document that is view only"),
    )
    rule: Json = {"restrictedForReaders": True, "restrictedForWriters": False}
    both: Json = {"itemDownloadRestriction": rule, "effectiveDownloadRestrictionWithContext": rule}
    yield (
        blob(
            "1Restricted",
            "制限つき.pdf",
            None,
            owner=TEACHER,
            readers=_ME,
            extra={"downloadRestrictions": both},
        ),
        ("view only in the newer form (downloadRestrictions)"),
    )
    yield (
        blob("1AbusiveForeign", "危険.exe", None, owner=FRIEND, readers=_ME, trouble=Trouble.ABUSIVE),
        ("marked as abusive and another's: never given"),
    )


def _in_drives() -> Iterator[Case]:
    yield folder("1LabData", "データ", LAB, drive=LAB), "a folder in a shared drive"
    yield (
        blob("1LabCommon", "名簿.csv", LAB, drive=LAB),
        "has the same name and place as a file in the other drive",
    )
    yield (
        blob("1ClubCommon", "名簿.csv", CLUB, drive=CLUB),
        "has the same name and place as a file in the other drive",
    )
    yield blob("1LabDeep", "測定.dat", "1LabData", 300_000, drive=LAB), "in a folder of a shared drive"
    yield document("1LabDoc", "研究室の文書", "document", LAB, drive=LAB), "a document in a shared drive"
    yield blob("1LabTrashed", "研究室で捨てた.txt", LAB, drive=LAB, trashed=True), "trashed in a shared drive"
    yield (
        blob("1ClubLocked", "部外秘.pdf", CLUB, drive=CLUB, locked=True),
        "view only for readers of a shared drive",
    )
    yield (
        blob("1StrangeFile", "他部署の資料.pdf", "1StrangeFolder", drive=STRANGE, readers=_ME),
        ("from a shared drive the student is no member of, shared alone; listed only with includeItemsFromAllDrives"),
    )


def second_account() -> Iterator[Case]:
    """The Drive of the other practice account."""
    root, owner = SECOND.root, SECOND.address
    yield folder("1SecondFolder", "private", root, owner=owner), "the other account's folder"
    yield blob("1SecondFile", "notes.txt", "1SecondFolder", owner=owner), "the other account's file"
    yield document("1SecondDoc", "ideas", "document", root, owner=owner), "the other account's document"
