"""One signed-in IMAP connection to Gmail: imapclient for the conversation, the bare line for the bodies."""

from __future__ import annotations

import imaplib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from eccs_backup import tunnel
from eccs_backup.errors import BlockedByAdministrator, QuotaExhausted, SignInNeeded, Stop, Transient
from eccs_backup.http import TIMEOUT, Tokens, Wire
from eccs_backup.sources.gmail import imap_answers
from eccs_backup.sources.gmail.imap_answers import Fetched

BUFFER = 1 << 18
TOGETHER = 50
"""Messages named in one command."""
BROKEN = (OSError, imaplib.IMAP4.abort, EOFError, ValueError)
"""How a line ends: ValueError when it was shut by another thread."""


class DaySpent(QuotaExhausted):
    """Gmail's IMAP gives so many bytes a day, and not more: https://support.google.com/a/answer/1071518 ."""


class TooMany(Transient):
    """More connections are open than Gmail allows one person."""


class NotFetched(Transient):
    """Every question was answered, but not for all messages: the line is as good as before."""


class Place(NamedTuple):
    """Where Gmail's IMAP is; `authority` is a rehearsal's CA in PEM."""

    host: str = "imap.gmail.com"
    port: int = 993
    authority: str | None = None


class Folder(NamedTuple):
    """One of the three folders that hold all mail; `label` is what its name says of the messages in it."""

    name: str
    label: str | None


def place(wire: Wire, endpoint: str | None) -> Place:
    """Where to connect to: Gmail, or what the rehearsal at `endpoint` names. Raises Transient."""
    if endpoint is None:
        return Place()
    answer = json.loads(wire.send("GET", f"{endpoint}/rehearsal/imap").content)
    return Place(answer["host"], answer["port"], answer["ca"])


class Line:
    """A connection of one thread. Raises Transient when it breaks, Stop when Gmail will not have us."""

    def __init__(self, wire: Wire, at: Place, address: str, tokens: Tokens) -> None:
        self._client = _signed_in(wire, at, address, tokens)
        self._folder: str | None = None
        self._number = 0

    def folders(self) -> list[Folder]:
        """All mail, spam and trash: together they hold every message once. Found by what they are for, as their names
        are in the person's language (RFC 6154). Raises Transient."""
        try:
            found = self._client.list_folders()
        except (*BROKEN, IMAPClientError) as error:
            raise _failed(error) from error
        kinds: Mapping[bytes, str | None] = {b"\\All": None, b"\\Junk": "SPAM", b"\\Trash": "TRASH"}
        named = {flag: name for flags, _, name in found for flag in flags}
        missing = [flag.decode() for flag in kinds if flag not in named]
        if missing:
            raise Transient(f"Gmail's IMAP does not show the folder for {' and '.join(missing)}.")
        return [Folder(named[flag], label) for flag, label in kinds.items()]

    def fetch(self, folder: str, groups: Sequence[str], items: str) -> Iterator[Fetched]:
        """What was asked of some messages, by their UIDs; every group is asked for before the first is answered.

        The folder is only looked at (EXAMINE), and the body only peeked at: nothing is marked as read. Raises Transient
        (NotFetched at the end, when some were refused), Stop.
        """
        try:
            if self._folder != folder:
                self._folder = None
                self._client.select_folder(folder, readonly=True)
                self._folder = folder
            yield from self._answers(groups, items)
        except (*BROKEN, IMAPClientError) as error:
            raise _failed(error) from error

    def close(self) -> None:
        """Hang up."""
        with suppress(*BROKEN):
            self._client.bare.shutdown()

    def _answers(self, groups: Sequence[str], items: str) -> Iterator[Fetched]:
        bare = self._client.bare
        tags = []
        command = b""
        for group in groups:
            self._number += 1
            tags.append(b"E%d" % self._number)
            command += b"%b UID FETCH %b (%b)\r\n" % (tags[-1], group.encode(), items.encode())
        bare.send(command)
        refused = False
        for tag in tags:
            while True:
                said = imap_answers.said(bare.stream.readline, bare.stream.read)
                if said.fetched:
                    yield said.fetched
                elif said.tag == tag:
                    refused = _is_refused(said.text) or refused
                    break
                elif said.tag == b"*" and said.text[:3].upper() == b"BYE":
                    raise _refusal(said.text.decode("utf-8", "replace"))
        if refused:
            raise NotFetched("Gmail's IMAP did not give all messages.")


