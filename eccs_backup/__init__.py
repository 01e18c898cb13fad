"""Bring a leaver's cloud data home, prove that it arrived, and say when the account is safe to lose."""

__version__ = "0.1.0"
