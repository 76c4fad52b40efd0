"""A prompt spelled as the cache spells it, so that an earlier answer in it need not be read again.

A text can be cut into tokens in many ways. What a model wrote is in its cache as the tokens it chose; the
tokenizer would cut the same text in its own way, and from the first difference on nothing could be reused.
Standard library only: the worker imports it.
"""

from collections.abc import Callable, Sequence


def respell(tokens: Sequence[int], cached: Sequence[int], piece: Callable[[int], bytes]) -> list[int]:
    """`tokens`, but beginning with the longest beginning of `cached` that spells the same text.

    `piece` gives the bytes that a token stands for, special tokens included; joined they stay the same.
    """
    start = common_length(tokens, cached)
    rest = b"".join(map(piece, tokens[start:]))
    # Where a token ends in the text, and which is the next one.
    ends: dict[int, int] = {0: start}
    at = 0
    for index, token in enumerate(tokens[start:], start + 1):
        at += len(piece(token))
        ends.setdefault(at, index)
    kept, at = start, 0
    for index, token in enumerate(cached[start:], start + 1):
        spelled = piece(token)
        if not rest.startswith(spelled, at):
            break
        at += len(spelled)
        if at in ends:
            kept = index
            resume = ends[at]
    return [*cached[:kept], *tokens[resume:]] if kept > start else list(tokens)


def common_length(some: Sequence[int], others: Sequence[int]) -> int:
    """How many tokens both begin with."""
    pairs = enumerate(zip(some, others, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(some), len(others)))
