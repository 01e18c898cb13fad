"""Is every service under the person's address found in the exports of password managers, and nothing secret kept?"""

from __future__ import annotations

import csv
import io
import traceback
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eccs_backup.errors import Unusable
from eccs_backup.linked_apps.claims import Claim, Kind
from eccs_backup.linked_apps.passwords import read

ME = "1234567890@g.ecc.u-tokyo.ac.jp"
ALSO = "hanako@eccs.example.ac.jp"
PASSWORD = "hunter2-SECRET"
NOTE = "SECRET-note of mine"
TOTP = "otpauth://totp/SECRET"
DAY = datetime(2024, 1, 5, 10, 0, tzinfo=UTC).timestamp()
CHROME = ("name", "url", "username", "password", "note")
FIREFOX = (
    "url", "username", "password", "httpRealm", "formActionOrigin", "guid", "timeCreated", "timeLastUsed",
    "timePasswordChanged",
)  # fmt: skip
SAFARI = ("Title", "URL", "Username", "Password", "Notes", "OTPAuth")
BITWARDEN = (
    "folder", "favorite", "type", "name", "notes", "fields", "reprompt", "login_uri", "login_username",
    "login_password", "login_totp",
)  # fmt: skip
ONE = ("Title", "Url", "Username", "Password", "OTPAuth", "Favorite", "Archived", "Tags", "Notes")
OLD_ONE = ("notes", "password", "title", "type", "website", "username")
KEEPASS = ("Account", "Login Name", "Password", "Web Site", "Comments")
KEEPASSXC = ("Group", "Title", "Username", "Password", "URL", "Notes", "TOTP", "Icon", "Last Modified", "Created")


