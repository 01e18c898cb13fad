"""What the sidecars of Google Photos and the metadata of its albums say. Which file a sidecar is of: photo_names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from eccs_backup import paths
from eccs_backup.model import Json
from eccs_backup.takeout.photo_names import joined, unmatched

__all__ = ["Album", "Sidecar", "album", "document", "facts", "joined", "known", "names", "sidecar", "text", "unmatched"]

LARGEST = 1 << 20
"""Bytes of JSON up to which it is read."""
LONGEST = 200
"""Characters of a text in the records."""
MOST = 50
"""Elements of a list in the records."""
_SECONDS = re.compile(r"-?[0-9]{1,12}")
_ALBUM = {"title", "description", "access", "location", "date", "geoData", "enrichments", "sharedAlbumComments"}


class Sidecar(NamedTuple):
    """What Google Photos says of a file. Times in Unix seconds, places in degrees and metres; None when unknown.

    `title` is the name that it was uploaded with, and `partner` that it came from another person's library.
    """

    title: str
    taken: int | None = None
    created: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    description: str = ""
    people: tuple[str, ...] = ()
    favourite: bool = False
    archived: bool = False
    trashed: bool = False
    partner: bool = False
    url: str = ""


class Album(NamedTuple):
    """What Google Photos says of an album; `date` in Unix seconds."""

    title: str
    description: str = ""
    date: int | None = None


def sidecar(content: bytes) -> Sidecar | None:
    """What a sidecar says; None when it is none. Never raises.

    A place of 0, 0 and a time of 0 are unknown ones. What the person corrected (geoData) goes before what the camera
    noted (geoDataExif). The keys are those that
    https://github.com/papa-vova/gphotos-321sync/blob/main/Google_Takeout_Structure.md lists.
    """
    value = document(content)
    if not isinstance(value.get("photoTakenTime"), dict):
        return None
    origin = value.get("googlePhotosOrigin")
    latitude, longitude, altitude = _place(value.get("geoData")) or _place(value.get("geoDataExif")) or (None,) * 3
    return Sidecar(
        title=text(value.get("title")),
        taken=_seconds(value.get("photoTakenTime")),
        created=_seconds(value.get("creationTime")),
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        description=text(value.get("description")),
        people=tuple(names(value.get("people"))),
        favourite=value.get("favorited") is True,
        archived=value.get("archived") is True,
        trashed=value.get("trashed") is True,
        partner=isinstance(origin, dict) and "fromPartnerSharing" in origin,
        url=text(value.get("url")),
    )


def album(content: bytes) -> Album | None:
    """What the metadata of an album says: metadata.json, メタデータ.json, Metadaten.json ... Never raises.

    None when it is no album's: the file's name is no help, its keys are. Since 2025 a title may be all there is, before
    2020 all was in "albumData": https://github.com/simulot/immich-go/blob/main/adapters/googlePhotos/json_test.go
    """
    value = document(content)
    if isinstance(inner := value.get("albumData"), dict):
        value = inner
    if not isinstance(value.get("title"), str) or not value.keys() <= _ALBUM:
        return None
    return Album(text(value["title"]), text(value.get("description")), _seconds(value.get("date")))


def facts(sidecar: Sidecar) -> dict[str, Json]:
    """For the records: what is known, and nothing else."""
    return known({**sidecar._asdict(), "people": [*sidecar.people]})


def known(told: Mapping[str, Json]) -> dict[str, Json]:
    """Without what is empty or not so; a number stays, whatever it is."""
    return {name: value for name, value in told.items() if value or (value == 0 and value is not False)}


def document(content: bytes) -> dict[str, Json]:
    """An object in JSON; empty when it is none, or larger than LARGEST. Never raises."""
    if len(content) > LARGEST:
        return {}
    try:
        value: Json = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def names(value: Json) -> list[str]:
    """The names in a list of objects that have some, MOST at most."""
    listed = value[:MOST] if isinstance(value, list) else []
    return [name for each in listed if isinstance(each, dict) and (name := text(each.get("name")))]


def text(value: Json) -> str:
    """A text for the records, cut to LONGEST characters; empty when it is none."""
    return paths.storable(value[:LONGEST]) if isinstance(value, str) else ""


def _seconds(value: Json) -> int | None:
    stamp = value.get("timestamp") if isinstance(value, dict) else None
    return (int(stamp) or None) if isinstance(stamp, str) and _SECONDS.fullmatch(stamp) else None


def _place(value: Json) -> tuple[float, float, float | None] | None:
    if not isinstance(value, dict):
        return None
    latitude, longitude = _number(value.get("latitude"), 90), _number(value.get("longitude"), 180)
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    return latitude, longitude, _number(value.get("altitude"), 1e6) or None


def _number(value: Json, limit: float) -> float | None:
    """A number from -limit to limit, which "NaN" is not, nor a whole number that is too large for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -limit <= value <= limit else None
