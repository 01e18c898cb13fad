"""`python -m eccs_backup.rehearsal.browser ADDRESS`: the student as a program, for the environment's BROWSER."""

from __future__ import annotations

import sys

from eccs_backup.rehearsal.person import Person

COMMAND = "{python} -m eccs_backup.rehearsal.browser %s &"
"""What BROWSER has to be; the "&" keeps Python's `webbrowser` from waiting for it."""


def main() -> None:
    """Visit the page, tick everything, and press Continue."""
    Person().visit(sys.argv[1])


if __name__ == "__main__":
    main()
