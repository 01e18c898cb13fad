#!/bin/sh
# For the last week: export, verify, and say in one word whether to worry. Suits a daily timer.
# Usage: last-week.sh FOLDER
set -u
out=${1:?name the folder to save into}

for source in drive mail; do
    eccs-backup $source-export "$out"
    status=$?
    case $status in
        0) ;;
        3) echo "UNFINISHED: something is still missing; this script tries again when it runs next." >&2; exit 3 ;;
        4) echo "SIGN IN: run eccs-backup auth" >&2; exit 4 ;;
        *) echo "STOPPED: read the message above." >&2; exit $status ;;
    esac
done
eccs-backup verify --online "$out" || { echo "CHECK: verify found something." >&2; exit 5; }
echo "SAFE: everything Google Drive and Gmail list is saved or explained in $out"
