"""Signing in against the practice server: every way it goes well, and every way it does not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from dead_address import agreed

from eccs_backup.accounts import google_client, home, tokens
from eccs_backup.accounts.google import DRIVE, REMEMBERED, SCOPES, account
from eccs_backup.accounts.google_client import Client
from eccs_backup.accounts.google_refusals import PAGE, WEEK
from eccs_backup.accounts.google_sign_in import Talk, sign_in, use_service_account
from eccs_backup.accounts.google_standing import check, forget
from eccs_backup.errors import BlockedByAdministrator, SignInNeeded, Stop, Transient, Unusable, WrongAccount
from eccs_backup.http import Wire
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.server import Rehearsal, serve
from eccs_backup.retry import Patience

HANAKO = worlds.STUDENT.address
SECOND = worlds.SECOND.address
Browse = Callable[[str], bool]


@pytest.fixture
def practice(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    with serve(worlds.plain(1), faults=Faults()) as server:
        monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", server.url)
        yield server


@pytest.fixture
def client(practice: Rehearsal, tmp_path: Path) -> Client:
    return google_client.read(practice.client_file(tmp_path))


def asked(practice: Rehearsal, path: str) -> int:
    """How often the practice server was asked for this path."""
    return sum(seen.path == path for seen in practice.log)


class Spoken(list[str]):
    """What the person was told."""

    def __call__(self, sentence: str) -> None:
        self.append(sentence)

    @property
    def url(self) -> str:
        return next(text.strip() for text in self if text.strip().startswith("http"))


def signed_in(client: Client, browse: Browse, *, seconds: float = 20, address: str | None = None) -> tokens.Token:
    return sign_in(client, SCOPES["drive"], Talk(Spoken(), browse, None, seconds), address=address)


def test_signing_in_saves_and_remembers(practice: Rehearsal, client: Client) -> None:
    said = Spoken()
    token = sign_in(client, SCOPES["drive"], Talk(said, practice.person.open))
    practice.person.join()
    assert practice.person.visits[0].status == 200
    assert "閉じて" in practice.person.visits[0].text
    assert (token.address, set(token.scopes)) == (HANAKO, set(SCOPES["drive"]))
    assert home.settings()[REMEMBERED] == HANAKO
    found, address = account(None, SCOPES["drive"])
    assert address == HANAKO
    assert practice.grants.access(found.current())
    query = parse_qs(urlsplit(said.url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert (query["access_type"], query["prompt"]) == (["offline"], ["consent"])
    assert query["scope"] == [" ".join(SCOPES["drive"])]
    assert urlsplit(query["redirect_uri"][0]).hostname == "127.0.0.1"


def test_a_browser_that_is_back_before_we_wait_is_heard(practice: Rehearsal, client: Client) -> None:
    assert signed_in(client, lambda url: practice.person.visit(url).status == 200).address == HANAKO


def test_stray_requests_and_another_sign_ins_reply_do_not_end_it(practice: Rehearsal, client: Client) -> None:
    def browse(url: str) -> bool:
        redirect = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        for stray in ("favicon.ico", "", "?code=forged", "?state=forged&code=forged", "?state=forged&error=x"):
            assert requests.get(redirect + stray, timeout=5).status_code in (400, 404)
        return practice.person.open(url)

    assert signed_in(client, browse).address == HANAKO


def test_each_sign_in_has_a_state_and_a_verifier_of_its_own(practice: Rehearsal, client: Client) -> None:
    seen = []
    for _ in range(2):
        said = Spoken()
        with pytest.raises(SignInNeeded):
            sign_in(client, SCOPES["drive"], Talk(said, None, None, 0.01))
        seen.append(parse_qs(urlsplit(said.url).query))
    assert seen[0]["state"] != seen[1]["state"]
    assert seen[0]["code_challenge"] != seen[1]["code_challenge"]


def test_when_time_runs_out_every_refusal_of_the_page_is_explained(practice: Rehearsal, client: Client) -> None:
    practice.world.policy.page = "admin_policy_enforced"
    said = Spoken()
    with pytest.raises(SignInNeeded, match="within 1 seconds") as caught:
        sign_in(client, SCOPES["drive"], Talk(said, practice.person.open, None, 1))
    practice.person.join()
    assert practice.person.visits[0].status == 400
    for code, row in PAGE.items():
        assert code in said[-1]
        assert row.step in said[-1]
    assert "list above" in caught.value.hint
    assert tokens.every("google") == []


def test_without_a_browser_the_dead_address_is_pasted(practice: Rehearsal, client: Client) -> None:
    said, shown = Spoken(), threading.Event()

    def say(sentence: str) -> None:
        said(sentence)
        if sentence.strip().startswith("http"):
            shown.set()

    def typed() -> Iterator[str]:
        shown.wait(10)
        yield "I do not understand\n"
        yield "http://127.0.0.1:9/?state=of-another-day&code=4/0x\n"
        redirect = parse_qs(urlsplit(said.url).query)["redirect_uri"][0]
        yield agreed(said.url, HANAKO, DRIVE).replace(redirect, "http://127.0.0.1:9/") + "\n"

    token = sign_in(client, SCOPES["drive"], Talk(say, None, typed(), 20))
    assert token.address == HANAKO
    assert any("has to contain state= and code=" in text for text in said)
    assert any("another sign-in" in text for text in said)
    assert any("paste it here" in text for text in said)


def test_cancelling_is_understood(practice: Rehearsal, client: Client) -> None:
    with pytest.raises(SignInNeeded, match="access_denied") as caught:
        signed_in(client, lambda url: practice.person.open(url, cancel=True))
    assert "press Continue" in caught.value.hint
    assert tokens.every("google") == []


def test_an_error_that_comes_back_is_explained(practice: Rehearsal, client: Client) -> None:
    def browse(url: str) -> bool:
        query = parse_qs(urlsplit(url).query)
        back = f"{query['redirect_uri'][0]}?state={query['state'][0]}&error=admin_policy_enforced"
        return requests.get(back, timeout=5).ok

    with pytest.raises(BlockedByAdministrator) as caught:
        signed_in(client, browse)
    assert "takeout.google.com" in caught.value.hint
    assert caught.value.exit_status == 8


def test_an_unticked_box_is_named_in_the_pages_words(practice: Rehearsal, client: Client) -> None:
    with pytest.raises(SignInNeeded, match="See and download all your Google Drive files") as caught:
        signed_in(client, lambda url: practice.person.open(url, untick=[DRIVE]))
    assert "drive-export" in str(caught.value)
    assert caught.value.exit_status == 4
    assert tokens.every("google") == []


def test_what_was_ticked_is_kept_although_something_is_missing(practice: Rehearsal, client: Client) -> None:
    tasks = "https://www.googleapis.com/auth/tasks.readonly"
    talk = Talk(Spoken(), lambda url: practice.person.open(url, untick=[tasks]))
    with pytest.raises(SignInNeeded, match=r"tasks\.readonly"):
        sign_in(client, [*SCOPES["drive"], tasks], talk)
    assert account(None, SCOPES["drive"])[1] == HANAKO


def test_the_wrong_account_is_noticed_and_nothing_is_kept(practice: Rehearsal, client: Client) -> None:
    with pytest.raises(WrongAccount, match=SECOND.replace(".", r"\.")):
        signed_in(client, lambda url: practice.person.open(url, account=SECOND), address=HANAKO)
    assert tokens.every("google") == []


def test_the_expected_account_is_preselected(practice: Rehearsal, client: Client) -> None:
    assert signed_in(client, practice.person.open, address=SECOND.upper().lower()).address == SECOND


def test_two_accounts_side_by_side(practice: Rehearsal, client: Client) -> None:
    for address in (HANAKO, SECOND):
        signed_in(client, practice.person.open, address=address)
    assert account(None, SCOPES["drive"])[1] == SECOND
    assert account(HANAKO, SCOPES["drive"])[1] == HANAKO


def test_a_short_fault_after_the_consent_does_not_waste_it(practice: Rehearsal, client: Client) -> None:
    practice.app.faults.spare = ()  # type: ignore[union-attr]
    practice.app.faults.add("/v1/userinfo", Fault(status=503), Fault(status=500))  # type: ignore[union-attr]
    pauses: list[float] = []
    talk = Talk(Spoken(), practice.person.open)
    token = sign_in(client, SCOPES["drive"], talk, patience=Patience(attempts=4, sleep=pauses.append))
    assert (token.address, len(pauses)) == (HANAKO, 2)


def test_a_good_client_is_told_from_a_bad_one(practice: Rehearsal, client: Client) -> None:
    google_client.test_client(client, Wire())
    bad = Client(client.id, "hidden-wrong-secret", client.auth_uri, client.token_uri)
    with pytest.raises(Unusable, match="does not know this client") as caught:
        google_client.test_client(bad, Wire())
    assert "Desktop app" in caught.value.hint
    assert "hidden" not in f"{caught.value} {caught.value.hint}"


def test_a_download_is_found_tested_and_kept(
    practice: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads = tmp_path / "Downloads"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(downloads))
    downloads.mkdir()
    said = Spoken()

    def typed() -> Iterator[str]:
        yield "\n"
        practice.client_file(downloads)
        yield "\n"

    found = google_client.obtain(None, Wire(), said, typed())
    assert any("no client_secret" in text for text in said)
    kept = google_client.kept_path()
    assert kept.stat().st_mode & 0o777 == 0o600
    next(downloads.iterdir()).unlink()
    assert google_client.obtain(None, Wire(), said, None) == found


def test_a_bad_client_is_not_kept(practice: Rehearsal, tmp_path: Path) -> None:
    path = practice.client_file(tmp_path)
    path.write_text(path.read_text().replace("GOCSPX", "wrong"))
    with pytest.raises(Unusable):
        google_client.obtain(path, Wire(), Spoken(), None)
    assert google_client.kept() is None


def test_a_code_is_useless_without_our_verifier(practice: Rehearsal, client: Client) -> None:
    """The server checks PKCE; so an exchange that forgot the verifier would fail every test above."""
    said = Spoken()
    with pytest.raises(SignInNeeded):
        sign_in(client, SCOPES["drive"], Talk(said, None, None, 0.01))
    visit = practice.person.visit(said.url)
    code = parse_qs(urlsplit(visit.url).query)["code"][0]
    redirect = parse_qs(urlsplit(said.url).query)["redirect_uri"][0]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client.id,
        "client_secret": client.secret,
        "redirect_uri": redirect,
    }
    assert requests.post(client.token_uri, data=form, timeout=5).json()["error"] == "invalid_grant"


def test_ended_access_tokens_are_renewed_for_all_threads_at_once(practice: Rehearsal, client: Client) -> None:
    signed_in(client, practice.person.open)
    found, _ = account(None, SCOPES["drive"])
    found.current()
    practice.grants.expire_all()
    before, wire, start = asked(practice, "/token"), Wire(found), threading.Barrier(8)
    statuses: list[int] = []

    def call() -> None:
        start.wait()
        statuses.append(wire.send("GET", f"{practice.url}/drive/v3/about?fields=user").status_code)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert statuses == [200] * 8
    assert asked(practice, "/token") == before + 1


def test_access_taken_back_at_google_is_understood(practice: Rehearsal, client: Client) -> None:
    signed_in(client, practice.person.open)
    practice.grants.revoke_all()
    with pytest.raises(SignInNeeded, match="access was taken back"):
        check()


def test_the_seven_day_death_of_a_client_in_testing(practice: Rehearsal, client: Client) -> None:
    policy = practice.world.policy
    policy.publishing, policy.test_users = "testing", {HANAKO}
    signed_in(client, practice.person.open)
    clock = practice.grants.clock
    practice.grants.clock = lambda: clock() + WEEK + 60
    with pytest.raises(SignInNeeded, match="still in Testing") as caught:
        check(clock=practice.grants.clock)
    assert "Publish app" in caught.value.hint


def test_a_check_shows_whose_what_and_when_after_one_refresh(practice: Rehearsal, client: Client) -> None:
    token = signed_in(client, practice.person.open)
    before = asked(practice, "/token")
    standing = check()
    assert asked(practice, "/token") == before + 1
    assert standing.address == HANAKO
    assert standing.allows == ["See and download all your Google Drive files"]
    assert (standing.client, standing.consented) == (client.id, token.consented)


def test_forgetting_revokes_and_deletes(practice: Rehearsal, client: Client) -> None:
    signed_in(client, practice.person.open)
    ended = forget()
    assert ended
    assert (ended.address, ended.revoked, ended.trouble) == (HANAKO, True, None)
    assert not practice.grants.refreshes
    assert tokens.every("google") == []
    assert REMEMBERED not in home.settings()
    assert forget() is None


def test_forgetting_one_account_leaves_the_other(practice: Rehearsal, client: Client) -> None:
    for address in (HANAKO, SECOND):
        signed_in(client, practice.person.open, address=address)
    assert forget(HANAKO)
    assert account(None, SCOPES["drive"])[1] == SECOND


def test_forgetting_what_google_has_ended_already(practice: Rehearsal, client: Client) -> None:
    signed_in(client, practice.person.open)
    practice.grants.revoke_all()
    ended = forget()
    assert ended
    assert ended.trouble is None


def test_forgetting_deletes_even_when_google_cannot_be_reached(client: Client, practice: Rehearsal) -> None:
    signed_in(client, practice.person.open)
    practice.app.faults.spare = ()  # type: ignore[union-attr]
    practice.app.faults.add("/revoke", Fault(status=503))  # type: ignore[union-attr]
    ended = forget()
    assert ended
    assert isinstance(ended.trouble, Transient)
    assert not ended.revoked
    assert tokens.every("google") == []


def test_a_service_account_acts_for_a_person(practice: Rehearsal, tmp_path: Path) -> None:
    practice.world.policy.delegated = {DRIVE}
    key = practice.service_account_file(tmp_path)
    use_service_account(key, HANAKO, [DRIVE])
    found, address = account(None, SCOPES["drive"])
    assert address == HANAKO
    answer = Wire(found).send("GET", f"{practice.url}/drive/v3/about?fields=user")
    assert answer.json()["user"]["emailAddress"] == HANAKO
    assert "PRIVATE KEY" not in "".join(path.read_text() for path in home.private("tokens").iterdir())
    assert check().client.endswith("iam.gserviceaccount.com")
    ended = forget()
    assert ended
    assert (ended.revoked, ended.trouble) == (False, None)
    assert key.exists()


@pytest.mark.parametrize(
    ("delegated", "subject", "expected", "words"),
    [
        (set(), HANAKO, BlockedByAdministrator, "may not act for this person"),
        ({DRIVE}, "nobody@g.example.ac.jp", Unusable, "nobody@g"),
    ],
)
def test_a_service_account_that_may_not(
    practice: Rehearsal, tmp_path: Path, delegated: set[str], subject: str, expected: type[Stop], words: str
) -> None:
    practice.world.policy.delegated = delegated
    with pytest.raises(expected, match=words):
        use_service_account(practice.service_account_file(tmp_path), subject, [DRIVE])
    assert tokens.every("google") == []


def test_a_damaged_key_and_a_key_that_is_none(practice: Rehearsal, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="not the key of a service account"):
        use_service_account(practice.client_file(tmp_path), HANAKO, [DRIVE])
    path = practice.service_account_file(tmp_path)
    path.write_text(path.read_text().replace("BEGIN PRIVATE", "BEGIN BROKEN"))
    with pytest.raises(Unusable, match="is damaged") as caught:
        use_service_account(path, HANAKO, [DRIVE])
    assert "BROKEN" not in str(caught.value)


def test_a_key_that_moved_away(practice: Rehearsal, tmp_path: Path) -> None:
    practice.world.policy.delegated = {DRIVE}
    key = practice.service_account_file(tmp_path)
    use_service_account(key, HANAKO, [DRIVE])
    key.unlink()
    with pytest.raises(Unusable, match="cannot be opened"):
        account(None, SCOPES["drive"])
    assert forget()


def test_nothing_secret_is_said(
    practice: Rehearsal, client: Client, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    said = Spoken()
    with caplog.at_level("DEBUG", logger="eccs_backup"):
        token = sign_in(client, SCOPES["drive"], Talk(said, practice.person.open))
    heard = " ".join([*said, caplog.text, *capsys.readouterr()])
    for name in ("client_secret", "refresh_token", "token"):
        assert token.credentials[name] not in heard
