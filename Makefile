# Two commands for a new user: `make demo` and `make test`. Everything lands in .venv and .reviewduel.

PYTHON ?= python3
# Where there is no NVIDIA card, PyTorch's own index of CPU builds is preferred if it answers: the
# general one may bring gigabytes of CUDA. Empty: never ask it.
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH := torch==2.13.0
# Only for `make lock`.
UV ?= uv

BIN := .venv/bin
READY := .venv/ready
# GCC 12.2, and others before 12.4 and 13.3, drop most of what a processor with AMX is told (GCC bug 114098):
# the first quantised model dies of SIGILL. Without AMX an answer is also the same on every processor.
export CFLAGS += -U__AMX_INT8__
export CXXFLAGS += -U__AMX_INT8__
LLAMA := llama-cpp-python==0.3.36
# How the instruction begins that only a build with AMX has.
AMX := $$(printf '\304\342\170\111')
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)

.PHONY: help setup demo app test test-browser test-slow lint format lock reference browser screenshots bench clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-12s %s\n", $$1, $$2 }'

setup: $(READY) ## make .venv and install everything, once

$(READY): pyproject.toml constraints.txt requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ReviewDuel needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	@$(MAKE) --no-print-directory .torch
	@echo
	@echo "Installing. llama-cpp-python is compiled for this machine now, if it never was:"
	@echo "about 5 minutes on 2 cores. pip shows a line from time to time while it lives."
	@echo
	$(BIN)/pip install --no-deps --require-hashes --requirement requirements.lock
	@if LC_ALL=C grep -qaF "$(AMX)" $(BIN)/../lib/python3*/site-packages/llama_cpp/lib/libggml-cpu.so 2>/dev/null; \
	then echo "The llama.cpp that pip kept was compiled with AMX. It is compiled again without."; \
		$(BIN)/pip cache remove llama_cpp_python; \
		$(BIN)/pip install --no-deps --force-reinstall --no-binary llama-cpp-python $(LLAMA); fi
	$(BIN)/pip install --no-deps --editable .
	@touch $@

.PHONY: .torch
.torch:
	@if ! command -v nvidia-smi >/dev/null && [ -n "$(TORCH_CPU_INDEX)" ] && [ "$$(uname -s)" = Linux ] && \
		$(BIN)/python -c 'import urllib.request as u; u.urlopen("$(TORCH_CPU_INDEX)/torch/", timeout=3)' 2>/dev/null; \
	then $(BIN)/pip install --no-deps --index-url $(TORCH_CPU_INDEX) $(TORCH); \
	else $(BIN)/pip install $(TORCH); fi

demo: $(READY) ## ask a small model about the sample reviews; the report is in runs/demo
	$(BIN)/python -m ingest data/reviews.csv
	$(BIN)/python -m models pull smollm2 --optional
	$(BIN)/python -m compare experiments/demo.yaml --skip-missing --show-answers --name demo --replace --out runs/demo
	@echo
	@echo "smollm2 is a real language model, and one of the smallest: 135 million parameters. It often says nothing"
	@echo "useful; extractive quotes without a language model. A useful model must be better than both. Next:"
	@echo "  make app                                  the same in a browser, on http://localhost:8501"
	@echo "  $(BIN)/python -m models pull mistral     a larger model (4.4 GB); then compare it:"
	@echo "  $(BIN)/python -m compare --models mistral,smollm2,extractive"

app: $(READY) ## the pages in a browser: http://localhost:8501
	$(BIN)/python -m streamlit run app/main.py --server.port 8501

# A missing browser is a failure here, a skipped test where pytest is called by hand.
test test-browser test-slow: export REQUIRE_BROWSER := 1

test: lint browser ## lint, types and tests; at most 5 minutes after set-up
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

test-browser: browser ## what is tested in a real browser, alone
	$(BIN)/python -m pytest -m "browser and not slow"

test-slow: browser ## the long tests: kills at random moments, soak; at most 40 minutes
	$(BIN)/python -m pytest -m slow

lint: $(READY) ## style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY) ## mend what of the style can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The page's tests drive a real browser: the system's, or one that is fetched here.
browser: $(READY)
	@command -v chromium chromium-browser google-chrome >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
		then apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
		else $(BIN)/python -m playwright install chromium; fi; } || { \
		echo "No browser could be installed. Install Chromium, or test all but the page:"; \
		echo "  $(BIN)/python -m pytest -m 'not slow and not browser'"; exit 1; }

lock: ## requirements.lock, from pyproject.toml and constraints.txt: what make setup installs, by hash
	@command -v $(UV) >/dev/null || { echo "uv looks the hashes up: pip install uv, or make lock UV=path/to/uv"; exit 1; }
	$(UV) pip compile --quiet --constraint constraints.txt --output-file requirements.lock pyproject.toml

reference: $(READY) ## the pages of docs/reference, from the code
	$(BIN)/python -m docs.generate

screenshots: browser ## the pictures of docs/img, from the sample reviews, smollm2 and extractive
	$(BIN)/python -m tests.app.screenshots

bench: $(READY) ## our speed beside a bare llama.cpp loop and the published one: make bench MODEL=file.gguf
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m benchmarks.generation --model $(or $(MODEL),$(error name a GGUF file: make bench MODEL=file.gguf))

clean: ## remove .venv; .reviewduel, with the database and the models, stays
	rm -rf .venv
