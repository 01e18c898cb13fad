"""`python -m eccs_backup` is `eccs-backup`."""

from eccs_backup.cli import main

main()
