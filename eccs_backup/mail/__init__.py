"""Saved mail put to use without a network: other programs' formats, and a search."""
