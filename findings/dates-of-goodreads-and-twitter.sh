#!/usr/bin/env bash
# dateparser does not read the dates of Goodreads' and Twitter's exports.
#
# Expected: a library for dates in any form reads "Fri Aug 25 13:55:02 -0700 2017", which C's ctime writes, with a
# zone in it, and which the research data of Goodreads has in every row.
# Seen with dateparser 1.5.0: None; without the zone the same text is read. So all reviews lose their date.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dateparser==1.5.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import dateparser

print("dateparser", dateparser.__version__)
with_zone = dateparser.parse("Fri Aug 25 13:55:02 -0700 2017")
without = dateparser.parse("Fri Aug 25 13:55:02 2017")
print("expected: 2017-08-25 for both")
print("seen: with the zone", with_zone, "- without", without)
sys.exit(not (with_zone is None and without is not None and without.date().isoformat() == "2017-08-25"))
PYTHON
