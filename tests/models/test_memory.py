"""The memory foretold from the header, against what llama.cpp says that it took."""

from pathlib import Path

import pytest

from generator.events import Done, Memory, Sampling
from generator.worker_process import WorkerProcess
from models.header import read_header
from models.memory import MIB, predict_memory

# llama.cpp prints mebibytes with two decimals, for each of its buffers.
PRINTED = 0.01 * MIB


def memory_in_use(path: Path, n_ctx: int) -> Memory:
    worker = WorkerProcess(path, n_ctx)
    try:
        for _ in worker.load():
            pass
        sampling = Sampling(max_tokens=1, temperature=0, top_k=1, top_p=1, seed=0)
        *_, done = worker.generate([1, 300], sampling, threads=1, reuse=False)
    finally:
        worker.close()
    assert isinstance(done, Done) and done.memory
    return done.memory


@pytest.mark.parametrize(
    ("family", "n_ctx"),
    [
        ("llama", 128), ("llama", 1000), ("llama", 4096),
        ("mistral", 300), ("mistral", 2048),
        ("mixtral", 256), ("mixtral", 1024),
    ],
)  # fmt: skip
def test_weights_and_cache_equal_llama_cpps_report(
    family: str, n_ctx: int, tiny_files: dict[str, Path]
) -> None:
    predicted = predict_memory(read_header(tiny_files[family]), n_ctx)
    measured = memory_in_use(tiny_files[family], n_ctx)
    assert predicted.weights == pytest.approx(measured.weights, abs=PRINTED)
    assert predicted.kv_cache == pytest.approx(measured.kv_cache, abs=PRINTED)


def test_grouped_queries_halve_the_cache_and_context_scales_it(tiny_files: dict[str, Path]) -> None:
    llama, mistral = (read_header(tiny_files[family]) for family in ("llama", "mistral"))
    full, grouped = predict_memory(llama, 1024).kv_cache, predict_memory(mistral, 1024).kv_cache
    # 2 layers x 1024 tokens x (keys + values) x 128 wide x 2 bytes.
    assert full == 2 * 1024 * 2 * 128 * 2
    assert grouped == full // 2
    assert predict_memory(llama, 4096).kv_cache == 4 * full


def test_the_process_is_the_sum_and_more(tiny_files: dict[str, Path]) -> None:
    predicted = predict_memory(read_header(tiny_files["llama"]), 1024)
    parts = predicted.weights + predicted.kv_cache + predicted.compute
    assert parts < predicted.process < parts + 200 * MIB
