"""Sidecars of photos are read as they are, and joined with the files that they are of.

The names are from real exports:
https://github.com/simulot/immich-go/blob/main/adapters/googlePhotos/matcher_test.go and the issues
that eccs_backup/takeout/photo_names.py names.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eccs_backup.takeout import photo_names, photos
from eccs_backup.takeout.photos import Album, Sidecar, album, facts, joined, sidecar, unmatched
from takeout import export_photos
from takeout.export_names import NAMES

EMOJI = "😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋"
WEDDING = "Backyard_ceremony_wedding_photography_xxxxxxx_"
ORIGINAL = "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_"
SNAP = "Screenshot_2022-10-28-09-31-43-118_com.snapcha"


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("PXL_20211013_220651983.jpg", "PXL_20211013_220651983.jpg.json"),
        ("20161105_170829.jpg", "20161105_170829.jpg.supplemental-metadata.json"),
        ("MVIMG_20191230_232926.jpg", "MVIMG_20191230_232926.jpg.supplemental-metadat.json"),
        ("Screenshot_20200301-161151.png", "Screenshot_20200301-161151.png.supplemental-me.json"),
        ("Screenshot_20231027_123303_Facebook.jpg", "Screenshot_20231027_123303_Facebook.jpg.supple.json"),
        ("D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg", "D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg.supp.json"),
        ("PXL_20210102_221126856.MP~2.jpg", "PXL_20210102_221126856.MP~2.jpg.json"),
        # the suffix is cut off, and then the name
        ("a_photo_with_a_name_of_45_characters_in_a.jpg", "a_photo_with_a_name_of_45_characters_in_a.jpg..json"),
        ("PXL_20230814_201154491.LONG_EXPOSURE-01.COVER.jpg", "PXL_20230814_201154491.LONG_EXPOSURE-01.COVER..json"),
        ("PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINA.jpg", "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGIN.json"),
        ("05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jpg", "05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jp.json"),
        ("Urlaub in Knaufspesch in der Schneifel (38).JPG", "Urlaub in Knaufspesch in der Schneifel (38).JP.json"),
        (f"{SNAP}t.jpg", f"{SNAP}.json"),
        (f"{EMOJI}😛.jpg", f"{EMOJI}.json"),  # 46 UTF-16 units, and 48
        # the number goes elsewhere
        ("DSC_0101(1).JPG", "DSC_0101.JPG(1).json"),
        ("Scan35(1).jpg", "Scan35.jpg.supplemental-metadata(1).json"),
        ("CLIP0001(10).AVI", "CLIP0001.AVI.supplemental-metadata(10).json"),
        ("Screenshot_20231027_123303_Facebook(1).jpg", "Screenshot_20231027_123303_Facebook.jpg.supple(1).json"),
        (
            "13039_327707840323_537645323_9470255_27214_n(1).jpg",
            "13039_327707840323_537645323_9470255_27214_n.j(1).json",
        ),
        (f"{WEDDING}m(494).jpg", f"{WEDDING}(494).json"),
        ("img_(87).(vacation stuff).lol(87).jpg", "img_(87).(vacation stuff).lol.jpg(87).json"),
        ("skytree (2).jpg", "skytree (2).jpg.supplemental-metadata.json"),
        ("img(18).jpg", "img(18).jpg.supple(18).json"),
        # uploaded without a suffix
        ("Peanut Butter Balls.jpg", "Peanut Butter Balls.supplemental-metadata.json"),
        ("2013-12-23(1).jpg", "2013-12-23.supplemental-metadata(1).json"),
        ("27_06_12 - 2.jpg", "27_06_12 - 2.json"),
        ("21.12(1).11 - 1", "21.12.11 - 1.supplemental-metadata(1).json"),
        # case, composition, another suffix
        ("IMG_4081(1).jpg", "IMG_4081.JPG(1).json"),
        (unicodedata.normalize("NFD", "ポートレート.jpg"), "ポートレート.jpg.supplemental-metadata.json"),
        ("IMG_0170.MP4", "IMG_0170.HEIC.json"),
        (
            "満開の桜と時計台、卒業式の朝に家族と撮った写真.jpg",
            "満開の桜と時計台、卒業式の朝に家族と撮った写真.jpg.supplemental-metad.json",
        ),
    ],
)
def test_a_file_and_its_sidecar(name: str, of: str) -> None:
    assert joined([of, name, "another.jpg"]) == {name: of, "another.jpg": None}


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("PXL_20211013_220651958.jpg", "PXL_20211013_220651983.jpg.json"),
        ("DSC_0102(1).JPG", "DSC_0102.JPG(2).json"),
        ("DSC_0103.JPG", "DSC_0103.JPG(1).json"),
        ("DSC_0104(1).JPG", "DSC_0104.JPG.json"),
        (f"{WEDDING}m(185).jpg", f"{WEDDING}(494).json"),
        ("PXL_20220405_090123741.PORTRAIT-modifié.jpg", "PXL_20220405_090123740.PORTRAIT.jpg.json"),
        ("holiday-beach.jpg", "holiday.jpg.json"),
        ("IMG_00010.jpg", "IMG_0001.json"),
        ("03.03.13 - 5", "03.03.13 - 1.json"),
        ("03.03.13 - 5", "03.03.jpg.json"),
        ("IMG_1-edi.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", ".json"),
    ],
)
def test_no_file_of_that_sidecar(name: str, of: str) -> None:
    assert joined([name, of]) == {name: None}
    assert unmatched([name, of], joined([name, of])) == [of]


@pytest.mark.parametrize(
    "word", ["-edited", "-編集済み", "-bearbeitet", "-modifié", "-ha editado", "-편집됨", "-EDITED"]
)
def test_an_edited_variant_has_the_sidecar_of_the_original(word: str) -> None:
    of = "IMG_1.jpg.supplemental-metadata.json"
    for variant in (f"IMG_1{word}.jpg", unicodedata.normalize("NFD", f"IMG_1{word}.jpg")):
        assert joined([of, "IMG_1.jpg", variant]) == {"IMG_1.jpg": of, variant: of}
        assert joined([of, variant]) == {variant: of}  # the original is missing
    own = f"IMG_1{word}.jpg.json"
    assert joined([of, own, "IMG_1.jpg", f"IMG_1{word}.jpg"])[f"IMG_1{word}.jpg"] == own


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (("2234089303984509.supplemental-metadata.json",), ("2234089303984509-edited.jpg", "2234089303984509.jpg")),
        (("IMAG0061.JPG.supplemental-metadata.json",), ("IMAG0061-edited.JPG", "IMAG0061.JPG")),
        (("Screenshot_20231027_123303_Facebook.jpg.supple.json",), ("Screenshot_20231027_123303_Facebook-edited.jpg",)),
        (("IMG_20120216_094016.jpg.supplemental-metadata.json",), ("IMG_20120216_094016-edited(1).jpg",)),
        ((f"{SNAP}.json",), (f"{SNAP}t.jpg", f"{SNAP}t-edited.png")),
        ((f"{ORIGINAL}.json",), (f"{ORIGINAL}P.jpg", f"{ORIGINAL}P(1).jpg")),  # "-edited" was cut off
        ((f"{SNAP[:-5]}.jpg..json",), (f"{SNAP[:-5]}-edit.jpg",)),  # "ed" was cut off
        (("IMG_4573.HEIC.json",), ("IMG_4573.HEIC", "IMG_4573.MP4")),
        (("IMG_4573.HEIC(1).json",), ("IMG_4573(1).HEIC", "IMG_4573(1).MP4")),
        (("IMG_4573.json",), ("IMG_4573.HEIC", "IMG_4573.MP4")),
        (("PXL_20231118_035751175.MP.jpg.json",), ("PXL_20231118_035751175.MP.jpg", "PXL_20231118_035751175.MP")),
        (("MVIMG_20180418_113218.jpg.json",), ("MVIMG_20180418_113218.jpg", "MVIMG_20180418_113218")),
        (("foo_MP.jpg.json",), ("foo_MP.jpg", "foo_MP.mp4")),
    ],
)  # fmt: skip
def test_files_that_share_a_sidecar(names: tuple[str], pairs: tuple[str, ...]) -> None:
    assert joined([*pairs, *names]) == dict.fromkeys(pairs, names[0])


def test_numbers_and_variants_side_by_side() -> None:
    plain, first = "IMG.jpg.supplemental-metadata.json", "IMG.jpg.supplemental-metadata(1).json"
    names = ["IMG.jpg", "IMG(1).jpg", "IMG-edited.jpg", "IMG-edited(1).jpg", "IMG(1)-edited.jpg", plain, first]
    assert [joined(names)[name] for name in names[:5]] == [plain, first, plain, first, first]
    assert joined(["IMG-edited(1).jpg", "IMG(1).jpg", "IMG.jpg", plain])["IMG-edited(1).jpg"] is None
    motion = "PXL_20210102_221126856.MP"
    names = [motion, f"{motion}~2", f"{motion}.jpg", f"{motion}~2.jpg", f"{motion}.jpg.json", f"{motion}~2.jpg.json"]
    assert [*joined(names).values()] == [f"{motion}.jpg.json", f"{motion}~2.jpg.json"] * 2


def test_case_counts_only_where_it_must() -> None:
    names = ["a.jpg", "a.JPG", "a.jpg.json", "a.JPG.json"]
    assert joined(names) == {"a.jpg": "a.jpg.json", "a.JPG": "a.JPG.json"}
    assert joined(names[:3]) == {"a.jpg": "a.jpg.json", "a.JPG": None}


def test_what_is_not_clear_is_left_open() -> None:
    assert joined(["x.jpg", "x.png", "x.mp4", "x.json"]) == {"x.jpg": None, "x.png": None, "x.mp4": None}
    moved = ["IMG(1).jpg", "IMG(1).jpg.json", "IMG.jpg(1).json"]
    assert joined(moved) == {"IMG(1).jpg": None}
    assert joined(moved, {"IMG(1).jpg.json": "IMG(1).jpg", "IMG.jpg(1).json": "IMG.jpg"}) == {"IMG(1).jpg": None}
    assert set(joined([*moved, "IMG.jpg(1)"]).values()) == {None}
    cut = "x" * 44
    assert joined([f"{cut}(1).jpg", f"{cut}.j(1).json", f"{cut}(1.json"]) == {f"{cut}(1).jpg": None}
    edited = ["x.jpg", "x-edited.jpg", "X-edited.jpg", "x.jpg.json", "x-EDITED.jpg.json"]
    assert joined(edited) == {"x.jpg": "x.jpg.json", "x-edited.jpg": None, "X-edited.jpg": None}
    folded = ["x.heic", "X.Heic", "x.mp4", "x.HEIC.json", "a.json"]
    assert set(joined(folded).values()) == set(joined(folded, {"a.json": "a"}).values()) == {None}
    live = ["I.HEIC", "I.JPG", "I.MP4", "I.HEIC.json", "I.JPG.json"]
    assert joined(live) == {"I.HEIC": "I.HEIC.json", "I.JPG": "I.JPG.json", "I.MP4": None}
    assert joined(["I.HEIC", "I.MP4", "I.MOV", "I.HEIC.json", "I.MP4.json"])["I.MOV"] == "I.HEIC.json"
    assert unmatched(moved, joined(moved)) == moved[1:]


def test_of_an_old_name_and_a_new_one_the_new_one_counts() -> None:
    names = ["a.jpg", "a.jpg.json", "a.jpg.supplemental-metadata.json"]
    assert joined(names) == {"a.jpg": names[2]}
    assert unmatched(names, joined(names)) == ["a.jpg.json"]


def test_titles_decide_where_names_do_not() -> None:
    """Names that are equal as far as the sidecars' go: the number is then the sidecar's only."""
    titles = {f"{WEDDING}.json": f"{WEDDING}a.jpg", f"{WEDDING}(1).json": f"{WEDDING}b.jpg"}
    names = [f"{WEDDING}a.jpg", f"{WEDDING}b.jpg", *titles]
    assert joined(names) == {f"{WEDDING}a.jpg": None, f"{WEDDING}b.jpg": None}
    assert joined(names, titles) == {titles[each]: each for each in titles}
    assert joined(["IMG.jpg", "IMG.jpg(1).json"], {"IMG.jpg(1).json": "IMG.jpg"}) == {"IMG.jpg": None}  # another's
    odd = {"27_06_12 - 1.json": "27/06/12 - 1.mov", "~.json": f"{EMOJI}😛😝😜🤪.jpg"}
    assert joined([*odd, f"{EMOJI}😛.jpg"], odd) == {f"{EMOJI}😛.jpg": "~.json"}


@pytest.mark.parametrize("language", NAMES)
def test_a_whole_export(language: str) -> None:
    names = NAMES[language]
    folder = names["photos of"].format(2019) + "/"
    files = {path.removeprefix(folder): data for path, data in export_photos.photos(names).items() if folder in path}
    told = {name: found for name, data in files.items() if name.endswith(".json") and (found := sidecar(data))}
    pairs = joined([name for name in files if name in told or not name.endswith(".json")])
    wanted = {name: export_photos.sidecar(name) for year, name in export_photos.PHOTOS if year == 2019}
    variant = f"IMG_0002{names['edited']}.jpg"
    assert pairs == {**wanted, "IMG_0009.jpg": None, variant: wanted["IMG_0002.jpg"]}
    assert told[wanted["IMG_0001(1).jpg"]].title == "IMG_0001.jpg"
    assert [album(data) for data in files.values() if album(data)] == [Album(folder[:-1], "", 1_560_000_000)]


NAME = st.text(st.sampled_from("ab(1).-é が😀editdjsonsupplml"), max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(NAME, NAME.map("{}.json".format), st.text(max_size=9))), st.dictionaries(NAME, NAME))
@example(["\ud800.jpg", "\ud800.jpg.json"], {"\ud800.jpg.json": "\ud800"})
def test_any_names(names: list[str], titles: dict[str, str]) -> None:
    pairs = joined(names, titles)
    media = {name for name in names if not name.lower().endswith(".json")}
    assert pairs.keys() == media
    assert {each for each in pairs.values() if each} <= set(names) - media
    assert joined(names[::-1], titles) == pairs
    assert set(unmatched(names, pairs)) == set(names) - media - set(pairs.values())


def _many(number: int) -> list[str]:
    """The nastiest of folders: names that begin alike, differ in case only, or have the same stem."""
    cases = [f"{number:020b}".translate({48: "a", 49: "A"}) for number in range(number)]
    return [
        *(f"{WEDDING}m({each}).jpg" for each in range(number)),
        *(f"{WEDDING}({each + 5}).json" for each in range(number)),
        *(f"{WEDDING}{each}.jpg" for each in range(number)),
        *(f"{WEDDING}.{'x' * (each % 40)}{each}.json" for each in range(number)),
        *(f"{each}.jpg" for each in cases[::2]),
        *(f"{each}.jpg.json" for each in cases[1::2]),
        *(f"same.{each}" for each in range(number)),
        *(f"same-edited({each}).jpg" for each in range(number)),
        *(f"same.q{each}.json" for each in range(number)),
    ]


def _steps(work: Callable[[], object]) -> int:
    """Lines of our code that it runs."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal count
        if frame.f_code.co_filename != photo_names.__file__:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_the_work_grows_with_the_names_and_no_faster() -> None:
    titles = {name: f"{WEDDING}m.jpg" for name in _many(200) if name.endswith(".json")}
    few, more = (_steps(lambda n=number: joined(_many(n), titles)) for number in (100, 200))  # type: ignore[misc]
    assert few > 1000
    assert more < 2.2 * few


