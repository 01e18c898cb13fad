"""Ratios of `linked-apps`, measured against the standard library's parser in the same run.

    PYTHONPATH=tests/linked_apps python tests/benchmarks/linked.py [NAME ...]

The mails are those of the tests' corpus, over and over with other ids and longer texts, 100,000 in all.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path

from click.testing import CliRunner
from corpus import Mail, mails, services
from corpus_wire import ME
from measuring import PYTHON, Practice, main, run

from eccs_backup import vault
from eccs_backup.cli import cli
from eccs_backup.mail import mbox_reading
from eccs_backup.model import Entry, Key, Proof, State
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.browser import COMMAND
from eccs_backup.rehearsal.mail.mailbox import Message
from eccs_backup.rehearsal.server import serve

COUNT = 100_000
FIRST = 1628424719502045299
PARAGRAPH = b'<p style="margin:0 0 16px">Lorem ipsum dolor sit amet, consetetur sadipscing elitr.</p>\r\n'


def offline(folder: Path) -> None:
    """A saved mailbox and an mbox of the same mails: at most twice the time of reading and parsing the headers."""
    random.seed(2026)
    out, box = folder / "vault", folder / "all.mbox"
    started = time.monotonic()
    _save(out, box)
    print(f"offline: {COUNT} mails of {box.stat().st_size / COUNT:.0f} bytes, in {time.monotonic() - started:.0f} s")
    for name, bare, path in (("vault", _bare_files, out), ("mbox", _bare_mbox, box)):
        bare(path)  # once, so that both find the files in memory
        started = time.monotonic()
        parsed = bare(path)
        theirs = time.monotonic() - started
        home = folder / f"home-{name}"
        ours = run(Practice("", home, ME, ""), "linked-apps", "--account", ME, "--mail", path)
        print(
            f"offline, {name}: {parsed} mails, headers alone {theirs:.1f} s, linked-apps {ours.seconds:.1f} s "
            f"(exit {ours.status}): ratio {ours.seconds / theirs:.2f}, peak {ours.peak / 1e6:.0f} MB"
        )


def _bare_files(out: Path) -> int:
    parser, count = BytesParser(), 0
    for path in (out / "mail").rglob("*.eml"):
        with path.open("rb") as file:
            parser.parse(file, headersonly=True)
        count += 1
    return count


def _bare_mbox(box: Path) -> int:
    parser, count = BytesParser(), 0
    with box.open("rb") as stream:
        for found in mbox_reading.messages(stream, box.name, 1 << 16):
            parser.parsebytes(found.head, headersonly=True)
            count += 1
    return count


def _save(out: Path, box: Path) -> None:
    with vault.opened(out) as place, box.open("wb") as stream:
        place.manifest.set_account("mail", ME)
        with place.manifest.transaction():
            for number, raw in enumerate(_mails(), FIRST):
                stream.write(b"From %d@xxx Tue Mar 19 09:13:51 +0000 2019\r\n%b\r\n" % (number, raw))
                path = f"mail/{2010 + number % 14}/{1 + number % 12:02}/{number:x}.eml"
                target = out / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(raw)
                facts = {"labels": ["INBOX"], "internalDate": 1_600_000_000_000 + number % 10**9}
                digest = hashlib.sha256(raw).hexdigest()
                place.manifest.put(
                    Entry(
                        Key("mail", f"{number:x}"), State.SAVED, path=path, size=len(raw), sha256=digest,
                        proof=Proof.STRUCTURE, facts=facts,
                    )
                )  # fmt: skip


def _mails() -> Iterator[bytes]:
    base = [mail.raw for mail in mails("tuning")]
    for number in range(COUNT):
        raw = base[number % len(base)].replace(b"Message-ID: <", b"Message-ID: <%d." % number, 1)
        raw = raw.replace(b"\r\nSubject: ", b"\r\nSubject: %d " % number, 1)  # no two alike: nothing is cached
        yield raw + PARAGRAPH * random.randint(10, 120)


def online(folder: Path) -> None:
    """A mailbox at the practice service: at most one unit of the quota for each mail in it."""
    base = [mail for mail in mails("tuning") if b"X-Gmail-Labels: Spam" not in mail.raw]
    for count in (2_000, 20_000):
        world = worlds.plain(1)
        owner = worlds.STUDENT
        world.mail[owner.address].fill(
            Message(FIRST + number, FIRST + number, 1_600_000_000_000 + number * 60_000, raw, {"INBOX", category})
            for number, (raw, category) in enumerate(_filed(base, count, owner.address))
        )
        with serve(world) as server:
            env = {"ECCS_BACKUP_HOME": str(folder / f"home-{count}"), "ECCS_BACKUP_REHEARSAL": server.url}
            os.environ |= env | {"BROWSER": COMMAND.format(python=PYTHON)}
            CliRunner().invoke(cli, ["auth", "--client", str(server.client_file(folder))])
            result = CliRunner().invoke(cli, ["linked-apps", "--online", "--json"])
        said = next(line for line in result.stderr.splitlines() if "units" in line)
        found = {trace["domain"] for row in json.loads(result.stdout)["services"] for trace in row["evidence"]}
        wanted = [each for each in services("tuning") if each.way != "grant"]
        hit = sum(bool(found & {each.domain, *each.also}) for each in wanted)
        print(f"online: {said} exit {result.exit_code}; {hit} of {len(wanted)} services that write")


def _filed(base: list[Mail], count: int, owner: str) -> Iterator[tuple[bytes, str]]:
    """So many mails, as Gmail files them: newsletters and notices in categories of their own."""
    kinds = {"newsletter": "CATEGORY_PROMOTIONS", "notice": "CATEGORY_UPDATES", "receipt": "CATEGORY_UPDATES"}
    for number in range(count):
        mail = base[number % len(base)]
        raw = mail.raw.replace(b"Message-ID: <", b"Message-ID: <%d." % number, 1).replace(ME.encode(), owner.encode())
        yield raw, kinds.get(mail.label["kind"] or "", "CATEGORY_PERSONAL")


if __name__ == "__main__":
    main({"offline": offline, "online": online}, __doc__)
