"""Every error raised on purpose, named by what happens next.

BackupError                 message + hint: what the person can do now
 ├── Transient              wait, then try the same request again
 │    └── Throttled         ... more slowly: the service's quota is spent for now
 ├── ItemError              give up this item for now, record why, carry on
 │    ├── Unavailable       the service will not hand it over: explained
 │    ├── Changed           it changed while it was being read
 │    └── Corrupt           the bytes are not the bytes that were promised
 └── Stop                   end the run; what is saved stays saved          exit status
      ├── Unusable          an option or a file of the person's cannot be used   2
      ├── Unfinished        the service stopped answering                        3
      ├── QuotaExhausted    the service's limit of the day is reached            3
      ├── SignInNeeded      sign in (again)                                      4
      ├── VaultDamaged      the vault's own records cannot be read               5
      ├── VaultBusy         another run holds the vault                          6
      ├── VaultFull         the disk is full                                     7
      ├── BlockedByAdministrator   the organisation forbids it                   8
      ├── Halted            the run is being stopped                           130
      ├── WrongAccount      the vault belongs to another account                 9
      └── VaultUnwritable   the folder cannot be written                        10
"""

from __future__ import annotations

import errno

from eccs_backup.model import Kind, Obstacle


class BackupError(Exception):
    """`hint` is one sentence saying what the person can do about it; never empty."""

    exit_status = 1
    hint = "Run the same command again; everything saved so far is kept."

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or self.hint


class Transient(BackupError):
    """Worth repeating. `after` is the pause the service asked for, in seconds."""

    exit_status = 3  # when even the listing gave up

    def __init__(self, message: str, *, after: float | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.after = after


class Throttled(Transient):
    """The service's quota is spent for now."""


class ItemError(BackupError):
    """One item could not be fetched; the others can."""

    exit_status = 3


class Unavailable(ItemError):
    """The service will not hand the item over; `kind` says why, the message in the person's words."""

    def __init__(self, message: str, *, kind: Kind = Kind.REFUSED, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.obstacle = Obstacle(kind, message)


class Changed(ItemError):
    """The item changed while it was being read."""


class Corrupt(ItemError):
    """The bytes that arrived are not those that were promised; they have been thrown away."""


class Stop(BackupError):
    """Nothing more can be done in this run."""


class Unusable(Stop):
    """An option, or a file the person named, cannot be used."""

    exit_status = 2


class Unfinished(Stop):
    """The service stopped answering before everything was listed or fetched."""

    exit_status = 3


class QuotaExhausted(Stop):
    """The service gives nothing more today."""

    exit_status = 3
    hint = "Run the same command again tomorrow; it goes on where it stopped."


class SignInNeeded(Stop):
    """The service no longer takes our sign-in, or we never had one."""

    exit_status = 4
    hint = "Sign in with: eccs-backup auth"


class Halted(Stop):
    """The run is being stopped: leave everything as it is."""

    exit_status = 130


class VaultDamaged(Stop):
    """The vault's own records cannot be read."""

    exit_status = 5


class VaultBusy(Stop):
    """Another run is writing to this vault."""

    exit_status = 6
    hint = "Wait for the other run to end, or stop it first."


class VaultFull(Stop):
    """The disk has no room left."""

    exit_status = 7
    hint = "Make room on the disk, or name a folder on a larger one; then run the same command again."


class BlockedByAdministrator(Stop):
    """The organisation does not let this program in."""

    exit_status = 8


class WrongAccount(Stop):
    """The vault holds another account's data, or another account answered than was expected."""

    exit_status = 9
    hint = "Give each account a folder of its own."


class VaultUnwritable(Stop):
    """The folder cannot be written."""

    exit_status = 10
    hint = "Name a folder you may write to; if it is on a stick or a network disk, see that it is connected."


def of_disk(error: OSError) -> BackupError:
    """The error of ours for an error of the disk."""
    where = error.filename or "the folder"
    if error.errno == errno.EFBIG:
        return ItemError("It is larger than this disk takes in one file.", hint="Save to a disk of another kind.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return VaultFull(f"The disk is full ({error.strerror}).")
    if error.errno in (errno.EILSEQ, errno.ENAMETOOLONG, errno.EINVAL):
        return ItemError(f"This disk does not take the name {where}.", hint="Save to a disk of another kind.")
    return VaultUnwritable(f"{where} cannot be written ({error.strerror}).")
