"""The header that a Llama-shaped model's Q4_K_M or Q4_1 file has, from the model's sizes alone.

Knows which tensors such a model holds and which type llama.cpp's quantiser gives each; knows no names
of models. tests/models/test_shapes.py holds it against llama.cpp's own quantiser.
"""

from collections.abc import Iterator

from gguf import GGMLQuantizationType as Kind

from models.catalogue.shape import Shape
from models.gguf.header import ArrayLength, Header, Scalar, Tensor

# llama.cpp treats a model of 80 layers with grouped queries as "70B", and one of 8 experts as Mixtral.
_LAYERS_OF_70B = 80
_EXPERTS_OF_MIXTRAL = 8
_EMBEDDING = "token_embd.weight"
# llama.cpp's numbers.
_FILE_TYPES = {"Q4_K_M": 15, "Q4_1": 3}


def header_of(shape: Shape, name: str, context: int) -> Header:
    """The header of the quantised file of a model of this shape."""
    tensors = _tensors(shape) if shape.quantisation == "Q4_K_M" else map(_in_q4_1, _tensors(shape))
    return Header(path=None, metadata=_metadata(shape, name, context), tensors=tuple(tensors))


def _in_q4_1(tensor: Tensor) -> Tensor:
    """The tensor as a file in Q4_1 holds it: one type for every matrix but the one that is the output too."""
    if tensor.kind == Kind.F32:
        return tensor
    if tensor.name != _EMBEDDING:
        return Tensor(tensor.name, tensor.shape, Kind.Q4_1)
    # Q6_K puts 256 weights into a block; rows of another length fall back to Q8_0.
    return Tensor(tensor.name, tensor.shape, Kind.Q8_0 if tensor.shape[0] % 256 else Kind.Q6_K)


def _metadata(shape: Shape, name: str, context: int) -> dict[str, Scalar]:
    metadata: dict[str, Scalar] = {
        "general.architecture": "llama",
        "general.name": name,
        "general.file_type": _FILE_TYPES[shape.quantisation],
        "llama.context_length": context,
        "llama.embedding_length": shape.width,
        "llama.block_count": shape.layers,
        "llama.feed_forward_length": shape.feed_forward,
        "llama.attention.head_count": shape.heads,
        "llama.attention.head_count_kv": shape.kv_heads,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": shape.width // shape.heads,
        "llama.vocab_size": shape.vocabulary,
        # Of an array a header keeps its length.
        "tokenizer.ggml.tokens": ArrayLength(shape.vocabulary),
    }
    if shape.experts:
        metadata["llama.expert_count"] = shape.experts
        metadata["llama.expert_used_count"] = shape.experts_used
    return metadata


def _tensors(shape: Shape) -> Iterator[Tensor]:
    """Sizes as ggml orders them: a matrix is (inputs, outputs), experts come last."""
    width, inner = shape.width, shape.feed_forward
    kv_width = width // shape.heads * shape.kv_heads
    experts = (shape.experts,) if shape.experts else ()
    suffix = "_exps" if shape.experts else ""
    mixtral = shape.experts == _EXPERTS_OF_MIXTRAL
    yield Tensor(_EMBEDDING, (width, shape.vocabulary), Kind.Q6_K if shape.tied else Kind.Q4_K)
    if shape.rope_factors:
        yield Tensor("rope_freqs.weight", (width // shape.heads // 2,), Kind.F32)
    for layer in range(shape.layers):
        precise = _more_bits(layer, shape.layers)

        def tensor(name: str, size: tuple[int, ...], kind: Kind, layer: int = layer) -> Tensor:
            return Tensor(f"blk.{layer}.{name}.weight", size, kind)

        yield tensor("attn_norm", (width,), Kind.F32)
        yield tensor("ffn_norm", (width,), Kind.F32)
        yield tensor("attn_q", (width, width), Kind.Q4_K)
        yield tensor("attn_k", (width, kv_width), Kind.Q8_0 if mixtral else Kind.Q4_K)
        yield tensor("attn_v", (width, kv_width), _kind_of_values(shape, precise))
        yield tensor("attn_output", (width, width), Kind.Q5_K if mixtral else Kind.Q4_K)
        if experts:
            yield tensor("ffn_gate_inp", (width, *experts), Kind.F32)
        yield tensor("ffn_gate" + suffix, (width, inner, *experts), Kind.Q4_K)
        yield tensor("ffn_up" + suffix, (width, inner, *experts), Kind.Q4_K)
        yield tensor("ffn_down" + suffix, (inner, width, *experts), Kind.Q6_K if precise else Kind.Q4_K)
    yield Tensor("output_norm.weight", (width,), Kind.F32)
    if not shape.tied:
        yield Tensor("output.weight", (width, shape.vocabulary), Kind.Q6_K)


def _more_bits(layer: int, layers: int) -> bool:
    """The layers that Q4_K_M keeps more precise: the first and the last eighth, and every third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def _kind_of_values(shape: Shape, precise: bool) -> Kind:
    if shape.experts == _EXPERTS_OF_MIXTRAL:
        return Kind.Q8_0
    if precise:
        return Kind.Q6_K
    grouped = shape.kv_heads < shape.heads
    return Kind.Q5_K if shape.layers == _LAYERS_OF_70B and grouped else Kind.Q4_K
