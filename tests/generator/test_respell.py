"""A prompt is spelled as the cache spells it, and stays the same text."""

from hypothesis import example, given
from hypothesis import strategies as st

from generator.llama.respell import common_length, respell

# A vocabulary in which most texts can be cut in several ways; one token stands for nothing.
PIECES = [b"a", b"b", b"ab", b"ba", b"aba", b"", b"</s>", b"bb"]
token_lists = st.lists(st.integers(0, len(PIECES) - 1), max_size=12)


def piece(token: int) -> bytes:
    return PIECES[token]


def text(tokens: list[int]) -> bytes:
    return b"".join(map(piece, tokens))


@given(token_lists, token_lists)
@example([0, 1, 0, 6, 1], [2, 0])
@example([4, 6], [0, 1, 0])
def test_the_text_stays_and_no_other_beginning_of_the_cache_is_longer(
    tokens: list[int], cached: list[int]
) -> None:
    spelled = respell(tokens, cached, piece)
    assert text(spelled) == text(tokens)
    kept = common_length(spelled, cached)
    assert kept >= common_length(tokens, cached)
    ends = {len(text(tokens[:count])) for count in range(len(tokens) + 1)}
    for longer in range(kept + 1, len(cached) + 1):
        start = text(cached[:longer])
        assert not (text(tokens).startswith(start) and len(start) in ends) or text(cached[kept:longer]) == b""


def test_what_was_written_in_another_way_is_kept() -> None:
    # The tokenizer would write "aba", the model wrote "a", "b", "a".
    assert respell([7, 4, 6, 1], [7, 0, 1, 0], piece) == [7, 0, 1, 0, 6, 1]
    # Not in the middle of a token: "ab" of "aba" cannot be kept.
    assert respell([4, 6], [2, 1], piece) == [4, 6]


@given(token_lists)
def test_an_empty_cache_changes_nothing(tokens: list[int]) -> None:
    assert respell(tokens, [], piece) == tokens
