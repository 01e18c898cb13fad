"""Mail forwarding: read how it stands, decide the next step, act or guide, read back - until the service says it is on.

An ordinary person's program may read everything, and may make a filter that forwards to an address that is accepted
already. Adding an address and switching forward-all on are the person's own, in the browser, or a delegated service
account's. https://developers.google.com/workspace/gmail/api/guides/forwarding_settings
"""
