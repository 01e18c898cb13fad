"""Practice accounts: services on loopback that answer like the real ones, for trying the tool and for its tests.

Nothing here imports from the rest of the program: a fake must not share our misreadings.
"""
