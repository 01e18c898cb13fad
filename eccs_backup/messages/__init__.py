"""What the person reads, in English and in Japanese: one file per command, each sentence side by side."""

from __future__ import annotations

import locale
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ENGLISH, JAPANESE = "en", "ja"
LANGUAGES = (ENGLISH, JAPANESE)


class Voice:
    """Speaks one language, with the sentences of one file."""

    def __init__(self, name: str, language: str) -> None:
        self._sentences, self.language = sentences(name), language

    def say(self, sentence: str, **values: object) -> str:
        """A sentence by its name, its {braces} filled in. Raises KeyError for one that there is not."""
        return self._sentences[sentence][self.language].format(**values)


@cache
def sentences(name: str) -> Mapping[str, Mapping[str, str]]:
    """Every sentence of a file: name -> language -> text."""
    found: Mapping[str, Mapping[str, str]] = tomllib.loads((files(__name__) / f"{name}.toml").read_text("utf-8"))
    return found


def language() -> str:
    """The person's language: Japanese when the environment says so, else English."""
    named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), None)
    if named is None:  # Windows
        named = locale.getlocale()[0] or ""
    return JAPANESE if named.lower().startswith(("ja", "japanese")) else ENGLISH
