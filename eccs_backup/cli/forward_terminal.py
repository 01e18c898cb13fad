"""How `forward` speaks with the person at the terminal."""

from __future__ import annotations

import sys
from typing import Any

import click

from eccs_backup.cli import fitting, text
from eccs_backup.forwarding.talk import Talk
from eccs_backup.messages import Voice, language

_ANSWERS = " [y/N]: "


def talk(more: dict[str, Any]) -> Talk:
    """By the options of the command: its language, whether everything is agreed to, and the browser."""
    from eccs_backup.cli.auth import browse

    def agree(sentence: str) -> bool:
        if more["yes"] or not sys.stdin.isatty():
            _tell(sentence)
            return bool(more["yes"])
        asked = fitting.shown(_plain(sentence) + _ANSWERS.rstrip(), err=True)
        return click.confirm(asked, default=False, prompt_suffix=" ", show_default=False, err=True)

    shown = (lambda url: False) if more["no_browser"] else browse
    return Talk(Voice("forward", more["language"] or language()), _tell, agree, shown)


def result(sentence: str, colour: str | None = None, *, err: bool = False) -> None:
    """A result: for the standard output, unless that is to be JSON."""
    click.secho(fitting.shown(_plain(sentence), err=err), fg=colour, err=err)


def _tell(sentence: str) -> None:
    click.echo(fitting.shown(_plain(sentence), err=True), err=True)


def _plain(sentence: str) -> str:
    """Addresses, filters and replies come from outside."""
    return "\n".join(map(text.plain, sentence.split("\n")))
