"""Labels as Takeout writes them become those that Gmail's API would have told."""

from __future__ import annotations

import base64
import time
import tomllib
import unicodedata
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eccs_backup.mail import folders, mbox
from eccs_backup.mail.letters import Letter
from eccs_backup.takeout import labels as subject
from eccs_backup.takeout.labels import folded, labels, observed
from takeout import exports
from takeout.export_mails import label_header

TABLE = tomllib.loads(files("eccs_backup.takeout").joinpath("labels.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"Inbox,Important,Unread,takeout", ("INBOX", "IMPORTANT", "UNREAD", "takeout")),
        (b"Archived,Sent,Opened", ("SENT",)),
        (b"Archived,Category promotions,Opened\r", ("CATEGORY_PROMOTIONS",)),
        (b"Inbox,Category Purchases,Category Travel,Muted", ("INBOX",)),
        (b"IMAP_$NotJunk,IMAP_Forwarded,IMAP_receipt-handled,IMAP/Junk", ("IMAP/Junk",)),
        (b"Archived,Opened,Category\r\n Updates,security,ai/chat", ("CATEGORY_UPDATES", "security", "ai/chat")),
        (b"=?UTF-8?Q?Archiv=C3=A9s,Envoy=C3=A9?=", ("SENT",)),
        (
            b"=?UTF-8?Q?Messages_archiv=C3=A9s,Ouvert,Cat=C3=A9gorie=C2=A0:_E-mails_?=\r\n"
            b' =?UTF-8?Q?personnels,"Culture,_associations,_=C3=A9v=C3=A9nements"?=',
            ("CATEGORY_PERSONAL", "Culture, associations, événements"),
        ),
        (
            b"=?UTF-8?Q?Forward_to_a@example.fr,Bo=C3=AEte_de_r=C3=A9ception,Non_lus?=",
            ("Forward to a@example.fr", "INBOX", "UNREAD"),
        ),
        (
            b"=?UTF-8?Q?Archiviert,Wichtig,Ge=C3=B6ffnet,Kategorie:_=22=22Pers=C3=B6nlich=22=22?=",
            ("IMPORTANT", "CATEGORY_PERSONAL"),
        ),
        (
            b"=?UTF-8?Q?Archivov=C3=A1no,Kategorie:_Soci=C3=A1?=\r\n"
            b" =?UTF-8?Q?ln=C3=AD_s=C3=ADt=C4=9B,Nep=C5=99e=C4=8Dten=C3=A9,Facebook?=",
            ("CATEGORY_SOCIAL", "UNREAD", "Facebook"),
        ),
        (
            "받은편지함,중요편지함,열림,개인정보 카테고리,구매 카테고리,보관됨,스팸".encode(),
            ("INBOX", "IMPORTANT", "CATEGORY_PERSONAL", "SPAM"),
        ),
    ],
)
def test_values_seen_in_real_exports(value: bytes, found: tuple[str, ...]) -> None:
    assert labels(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("受信トレイ,未読,カテゴリ: プロモーション", ("INBOX", "UNREAD", "CATEGORY_PROMOTIONS")),
        ("アーカイブ済み,開封済み,カテゴリ：ﾌｫｰﾗﾑ,カテゴリ「ソーシャル」", ("CATEGORY_FORUMS", "CATEGORY_SOCIAL")),
        (unicodedata.normalize("NFD", "ゴミ箱,送信済みメール"), ("TRASH", "SENT")),
        ("ＩＮＢＯＸ, inbox ,InBox", ("INBOX",)),
        ("Okunmamış,GELEN KUTUSU,Yildizli", ("UNREAD", "INBOX", "STARRED")),
    ],
)
def test_however_it_is_written(value: str, found: tuple[str, ...]) -> None:
    assert labels(value.encode()) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"", ()),
        (b" , ,\r\n ", ()),
        (b'"Work, old",Inbox,"the ""big"" one","",x""y', ("Work, old", "INBOX", 'the "big" one', 'x"y')),
        (b'"not closed,Inbox', ('"not closed', "INBOX")),
        (b'"a"b,Inbox', ('"a"b', "INBOX")),
        (b"Inbox,=?UTF-8?B?7KCE65617Iuk?=,Important", ("INBOX", "전략실", "IMPORTANT")),
        (b"=?no-such?Q?Inbox?=,=?UTF-8?Q?broken", ("INBOX", "=?UTF-8?Q?broken")),
        (b"=?ISO-2022-JP?B?GyRCOCY1ZhsoQg==?=", ("研究",)),
        (b"=?UTF-7?Q?a+2AA-b?=", ("a?b",)),
        ("Inbox,caf\u00e9".encode("cp1252"), ("INBOX", "caf\ufffd")),
    ],
)
def test_lists(value: bytes, found: tuple[str, ...]) -> None:
    assert labels(value) == found


