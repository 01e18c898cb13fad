"""Checks each request against the discovery document that ships in google-api-python-client."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from eccs_backup.rehearsal import fields, refusals
from eccs_backup.rehearsal.fields import Mask

_UNSEEN = frozenset({"prettyPrint", "key", "quotaUser", "$.xgafv", "callback", "access_token", "oauth_token"})


@dataclass(frozen=True, slots=True)
class Method:
    """One method of an API, as its discovery document describes it."""

    id: str
    http: str
    path: str
    pattern: re.Pattern[str]
    parameters: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    scopes: frozenset[str]
    answers: str | None
    media: bool


class Discovery:
    """The methods and schemas of one API."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.schemas: Mapping[str, Any] = document["schemas"]
        self.shared: Mapping[str, Any] = document["parameters"]
        self.prefix = "/" + document["servicePath"]
        self._mask = lru_cache(maxsize=256)(self._read_mask)
        self._by_shape: dict[tuple[str, int], list[Method]] = {}
        for method in sorted(_methods(document), key=lambda one: one.path.count("{")):
            self._by_shape.setdefault((method.http, method.path.count("/")), []).append(method)

    def find(self, http: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method for a path (percent-encoded, as sent) and the parameters inside it."""
        path = path.removeprefix(self.prefix)
        for method in self._by_shape.get((http, path.count("/")), ()):
            if found := method.pattern.fullmatch(path):
                return method, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def check(self, method: Method, query: Mapping[str, str]) -> None:
        """Raise `Refused` for parameters that are unknown, missing, or have impossible values."""
        for name in method.required:
            if name not in query:
                raise refusals.missing(name)
        for name, value in query.items():
            rule = method.parameters.get(name) or self.shared.get(name)
            if rule is None:
                message = f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
                raise refusals.parameter(name, message)
            if name not in _UNSEEN and not _fits(value, rule):
                raise refusals.parameter(name, f"Invalid value '{value[:80]}' for parameter {name}.")
        if query.get("alt") == "media" and not method.media:
            raise refusals.parameter("alt", "This method has no media to download.")

    def mask(self, method: Method, query: Mapping[str, str]) -> Mask | None:
        """The selection of fields that was asked for, checked; None when none was."""
        text = query.get("fields")
        if text is None or method.answers is None:
            return None
        return self._mask(method.answers, text)

    def _read_mask(self, schema: str, text: str) -> Mask:
        try:
            mask = fields.parse(text)
            fields.check(mask, self.schemas, schema)
        except fields.BadFields as error:
            raise refusals.parameter("fields", f"Invalid field selection {error}") from error
        return mask


@lru_cache(maxsize=4)
def load(api: str, version: str) -> Discovery:
    """The document of an API, for instance ("drive", "v3")."""
    place = files("googleapiclient") / "discovery_cache" / "documents" / f"{api}.{version}.json"
    return Discovery(json.loads(place.read_text(encoding="utf-8")))


def _methods(resource: Mapping[str, Any]) -> Iterator[Method]:
    for raw in resource.get("methods", {}).values():
        yield _method(raw)
    for inner in resource.get("resources", {}).values():
        yield from _methods(inner)


def _method(raw: Mapping[str, Any]) -> Method:
    parameters = raw.get("parameters", {})
    literal = re.split(r"\{\+?(\w+)\}", raw["path"])
    pattern = "".join(f"(?P<{part}>[^/]+)" if odd % 2 else re.escape(part) for odd, part in enumerate(literal))
    asked = {name: rule for name, rule in parameters.items() if rule["location"] == "query"}
    return Method(
        id=raw["id"],
        http=raw["httpMethod"],
        path=raw["path"],
        pattern=re.compile(pattern),
        parameters=asked,
        required=tuple(name for name, rule in asked.items() if rule.get("required")),
        scopes=frozenset(raw.get("scopes", ())),
        answers=raw.get("response", {}).get("$ref"),
        media=bool(raw.get("supportsMediaDownload")),
    )


def _fits(value: str, rule: Mapping[str, Any]) -> bool:
    if "enum" in rule:
        return value in rule["enum"]
    if rule.get("type") == "boolean":
        return value.lower() in ("true", "false")
    if rule.get("type") == "integer":
        return _in_range(value, rule)
    return "pattern" not in rule or re.fullmatch(rule["pattern"], value) is not None


def _in_range(value: str, rule: Mapping[str, Any]) -> bool:
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        return False
    number = int(value)
    return int(rule.get("minimum", number)) <= number <= int(rule.get("maximum", number))
