"""List what could not be saved, as tab-separated lines, with nothing but Python: `python explained.py FOLDER`.

It reads the records as docs/vault-format.md describes them and needs no eccs-backup.
"""

import csv
import sqlite3
import sys
from pathlib import Path

records = Path(sys.argv[1]) / ".eccs-backup" / "manifest.sqlite"
database = sqlite3.connect(f"{records.resolve().as_uri()}?mode=ro", uri=True)
rows = database.execute(
    """SELECT title, kind, reason FROM entries
       WHERE state = 'explained' AND kind NOT IN ('folder', 'shortcut')
         AND seen = (SELECT max(number) FROM listings WHERE listings.source = entries.source)
       ORDER BY title"""
)
csv.writer(sys.stdout, dialect="excel-tab").writerows(rows)
