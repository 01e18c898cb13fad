"""`apps.list`: the apps that the person connected with Drive."""

from __future__ import annotations

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.drive.view import View
from eccs_backup.rehearsal.fields import Mask, cut
from eccs_backup.rehearsal.reply import Call, Reply, json_reply
from eccs_backup.rehearsal.things import Json


def list_apps(view: View, call: Call, mask: Mask | None) -> Reply:
    """All apps in one answer; their names are the same in every `languageCode`."""
    if call.query.get("appFilterExtensions") or call.query.get("appFilterMimeTypes"):
        raise refusals.refuse(501, "notImplemented", "The rehearsal does not filter apps.")
    rows = view.world.apps.get(call.account.address, [])
    answer: Json = {
        "kind": "drive#appList",
        "selfLink": f"{view.url}/drive/v3/apps",
        "defaultAppIds": [],
        "items": [*rows],
    }
    return json_reply(cut(answer, mask))
