"""How a run reaches the person: sentences, questions, the browser, and errors in the person's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from eccs_backup.errors import BackupError
from eccs_backup.messages import ENGLISH, LANGUAGES, Voice

E = TypeVar("E", bound=BackupError)


@dataclass(frozen=True)
class Talk:
    """Sentences, questions to be answered with yes or no, and the browser, which may not open."""

    voice: Voice
    tell: Callable[[str], None]
    agree: Callable[[str], bool]
    browse: Callable[[str], bool] = lambda url: False

    def say(self, sentence: str, **values: object) -> None:
        """Tell a sentence."""
        self.tell(self.voice.say(sentence, **values))

    def ask(self, sentence: str, **values: object) -> bool:
        """Tell a sentence that ends with a question; whether the answer is yes."""
        return self.agree(self.voice.say(sentence, **values))

    def error(self, kind: Callable[..., E], sentence: str, hint: str = "", **values: object) -> E:
        """An error of that kind in the person's language; see `trouble`."""
        return trouble(kind, sentence, self.voice, hint=hint, **values)

    def keep(self, name: str) -> str:
        """What becomes of the copy in the old mailbox, as Gmail's page has it, in both languages: the page is in the
        account's language, and that may be another than the terminal's."""
        other = next(each for each in LANGUAGES if each != self.voice.language)
        sentence = f"keep-{name}"
        return f"{self.voice.say(sentence)} ({Voice('forward', other).say(sentence)})"


def trouble(
    kind: Callable[..., E], sentence: str, voice: Voice | None = None, *, hint: str = "", **values: object
) -> E:
    """An error by the name of its sentence. Its hint has the name `hint`, or else the same name with "-hint"."""
    voice = voice or Voice("forward", ENGLISH)
    return kind(voice.say(sentence, **values), hint=voice.say(hint or f"{sentence}-hint", **values))
