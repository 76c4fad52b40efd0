#!/usr/bin/env bash
# The English stemmer takes "easily" and "easy" for two words.
#
# Expected: a stemmer for English takes the ending of adverbs away, as of "quickly"; so the question whether it is easy
# to clean finds "cleans easily", and one about noise finds "noisy".
# Seen with snowballstemmer 3.1.1 (and so in PostgreSQL's configuration english): "quickly" is "quick", but "easily"
# stays apart from "easy", "happily" from "happy", "heavily" from "heavy", and "noisy" from "noise".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet snowballstemmer==3.1.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version
import snowballstemmer

print("snowballstemmer", version("snowballstemmer"))
stem = snowballstemmer.stemmer("english").stemWord
pairs = (("quick", "quickly"), ("easy", "easily"), ("happy", "happily"), ("heavy", "heavily"), ("noise", "noisy"))
print("expected: one stem for each pair")
for pair in pairs:
    print("seen:", *pair, "->", *map(stem, pair))
sys.exit([stem(first) == stem(second) for first, second in pairs] != [True, False, False, False, False])
PYTHON
