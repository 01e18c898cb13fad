"""What Google's sign-in page and token service say no with: what it means and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from eccs_backup.accounts.google_answers import BY_HAND
from eccs_backup.errors import BlockedByAdministrator, SignInNeeded, Stop, Unusable

AUDIENCE = "https://console.cloud.google.com/auth/audience"
CLIENTS = "https://console.cloud.google.com/auth/clients"
CONNECTIONS = "https://myaccount.google.com/connections"
DELEGATION = "https://admin.google.com/ac/owl/domainwidedelegation"
WEEK = 7 * 24 * 3600
_SLACK = 6 * 3600


class Refusal(NamedTuple):
    """A refusal's meaning and the next step, in the person's words, and the error it ends in."""

    meaning: str
    step: str
    error: type[Stop] = SignInNeeded


PAGE: Mapping[str, Refusal] = {
    "admin_policy_enforced": Refusal(
        "Your organisation's administrator does not let this client in.", BY_HAND, BlockedByAdministrator
    ),
    "access_not_configured": Refusal(
        "Your school has not decided about this client yet, and so it is blocked.",
        BY_HAND,
        BlockedByAdministrator,
    ),
    "org_internal": Refusal(
        "The client is for another organisation's members only (its audience is Internal).",
        f"Set the audience to External at {AUDIENCE} - or make a client under an account that is let in.",
    ),
    "access_denied": Refusal(
        "Cancel was pressed; or the client is in Testing and your address is not among its test users.",
        f"Sign in again and press Continue; if Google shows an error page, press Publish app at {AUDIENCE}",
    ),
    "disallowed_useragent": Refusal(
        "The page was opened inside another program (a chat or mail program), where Google allows no sign-in.",
        "Copy the address into a real browser such as Chrome, Firefox, Safari or Edge.",
    ),
    "invalid_scope": Refusal(
        "The client may not ask for one of the permissions.",
        "Update eccs-backup; if it says so again, make a client of your own: docs/google-client.md",
    ),
    "redirect_uri_mismatch": Refusal(
        "The client is not of the type Desktop app.",
        f"Create a client of the type Desktop app at {CLIENTS} and name its file with --client",
        Unusable,
    ),
}
"""Shown in the browser; only some also come back to us as `error=`, which ones Google does not say.

https://support.google.com/accounts/answer/16668185 , https://support.google.com/a/answer/13288950
"""

_GONE = Refusal(
    "Google does not know this client: it was deleted or switched off, or its secret does not fit.",
    f"Create a client of the type Desktop app at {CLIENTS} , download its file, and name it with --client",
    Unusable,
)
TOKEN: Mapping[str, Refusal] = {
    "invalid_client": _GONE,
    "deleted_client": _GONE,
    "disabled_client": _GONE,
    "unauthorized_client": Refusal(
        "The service account may not act for this person with these permissions.",
        f"An administrator adds the service account's client ID and the permissions at {DELEGATION}",
        BlockedByAdministrator,
    ),
    "invalid_rapt": Refusal(
        "Your organisation asks you to sign in again from time to time, and that time has come.",
        "Sign in again with: eccs-backup auth",
    ),
}
"""Answered by the token service. https://www.rfc-editor.org/rfc/rfc6749#section-5.2"""


def refusal(codes: list[str], otherwise: str, hint: str = "Sign in again with: eccs-backup auth") -> Stop:
    """The error for the first code that is known; `otherwise` with the code for any other one.

    `codes` are the words of `error` and `error_subtype`; nothing else of the answer is shown.
    """
    for code in codes:
        if found := PAGE.get(code) or TOKEN.get(code):
            return found.error(f"{found.meaning} ({code})", hint=found.step)
    code = codes[0][:60] if codes and codes[0].isprintable() else "no reason given"
    return SignInNeeded(f"{otherwise} ({code})", hint=hint)


def page_refusals() -> str:
    """The table to print when the browser showed an error and nothing came back to us."""
    rows = [f"  {code}\n      {row.meaning}\n      Next: {row.step}" for code, row in PAGE.items()]
    return "\n".join(["If the browser showed an error, look for its name here:", *rows])


def ended(consented: float, worked: float, now: float, again: str = "eccs-backup auth") -> SignInNeeded:
    """Why a sign-in ended (`invalid_grant`): seconds since 1970 of consent, of the last success, and now;
    `again` is the command that signs in again.

    The sign-ins of a client in Testing end seven days after consent; one that worked later is not such a one.
    https://support.google.com/cloud/answer/15549945
    """
    if now - consented >= WEEK - _SLACK and worked - consented <= WEEK + _SLACK:
        return SignInNeeded(
            "Google has ended this sign-in: seven days have passed, and the client is still in Testing.",
            hint=f"Press Publish app at {AUDIENCE} , then sign in again with: {again}",
        )
    return SignInNeeded(
        "Google has ended this sign-in: access was taken back, the password was changed, or the account was closed.",
        hint=f"Sign in again with: {again}",
    )


def service_account_refused(codes: list[str], subject: str) -> Stop:
    """Why a service account got no token for `subject`.

    https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
    """
    if codes == ["invalid_grant"]:
        return Unusable(
            f"Google did not take the service account's word for {subject}.",
            hint="Check the address, that the key was not deleted, and that this computer's clock is right.",
        )
    return refusal(codes, "Google gave the service account no token.", "Check the key and the delegation.")