def _json(**value: object) -> bytes:
    return json.dumps(value).encode()


WHEN = {"timestamp": "1695394176", "formatted": "22 sept. 2023, 14:49:36 UTC"}
PLACE = {"latitude": 48.79, "longitude": 2.48, "altitude": 90.25, "latitudeSpan": 0.0, "longitudeSpan": 0.0}
NOWHERE = {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0}
GDANSK = Album("Gdańsk", "x", 1695394176)


def test_what_a_sidecar_says() -> None:
    content = _json(
        title="IMG_0186.HEIC", description="卒業式", imageViews="4", creationTime={"timestamp": "1695397525"},
        photoTakenTime=WHEN, geoData=PLACE, geoDataExif=NOWHERE, people=[{"name": "Susan"}, {"name": "花子"}, {}, 7],
        favorited=True, archived=False, url="https://photos.google.com/photo/A",
        googlePhotosOrigin={"fromPartnerSharing": {}},
    )  # fmt: skip
    found = sidecar(content)
    assert found == Sidecar(
        "IMG_0186.HEIC", 1695394176, 1695397525, 48.79, 2.48, 90.25, "卒業式", ("Susan", "花子"), True, False, False,
        True, "https://photos.google.com/photo/A",
    )  # fmt: skip
    assert facts(found) == {
        "title": "IMG_0186.HEIC", "taken": 1695394176, "created": 1695397525, "latitude": 48.79, "longitude": 2.48,
        "altitude": 90.25, "description": "卒業式", "people": ["Susan", "花子"], "favourite": True, "partner": True,
        "url": "https://photos.google.com/photo/A",
    }  # fmt: skip


