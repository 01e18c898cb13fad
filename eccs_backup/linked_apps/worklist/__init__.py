"""The worklist: in words (`words`), as JSON, CSV and calendar (`exports`), and as a page (`page`)."""