def table(*rows: tuple[str, ...], delimiter: str = ",", end: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return file.getvalue()


def saved(folder: Path, content: str | bytes) -> Path:
    path = folder / "passwords.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def claims(folder: Path, content: str | bytes, *addresses: str) -> list[Claim]:
    found = list(read(saved(folder, content), addresses or (ME,)))
    for secret in ("SECRET", ME, "hunter2"):
        assert secret.casefold() not in repr(found).casefold()
    return found


def claim(name: str, domain: str, row: int, quote: str = "", when: float | None = None) -> Claim:
    return Claim(name, domain, Kind.PASSWORD, when, f"row {row}", quote or name)


def test_chrome(tmp_path: Path) -> None:
    text = table(
        CHROME,
        ("github.com", "https://github.com/login", ME, PASSWORD, NOTE),
        ("www.amazon.co.jp", "https://www.amazon.co.jp/ap/signin?x=1", f"  {ME.upper()} ", PASSWORD, ""),
        ("Spotify", "android://SECRETkey==@com.spotify.music/", ME, PASSWORD, ""),
        ("", "android://SECRETkey==@com.example.app/", ME, PASSWORD, ""),
        ("else", "https://example.org/", "other@example.org", PASSWORD, ""),
        ("only before the @", "https://example.org/", ME.partition("@")[0], PASSWORD, ""),
        ("longer", "https://example.org/", f"x{ME}", PASSWORD, ""),
        ("nas", "http://192.168.0.1/", ME, PASSWORD, ""),
        ("nas", "http://[::1]:8080/", ME, PASSWORD, ""),
        ("local", "http://localhost:8000/", ME, PASSWORD, ""),
        ("local", "http://nas.local/", ME, PASSWORD, ""),
        ("signed", f"https://{ME}:{PASSWORD}@login.example.org:8443/x", ME, PASSWORD, ""),
        ("日本", "https://日本語.jp/", ME, PASSWORD, ""),
    )
    assert claims(tmp_path, text) == [
        claim("github.com", "github.com", 2),
        claim("www.amazon.co.jp", "amazon.co.jp", 3),
        claim("Spotify", "spotify.com", 4),
        claim("example", "", 5, "com.example.app"),
        claim("signed", "example.org", 13),
        claim("日本", "xn--wgv71a119e.jp", 14),
    ]


@pytest.mark.parametrize(
    ("address", "title", "name", "domain"),
    [
        ("android://abc==@com.mercariapp.mercari/", "", "メルカリ", "mercari.com"),
        ("android://abc==@com.mercariapp.mercari/", "メルカリ フリマ", "メルカリ フリマ", "mercari.com"),
        ("android://abc==@com.mercariapp.mercari/", "mercari.mercariapp.com", "メルカリ", "mercari.com"),
        ("android://abc==@com.mercariapp.mercari/", "com.mercariapp.mercari", "メルカリ", "mercari.com"),
        ("android://a/b+c==@com.mercariapp.mercari/", "", "メルカリ", "mercari.com"),
        ("android://abc==@com.twitter.android/", "", "X", "x.com"),
        ("android://abc==@jp.co.rakuten.x/", "", "楽天", "rakuten.co.jp"),
        ("android://abc==@jp.naver.line.android/", "", "LINE", "line.me"),
        ("android://abc==@com.x.app/", "", "X", "x.com"),
        ("androidapp://com.Slack", "", "Slack", "slack.com"),
        ("iosapp://us.zoom.videomeetings", "", "Zoom", "zoom.us"),
        ("android://abc==@jp.co.foocorp.barclub.android/", "", "barclub", ""),
        ("android://abc==@jp.co.foocorp.barclub.android/", "Bar Club", "Bar Club", ""),
        ("android://abc==@com.foocorp.x/", "", "foocorp", ""),
        ("android://abc==@com.foocorp.x/", f"my {PASSWORD}", "foocorp", ""),
        ("android://abc==@com.app/", "", "com.app", ""),
        ("android://abc==@not a package/", "Club", "Club", ""),
    ],
)
def test_apps(tmp_path: Path, address: str, title: str, name: str, domain: str) -> None:
    found = claims(tmp_path, table(CHROME, (title, address, ME, PASSWORD, "")))
    assert [(each.name, each.domain) for each in found] == [(name, domain)]


def test_the_package_of_an_app_without_a_title_is_quoted(tmp_path: Path) -> None:
    text = table(CHROME, ("", "android://abc==@com.mercariapp.mercari/", ME, PASSWORD, ""))
    assert claims(tmp_path, text) == [claim("メルカリ", "mercari.com", 2, "com.mercariapp.mercari")]


def test_the_google_account_itself_is_no_service(tmp_path: Path) -> None:
    text = table(
        SAFARI,
        ("accounts.google.com", "https://accounts.google.com/signin", ME, PASSWORD, "", ""),
        ("Google", "https://google.com/", ME, PASSWORD, "", ""),
        ("Google", "https://www.google.co.jp/", ME, PASSWORD, "", ""),
        ("Gmail", "android://abc==@com.google.android.gm/", ME, PASSWORD, "", ""),
        ("Google", "", ME, PASSWORD, "", ""),
        ("accounts.google.com", "", ME, PASSWORD, "", ""),
        ("Not it", "https://google.example.com/", ME, PASSWORD, "", ""),
    )
    assert claims(tmp_path, text) == [claim("Not it", "example.com", 8)]


def test_what_is_passed_over_is_told_without_user_names(tmp_path: Path) -> None:
    me = "yamada-taro217@g.ecc.u-tokyo.ac.jp"
    local = me.partition("@")[0]
    text = table(
        CHROME,
        ("taken", "https://github.com/", me, PASSWORD, ""),
        ("part", "https://auth.kaggle.com/x", f" {local.upper()} ", PASSWORD, ""),
        ("other", f"https://secret:{PASSWORD}@qiita.com/login", "yamada217", PASSWORD, ""),
        ("nobody", "https://zenn.dev/", "", PASSWORD, ""),
        ("own", "http://192.168.1.1/", local, PASSWORD, ""),
        ("google", "https://accounts.google.com/", local, PASSWORD, ""),
        ("app", "android://abc==@com.mercariapp.mercari/", local, PASSWORD, ""),
        ("no address", "", "taro.private@gmail.com", PASSWORD, ""),
        ("in the host", f"https://{local}.hatenablog.com/", local, PASSWORD, ""),
        ("in the host", f"https://{local}.example.org/", local, PASSWORD, ""),
    )
    passed: list[tuple[str, bool]] = []
    path = saved(tmp_path, text)
    found = list(read(path, (me,), on_other=lambda host, part: passed.append((host, part))))
    assert [each.domain for each in found] == ["github.com"]
    assert found == list(read(path, (me,)))
    assert passed == [
        ("auth.kaggle.com", True),
        ("qiita.com", False),
        ("", True),
        ("", True),
        ("com.mercariapp.mercari", True),
        ("", False),
        ("", True),  # where it is a domain of its own
        ("example.org", True),
    ]


def test_a_secret_that_a_comma_moved_is_no_host_that_is_passed_over(tmp_path: Path) -> None:
    moved = "Login,somebody,first,SECRET.com,https://shop.example.com,x\r\n"
    path = saved(tmp_path, f"account,login name,password,web site,comments\r\n{moved}")
    passed: list[tuple[str, bool]] = []
    assert list(read(path, (ME,), on_other=lambda host, part: passed.append((host, part)))) == []
    assert passed == [("", False)]


def test_firefox(tmp_path: Path) -> None:
    ms = str(int(DAY * 1000))
    text = table(
        FIREFOX,
        (
            "https://www.notion.so",
            ME,
            PASSWORD,
            "",
            "https://www.notion.so",
            "{1}",
            "1500000000000",
            ms,
            "1600000000000",
        ),
        ("https://zoom.us", ME, PASSWORD, "", "", "{2}", ms, "", ""),
        ("https://slack.com", ME, PASSWORD, "", "", "{3}", "-1", "x", "99999999999999999999"),
        ("chrome://FirefoxAccounts", ME, PASSWORD, "SECRET", "", "{4}", ms, ms, ms),
        quoting=csv.QUOTE_ALL,
    )
    assert claims(tmp_path, text) == [
        claim("", "notion.so", 2, "www.notion.so", DAY),
        claim("", "zoom.us", 3, "zoom.us", DAY),
        claim("", "slack.com", 4, "slack.com"),
    ]


def test_safari(tmp_path: Path) -> None:
    text = table(
        SAFARI,
        (f"github.com ({ME})", "https://github.com/", ME, PASSWORD, NOTE, TOTP),
        (f"{ME} at zoom", "https://zoom.us/", ME, PASSWORD, "", ""),
        ("Wi-Fi", "", ME, PASSWORD, "", ""),
        ("", "", ME, PASSWORD, "", ""),
        (f"my {PASSWORD}", "https://slack.com/", ME, PASSWORD, "", ""),
        (f"my {NOTE}", "", ME, PASSWORD, NOTE, ""),
    )
    assert claims(tmp_path, text) == [
        claim("github.com", "github.com", 2),
        claim("", "zoom.us", 3, "zoom.us"),
        claim("Wi-Fi", "", 4),
        claim("(row 5 of the passwords)", "", 5),
        claim("", "slack.com", 6, "slack.com"),
        claim("(row 7 of the passwords)", "", 7),
    ]


def test_bitwarden(tmp_path: Path) -> None:
    def row(name: str, uris: str, user: str = ME, type: str = "login") -> tuple[str, ...]:
        return ("work", "", type, name, NOTE, "pin: SECRET", "0", uris, user, PASSWORD, TOTP)

    text = table(
        BITWARDEN,
        row("GitHub", "https://github.com/login"),
        row("Sony", "https://my.account.sony.com/a,https://www.playstation.com/,https://account.sony.com,sony.jp/x"),
        row("App", "androidapp://com.example.app,iosapp://com.example.ios"),
        row("A note", "", "", "note"),
        row("Query", "https://example.org/?a=b,c=d"),
        row("Local", "localhost,192.168.1.1:8080,https://10.0.0.1/"),
    )
    assert claims(tmp_path, text) == [
        claim("GitHub", "github.com", 2),
        claim("Sony", "sony.com", 3),
        claim("Sony", "playstation.com", 3),
        claim("Sony", "sony.jp", 3),
        claim("App", "", 4),
        claim("Query", "example.org", 6),
    ]


def test_one_password(tmp_path: Path) -> None:
    row = ("Slack", "https://slack.com/", ME, PASSWORD, TOTP, "false", "true", "SECRET tag", NOTE)
    assert claims(tmp_path, table(ONE, row)) == [claim("Slack", "slack.com", 2)]
    old = (NOTE, PASSWORD, "Slack", "Login", "slack.com/signin", ME)
    assert claims(tmp_path, table(OLD_ONE, old)) == [claim("Slack", "slack.com", 2)]


def test_keepass(tmp_path: Path) -> None:
    text = (
        table(KEEPASS, quoting=csv.QUOTE_ALL)
        + rf'"A \"fine\" \\ shop","{ME}","a\"b,{PASSWORD}\\","https://shop.example.com","one\"line{chr(10)}{NOTE}, x"'
        + f'\r\n"Zoom","{ME}","{PASSWORD}","zoom.us",""\r\n"None","","","",""\r\n'
    )
    assert claims(tmp_path, text) == [claim('A "fine" \\ shop', "example.com", 2), claim("Zoom", "zoom.us", 3)]


def test_keepassxc(tmp_path: Path) -> None:
    text = table(
        KEEPASSXC,
        (
            "Root/Web",
            "Zoom",
            ME,
            PASSWORD,
            "https://zoom.us",
            f"{NOTE}\nmore",
            TOTP,
            "0",
            "2024-01-05T10:00:00Z",
            "2020-01-01T00:00:00Z",
        ),
        ("Root", 'The "one"', ME, 'a""b', "https://slack.com", "", "", "0", "", "2024-01-05 10:00:00"),
        quoting=csv.QUOTE_ALL,
    )
    assert claims(tmp_path, text) == [
        claim("Zoom", "zoom.us", 2, when=DAY),
        claim('The "one"', "slack.com", 3, when=DAY),
    ]


ROWS = (
    CHROME,
    ("ヤフー株式会社", "https://login.yahoo.co.jp/", ME, PASSWORD, "秘密の SECRET メモ,\n二行目"),
    ('引用 "符" 付き', "https://www.mercari.com/jp/", ALSO.upper(), PASSWORD, ""),
)
FOUND = [claim("ヤフー株式会社", "yahoo.co.jp", 2), claim('引用 "符" 付き', "mercari.com", 3)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "euc_jp"])
def test_encodings_delimiters_and_ends_of_lines(tmp_path: Path, encoding: str, end: str, delimiter: str) -> None:
    text = table(*ROWS, end=end, delimiter=delimiter, quoting=csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL)
    assert claims(tmp_path, text.encode(encoding), ME, ALSO) == FOUND


