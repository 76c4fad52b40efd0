"""However the bytes are cut, the same text comes out, up to the stop string that is complete first."""

import itertools
import time

from hypothesis import example, given
from hypothesis import strategies as st

from generator.text_stream import TextStream

# Few different characters, so that stop strings occur and overlap; of one to four bytes; and NUL.
texts = st.text("ab \n\0é😀", max_size=40)
stops = st.lists(st.text("ab\né😀", min_size=1, max_size=4), max_size=3).map(tuple)
cuts = st.lists(st.integers(0, 160), max_size=60)


def pieces_of(data: bytes, cut_at: list[int]) -> list[bytes]:
    places = sorted({min(place, len(data)) for place in cut_at} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


def up_to_first_stop(text: str, stop: tuple[str, ...]) -> tuple[str, bool]:
    for end in range(len(text) + 1):
        for start in range(end):
            if text[start:end] in stop:
                return text[:start], True
    return text, False


@given(texts, stops, cuts)
@example("xabcd", ("abcd", "bc"), [4])
@example("a\n\nb", ("\nQuestion:",), [1, 2, 3])
@example(" \0 a", (), [1, 2, 3])
def test_the_pieces_joined_are_the_text_up_to_the_first_stop(
    text: str, stop: tuple[str, ...], cut_at: list[int]
) -> None:
    stream = TextStream(stop, time.perf_counter())
    handed_out = []
    for piece in pieces_of(text.encode(), cut_at):
        handed_out.append(stream.add(piece))
        if stream.stopped:
            break
    handed_out.append(stream.finish())
    visible, stopped = up_to_first_stop(text, stop)
    assert "".join(handed_out) == visible.replace("\0", "").lstrip()
    assert stream.stopped == stopped


@given(st.binary(max_size=40), cuts)
def test_bytes_that_are_no_text_show_as_replacement_characters(data: bytes, cut_at: list[int]) -> None:
    stream = TextStream((), time.perf_counter())
    joined = "".join(stream.add(piece) for piece in pieces_of(data, cut_at)) + stream.finish()
    assert joined == data.decode(errors="replace").replace("\0", "").lstrip()


@given(texts, stops, cuts)
def test_times_are_those_of_the_first_and_the_last_piece(
    text: str, stop: tuple[str, ...], cut_at: list[int]
) -> None:
    started = time.perf_counter()
    stream = TextStream(stop, started)
    handed_out = [stream.add(piece) for piece in pieces_of(text.encode(), cut_at)]
    handed_out.append(stream.finish())
    if any(handed_out):
        assert stream.first_s is not None
        assert stream.last_s is not None
        assert 0 < stream.first_s <= stream.last_s <= time.perf_counter() - started
    else:
        assert stream.first_s is stream.last_s is None


def test_text_is_held_back_only_while_it_may_begin_a_stop_string() -> None:
    stream = TextStream(("\nQuestion:",), time.perf_counter())
    assert stream.add(b"Good.\nQue") == "Good."
    assert stream.add(b"ue") == "\nQueue"
    assert stream.add(b"\nQuestion") == ""
    assert stream.add(b": and?") == ""
    assert stream.stopped
    assert stream.finish() == ""


def test_a_character_comes_whole() -> None:
    stream = TextStream((), time.perf_counter())
    assert [stream.add(bytes([byte])) for byte in "é😀".encode()] == ["", "é", "", "", "", "😀"]
