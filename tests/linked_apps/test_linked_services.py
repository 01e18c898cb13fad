"""The table of known services, and finding one in it by domain, by name, and by what a sender pretends to be."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from importlib.resources import files
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import pytest

from eccs_backup.linked_apps import services
from eccs_backup.linked_apps.domains import registrable
from eccs_backup.linked_apps.names import LONGEST_PHRASE, key, phrases
from eccs_backup.linked_apps.services import Kind

TABLE: list[dict[str, Any]] = tomllib.loads(
    files("eccs_backup.linked_apps").joinpath("services.toml").read_text("utf-8")
)["service"]
NEEDED = {"id": str, "name": str, "domains": list, "kind": str, "without_google": str}
OPTIONAL = {"names": list, "words": list, "change": str, "change_elsewhere": bool, "google": bool}


def _names(row: dict[str, Any]) -> list[str]:
    return [row["name"], *row.get("names", ())]


def _twice(values: list[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def test_keys_and_types() -> None:
    for row in TABLE:
        assert row.keys() >= NEEDED.keys(), row["id"]
        for name, value in row.items():
            assert type(value) is {**NEEDED, **OPTIONAL}[name], (row["id"], name)
            assert value not in ("", [], False), (row["id"], name)
        for name in ("names", "words", "domains"):
            assert all(isinstance(each, str) and each.strip() == each != "" for each in row.get(name, ()))


def test_values() -> None:
    for row in TABLE:
        assert row["kind"] in set(Kind), row["id"]
        assert row["without_google"] in ("yes", "no", "unknown"), row["id"]
        assert set(row["id"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert len(row["id"]) <= 16
        assert set(row.get("words", ())) <= set(_names(row)), row["id"]
        assert row["without_google"] != "no" or row.get("google")


def test_domains_can_be_registered() -> None:
    for row in TABLE:
        assert row["domains"] == [registrable(each) for each in row["domains"]]


def test_the_page_belongs_to_the_service() -> None:
    for row in TABLE:
        if "change" not in row:
            assert "change_elsewhere" not in row
            continue
        page = urlsplit(row["change"])
        own = registrable(page.hostname or "") in row["domains"]
        assert page.scheme == "https", row["id"]
        assert own is not row.get("change_elsewhere", False), row["id"]


def test_names_can_be_found() -> None:
    for row in TABLE:
        for name in _names(row):
            assert key(name)
            assert key(name) in phrases(name)
            assert next(phrases(name)) == key(name), f"'{name}' has more than {LONGEST_PHRASE} words"


def test_nothing_stands_twice() -> None:
    assert not _twice([row["id"] for row in TABLE])
    assert not _twice([domain for row in TABLE for domain in row["domains"]])
    assert not _twice([unicodedata.normalize("NFKC", name).casefold() for row in TABLE for name in _names(row)])
    assert not _twice([key(name) for row in TABLE for name in _names(row)])


def test_an_id_names_no_other_service() -> None:
    for row in TABLE:
        found = services.named(row["id"])
        assert found is None or found.id == row["id"]


def test_enough_services_of_every_kind_in_order() -> None:
    assert len(TABLE) >= 150
    runs = [(kind, [row["id"] for row in rows]) for kind, rows in groupby(TABLE, key=lambda row: row["kind"])]
    assert [kind for kind, _ in runs] == list(Kind)
    assert all(ids == sorted(ids) for _, ids in runs)


def test_the_table_is_read() -> None:
    assert [each.id for each in services.every()] == [row["id"] for row in TABLE]
    github = services.of_domain("github.com")
    assert github is not None
    assert (github.id, github.name, github.kind) == ("github", "GitHub", Kind.CODE)
    assert github.change == "https://github.com/settings/emails"
    assert (github.google, github.without_google) == (True, "yes")
    netflix = services.of_domain("netflix.com")
    assert netflix is not None
    assert netflix.google is False


@pytest.mark.parametrize(
    ("domain", "id"),
    [("redditmail.com", "reddit"), ("facebookmail.com", "facebook"), ("i-web.jpn.com", "i-web")],
)  # fmt: skip
def test_by_domain(domain: str, id: str) -> None:
    found = services.of_domain(domain)
    assert found is not None
    assert found.id == id


@pytest.mark.parametrize("domain", ["", "mail.github.com", "github.io", "github", "notgithub.com", "co.jp"])
def test_other_domains(domain: str) -> None:
    assert services.of_domain(domain) is None


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("GitHub", "github"), ("github, Inc.", "github"), ("The GitHub Team", "github"), ("Git Hub", "github"),
        ("ＧｉｔＨｕｂ　チーム", "github"), ("Slack Notifications", "slack"), ("Amazon Japan", "amazon"),
        ("Notion Labs, Inc.", "notion"), ("Steam", "steam"), ("Steam Team", "steam"), ("Kahoot!", "kahoot"),
        ("Zoom for GSuite", "zoom"), ("X (formerly Twitter)", "x"), ("The New York Times", "nytimes"),
        ("株式会社メルカリ", "mercari"), ("メルカリ事務局", "mercari"), ("日本マイクロソフト株式会社", "microsoft"),
        ("楽天カード株式会社", "rakuten-card"), ("㈱マイナビ", "mynavi"), ("Peatix Support", "peatix"),
        ("ﾏｲﾅﾋﾞ", "mynavi"), ("アドビ株式会社", "adobe"), ("LINE", "line"), ("Box", "box"),
        ("Weights & Biases", "wandb"),
    ],
)  # fmt: skip
def test_by_name(name: str, id: str) -> None:
    found = services.named(name)
    assert found is not None
    assert found.id == id


@pytest.mark.parametrize(
    "name",
    ["", "!", "Team", "株式会社", "Support Team", "GitHub Pages Preview", "GitLabs", "Zoo", "Slackline", "Steamboat",
     "楽天家", "Boxes", "東京大学", "Google", "x" * 100_000],
)  # fmt: skip
def test_other_names(name: str) -> None:
    assert services.named(name) is None


@pytest.mark.parametrize(
    ("name", "domain", "id"),
    [
        ("Amazon.co.jp", "amaz0n-login.top", "amazon"), ("PayPal Security", "example.com", "paypal"),
        ("【重要】三井住友カード", "gmail.com", "smbc-card"), ("楽天カード株式会社", "example.cn", "rakuten-card"),
        ("メルカリ事務局", "example.cn", "mercari"), ("ＡＭＡＺＯＮ", "example.cn", "amazon"),
        ("Amazonカスタマー", "example.cn", "amazon"),
        ("Apple", "example.com", "apple"), ("Apple ID", "example.com", "apple"), ("au", "example.cn", "au"),
        ("Pay Pal", "example.com", "paypal"), ("えきねっと", "example.cn", "ekinet"), ("GitHub", "github.io", "github"),
        ("GitHub", "", "github"),
    ],
)  # fmt: skip
def test_pretended(name: str, domain: str, id: str) -> None:
    found = services.impersonated(name, domain)
    assert found is not None
    assert found.id == id


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("GitHub", "github.com"), ("Amazon Web Services", "amazon.com"), ("楽天カード", "rakuten-card.co.jp"),
        ("楽天カード", "rakuten.co.jp"), ("githubber", "example.com"), ("Steamship Ltd", "example.com"),
        ("Inbox Zero", "example.com"), ("Box Lunch", "example.com"), ("Apple Tree Café", "example.com"),
        ("Claude Shannon", "example.com"), ("Ana García", "example.com"), ("On the go", "example.com"),
        ("Green Team", "example.com"), ("A note to all", "example.com"), ("東京大学生協", "utcoop.or.jp"),
        ("IEEE ICRA 2027", "example.org"), ("アマゾンズ", "example.jp"), ("山田花子", "u-tokyo.ac.jp"),
        ("", "example.com"), ("Google", "example.com"), ("X Y Z", "example.com"),
    ],
)  # fmt: skip
def test_not_pretended(name: str, domain: str) -> None:
    assert services.impersonated(name, domain) is None


def test_nobody_pretends_at_home() -> None:
    for each in services.every():
        for name in (each.name, *each.names):
            assert services.named(name) == each
            assert all(services.impersonated(name, domain) is None for domain in each.domains)
