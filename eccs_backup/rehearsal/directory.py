"""The little of the Admin SDK's Directory API that is needed: the tokens that a person gave to apps.

https://developers.google.com/workspace/admin/directory/reference/rest/v1/tokens
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from eccs_backup.rehearsal import discovery, refusals
from eccs_backup.rehearsal.discovery import Method
from eccs_backup.rehearsal.fields import cut
from eccs_backup.rehearsal.identity.grants import Access
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.reply import Reply, json_reply
from eccs_backup.rehearsal.things import Account, Json

PREFIX = "/admin/directory/v1/"
FORBIDDEN = "Not Authorized to access this resource/api"


class Directory:
    """Answers requests under /admin/directory/v1/, for the administrators of the person's domain."""

    def __init__(self, world: World, sign_in: Callable[[Mapping[bytes, bytes]], Access]) -> None:
        self.world = world
        self._sign_in = sign_in

    def answer(self, http: str, path: str, query: str, headers: Mapping[bytes, bytes]) -> Reply:
        """The answer to one request; header names in lower case."""
        try:
            return self._answer(http, path, dict(parse_qsl(query, keep_blank_values=True)), headers)
        except refusals.Refused as refused:
            return refused.reply

    def _answer(self, http: str, path: str, query: dict[str, str], headers: Mapping[bytes, bytes]) -> Reply:
        access = self._sign_in(headers)
        document = discovery.load("admin", "directory_v1")  # large, and seldom needed
        found = document.find(http, path)
        if found is None:
            raise refusals.refuse(404, "notFound", "Not Found")
        method, ids = found
        self._admit(method, access)
        document.check(method, query)
        if method.id != "directory.tokens.list":
            raise refusals.refuse(501, "notImplemented", f"The rehearsal does not play {method.id}.")
        return json_reply(cut(self._tokens(access, ids["userKey"]), document.mask(method, query)))

    def _admit(self, method: Method, access: Access) -> None:
        if self.world.policy.directory_disabled:
            raise refusals.Refused(refusals.api_disabled(refusals.ADMIN))
        if method.scopes.isdisjoint(access.scopes):
            *_, resource, action = method.id.split(".")
            name = f"ccc.hosted.frontend.directory.v1.Directory{resource.capitalize()}.{action.capitalize()}"
            raise refusals.Refused(refusals.scope_missing(name, refusals.ADMIN))
        if access.address not in self.world.administrators:
            raise refusals.refuse(403, "forbidden", FORBIDDEN)

    def _tokens(self, access: Access, user: str) -> Json:
        """Of an address or a person's number; who is of another domain is not found."""
        accounts = self.world.accounts
        found = next((one for one in list(accounts.values()) if user in (one.address, one.sub)), None)
        if found is None or found.domain != accounts[access.address].domain:
            raise refusals.refuse(404, "notFound", "Resource Not Found: userKey")
        return self._list(found)

    def _list(self, account: Account) -> Json:
        rows = self.world.tokens.get(account.address, [])
        answer: dict[str, Json] = {"kind": "admin#directory#tokenList", "etag": '"practice"'}
        return answer | ({"items": [*rows]} if rows else {})
