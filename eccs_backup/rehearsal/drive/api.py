"""The way of one request through Drive's API v3: sign-in, validation, quota, then the method itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from eccs_backup.rehearsal import discovery, refusals
from eccs_backup.rehearsal.discovery import Method
from eccs_backup.rehearsal.drive import apps, changes, drives, files, media, notes
from eccs_backup.rehearsal.drive.exports import Exporter
from eccs_backup.rehearsal.drive.view import View
from eccs_backup.rehearsal.fields import Mask
from eccs_backup.rehearsal.identity.grants import Access, Grants
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.quota import Quota, price
from eccs_backup.rehearsal.reply import Call, Reply

Handler = Callable[[View, Call, Mask | None], Reply]
PREFIX = "/drive/v3/"


class Drive:
    """Answers requests under /drive/v3/. `url` is where the server is; it stands in the links it gives."""

    def __init__(self, world: World, grants: Grants, quota: Quota, url: str) -> None:
        self.world, self.grants, self.quota, self.url = world, grants, quota, url
        self.document = discovery.load("drive", "v3")
        self.exporter = Exporter()
        self._handlers: dict[str, Handler] = {
            "drive.about.get": drives.about,
            "drive.apps.list": apps.list_apps,
            "drive.files.list": files.list_files,
            "drive.files.get": files.get,
            "drive.files.export": lambda view, call, mask: self.exporter.export(view, call),
            "drive.files.download": self.exporter.download,
            "drive.operations.get": self.exporter.poll,
            "drive.drives.list": drives.list_drives,
            "drive.drives.get": drives.get_drive,
            "drive.changes.getStartPageToken": changes.start,
            "drive.changes.list": changes.list_changes,
            "drive.permissions.list": drives.list_permissions,
            "drive.comments.list": notes.comments,
            "drive.revisions.list": notes.revisions,
        }

    def answer(self, http: str, path: str, query: str, headers: Mapping[bytes, bytes]) -> Reply:
        """The answer to one request; header names in lower case."""
        try:
            return self._answer(http, path, dict(parse_qsl(query, keep_blank_values=True)), headers)
        except refusals.Refused as refused:
            return refused.reply

    def _answer(self, http: str, path: str, query: dict[str, str], headers: Mapping[bytes, bytes]) -> Reply:
        access = self.signed_in(headers)
        found = self.document.find(http, path)
        if found is None:
            raise refusals.refuse(404, "notFound", "Not Found")
        method, ids = found
        self._admit(method, access)
        self.document.check(method, query)
        bytes_asked = query.get("alt") == "media"
        if not self.quota.take(access.address, price(method.id, bytes_asked)):
            raise refusals.Refused(refusals.too_fast(self.quota.reason))
        call = Call(path, query, headers, self.world.accounts[access.address], access.scopes, ids)
        return self._work(method, call, bytes_asked)

    def _work(self, method: Method, call: Call, bytes_asked: bool) -> Reply:
        view = View(self.world, call.account.address, self.url)
        if bytes_asked:
            if method.id != "drive.files.get":
                raise refusals.refuse(501, "notImplemented", f"The rehearsal has no media of {method.id}.")
            return media.get(view, call)
        handler = self._handlers.get(method.id)
        if handler is None:
            raise refusals.refuse(501, "notImplemented", f"The rehearsal does not play {method.id}.")
        with self.world.lock:
            return handler(view, call, self.document.mask(method, call.query))

    def signed_in(self, headers: Mapping[bytes, bytes]) -> Access:
        """The grant behind the request's token, or 401."""
        kind, _, token = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() != b"bearer" or not token:
            raise refusals.Refused(refusals.no_token(known=False))
        access = self.grants.access(token.decode("latin-1"))
        if access is None or access.address not in self.world.accounts:
            raise refusals.Refused(refusals.no_token())
        return access

    def _admit(self, method: Method, access: Access) -> None:
        policy = self.world.policy
        if policy.drive_disabled:
            raise refusals.Refused(refusals.api_disabled())
        if policy.domain_policy:
            raise refusals.Refused(refusals.domain_policy())
        if method.scopes.isdisjoint(access.scopes):
            resource, action = method.id.split(".")[1:]
            name = f"google.apps.drive.v3.Drive{resource.capitalize()}.{action[0].upper()}{action[1:]}"
            raise refusals.Refused(refusals.scope_missing(name))