@pytest.mark.parametrize("header", [(3, 0, 2, 4, 1), (4, 3, 2, 1, 0), (1, 2, 3, 4, 0)])
def test_columns_in_any_order_and_case(tmp_path: Path, header: tuple[int, ...]) -> None:
    rows = [tuple(row[place] for place in header) for row in ROWS]
    text = table(tuple(f" {each.upper()} " for each in rows[0]), *rows[1:])
    assert claims(tmp_path, text, ME, ALSO) == FOUND


def test_traps(tmp_path: Path) -> None:
    text = (
        "\r\nname,url,username,password,note\r\n\r\n"
        f"Short,https://short.example.com,{ME}\r\n"
        f"Few,https://few.example.com\r\n"
        f"Many,https://many.example.com,{ME},{PASSWORD},SECRET, with commas,,\r\n"
        f"Moved, Inc.,https://moved.example.com,{ME},{PASSWORD}\r\n"
        f"N\0UL,https://nul.example.com,{ME},{PASSWORD},\r\n"
        f'Long,https://long.example.com,{ME},{PASSWORD},"{"SECRET " * 100_000}"\r\n'
        f"Trailing,https://trailing.example.com,{ME},{PASSWORD},,,,\r\n"
        f"Last,https://last.example.com,{ME},{PASSWORD},"
    )
    assert claims(tmp_path, text) == [
        claim("Short", "example.com", 4),
        claim("Many", "example.com", 6),
        claim("NUL", "example.com", 8),
        claim("Long", "example.com", 9),
        claim("Trailing", "example.com", 10),
        claim("Last", "example.com", 11),
    ]


