"""A GGUF whose answer is known: a real Llama-shaped file that recites a given text, then ends.

Attention and feed-forward weights are zero, so each token's embedding goes straight to the output, which
is built as a table "token → next token". llama.cpp runs it like any model; what it says to any
prompt can be asserted. For tests only: it reads nothing.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np

SPECIAL = 3
BYTES = 256


def write_scripted_model(
    path: Path,
    text: str,
    ends: bool = True,
    tags: Sequence[str] = (),
    template: str | None = None,
    control: Sequence[str] = (),
    adds_end: bool = False,
    bytewise: bool = False,
) -> None:
    """Write a model that answers `text` to whatever it is asked; if not `ends`, again and again.

    `tags`, each at most once in the text, are tokens that the user defined, like a reasoning model's; those
    of `control` are control tokens; neither need be said. `template`: a chat template. `adds_end`: the
    tokenizer puts an end behind every text. `bytewise`: no byte of the text is said twice; each is a token.
    """
    pieces = [] if bytewise else _unique_pieces(text, [*tags, *control])
    unsaid = [tag for tag in [*tags, *control] if tag not in pieces]
    script = (
        [SPECIAL + byte for byte in text.encode()]
        if bytewise
        else list(range(SPECIAL + BYTES, SPECIAL + BYTES + len(pieces)))
    )
    assert len(set(script)) == len(script)
    width = -(-(len(script) + 1) // 32) * 32
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("scripted")
    writer.add_context_length(2**17)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width)
    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{byte:02X}>".encode() for byte in range(BYTES))]
    types = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    types += [gguf.TokenType.BYTE] * BYTES
    kinds = dict.fromkeys(tags, gguf.TokenType.USER_DEFINED) | dict.fromkeys(control, gguf.TokenType.CONTROL)
    types += [kinds.get(piece, gguf.TokenType.NORMAL) for piece in [*pieces, *unsaid]]
    tokens += [
        (piece if piece in kinds else piece.replace(" ", "▁")).encode() for piece in [*pieces, *unsaid]
    ]
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(adds_end)
    if template:
        writer.add_chat_template(template)
    # Direction k of the embedding means "k pieces have been said".
    embedding = np.zeros((len(tokens), width), np.float32)
    embedding[:, 0] = 1
    output = np.zeros((len(tokens), width), np.float32)
    for said, token in enumerate(script):
        output[token, said] = 10
        embedding[token] = 0
        embedding[token, said + 1] = 1
    output[2 if ends else script[0], len(script)] = 10
    ones = np.ones(width, np.float32)
    square, up, down = (np.zeros(size, np.float32) for size in ((width, width), (32, width), (width, 32)))
    for name, tensor in {
        "token_embd": embedding,
        "output_norm": ones,
        "output": output,
        "blk.0.attn_norm": ones,
        "blk.0.ffn_norm": ones,
        "blk.0.attn_q": square,
        "blk.0.attn_k": square,
        "blk.0.attn_v": square,
        "blk.0.attn_output": square,
        "blk.0.ffn_gate": up,
        "blk.0.ffn_up": up,
        "blk.0.ffn_down": down,
    }.items():
        writer.add_tensor(name + ".weight", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _unique_pieces(text: str, tags: Sequence[str]) -> list[str]:
    """The text in words; a word that was said before is joined to the next, so that each piece is unique."""
    pieces: list[str] = []
    held = ""
    tag = "|".join(map(re.escape, tags)) or "(?!)"
    for word in re.findall(rf"{tag}|\s*(?:(?!{tag})\S)+|\s+", text):
        held += word
        if held not in pieces:
            pieces.append(held)
            held = ""
    assert not held, "the text ends with a word that was said before"
    return pieces
