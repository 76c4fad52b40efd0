#!/usr/bin/env bash
# pandas turns ids that JSON spells as text into numbers.
#
# Expected: JSON has types, so {"product_id": "0071"} stays the text "0071", in contrast to CSV.
# Seen with pandas 3.1.1: read_json makes the number 71 of it by default, and the product is not found by its id.
# dtype=False keeps it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pandas==3.1.1
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys
import pandas

print("pandas", pandas.__version__)
reviews = '[{"product_id": "0071", "text": "Fits."}, {"product_id": "0082", "text": "Too small."}]'
by_default = pandas.read_json(io.StringIO(reviews))["product_id"].tolist()
kept = pandas.read_json(io.StringIO(reviews), dtype=False)["product_id"].tolist()
print("expected: ['0071', '0082']")
print("seen:", by_default, "- with dtype=False", kept)
sys.exit(not (by_default == [71, 82] and kept == ["0071", "0082"]))
PYTHON