def test_a_secret_that_a_comma_moved_is_not_shown(tmp_path: Path) -> None:
    """An unquoted comma in a password moves its rest to where the address or the title is looked for."""
    moved = f"Login,{ME},first,SECRET.com,https://shop.example.com,{NOTE}\r\n"
    assert claims(tmp_path, f"account,login name,password,web site,comments\r\n{moved}") == []
    title = f"{ME},first,SECRET,Shop,https://shop.example.com\r\n"
    assert claims(tmp_path, f"username,password,title,url\r\n{title}") == []
    site = f"{ME},SECRET,https://shop.example.com,SECRET,more,,x\r\n"
    found = claims(tmp_path, f"username,password,url,title\r\n{site}")
    assert found == [claim("", "example.com", 2, "shop.example.com")]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\r\n\r\n",
        f"a,b,c\r\n{ME},{PASSWORD},{NOTE}\r\n",
        f"Shop,https://shop.example.com,{ME},{PASSWORD},{NOTE}\r\n",
        f'{{"encrypted":false,"items":[{{"login":{{"password":"{PASSWORD}","username":"{ME}"}}}}]}}',
        f"name,url,username\r\nShop,https://x.com,{ME}\r\n",
        f'"{PASSWORD},never closed',
        bytes(range(256)) * 50,
    ],
)
def test_other_files_are_named_as_such_and_not_quoted(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(Unusable, match="no export of passwords that is known here") as caught:
        claims(tmp_path, content)
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.hint
    assert "SECRET" not in shown
    assert ME not in shown
    assert all(
        each in caught.value.hint for each in ("Chrome", "Firefox", "Safari", "Bitwarden", "1Password", "KeePass")
    )


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    rest = f"Next,https://next.example.com,{ME},{PASSWORD},{NOTE}\r\n" * 400_000
    text = f'name,url,username,password,note\r\nA,https://a.example.com,{ME},{PASSWORD},"{rest}'
    with pytest.raises(Unusable, match="after row 1: a quote is not closed") as caught:
        claims(tmp_path, text)
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.csv", tmp_path):
        with pytest.raises(Unusable, match="cannot be read"):
            list(read(path, (ME,)))


def test_no_address_finds_nothing(tmp_path: Path) -> None:
    text = table(CHROME, ("Shop", "https://shop.example.com", "", PASSWORD, ""))
    assert list(read(saved(tmp_path, text), ())) == []
    assert list(read(saved(tmp_path, text), ("", " "))) == []


def test_the_file_is_only_read(tmp_path: Path) -> None:
    path = saved(tmp_path, table(*ROWS))
    path.chmod(0o400)
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir()))
    assert len(list(read(path, (ME,)))) == 1
    assert (path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir())) == before


