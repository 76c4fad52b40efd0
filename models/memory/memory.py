"""How much memory a model will take, known before it is loaded: llama.cpp's own figures (`dry_run`)."""

import functools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from config.errors import ModelUnavailable
from config.folders import OTHER_TMPDIR, writing_to
from models.gguf.architecture import plain_number, refuse_old_layout
from models.gguf.header import ArrayLength, Header, Tensor
from models.gguf.header_file import write_header_file
from models.llama_process import llama_environment

MIB = 2**20

# What a worker holds beside what a dry run does: our code, and what llama.cpp computes with. Measured on
# Linux (docs/experiments.md).
_WORKER_BYTES = 3 * MIB
# A Python process that has imported llama_cpp and holds a tiny model, measured on Linux. Stands in where
# the system does not tell how much the dry run took.
_PROCESS_BYTES = 40 * MIB
# What llama.cpp keeps of each token of a vocabulary and of each of its merges; and what it takes of a token
# where a grammar says which may follow. Measured, for what is only a header.
_BYTES_PER_TOKEN, _BYTES_PER_MERGE, _BYTES_PER_CHOICE = 126, 170, 200
_TOKENIZER, _TOKENS, _MERGES = (f"tokenizer.ggml.{key}" for key in ("model", "tokens", "merges"))
_EMBEDDING = "token_embd.weight"
# They are looked up in, not multiplied: llama.cpp leaves them as they are.
_LOOKED_UP = re.compile(r"^(?:token_embd|per_layer_token_embd|position_embd|token_types)\.weight$")


@dataclass(frozen=True, slots=True)
class MemoryPrediction:
    """Bytes. `weights`, `adapter`, `kv_cache` and `compute` are llama.cpp's buffers: what it reports of them.

    `around`: the process without them: interpreter, libraries, vocabulary, graph. `staging`: what
    loading takes beyond the weights, for what is repacked passes through a buffer of its own. `choosing`:
    what llama.cpp takes to look at every token of the vocabulary, where a grammar says which may follow.
    """

    weights: int
    kv_cache: int
    compute: int
    around: int
    staging: int = 0
    choosing: int = 0
    adapter: int = 0

    @property
    def writing(self) -> int:
        """All together at its peak, once prompts have filled a batch, if no grammar holds an answer."""
        return self.around + self.weights + self.adapter + max(self.kv_cache + self.compute, self.staging)

    @property
    def process(self) -> int:
        """The same, whatever it is asked: the most that the worker will have resident."""
        with_choice = self.around + self.weights + self.adapter + self.kv_cache + self.compute + self.choosing
        return max(self.writing, with_choice)

    def with_weights(self, weights: int) -> "MemoryPrediction":
        """The same model with its weights stored in so many bytes."""
        staging = self.staging * weights // max(self.weights, 1)
        return replace(self, weights=weights, staging=staging)


def predict_memory(
    header: Header, n_ctx: int, sequences: int = 1, adapter: Path | None = None
) -> MemoryPrediction:
    """Memory of a process with this model that writes `sequences` texts of `n_ctx` tokens at once, here.

    `adapter`: a file that fits the model (`models.gguf.adapter`). Takes a quarter of a second the first time.
    Raises ModelUnavailable if llama.cpp cannot load such a model.
    """
    refuse_old_layout(header)
    if header.path:
        return _predict(header, header.path, n_ctx, sequences, adapter)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "header.gguf"
        with writing_to(folder, OTHER_TMPDIR):
            write_header_file(header, file)
        predicted = _predict(header, file, n_ctx, sequences, adapter)
    # That file has no vocabulary.
    return replace(predicted, around=predicted.around + vocabulary_bytes(header))


def vocabulary_bytes(header: Header) -> int:
    """What llama.cpp keeps of the header's vocabulary, about."""
    tokens, merges = (_length(header, key) for key in (_TOKENS, _MERGES))
    # The catalogue tells how many tokens there are; where there are merges, there are about as many.
    if _TOKENIZER not in header.metadata:
        merges = tokens
    return _BYTES_PER_TOKEN * tokens + _BYTES_PER_MERGE * merges


