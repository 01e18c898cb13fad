"""Mail as evidence: who wrote it (`authors`), whether a service did (`judge`), what about (`wording`).

Saved mail is read by `files`; a mailbox at Gmail is searched (`searching`) through its API (`gmail`).
"""