def test_what_is_unknown_is_none() -> None:
    found = sidecar(_json(title="a", photoTakenTime={"timestamp": "0"}, geoData=NOWHERE, geoDataExif=PLACE))
    assert found == Sidecar("a", None, None, 48.79, 2.48, 90.25)
    assert sidecar(_json(title="a", photoTakenTime={}, geoData=NOWHERE)) == Sidecar("a")
    equator = sidecar(_json(title="a", photoTakenTime={"timestamp": "-86400"}, geoData={"latitude": 0, "longitude": 9}))
    assert equator is not None
    assert facts(equator) == {"title": "a", "taken": -86400, "latitude": 0.0, "longitude": 9.0}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"title": "a"}', b'{"photoTakenTime": 7}', b"[" * 200_000,
        b'{"photoTakenTime": {}}' + b" " * photos.LARGEST,
        _json(externalOrderId="4177", creationTime={"formatted": "Dec 12"}, category="SHIPPED_PRINTS"),
    ],
)  # fmt: skip
def test_no_sidecar(content: bytes) -> None:
    assert sidecar(content) is None


def test_a_hostile_sidecar() -> None:
    number = b"1" * 400
    place = b'{"latitude": NaN, "longitude": ' + number + b', "altitude": 1e999}'
    times = b'"photoTakenTime": {"timestamp": "' + number + b'"}, "creationTime": {"timestamp": [1]}'
    people = json.dumps([{"name": "x" * 999}] * 999).encode()
    found = sidecar(
        b'{"title": "\\ud800' + b"y" * 999 + b'", "people": %b, "geoData": %b, %b}' % (people, place, times)
    )
    assert found == Sidecar("?" + "y" * 199, people=("x" * 200,) * 50)
    json.dumps(facts(found), allow_nan=False).encode()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (_json(title="Chair yoga", description="", access="protected", date=WHEN), Album("Chair yoga", "", 1695394176)),
        (_json(albumData={"title": "Gdańsk", "description": "x", "date": WHEN, "geoData": {}}), GDANSK),
        (_json(title="Фокус върху един ден"), Album("Фокус върху един ден")),
        (_json(title="", date={"timestamp": "0"}), Album("")),
        (_json(title="a", photoTakenTime=WHEN), None),
        (_json(title="a", isTrashed=False), None),
        (_json(), None),
        (b"[]", None),
    ],
)  # fmt: skip
def test_what_an_album_says(content: bytes, found: Album | None) -> None:
    assert album(content) == found
