#!/usr/bin/env bash
# pycld2 reads nothing behind a "<3".
#
# Expected: detect(), given a str, tells the language of the whole of it; a heart in a German review changes nothing.
# Seen with pycld2 0.42: the text is taken for HTML by default, the heart for a tag that does not end, and the
# language is unknown. isPlainText=True finds it. Reviews are full of hearts, and of "battery < 5 hours".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pycld2==0.42
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version
import pycld2

print("pycld2", version("pycld2"))
review = "<3 Ich liebe diesen Kopfhörer, der Klang ist wirklich gut und der Akku hält lange"
by_default = pycld2.detect(review)[2][0][1]
as_text = pycld2.detect(review, isPlainText=True)[2][0][1]
print("expected: de")
print("seen:", by_default, "- with isPlainText=True", as_text)
sys.exit(not (by_default == "un" and as_text == "de"))
PYTHON
