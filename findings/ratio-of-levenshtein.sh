#!/usr/bin/env bash
# Levenshtein's ratio is not a ratio of its distance.
#
# Expected: ratio() is 1 - distance() / length of the longer text: how much of a text stays the same.
# Seen with Levenshtein 0.27.1: it counts an exchanged letter as two edits and divides by both lengths. "kitten" and
# "sitting" have 0.62 in place of 0.57, "It is loud." and its beginning 0.62 in place of 0.45. So a threshold for
# "nearly the same" does not mean what it seems to.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet Levenshtein==0.27.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import Levenshtein

print("Levenshtein", Levenshtein.__version__)
pairs = [("kitten", "sitting"), ("good", "goxx"), ("It is loud.", "It is")]
expected = [round(1 - Levenshtein.distance(a, b) / max(len(a), len(b)), 2) for a, b in pairs]
seen = [round(Levenshtein.ratio(a, b), 2) for a, b in pairs]
print("expected:", expected)
print("seen:", seen)
sys.exit(not (expected == [0.57, 0.5, 0.45] and seen == [0.62, 0.5, 0.62]))
PYTHON
