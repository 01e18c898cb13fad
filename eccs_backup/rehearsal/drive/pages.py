"""The pages outside the API that give bytes: docs.google.com's exports and the results of long downloads."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, urlsplit

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.documents import EXPORTS, SHORT
from eccs_backup.rehearsal.drive.api import Drive
from eccs_backup.rehearsal.drive.view import View
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import File, Trouble

SIGN_IN = (
    "<!doctype html><html lang=ja><meta charset=utf-8><title>ログイン - Google アカウント</title>"
    "<h1>ログイン</h1><form><label>メールアドレス <input name=identifier></label></form></html>"
).encode()
_HTML = (b"content-type", b"text/html; charset=utf-8")


class Pages:
    """Export links and download links. `leaks` names each address that a token was carried to in error."""

    def __init__(self, drive: Drive) -> None:
        self.drive = drive
        self.leaks: list[str] = []
        self._signed: dict[str, tuple[str, str]] = {}

    def answer(self, path: str, query: str, headers: Mapping[bytes, bytes]) -> Reply:
        """The answer to a GET of /docs/..., /docs-content/... or /download/operations/..."""
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        try:
            if path.startswith("/docs-content/"):
                return self._content(path, asked, headers)
            if path.startswith("/docs/"):
                return self._export(asked, headers)
            access = self.drive.signed_in(headers)
            return self.drive.exporter.fetch(path.rpartition("/")[2], access.address, [], headers.get(b"range"))
        except refusals.Refused as refused:
            return refused.reply

    def _export(self, asked: Mapping[str, str], headers: Mapping[bytes, bytes]) -> Reply:
        try:
            address = self.drive.signed_in(headers).address
        except refusals.Refused:
            # Not 401: docs.google.com shows whom it does not know the page of a sign-in.
            return Reply(200, SIGN_IN, [_HTML])
        view = View(self.drive.world, address, self.drive.url)
        file = self._file(view, asked.get("id", ""))
        mime = _format(file, asked.get("exportFormat", ""))
        if file.trouble is Trouble.SIGN_IN_PAGE:
            return Reply(200, SIGN_IN, [_HTML])
        if file.trouble is Trouble.OTHER_HOST:
            return self._elsewhere(file, mime)
        return self._document(file, mime)

    def _file(self, view: View, id: str) -> File:
        file = self.drive.world.files.get(id)
        if file is None or not view.world.sees(view.address, file):
            raise refusals.Refused(Reply(404, b"<!doctype html><title>404</title>", [_HTML]))
        if not view.may_download(file):
            raise refusals.Refused(Reply(403, b"<!doctype html><title>403</title>", [_HTML]))
        return file

    def _elsewhere(self, file: File, mime: str) -> Reply:
        key = secrets.token_urlsafe(16)
        self._signed[key] = (file.id, mime)
        place = urlsplit(self.drive.url)
        host = "localhost" if place.hostname == "127.0.0.1" else "127.0.0.1"
        target = f"http://{host}:{place.port}/docs-content/{key}"
        return Reply(307, b"", [(b"location", target.encode())])

    def _content(self, path: str, asked: Mapping[str, str], headers: Mapping[bytes, bytes]) -> Reply:
        if b"authorization" in headers:
            self.leaks.append(path)
        signed = self._signed.get(path.rpartition("/")[2])
        if signed is None:
            raise refusals.Refused(Reply(404, b"<!doctype html><title>404</title>", [_HTML]))
        return self._document(self.drive.world.files[signed[0]], signed[1])

    def _document(self, file: File, mime: str) -> Reply:
        data = self.drive.exporter.make(file, mime)
        name = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}.{SHORT[mime]}"
        headers = [(b"content-type", mime.encode()), (b"content-disposition", name.encode())]
        return Reply(200, data, headers, chunked=True)


def _format(file: File, short: str) -> str:
    for mime in EXPORTS.get(file.mime, ()):
        if SHORT.get(mime) == short:
            return mime
    raise refusals.Refused(Reply(400, b"<!doctype html><title>400</title>", [_HTML]))
