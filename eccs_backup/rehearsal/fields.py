"""The `fields` parameter: its syntax, what a schema allows, and cutting an answer down to it.

https://developers.google.com/workspace/drive/api/guides/fields-parameter
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from eccs_backup.rehearsal.things import Json

Mask = dict[str, "Mask | None"]
"""Field name to what is wanted of it; None is all of it. The name `*` stands for every field."""
Schemas = Mapping[str, Mapping[str, Any]]


class BadFields(ValueError):
    """Not a selection of fields, or of fields that do not exist; the argument is the offending part."""


@lru_cache(maxsize=256)
def parse(text: str) -> Mask:
    """Read a selection such as `nextPageToken,files(id,owners/displayName)`. Cached: do not change the answer."""
    mask, rest = _list(text.replace(" ", ""))
    if rest:
        raise BadFields(rest)
    return mask


def _list(text: str) -> tuple[Mask, str]:
    mask: Mask = {}
    while True:
        text = _one(text, mask)
        if not text.startswith(","):
            return mask, text
        text = text[1:]


def _one(text: str, mask: Mask) -> str:
    name, rest = _name(text)
    if rest.startswith("/"):
        below: Mask = {}
        rest = _one(rest[1:], below)
    elif rest.startswith("("):
        below, rest = _list(rest[1:])
        if not rest.startswith(")"):
            raise BadFields(text)
        rest = rest[1:]
    else:
        mask[name] = None
        return rest
    known = mask.setdefault(name, {})
    if known is not None:
        _merge(known, below)
    return rest


def _merge(into: Mask, other: Mask) -> None:
    for name, below in other.items():
        known = into.setdefault(name, below)
        if known is not None and below is not None and known is not below:
            _merge(known, below)
        elif below is None:
            into[name] = None


def _name(text: str) -> tuple[str, str]:
    end = next((at for at, letter in enumerate(text) if letter in ",/()"), len(text))
    name = text[:end]
    if not name or not (name == "*" or name.replace("-", "").replace("_", "").replace(".", "").isalnum()):
        raise BadFields(text)
    return name, text[end:]


def check(mask: Mask, schemas: Schemas, schema: str) -> None:
    """Raise `BadFields` when a name is not in the schema."""
    _check(mask, schemas, schemas[schema])


def _check(mask: Mask, schemas: Schemas, schema: Mapping[str, Any]) -> None:
    properties = schema.get("properties")
    for name, below in mask.items():
        if name == "*" or properties is None:
            continue
        if name not in properties:
            raise BadFields(name)
        if below:
            _check(below, schemas, _inner(properties[name], schemas))


def _inner(schema: Mapping[str, Any], schemas: Schemas) -> Mapping[str, Any]:
    while "items" in schema or "$ref" in schema:
        schema = schema["items"] if "items" in schema else schemas[schema["$ref"]]
    return schema


def cut(value: Json, mask: Mask | None) -> Json:
    """What is left of an answer when only the selected fields are wanted."""
    if mask is None:
        return value
    if isinstance(value, list):
        return [cut(one, mask) for one in value]
    if not isinstance(value, dict):
        return value
    if "*" in mask:
        return {name: cut(one, mask.get(name, mask["*"])) for name, one in value.items()}
    return {name: cut(value[name], below) for name, below in mask.items() if name in value}


def below(mask: Mask, name: str) -> Mask | None:
    """What is wanted of one field: None for all of it, an empty selection for nothing."""
    if name in mask:
        return mask[name]
    return mask.get("*", {}) if "*" in mask else {}
