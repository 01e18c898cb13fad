"""Signed-in sessions: who the person is at each service, and the tokens that prove it."""
