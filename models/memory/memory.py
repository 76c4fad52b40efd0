"""How much memory a model will take, known before it is loaded: llama.cpp's own figures (`dry_run`)."""

import functools
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from config.errors import ModelUnavailable
from config.folders import OTHER_TMPDIR, writing_to
from models.gguf.architecture import refuse_old_layout
from models.gguf.header import ArrayLength, Header
from models.gguf.header_file import write_header_file
from models.llama_process import llama_environment

MIB = 2**20

# A Python process that has imported llama_cpp and holds a tiny model, measured on Linux. Stands in where
# the system does not tell how much the dry run took.
PROCESS_BYTES = 45 * MIB
# What llama.cpp keeps of each token of a vocabulary, measured on one of 49,152 with its merges.
_BYTES_PER_TOKEN = 286
_TOKENS = "tokenizer.ggml.tokens"
_EMBEDDING = "token_embd.weight"


@dataclass(frozen=True, slots=True)
class MemoryPrediction:
    """Bytes. `weights`, `kv_cache` and `compute` are llama.cpp's buffers, and equal what it reports of them.

    `around`: the process without them: interpreter, libraries, vocabulary, graph. `staging`: the largest
    tensor, which passes through a buffer of its own while the model is loaded.
    """

    weights: int
    kv_cache: int
    compute: int
    around: int
    staging: int

    @property
    def process(self) -> int:
        """All together at its peak, once prompts have filled a batch: the worker's peak resident memory."""
        return self.around + self.weights + max(self.kv_cache + self.compute, self.staging)

    def with_weights(self, weights: int) -> "MemoryPrediction":
        """The same model with its weights stored in so many bytes."""
        staging = self.staging * weights // max(self.weights, 1)
        return replace(self, weights=weights, staging=staging)


def predict_memory(header: Header, n_ctx: int, sequences: int = 1) -> MemoryPrediction:
    """Memory of a process with this model that writes `sequences` texts of `n_ctx` tokens at once, here.

    Takes a quarter of a second the first time. Raises ModelUnavailable if llama.cpp cannot load such a model.
    """
    refuse_old_layout(header)
    if header.path:
        return _predict(header, header.path, n_ctx, sequences)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "header.gguf"
        with writing_to(folder, OTHER_TMPDIR):
            write_header_file(header, file)
        predicted = _predict(header, file, n_ctx, sequences)
    # That file has no vocabulary.
    tokens = header.metadata.get(_TOKENS)
    vocabulary = _BYTES_PER_TOKEN * tokens if isinstance(tokens, ArrayLength) else 0
    return replace(predicted, around=predicted.around + vocabulary)


def _predict(header: Header, path: Path, n_ctx: int, sequences: int) -> MemoryPrediction:
    embedding = next((tensor for tensor in header.tensors if tensor.name == _EMBEDDING), None)
    description = (int(embedding.kind), *embedding.shape) if embedding else ()
    try:
        report = _dry_run(path, path.stat().st_mtime_ns, (n_ctx, sequences), description)
    except OSError as error:
        report = {"error": error.strerror or str(error)}
    if "error" in report:
        raise ModelUnavailable(
            f"llama.cpp cannot load {header.path or 'such a model'}: {report['error'].rstrip('.')}. "
            "Try a newer conversion of it."
        )
    weights = header.weight_bytes - report["unused"]
    if embedding and report["embedding_twice"]:
        weights += embedding.nbytes
    return MemoryPrediction(
        weights=weights,
        kv_cache=report["kv_cache"],
        compute=report["compute"],
        around=report["process"] or PROCESS_BYTES,
        staging=max((tensor.nbytes for tensor in header.tensors), default=0),
    )


@functools.lru_cache(maxsize=256)
def _dry_run(
    path: Path, modified: int, context: tuple[int, int], embedding: tuple[int, ...]
) -> dict[str, Any]:
    """What models.memory.dry_run says; asked once for each state of a file (`modified`: nanoseconds).

    Raises ChildProcessError if it died, which is not remembered: the machine may have been at fault.
    """
    # -P: a folder named like one of our packages in the current directory must not be imported.
    command = [
        sys.executable,
        "-P",
        "-m",
        "models.memory.dry_run",
        str(path),
        *map(str, (*context, *embedding)),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, env=llama_environment()
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise ChildProcessError(f"it ended with status {done.returncode} ({last})")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report
