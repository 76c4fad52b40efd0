#!/usr/bin/env bash
# dateparser reads ratings as dates.
#
# Expected: to find the column of dates in a table, it is enough to look which one's values a date library reads;
# a rating such as "5/5" or "80%" is none.
# Seen with dateparser 1.5.0: "5/5" is the 5th of May of this year, "4.5" and "2.5" are days, "80%" is in 1980. A column
# of ratings passes for one of dates, and a date that depends on the day on which it is read is stored.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dateparser==1.5.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
import dateparser

warnings.simplefilter("ignore")
print("dateparser", dateparser.__version__)
read = {text: dateparser.parse(text) for text in ("5/5", "10/10", "4.5", "2.5", "80%")}
print("expected: None for each")
for text, found in read.items():
    print("seen:", repr(text), "->", found and found.date())
sys.exit(any(found is None for found in read.values()))
PYTHON
