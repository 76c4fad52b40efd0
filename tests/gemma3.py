"""A GGUF of Gemma 3 270M's shape with random weights in Q8_0: a sliding window, and a large vocabulary."""

from pathlib import Path

import gguf
import numpy as np

from tests.random_weights import add_tokenizer, new_model, write_tensors

LAYERS, WIDTH, FEED_FORWARD, HEADS, HEAD, TOKENS, WINDOW = 18, 640, 2048, 4, 256, 262_144, 512
Q8_0 = gguf.GGMLQuantizationType.Q8_0


def write_gemma3(path: Path) -> None:
    """Write it, 290 MB; five of six layers look back 512 tokens only."""
    blocks = np.random.default_rng(0).integers(0, 256, (4099, 34), dtype=np.uint8)
    blocks[:, :2] = np.frombuffer(np.float16(0.0003).tobytes(), np.uint8)
    sizes = {
        "attn_q": (HEADS * HEAD, WIDTH), "attn_k": (HEAD, WIDTH), "attn_v": (HEAD, WIDTH),
        "attn_output": (WIDTH, HEADS * HEAD), "ffn_gate": (FEED_FORWARD, WIDTH),
        "ffn_up": (FEED_FORWARD, WIDTH), "ffn_down": (WIDTH, FEED_FORWARD),
    }  # fmt: skip
    norms = {"attn_norm": WIDTH, "post_attention_norm": WIDTH, "ffn_norm": WIDTH, "post_ffw_norm": WIDTH}
    norms |= {"attn_q_norm": HEAD, "attn_k_norm": HEAD}
    with new_model(path, "gemma3") as writer:
        writer.add_context_length(32768)
        writer.add_embedding_length(WIDTH)
        writer.add_block_count(LAYERS)
        writer.add_feed_forward_length(FEED_FORWARD)
        writer.add_head_count(HEADS)
        writer.add_head_count_kv(1)
        writer.add_key_length(HEAD)
        writer.add_value_length(HEAD)
        writer.add_layer_norm_rms_eps(1e-6)
        writer.add_sliding_window(WINDOW)
        add_tokenizer(writer, TOKENS)
        matrices = {"token_embd": (TOKENS, WIDTH)}
        vectors = {"output_norm": WIDTH}
        for layer in range(LAYERS):
            matrices |= {f"blk.{layer}.{name}": size for name, size in sizes.items()}
            vectors |= {f"blk.{layer}.{name}": size for name, size in norms.items()}
        for name, (rows, columns) in matrices.items():
            data = np.resize(blocks, (rows, columns // 32 * 34))
            writer.add_tensor(f"{name}.weight", data, raw_dtype=Q8_0)
        write_tensors(
            writer, [(f"{name}.weight", np.ones(size, np.float32)) for name, size in vectors.items()]
        )
