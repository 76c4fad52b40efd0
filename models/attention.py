"""Whether llama.cpp computes attention in the way that always gives the same answer."""

# Tokens of a text's context up to which all attention scores of a piece of a prompt are held at once: 0.4 GiB
# at so many tokens and 32 heads.
_LONGEST = 4096


def flash_attention(n_ctx: int) -> int:
    """llama.cpp's `flash_attn_type` for texts of `n_ctx` tokens: 0 is off, -1 as llama.cpp decides.

    Flash attention holds no scores. But with it the logits change with the number of threads, the pieces in
    which a prompt is read and the other texts of a batch, and so does a greedy answer (docs/experiments.md).
    """
    return 0 if n_ctx <= _LONGEST else -1
