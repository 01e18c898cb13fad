"""The practice Gmail's IMAP service, over TLS on loopback."""

from eccs_backup.rehearsal.mail.imap.limits import ImapFaults, ImapLimits, ImapLog
from eccs_backup.rehearsal.mail.imap.server import Imap, serve_imap

__all__ = ["Imap", "ImapFaults", "ImapLimits", "ImapLog", "serve_imap"]
