from eccs_backup.rehearsal.plain import plain
CASES = {}
def student():
    return plain(50, 1000, 2000)
