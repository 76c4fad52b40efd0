"""Tiny GGUF files with random weights: real files for llama.cpp, without a download.

Each has the tensors of its family (Llama; Mistral's grouped-query attention; Mixtral's experts), so
loading, prompting, generating and measuring run for real. What such a model says is noise.
For tests and benchmarks only; what they need of a real model is `smollm2`'s.
"""

import itertools
import string
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "<|{{ message['role'] }}|>\n{{ message['content'] }}{{ eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)

Weights = npt.NDArray[np.float16] | npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes that make a family. `kv_heads` < `heads` is grouped-query attention; `experts` 0 is dense.

    A `chat` model carries a chat template; one without is asked with a plain completion prompt.
    """

    kv_heads: int
    experts: int
    chat: bool
    layers: int = 2
    width: int = 128
    feed_forward: int = 256
    heads: int = 4
    context: int = 4096


SHAPES = {
    "llama": Shape(kv_heads=4, experts=0, chat=True),
    "mistral": Shape(kv_heads=2, experts=0, chat=False),
    "mixtral": Shape(kv_heads=2, experts=4, chat=True),
}


def write_random_model(path: Path, family: str, seed: int = 0) -> None:
    """Write the `family`'s shape with weights drawn from `seed`; the same seed gives the same bytes."""
    shape = SHAPES[family]
    with new_model(path, "llama") as writer:
        _add_header(writer, family, shape)
        vocabulary = add_tokenizer(writer)
        if shape.chat:
            writer.add_chat_template(CHAT_TEMPLATE)
        write_tensors(writer, _tensors(shape, vocabulary, np.random.default_rng(seed)))


def new_model(path: Path, architecture: str) -> closing[gguf.GGUFWriter]:
    """A writer for a model at `path`, for a `with` block; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return closing(gguf.GGUFWriter(path, architecture))


def write_tensors(writer: gguf.GGUFWriter, tensors: Iterable[tuple[str, Weights]]) -> None:
    """Write the header and these tensors; nothing can be added afterwards."""
    for name, tensor in tensors:
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces and their kinds, by number."""

    tokens: list[bytes]
    types: list[gguf.TokenType]

    @property
    def first_word(self) -> int:
        """Index of the first ordinary piece, behind the special and the byte tokens."""
        return self.types.index(gguf.TokenType.NORMAL)


def _vocabulary() -> Vocabulary:
    """Letters, pairs of letters and the same at a word's start: English costs about 2 characters a token."""
    letters = string.ascii_lowercase
    pairs = ["".join(pair) for pair in itertools.product(letters, letters)]
    signs = [*string.ascii_uppercase, *string.digits, *string.punctuation, "▁", "\n"]
    pieces = [*letters, *signs, *pairs, *("▁" + piece for piece in [*letters, *pairs])]
    kinds = gguf.TokenType
    return Vocabulary(
        tokens=[b"<unk>", b"<s>", b"</s>"]
        + [f"<0x{byte:02X}>".encode() for byte in range(256)]
        + [piece.encode() for piece in pieces],
        types=[kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL]
        + [kinds.BYTE] * 256
        + [kinds.NORMAL] * len(pieces),
    )


def _add_header(writer: gguf.GGUFWriter, family: str, shape: Shape) -> None:
    writer.add_name(f"tiny {family} shape, random weights")
    writer.add_description("Random weights: for tests, its words are noise.")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    if shape.experts:
        writer.add_expert_count(shape.experts)
        writer.add_expert_used_count(2)


def add_tokenizer(writer: gguf.GGUFWriter, size: int = 0) -> Vocabulary:
    """Give the model our vocabulary, made up to `size` with pieces that no text has; returns it."""
    vocabulary = _vocabulary()
    for number in range(len(vocabulary.tokens), size):
        vocabulary.tokens.append(f"\x00{number}".encode())
        vocabulary.types.append(gguf.TokenType.NORMAL)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(vocabulary.tokens)
    # The tokenizer merges the best score first: shorter pieces come first, so that pairs are found.
    writer.add_token_scores([-float(index) for index in range(len(vocabulary.tokens))])
    writer.add_token_types(vocabulary.types)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    return vocabulary


def _tensors(shape: Shape, vocabulary: Vocabulary, rng: np.random.Generator) -> Iterator[tuple[str, Weights]]:
    """Every tensor by its GGUF name; rows are outputs, columns inputs."""

    def matrix(*size: int, spread: float = 0.02) -> npt.NDArray[np.float16]:
        return (rng.standard_normal(size) * spread).astype(np.float16)

    width, inner = shape.width, shape.feed_forward
    kv_width = width // shape.heads * shape.kv_heads
    ones = np.ones(width, np.float32)
    yield "token_embd.weight", matrix(len(vocabulary.tokens), width)
    for layer in range(shape.layers):
        block = f"blk.{layer}."
        yield block + "attn_norm.weight", ones
        yield block + "ffn_norm.weight", ones
        yield block + "attn_q.weight", matrix(width, width)
        yield block + "attn_k.weight", matrix(kv_width, width)
        yield block + "attn_v.weight", matrix(kv_width, width)
        yield block + "attn_output.weight", matrix(width, width)
        if shape.experts:
            router = matrix(shape.experts, width, spread=1.0)
            yield block + "ffn_gate_inp.weight", router.astype(np.float32)
            yield block + "ffn_gate_exps.weight", matrix(shape.experts, inner, width)
            yield block + "ffn_up_exps.weight", matrix(shape.experts, inner, width)
            yield block + "ffn_down_exps.weight", matrix(shape.experts, width, inner)
        else:
            yield block + "ffn_gate.weight", matrix(inner, width)
            yield block + "ffn_up.weight", matrix(inner, width)
            yield block + "ffn_down.weight", matrix(width, inner)
    yield "output_norm.weight", ones
    # Spread out, so that some pieces are likely; special and raw-byte tokens stay at zero, so that the
    # noise is at least printable. The end token takes part: some answers end by themselves.
    output = matrix(len(vocabulary.tokens), width, spread=0.35)
    output[: vocabulary.first_word] = 0
    output[2] = matrix(width, spread=0.35)
    yield "output.weight", output
