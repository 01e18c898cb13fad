"""How a command may end otherwise than well."""

from __future__ import annotations


class Refused(Exception):
    """The words of a tagged NO."""


class Exceeded(Exception):
    """The day's bytes are used up."""


class Ended(Exception):
    """The connection is to be closed once what is gathered has gone out."""