class Lines:
    """The connections that all threads share: `most` of them, or fewer when Gmail takes no more of them."""

    def __init__(self, dial: Callable[[], Line], most: int) -> None:
        self._dial, self._most = dial, most
        self._idle: list[Line] = []
        self._open = 0
        self._changed = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[Line]:
        """A line for this thread alone; it is closed when it is left with an error, somewhere within an answer.

        Raises Transient (TooMany when Gmail takes not a single one), Stop.
        """
        line = self._take()
        sound = False
        try:
            yield line
            sound = True
        finally:
            if not sound:
                line.close()
            self._left(line if sound else None)

    def _take(self) -> Line:
        while True:
            with self._changed:
                while not self._idle and self._open >= self._most:
                    self._changed.wait()
                if self._idle:
                    return self._idle.pop()
                self._open += 1
            try:
                return self._dial()
            except TooMany:
                others = self._left(None, fewer=True)
                if not others:
                    raise
            except BaseException:
                self._left(None)
                raise

    def _left(self, line: Line | None, *, fewer: bool = False) -> int:
        """A thread gives back its line, or its place for one; how many others there are."""
        with self._changed:
            if line is not None:
                self._idle.append(line)
            else:
                self._open -= 1
            if fewer:
                self._most = max(1, self._open)
            self._changed.notify()
            return self._open


class _Bare(imaplib.IMAP4):
    """imaplib over a connection of ours. `stream` is read directly, where bodies come."""

    def __init__(self, line: tunnel.Connection) -> None:
        self._line = line
        super().__init__("", 0)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock: Any = self._line
        self.stream: Any = self._line.makefile("rb", BUFFER)

    def read(self, size: int) -> bytes:
        """So many bytes; what imaplib wants."""
        return bytes(self.stream.read(size))

    def readline(self) -> bytes:
        """A line; what imaplib wants."""
        return bytes(self.stream.readline(imap_answers.LINE))

    def shutdown(self) -> None:
        """Hang up."""
        self.stream.close()
        self.sock.close()


class _Client(IMAPClient):
    """imapclient over a connection of ours."""

    def __init__(self, line: tunnel.Connection) -> None:
        self._given = line
        super().__init__("gmail", ssl=False, port=993, timeout=TIMEOUT[1])  # it would take ours away without one
        self.bare.debug = 0  # it would format every line for a log that nobody reads, tokens included

    def _create_IMAP4(self) -> Any:  # imapclient's name for where its connection comes from
        self.bare = _Bare(self._given)
        return self.bare


def _signed_in(wire: Wire, at: Place, address: str, tokens: Tokens) -> Any:
    """https://developers.google.com/workspace/gmail/imap/xoauth2-protocol"""
    token = tokens.current()
    for attempt in range(2):
        line = tunnel.connect(wire, at.host, at.port, at.authority)
        try:
            client = _Client(line)
            client.oauth2_login(address, token)
            return client
        except LoginError as error:
            line.close()
            refusal = _refusal(str(error))
            if attempt or not isinstance(refusal, SignInNeeded):
                raise refusal from error
            token = tokens.renew(token)
        except (*BROKEN, IMAPClientError) as error:
            line.close()
            raise _failed(error) from error
    raise AssertionError


def _is_refused(text: bytes) -> bool:
    """Whether the end of an answer says that not everything was given. Raises what else it says, unless it is OK."""
    word = text.partition(b" ")[0].upper()
    if word == b"OK":
        return False
    refusal = _refusal(text.decode("utf-8", "replace"))
    if word == b"NO" and type(refusal) is Transient:
        return True
    raise refusal


def _refusal(text: str) -> Transient | Stop:
    """The error for a refusal. IMAP gives no code for most of them: Gmail's own words have to tell.

    https://support.google.com/mail/answer/7126229 , https://support.google.com/a/answer/105694
    """
    said = text.casefold()
    if "overquota" in said or "bandwidth limits" in said:
        return DaySpent("Gmail's IMAP gives no more mail today.", hint="Run it again tomorrow, or add --road api.")
    if "too many simultaneous" in said:
        return TooMany("Gmail's IMAP is used by too many programs at once.")
    if "not enabled for imap" in said or "imap access is disabled" in said or "webalert" in said:
        return BlockedByAdministrator(
            "Your organisation does not allow IMAP for this mailbox.", hint="Take the other road: --road api"
        )
    if "authenticationfailed" in said or "invalid credentials" in said:
        return SignInNeeded("Gmail's IMAP did not take the sign-in.", hint="Sign in: eccs-backup auth --for imap")
    return Transient("Gmail's IMAP refused a command.")


def _failed(error: BaseException) -> Transient | Stop:
    """The error for a line that broke, or for a command that was refused in words."""
    if isinstance(error, IMAPClientError) and not isinstance(error, imaplib.IMAP4.abort):
        return _refusal(str(error))
    return Transient(f"The connection to Gmail's IMAP broke ({type(error).__name__}).", hint="Check the network.")
