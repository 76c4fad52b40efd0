"""However the text is cut, the same comes out, up to the stop string that is complete first."""

import itertools
import time

from hypothesis import example, given
from hypothesis import strategies as st

from generator.text_stream import TextStream

# Few different characters, so that stop strings occur and overlap.
texts = st.text("ab \né😀", max_size=40)
stops = st.lists(st.text("ab\né😀", min_size=1, max_size=4), max_size=3).map(tuple)
cuts = st.lists(st.integers(0, 40), max_size=60)


def pieces_of(text: str, cut_at: list[int]) -> list[str]:
    places = sorted({min(place, len(text)) for place in cut_at} | {0, len(text)})
    return [text[start:end] for start, end in itertools.pairwise(places)]


def up_to_first_stop(text: str, stop: tuple[str, ...]) -> tuple[str, bool]:
    for end in range(len(text) + 1):
        for start in range(end):
            if text[start:end] in stop:
                return text[:start], True
    return text, False


@given(texts, stops, cuts)
@example("xabcd", ("abcd", "bc"), [4])
@example("a\n\nb", ("\nQuestion:",), [1, 2, 3])
@example("  a", (), [1, 2])
def test_the_pieces_joined_are_the_text_up_to_the_first_stop(
    text: str, stop: tuple[str, ...], cut_at: list[int]
) -> None:
    stream = TextStream(stop, time.perf_counter())
    handed_out = []
    for piece in pieces_of(text, cut_at):
        handed_out.append(stream.add(piece))
        if stream.stopped:
            break
    handed_out.append(stream.finish())
    visible, stopped = up_to_first_stop(text, stop)
    assert "".join(handed_out) == visible.lstrip()
    assert stream.stopped == stopped


@given(texts, stops, cuts)
def test_times_are_those_of_the_first_and_the_last_piece(
    text: str, stop: tuple[str, ...], cut_at: list[int]
) -> None:
    started = time.perf_counter()
    stream = TextStream(stop, started)
    handed_out = [stream.add(piece) for piece in pieces_of(text, cut_at)]
    handed_out.append(stream.finish())
    if any(handed_out):
        assert stream.first_s is not None
        assert stream.last_s is not None
        assert 0 < stream.first_s <= stream.last_s <= time.perf_counter() - started
    else:
        assert stream.first_s is stream.last_s is None


def test_text_is_held_back_only_while_it_may_begin_a_stop_string() -> None:
    stream = TextStream(("\nQuestion:",), time.perf_counter())
    assert stream.add("Good.\nQue") == "Good."
    assert stream.add("ue") == "\nQueue"
    assert stream.add("\nQuestion") == ""
    assert stream.add(": and?") == ""
    assert stream.stopped
    assert stream.finish() == ""