def test_a_label_called_like_a_system_label_elsewhere() -> None:
    own = ["Sent,受信トレイ,開封済み".encode(), "Sent,下書き,未読".encode(), b"Sent"]
    language = observed(own)
    assert language == "ja"
    assert labels(own[0], language) == ("Sent", "INBOX")
    assert labels(own[0]) == ("SENT", "INBOX")
    assert labels("TRASH,ゴミ箱".encode(), "ja") == ("Trash", "TRASH")
    assert labels("受信トレイ,Inbox,Unread".encode(), "en") == ("受信トレイ", "INBOX", "UNREAD")


def test_no_language() -> None:
    assert observed([]) is None
    assert observed([b"work", b"takeout,home"]) is None
    assert observed([b"Opened,Inbox", "未読,受信トレイ".encode()]) is None
    assert labels(b"Inbox,Opened", "a language without a table") == ("INBOX",)


@pytest.mark.parametrize("language", [name for name, table in TABLE.items() if "UNREAD" in table])
def test_every_language_is_known_by_its_words(language: str) -> None:
    table = TABLE[language]
    values = [f"{table['INBOX'][0]},{table[state][0]},work" for state in ("UNREAD", "read") if state in table]
    values += [",".join(table[label][0] for label in ("SENT", "TRASH", "STARRED", "IMPORTANT"))]
    assert observed(value.encode() for value in values) == language


def test_the_table() -> None:
    """Keys are labels of the API, and no word means two things."""
    meant = {"read", "archived", "none", "category", "CATEGORY_none", *folders.SYSTEM}
    assert {key for table in TABLE.values() for key in table} <= meant
    words: dict[str, set[str]] = {}
    for language in TABLE:
        for word, label in subject._words(language).items():
            words.setdefault(word, set()).add(label)
    assert {word: labels for word, labels in words.items() if len(labels) > 1} == {}
    assert {label for labels in words.values() for label in labels} >= set(folders.SYSTEM)


def test_the_names_that_we_write_ourselves() -> None:
    for id, name in folders.SYSTEM.items():
        assert labels(name.encode(), "en") == (id,)


@pytest.mark.parametrize("language", ["ja", "en", "de"])
def test_whole_mailboxes(language: str) -> None:
    mails = exports.some_mails(300, language=language)
    values = {mail: label_header(mail, language).partition(b":")[2] for mail in mails}
    assert observed(values.values()) == language
    for mail, value in values.items():
        assert set(labels(value, language)) == mail.labels


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=40).map(str.strip)
OWN = NAMES.filter(lambda name: name and name not in folders.SYSTEM and folded(name) not in subject._words("en"))
LISTS = st.lists(st.sampled_from(sorted(folders.SYSTEM)) | OWN, min_size=1, max_size=8, unique=True)


@settings(max_examples=200, deadline=None)
@given(LISTS, st.sampled_from([b"\n", b"\r\n"]))
def test_what_we_write_comes_back(found: list[str], end: bytes) -> None:
    letter = Letter("", "", 0, "", 0, "", tuple(found), False)
    lines = mbox.headers(letter, end).replace(end + b" ", b"\0").split(end)
    (value,) = [value for name, _, value in (line.partition(b":") for line in lines) if name == b"X-Gmail-Labels"]
    assert labels(value.replace(b"\0", end + b" "), "en") == tuple(found)


@settings(max_examples=200, deadline=None)
@given(st.lists(OWN, min_size=1, max_size=5, unique=True), st.data())
def test_words_cut_anywhere(found: list[str], data: st.DataObject) -> None:
    """Also inside a character, in both encodings, folded or not, whole lists or single labels."""
    text = ",".join('"' + name.replace('"', '""') + '"' for name in found)
    for charset in ("utf-8", "UTF-16-BE"):
        encoded, words = text.encode(charset), []
        while encoded:
            size = data.draw(st.integers(3, 30))
            packed = base64.b64encode(encoded[:size]).decode()
            if data.draw(st.booleans()):
                packed = "".join(f"={byte:02X}" if byte != 32 else "_" for byte in encoded[:size])
            form = "Q" if "=" in packed[:1] or "_" in packed[:1] else "B"
            words.append(f"=?{charset}?{form}?{packed}?=")
            encoded = encoded[size:]
        end = data.draw(st.sampled_from(["\r\n ", "\n\t", " ", ""]))
        assert labels(end.join(words).encode(), "en") == tuple(found)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text('",=?QBu-8 _\n\r:', max_size=200).map(str.encode))
def test_nothing_raises(value: bytes) -> None:
    found = labels(value)
    assert len(set(found)) == len(found)
    assert all(name == name.strip() and name for name in found)
    "".join(found).encode()
    observed([value])


@pytest.mark.parametrize("unit", [b"=?u?q?a?=\r\n ", b",", b'"a,', b'"a,""a,', b"=?", b'"', b"a:", b' "', b"\xff"])
def test_linear_time(unit: bytes) -> None:
    start = time.perf_counter()
    labels(unit * (200_000 // len(unit)))
    assert time.perf_counter() - start < 2
