"""The memory that is foretold, against what llama.cpp says that it took, and what the system counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from generator import Generator
from generator.backends.worker_process import WorkerProcess
from generator.events import Done, Message, Sampling
from generator.measured import Memory
from models.catalogue.catalogue import known_header
from models.files import model_path
from models.gguf.header import Header, read_header
from models.memory.memory import MIB, predict_memory
from tests.gemma3 import write_gemma3
from tests.random_architectures import FAMILIES
from tests.random_weights import SHAPES, add_tokenizer, new_model, write_tensors

# llama.cpp prints mebibytes with two decimals, for each of its buffers.
PRINTED = 0.02 * MIB
CHOICE = 'root ::= [0-9]+ (", " [0-9]+)*'
Q4_0 = gguf.GGMLQuantizationType.Q4_0


@contextmanager
def loaded(path: Path, n_ctx: int) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(path, n_ctx)
    try:
        for _ in worker.load():
            pass
        yield worker
    finally:
        worker.close()


def memory_in_use(path: Path, n_ctx: int, n_prompt: int = 2, grammar: str = "") -> Memory:
    sampling = Sampling(max_tokens=4, temperature=0, top_k=1, top_p=1, seed=0, grammar=grammar)
    with loaded(path, n_ctx) as worker:
        *_, done = worker.generate([1] + [300] * (n_prompt - 1), sampling, threads=1, reuse=False)
    assert isinstance(done, Done) and done.memory
    return done.memory


def assert_buffers_equal(path: Path, n_ctx: int) -> None:
    predicted, measured = predict_memory(read_header(path), n_ctx), memory_in_use(path, n_ctx)
    assert predicted.weights == pytest.approx(measured.weights, abs=PRINTED)
    assert predicted.kv_cache == pytest.approx(measured.kv_cache, abs=PRINTED)
    assert predicted.compute == pytest.approx(measured.compute, abs=PRINTED)


def write_tied_model(path: Path, tokens: int, layers: int, width: int, feed_forward: int) -> None:
    """Qwen 2's shape in Q4_0, the embedding serving as output too; 4 heads, 2 with keys and values."""
    blocks = np.random.default_rng(0).integers(0, 256, (4096, 18), dtype=np.uint8)
    blocks[:, :2] = np.frombuffer(np.float16(0.002).tobytes(), np.uint8)
    sizes = {
        "attn_q": (width, width), "attn_k": (width // 2, width), "attn_v": (width // 2, width),
        "attn_output": (width, width), "ffn_gate": (feed_forward, width), "ffn_up": (feed_forward, width),
        "ffn_down": (width, feed_forward),
    }  # fmt: skip
    ones = np.ones(width, np.float32)
    with new_model(path, "qwen2") as writer:
        writer.add_context_length(32768)
        writer.add_embedding_length(width)
        writer.add_block_count(layers)
        writer.add_feed_forward_length(feed_forward)
        writer.add_head_count(4)
        writer.add_head_count_kv(2)
        writer.add_layer_norm_rms_eps(1e-6)
        add_tokenizer(writer, tokens)
        matrices = {"token_embd": (tokens, width)}
        norms = ["output_norm"]
        for layer in range(layers):
            matrices |= {f"blk.{layer}.{name}": size for name, size in sizes.items()}
            norms += [f"blk.{layer}.attn_norm", f"blk.{layer}.ffn_norm"]
        for name, (rows, columns) in matrices.items():
            data = np.resize(blocks, (rows, columns // 32 * 18))
            writer.add_tensor(name + ".weight", data, raw_dtype=Q4_0)
        biases = [(f"blk.{n}.{name}.bias", sizes[name][0]) for n in range(layers) for name in list(sizes)[:3]]
        zeros = [(name, np.zeros(size, np.float32)) for name, size in biases]
        write_tensors(writer, [*((name + ".weight", ones) for name in norms), *zeros])


@pytest.mark.parametrize(("architecture", "n_ctx"), [(name, n) for name in FAMILIES for n in (300, 2048)])
def test_buffers_equal_llama_cpps_report(
    architecture: str, n_ctx: int, architecture_files: dict[str, Path]
) -> None:
    assert_buffers_equal(architecture_files[architecture], n_ctx)


@pytest.mark.parametrize(
    ("family", "n_ctx"),
    [("llama", 128), ("llama", 1000), ("mistral", 300), ("mixtral", 256), ("mixtral", 4096)],
)
def test_so_for_llamas_families(family: str, n_ctx: int, tiny_files: dict[str, Path]) -> None:
    assert_buffers_equal(tiny_files[family], n_ctx)


@pytest.mark.parametrize("tokens", [3200, 3201])
def test_an_embedding_that_is_output_too_is_counted_as_often_as_it_is_held(
    tokens: int, tmp_path: Path
) -> None:
    """llama.cpp repacks matrices for some CPUs, if their rows come in eights; then it holds two copies."""
    path = tmp_path / "tied.gguf"
    write_tied_model(path, tokens, layers=2, width=256, feed_forward=512)
    assert_buffers_equal(path, 512)


@pytest.mark.parametrize("architecture", [*SHAPES, *FAMILIES])
def test_every_architecture_generates(
    architecture: str, architecture_files: dict[str, Path], tmp_path: Path
) -> None:
    spec = ModelSpec(name=architecture, file=str(architecture_files[architecture]), n_ctx=512, max_tokens=8)
    with Generator(spec, Settings(home=tmp_path)) as generator:
        *_, done = generator.generate([Message("user", "the battery is good")])
    assert isinstance(done, Done)
    assert done.timing.n_prompt > 5
    assert done.timing.n_out > 0


def test_a_header_without_a_file_is_known_as_well(architecture_files: dict[str, Path]) -> None:
    for path in architecture_files.values():
        header = read_header(path)
        with_file = predict_memory(header, 1024)
        without = predict_memory(Header(header.metadata, header.tensors), 1024)
        assert (without.weights, without.kv_cache) == (with_file.weights, with_file.kv_cache)
        assert without.compute == with_file.compute


def test_a_real_model_is_foretold_alike_from_its_file_its_header_and_the_catalogue(
    smollm2: tuple[ModelSpec, Settings],
) -> None:
    spec, settings = smollm2
    header = read_header(model_path(spec, settings))
    with_file = predict_memory(header, 2048)
    known = known_header(spec)
    assert known
    for other in (Header(header.metadata, header.tensors), known):
        foretold = predict_memory(other, 2048)
        assert foretold.writing == pytest.approx(with_file.writing, rel=0.03)
        assert foretold.process == pytest.approx(with_file.process, rel=0.03)


def test_grouped_queries_halve_the_cache_and_context_scales_it(tiny_files: dict[str, Path]) -> None:
    llama, mistral = (read_header(tiny_files[family]) for family in ("llama", "mistral"))
    full, grouped = predict_memory(llama, 1024).kv_cache, predict_memory(mistral, 1024).kv_cache
    # 2 layers x 1024 tokens x (keys + values) x 128 wide x 2 bytes.
    assert full == 2 * 1024 * 2 * 128 * 2
    assert grouped == full // 2
    assert predict_memory(llama, 4096).kv_cache == 4 * full


def test_the_process_is_the_sum_or_the_moment_of_loading(tiny_files: dict[str, Path]) -> None:
    predicted = predict_memory(read_header(tiny_files["llama"]), 1024)
    parts = predicted.weights + predicted.kv_cache + predicted.compute
    assert parts < predicted.process < parts + 200 * MIB
    assert predicted.process == predicted.writing + predicted.choosing
    heavy = replace(predicted, staging=10 * predicted.weights).with_weights(1000 * predicted.weights)
    assert heavy.process == heavy.writing == heavy.around + heavy.weights + heavy.staging


def test_a_changed_file_is_asked_again(tiny_files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_files["llama"].read_bytes())
    first = predict_memory(read_header(path), 512).kv_cache
    path.unlink()
    path.write_bytes(tiny_files["mistral"].read_bytes())
    assert predict_memory(read_header(path), 512).kv_cache == first // 2


def test_what_llama_cpp_does_not_know_is_refused_with_its_words(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    with new_model(path, "perceptron") as writer:
        write_tensors(writer, [("token_embd.weight", np.zeros((32, 32), np.float16))])
    with pytest.raises(ModelUnavailable, match=r"model\.gguf: .*unknown model architecture: 'perceptron'"):
        predict_memory(read_header(path), 512)


def test_a_death_that_the_file_did_not_cause_is_not_remembered(
    tiny_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_files["llama"].read_bytes())
    header = read_header(path)
    with monkeypatch.context() as killed:
        killed.setattr("models.memory.memory.sys.executable", "/bin/false")
        with pytest.raises(ModelUnavailable, match="it ended with status 1"):
            predict_memory(header, 512)
    assert predict_memory(header, 512).weights > 0
    path.unlink()
    with pytest.raises(ModelUnavailable, match=r"model\.gguf: No such file"):
        predict_memory(header, 512)


def test_what_makes_llama_cpp_abort_is_an_error_in_words(tiny_files: dict[str, Path]) -> None:
    header = read_header(tiny_files["llama"])
    absurd = header.metadata | {"llama.attention.head_count": 0}
    with pytest.raises(ModelUnavailable, match=r"llama\.cpp cannot load such a model"):
        predict_memory(Header(absurd, header.tensors), 512)


def test_a_model_with_a_sliding_window_and_many_words_is_foretold_within_3_percent(tmp_path: Path) -> None:
    """What is not repacked needs no second buffer while it is loaded; a choice looks at every word."""
    path = tmp_path / "gemma3.gguf"
    write_gemma3(path)
    predicted = predict_memory(read_header(path), 1280)
    # Kept for all tokens, also in layers with a window: 18 x (keys + values) x 256 numbers of 2 bytes.
    assert predicted.kv_cache == 1280 * 18 * 2 * 256 * 2
    writing = memory_in_use(path, 1280, n_prompt=1250).peak_rss
    choosing = memory_in_use(path, 1280, n_prompt=1250, grammar=CHOICE).peak_rss
    print(f"{writing / MIB:.0f} and {choosing / MIB:.0f} MiB, {predicted}")
    assert predicted.writing == pytest.approx(writing, rel=0.03)
    assert predicted.process == pytest.approx(choosing, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("n_ctx", [1024, 8192])
def test_the_process_is_foretold_within_3_percent(n_ctx: int, tmp_path: Path) -> None:
    """1.1 GiB, with a vocabulary so large that its copy, its logits and its pieces all count."""
    path = tmp_path / "large.gguf"
    write_tied_model(path, 151_936, layers=40, width=1536, feed_forward=8960)
    assert path.stat().st_size > 2**30
    measured = memory_in_use(path, n_ctx, n_prompt=700).peak_rss
    assert predict_memory(read_header(path), n_ctx).writing == pytest.approx(measured, rel=0.03)
