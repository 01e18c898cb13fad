"""Puts the messages of a vault into another mailbox at Gmail: each one once, whatever happens on the way."""