def _length(header: Header, key: str) -> int:
    value = header.metadata.get(key)
    return int(value) if isinstance(value, ArrayLength) else 0


def _predict(
    header: Header, path: Path, n_ctx: int, sequences: int, adapter: Path | None
) -> MemoryPrediction:
    multiplied = [tensor for tensor in header.tensors if _is_multiplied(tensor)]
    embedding = next((tensor for tensor in header.tensors if tensor.name == _EMBEDDING), None)
    asked = [*multiplied, *([embedding] if embedding and len(embedding.shape) == 2 else [])]
    used = max(1, plain_number(header, "expert_used_count"))
    matrices = tuple(dict.fromkeys((int(one.kind), one.shape, used) for one in asked))
    try:
        files = tuple((file, file.stat().st_mtime_ns) for file in (path, adapter) if file)
        report = _dry_run(files, (n_ctx, sequences), matrices)
    except OSError as error:
        report = {"error": error.strerror or str(error)}
    if "error" in report:
        raise ModelUnavailable(
            f"llama.cpp cannot load {header.path or 'such a model'}: {report['error'].rstrip('.')}. "
            "Try a newer conversion of it."
        )
    repacked = dict(zip(matrices, report["repacked"], strict=True))
    # The embedding is looked up in as it is; where it is the output as well, it may be held once more.
    staged = multiplied + ([embedding] if embedding and report["embedding_twice"] else [])
    moved = [(one.nbytes, size) for one in staged if (size := repacked[int(one.kind), one.shape, used])]
    staying = (
        header.weight_bytes
        - report["unused"]
        - sum(one.nbytes for one in multiplied if repacked[int(one.kind), one.shape, used])
    )
    choosing = report["choosing"]
    return MemoryPrediction(
        weights=staying + sum(size for _, size in moved),
        kv_cache=report["kv_cache"],
        compute=report["compute"],
        around=(report["process"] or _PROCESS_BYTES) - report["adapter"] + report["output"] + _WORKER_BYTES,
        staging=_staging(moved),
        choosing=_BYTES_PER_CHOICE * _length(header, _TOKENS) if choosing is None else choosing,
        adapter=report["adapter"],
    )


def _is_multiplied(tensor: Tensor) -> bool:
    return len(tensor.shape) in (2, 3) and not _LOOKED_UP.match(tensor.name)


def _staging(moved: Sequence[tuple[int, int]]) -> int:
    """What is needed beyond all weights, at most, when the largest of the repacked matrices are loaded first.

    `moved`: of each its bytes in the file, for which there is a buffer meanwhile, and in memory.
    """
    loaded, most = 0, 0
    for in_file, in_memory in sorted(moved, reverse=True):
        loaded += in_memory
        most = max(most, loaded + in_file)
    return most - loaded


@functools.lru_cache(maxsize=256)
def _dry_run(
    files: tuple[tuple[Path, int], ...],
    context: tuple[int, int],
    matrices: tuple[tuple[int, tuple[int, ...], int], ...],
) -> dict[str, Any]:
    """What models.memory.dry_run says; asked once for each state of the files, by their times in nanoseconds.

    `files`: the model's, and that of its adapter if it has one. Raises ChildProcessError if it died, which is
    not remembered: the machine may have been at fault.
    """
    model, *adapter = (str(file) for file, _ in files)
    # -P: a folder named like one of our packages in the current directory must not be imported.
    command = [sys.executable, "-P", "-m", "models.memory.dry_run", model, *map(str, context), *adapter]
    done = subprocess.run(
        command,
        input=json.dumps(matrices),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=llama_environment(),
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise ChildProcessError(f"it ended with status {done.returncode} ({last})")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report