ROWS_OF_MANY = 40_000
"""Some 5 MB."""


def test_memory_does_not_grow_with_rows(tmp_path: Path) -> None:
    def lines() -> Iterator[str]:
        yield "name,url,username,password,note\r\n"
        for number in range(ROWS_OF_MANY):
            yield f"Shop {number},https://shop{number % 100}.example.com/login,{ME},{PASSWORD},{NOTE}\r\n"

    path = tmp_path / "many.csv"
    with path.open("w", newline="") as file:
        file.writelines(lines())
    for _ in read(path, (ME,)):  # once before, for what is loaded and cached
        break
    tracemalloc.start()
    count = sum(1 for _ in read(path, (ME,)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == ROWS_OF_MANY
    assert peak < 1_500_000  # which the blocks take in which the file is read


def test_several_sites_of_1password(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        f'Title,Website,Username,Password\nA,"https://a.com,https://b.org",{ME},secret1\n', encoding="utf-8"
    )
    assert [each.domain for each in read(path, [ME])] == ["a.com", "b.org"]


def test_the_address_in_a_column_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        f"type,name,url,email,username,password\nlogin,A,https://a.com,{ME},,secret1\nlogin,B,https://b.com,x@y.z,,secret2\n",
        encoding="utf-8",
    )
    assert [each.domain for each in read(path, [ME])] == ["a.com"]


def test_what_follows_a_plus(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    tagged = ME.replace("@", "+shop@")
    path.write_text(f"name,url,username,password\nA,https://a.com,{tagged},secret1\n", encoding="utf-8")
    assert [each.domain for each in read(path, [ME])] == ["a.com"]
