"""Signing in as Google does it: the consent page, tokens, service accounts."""
