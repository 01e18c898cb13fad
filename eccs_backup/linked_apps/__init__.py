"""Every outside account that hangs on an address: evidence from many places, joined into one worklist.

Readers turn one source each into claims (`claims`): `mail`, `page`, `passwords`, `google_lists`. `inventory` joins
claims into services by a table of what is known of them (`services`); `memory` keeps both, and what the person has done
about each service, between runs; `worklist` shows it, `watching` looks for what still arrives.
"""
