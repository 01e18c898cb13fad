"""Photos in an invented Google Takeout, with all that sidecars are known to be called.

https://github.com/simulot/immich-go and https://github.com/TheLastGimbus/GooglePhotosTakeoutHelper tell the names.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Mapping

LONGEST_SIDECAR = 46
"""Characters of a photo's sidecar's name without ".json"."""
PHOTOS = (
    (2019, "IMG_0001.jpg"), (2019, "IMG_0001(1).jpg"), (2019, "IMG_0002.jpg"), (2019, "MOV_0003.mp4"),
    (2019, "a_photo_with_a_name_that_is_much_too_long_for.jpg"), (2020, "IMG_0001.jpg"),
    (2020, "PXL_20200920_131207.jpg"),
    (2020, "満開の桜と時計台、卒業式の朝に家族と撮った写真.jpg"), (2020, "ノート.png"),
)  # fmt: skip
"""Year and name; every one has a sidecar."""
EDITED = (2019, "IMG_0002.jpg")
"""A photo with an edited variant, which has no sidecar of its own."""


def photos(names: Mapping[str, str]) -> dict[str, bytes]:
    """Files of "Google Photos" by path: those of the years, and an album with one of them."""
    files: dict[str, bytes] = {}
    for number, (year, name) in enumerate(PHOTOS):
        folder = names["photos of"].format(year)
        files[f"{folder}/{name}"] = picture(name, number)
        files[f"{folder}/{sidecar(name)}"] = _of_photo(name, number)
    year, name = EDITED
    stem, dot, suffix = name.rpartition(".")
    folder = names["photos of"].format(year)
    files[f"{folder}/{stem}{names['edited']}{dot}{suffix}"] = picture("edited.jpg", 99)
    files[f"{folder}/IMG_0009.jpg"] = picture("without a sidecar.jpg", 9)
    files[f"{folder}/{names['metadata']}.json"] = _album(folder)
    album = names["album"]
    files[f"{album}/IMG_0001.jpg"] = picture("IMG_0001.jpg", 0)  # the same photo as that of the year
    files[f"{album}/{sidecar('IMG_0001.jpg')}"] = _of_photo("IMG_0001.jpg", 0)
    files[f"{album}/{names['metadata']}.json"] = _album(album)
    return files


def sidecar(name: str) -> str:
    """The name of a photo's sidecar: the whole name with a suffix, cut, and a number in brackets at the end."""
    stem, dot, suffix = name.rpartition(".")
    number = ""
    if stem.endswith(")") and "(" in stem:
        stem, _, number = stem.rpartition("(")
        number = "(" + number
    return f"{stem}{dot}{suffix}.supplemental-metadata"[:LONGEST_SIDECAR] + number + ".json"


def picture(name: str, number: int) -> bytes:
    """Bytes that begin as a file of that kind does."""
    noise = random.Random(f"picture {number}").randbytes(4_000 + number)
    if name.endswith(".png"):
        chunk = b"IHDR" + bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
        return b"\x89PNG\r\n\x1a\n\x00\x00\x00\r" + chunk + zlib.crc32(chunk).to_bytes(4, "big") + noise
    if name.endswith(".mp4"):
        return b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + noise
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + noise + b"\xff\xd9"


def _of_photo(name: str, number: int) -> bytes:
    when = {"timestamp": str(1_560_000_000 + number), "formatted": "Jun 8, 2019, 1:20:00 PM UTC"}
    place = {"latitude": 35.71, "longitude": 139.76, "altitude": 20.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0}
    return as_json(
        {
            "title": name.replace("(1)", ""),
            "description": "安田講堂" if number == 0 else "",
            "imageViews": str(number),
            "creationTime": when,
            "photoTakenTime": when,
            "geoData": place,
            "url": f"https://photos.example.org/{number}",
            "googlePhotosOrigin": {"mobileUpload": {"deviceType": "ANDROID_PHONE"}},
        }
    )


def _album(title: str) -> bytes:
    when = {"timestamp": "1560000000", "formatted": "Jun 8, 2019, 1:20:00 PM UTC"}
    return as_json({"title": title, "description": "", "access": "protected", "date": when, "location": ""})


def as_json(value: object) -> bytes:
    """As Takeout writes it."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
