"""A browser on another machine: the page is agreed to, and the way back ends where nobody listens."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import requests


def agreed(url: str, account: str, *scopes: str) -> str:
    """The address at which the browser would end, for the consent page `url`."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    form = {"request": json.dumps(query), "account": account, "scope": [*scopes], "choice": "continue"}
    page = f"{parts.scheme}://{parts.netloc}/o/oauth2/v2/auth/consent"
    return requests.post(page, data=form, timeout=5, allow_redirects=False).headers["location"]
