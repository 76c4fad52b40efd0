"""The process that asks llama.cpp what a model would take, without loading it.

Started by `models.memory.memory`. llama.cpp reads the header, lays out every tensor and the graph, reports
the sizes of its buffers and allocates none of them: exact for every architecture it knows, in a tenth
of a second and 50 MB. In a process of its own, because a damaged file may abort it.
"""

import ctypes
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

from models.memory.repacking import repacked_bytes

# As generator.llama.llama_model has it: prompts are read in pieces of so many tokens, one is answered.
_BATCH = 512
# And of several texts each one's share of the context is a multiple of this many.
_CONTEXT_STEP = 256
_MIB = 2**20
_ERROR = 4

_CACHE = re.compile(r"^llama_(?:kv|memory)\w*: size =\s*([\d.]+) MiB", re.MULTILINE)
_COMPUTE = re.compile(r"compute buffer size =\s*([\d.]+) MiB")
_OUTPUT = re.compile(r"output buffer size =\s*([\d.]+) MiB")
_ADAPTER = re.compile(r"LoRA buffer size =\s*([\d.]+) MiB")
_UNUSED = re.compile(r"unused tensor \S+ \(size = (\d+) bytes\)")
# llama.cpp says so before it lays the graph out, which an adapter makes it do once more; and after.
_LAYING_OUT, _LAID_OUT = "reserving ...", "reserve took"
# llama.cpp tells a megabyte about the graph, which is not to count as the process's own.
_WORTH_KEEPING = re.compile(rf" size =|loading tensor token_embd|unused tensor|{re.escape(_LAYING_OUT)}")
_RESIDENT = re.compile(r"^VmRSS:\s*(\d+) kB", re.MULTILINE)
# A candidate as llama.cpp's C interface has it (llama_token_data).
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
# Two ways to go on, as where a number may end or get one more digit: for each there is a list of tokens.
_DIGITS = b"root ::= [0-9] | [1-9] [0-9]"


def main() -> None:
    """`python -m models.memory.dry_run FILE N_CTX SEQUENCES [ADAPTER]`: one line of JSON.

    Either sizes in bytes, or an `error`. SEQUENCES: how many texts of N_CTX tokens are written at once.
    Standard input: a JSON list of matrices, each its type, sizes and experts used; `repacked` are the sizes
    that they get on this machine's CPU, or null.
    """
    path, n_ctx, sequences, *adapter = sys.argv[1:]
    matrices = json.load(sys.stdin)
    log = _Log()
    model, context = _lay_out(path, int(n_ctx), int(sequences))
    if not context or not all(_attach(model, context, file) for file in adapter):
        print(json.dumps({"error": log.errors[0] if log.errors else "it gave no reason"}))
        return
    result: dict[str, Any] = {"repacked": [repacked_bytes(*matrix) for matrix in matrices]}
    result |= _own_memory(llama_cpp.llama_model_get_vocab(model))

    def tell() -> None:
        print(json.dumps(result | log.sizes()), flush=True)

    def finish() -> None:
        tell()
        os._exit(0)

    if not adapter:
        tell()
        return
    # The graph is laid out anew with the next batch, before anything is computed. There are no weights to
    # compute with: this process ends as soon as it has heard the sizes.
    log.when_laid_out = finish
    token = (llama_cpp.llama_token * 1)(0)
    llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(token, 1))


class _Log:
    """What llama.cpp says, as far as it is worth keeping. `when_laid_out` is called after the next graph."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.when_laid_out: Callable[[], object] | None = None
        self._told: list[str] = []
        self._callback = llama_cpp.llama_log_callback(self._take)
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _take(self, level: int, text: bytes, _: ctypes.c_void_p) -> None:
        line = text.decode(errors="replace")
        if level == _ERROR and line.strip():
            self.errors.append(line.strip())
        elif _WORTH_KEEPING.search(line):
            self._told.append(line)
        if self.when_laid_out and _LAID_OUT in line:
            self.when_laid_out()

    def sizes(self) -> dict[str, Any]:
        """Bytes of buffers, and of tensors that stay unused; whether the embedding is held twice."""
        told = "".join(self._told)
        graph = told.rpartition(_LAYING_OUT)[2]
        return {
            "unused": sum(map(int, _UNUSED.findall(told))),
            "embedding_twice": told.count("loading tensor token_embd") > 1,
            "kv_cache": _sum(_CACHE, told),
            "compute": _sum(_COMPUTE, graph),
            "output": _sum(_OUTPUT, told),
            "adapter": _sum(_ADAPTER, told),
        }


def _sum(pattern: re.Pattern[str], log: str) -> int:
    return round(sum(map(float, pattern.findall(log))) * _MIB)


def _lay_out(path: str, n_ctx: int, sequences: int) -> tuple[Any, Any]:
    """A model and its context without memory of their own; None where llama.cpp refuses."""
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.no_alloc = True
    params.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    model = llama_cpp.llama_model_load_from_file(path.encode(), params)
    if not model:
        return None, None
    context = llama_cpp.llama_context_default_params()
    context.n_ctx = n_ctx if sequences == 1 else sequences * -(-n_ctx // _CONTEXT_STEP) * _CONTEXT_STEP
    context.n_batch = context.n_ubatch = min(_BATCH, context.n_ctx)
    context.n_seq_max = context.n_outputs_max = sequences
    context.kv_unified = False
    return model, llama_cpp.llama_init_from_model(model, context)


def _attach(model: Any, context: Any, adapter: str) -> bool:
    """Add an adapter, which is loaded for real; False if llama.cpp refuses it."""
    loaded = llama_cpp.llama_adapter_lora_init(model, adapter.encode())
    if loaded:
        adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(loaded)
        llama_cpp.llama_set_adapters_lora(context, adapters, 1, (ctypes.c_float * 1)(1.0))
    return bool(loaded)


def _own_memory(vocab: Any) -> dict[str, int | None]:
    """This process's size: it holds a vocabulary and a graph as a worker does; and what a choice adds.

    `choosing`: what llama.cpp takes to look at every token of the vocabulary for a grammar. None: the system
    does not tell, or the file has no vocabulary.
    """
    if llama_cpp.llama_vocab_type(vocab) == llama_cpp.LLAMA_VOCAB_TYPE_NONE:
        return {"process": _resident(), "choosing": None}
    candidates = np.zeros(llama_cpp.llama_vocab_n_tokens(vocab), _CANDIDATE)
    candidates["id"] = np.arange(len(candidates))
    array = llama_cpp.llama_token_data_array(
        data=candidates.ctypes.data_as(llama_cpp.llama_token_data_p), size=len(candidates), selected=-1
    )
    writing = _resident()
    llama_cpp.llama_sampler_apply(
        llama_cpp.llama_sampler_init_grammar(vocab, _DIGITS, b"root"), ctypes.byref(array)
    )
    chosen = _resident()
    return {"process": writing, "choosing": None if chosen is None else chosen - (writing or 0)}


def _resident() -> int | None:
    status = Path("/proc/self/status")
    found = _RESIDENT.search(status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 if found else None


if __name__ == "__main__":
    main()
