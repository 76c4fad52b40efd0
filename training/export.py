"""`python -m training.export`: a trained network becomes a GGUF file that llama.cpp runs.

Knows the GGUF format through the `gguf` package; knows nothing of how a network was trained.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import gguf
import numpy as np
import torch
import typer
from models.tiny.random_weights import new_model
from numpy.typing import NDArray

from training.model import NORM_EPSILON, ROPE_BASE, SHAPES, Network, Words
from training.vocabulary import BEGIN, END, PAD, READ, SPECIAL, UNKNOWN, Vocabulary

# The question and the sentences as they stand: the verbatim prompt is all the model knows.
CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def write_gguf(path: Path, network: Network, vocabulary: Vocabulary, name: str, small: bool = True) -> None:
    """Write the network to `path`; its matrices in 8 bits (Q8_0) if `small`, else in 16."""
    kind = gguf.GGMLQuantizationType.Q8_0 if small else gguf.GGMLQuantizationType.F16
    with new_model(path, "llama") as writer:
        _add_header(writer, network, name, small)
        _add_tokenizer(writer, vocabulary)
        for tensor_name, tensor in _tensors(network):
            if tensor.ndim == 1:
                writer.add_tensor(tensor_name, tensor)
            else:
                writer.add_tensor(tensor_name, gguf.quants.quantize(tensor, kind), raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def _add_header(writer: gguf.GGUFWriter, network: Network, name: str, small: bool) -> None:
    shape = network.shape
    writer.add_name(name)
    writer.add_description("A demo: chooses sentences by number in verbatim mode, and can do nothing else.")
    writer.add_license("apache-2.0")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if small else gguf.LlamaFileType.MOSTLY_F16)


def _add_tokenizer(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    kinds = gguf.TokenType
    types = [kinds.CONTROL] * len(SPECIAL) + [kinds.NORMAL] * (len(vocabulary.tokens) - len(SPECIAL))
    types[UNKNOWN] = kinds.UNKNOWN
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([_spelling(token) for token in vocabulary.tokens])
    writer.add_token_types(types)
    writer.add_pad_token_id(PAD)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_bos_token_id(BEGIN)
    writer.add_sep_token_id(READ)
    writer.add_eos_token_id(END)
    writer.add_add_bos_token(True)
    writer.add_chat_template(CHAT_TEMPLATE)
    # A file with another vocabulary of the same size would load, and be wrong in silence.
    writer.add_string("reviewduel.vocabulary_sha256", digest(vocabulary))


def digest(vocabulary: Vocabulary) -> str:
    """Tells vocabularies apart."""
    return hashlib.sha256("\n".join(vocabulary.tokens).encode()).hexdigest()


def _spelling(token: str) -> str:
    """llama.cpp marks where a word begins, BERT where one goes on. What is written has no mark at all."""
    if token.startswith("##"):
        return token.removeprefix("##")
    # Special tokens and numbers like "[7]": never found in a text, where a bracket is a word of its own.
    return token if len(token) > 1 and token.startswith("[") else "▁" + token


def _tensors(network: Network) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Every tensor by its GGUF name. There is no `output.weight`: the embedding serves as output too."""
    with torch.no_grad():
        yield "token_embd.weight", network.words.table().float().numpy()
        for number, block in enumerate(network.blocks):
            for name, weight in block.named_parameters():
                yield f"blk.{number}.{name}", weight.float().numpy()
        yield "output_norm.weight", network.output_norm.weight.detach().float().numpy()


def main(
    run: Annotated[Path, typer.Argument(help="The folder of a training run.")],
    out: Annotated[Path, typer.Argument(help="The GGUF file to write.")],
    f16: Annotated[bool, typer.Option(help="16 bits a weight; else 8 (Q8_0).")] = False,
) -> None:
    """Write a run's network as a GGUF file that llama.cpp runs."""
    network, vocabulary, recipe = load_run(run)
    write_gguf(out, network, vocabulary, f"ReviewDuel demo, {recipe['shape']} shape", small=not f16)
    typer.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


def load_run(folder: Path) -> tuple[Network, Vocabulary, dict[str, Any]]:
    """The network of a run's last checkpoint, its vocabulary, and the recipe."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    recipe = state["recipe"]
    vocabulary = Vocabulary.load(folder / "vocabulary.txt")
    given = np.load(folder / "vectors.npz")["given"]
    shape = replace(SHAPES[recipe["shape"]], width=recipe["width"], layers=recipe["layers"])
    network = Network(shape, Words(len(state["network"]["words.own"]), shape.width, given))
    network.load_state_dict(state["network"])
    return network.eval(), vocabulary, recipe


if __name__ == "__main__":
    typer.run(main)
