"""Hostile GGUF files: the headers of small models, with keys, sizes and tables that lie, then damaged."""

import tempfile
from pathlib import Path
from random import Random

import gguf
import numpy as np

from benchmarks.fuzz.gguf_parts import take_apart
from benchmarks.fuzz.lies import WORDS, lying
from benchmarks.fuzz.mutation import damaged
from config.errors import ModelUnavailable
from models.gguf import header as header_module
from models.gguf.architecture import in_words, parameters
from models.gguf.header import header_length, read_header
from models.gguf.header_reader import HeaderReader, Tensor
from models.gguf.quantisation import type_shares
from models.memory.fine_tuning import fine_tuning_bytes
from tests.random_weights import new_model, write_tensors


class GgufHeaders:
    """Implements `Target`."""

    stages = ("refused", "in the tensor table", "accepted")

    def __init__(self) -> None:
        vars(header_module)["HeaderReader"] = _Watched
        with tempfile.TemporaryDirectory() as folder:
            self._files = [_small_model(Path(folder) / f"{experts}.gguf", experts) for experts in (0, 2)]
        self._parts = [take_apart(file) for file in self._files]
        self._headers = [parts.packed() for parts in self._parts]

    def make(self, rng: Random) -> bytes:
        """See `Target`."""
        parts = rng.choice(self._parts)
        kind = rng.random()
        header = parts.packed() if kind < 0.3 else lying(parts, rng).packed()
        if kind < 0.5:
            header = damaged(header, rng, self._headers, WORDS)
        return header + bytes(max(0, parts.data + rng.choice((0, 0, 0, 0, 0, -1, -100, -parts.data, 4096))))

    def read(self, path: Path) -> str:
        """See `Target`: what is told of an accepted header must be calculable and true to itself."""
        _Watched.reached = False
        stage = self.stages[0]
        try:
            header = read_header(path)
            assert 0 <= header.weight_bytes <= path.stat().st_size
            counted = parameters(header)
            assert 0 <= counted.active <= counted.total
            assert all(in_words(header))
            if header.tensors:
                type_shares(header)
                fine_tuning_bytes(header)
            whole = path.read_bytes()
            assert header_length(whole, len(whole)) is not None
            stage = self.stages[2]
        except ModelUnavailable as error:
            sentence = str(error)
            sentence.encode()
            assert len(sentence) < 10_000 and "\x1b" not in sentence
            stage = self.stages[_Watched.reached]
        return stage


class _Watched(HeaderReader):
    """Notes whether it comes to the table of the tensors."""

    reached = False

    def _tensors(self, count: int) -> list[tuple[Tensor, int]]:
        _Watched.reached = True
        return super()._tensors(count)


def _small_model(path: Path, experts: int) -> bytes:
    """A file of some kilobytes that has what a model of the Llama family has."""
    width, inner = 32, 64
    with new_model(path, "llama") as writer:
        writer.add_context_length(64)
        writer.add_embedding_length(width)
        writer.add_block_count(1)
        writer.add_feed_forward_length(inner)
        writer.add_head_count(2)
        writer.add_head_count_kv(1)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_rope_dimension_count(width // 2)
        if experts:
            writer.add_expert_count(experts)
            writer.add_expert_used_count(1)
        tokens = _few_tokens(writer)
        shapes = {
            "token_embd": (tokens, width), "blk.0.attn_norm": (width,), "blk.0.ffn_norm": (width,),
            "blk.0.attn_q": (width, width), "blk.0.attn_k": (width // 2, width),
            "blk.0.attn_v": (width // 2, width), "blk.0.attn_output": (width, width),
            "output_norm": (width,), "output": (tokens, width),
        }  # fmt: skip
        each = (experts,) if experts else ()
        suffix = "_exps" if experts else ""
        shapes |= {f"blk.0.ffn_{part}{suffix}": (*each, inner, width) for part in ("gate", "up")}
        shapes[f"blk.0.ffn_down{suffix}"] = (*each, width, inner)
        if experts:
            shapes["blk.0.ffn_gate_inp"] = (experts, width)
        kinds = {1: np.float32, 2: np.float16, 3: np.float16}
        write_tensors(
            writer, ((name + ".weight", np.zeros(shape, kinds[len(shape)])) for name, shape in shapes.items())
        )
    return path.read_bytes()


def _few_tokens(writer: gguf.GGUFWriter) -> int:
    """The start of our random models' vocabulary, which is larger than all the rest of so small a file."""
    tokens = [b"<unk>", b"<s>", b"</s>", *(b"<0x%02X>" % byte for byte in range(16)), b"a", b"b"]
    kinds = gguf.TokenType
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(number) for number in range(len(tokens))])
    writer.add_token_types(
        [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL] + [kinds.BYTE] * 16 + [kinds.NORMAL] * 2
    )
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    return len(tokens)
