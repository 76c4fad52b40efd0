#!/usr/bin/env bash
# sentencex takes what stands between two inch marks for one sentence.
#
# Expected: three sentences with a full stop, a space and a capital between them are three, whatever signs they hold.
# Seen with sentencex 1.0.32: two inch marks are a pair of quotation marks, also with a digit before each, and nothing
# is cut within a pair. Praise for one size and complaint about another become one sentence.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet sentencex==1.0.32
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version
from sentencex import segment

print("sentencex", version("sentencex"))
review = 'The 5" screen is good. The battery is bad. The 6" one is better.'
plain = "The small screen is good. The battery is bad. The large one is better."
seen, without = (len(list(segment("en", text))) for text in (review, plain))
print("expected: 3 sentences")
print("seen:", seen, "- without the marks", without)
sys.exit(not (seen == 1 and without == 3))
PYTHON
