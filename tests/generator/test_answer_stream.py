"""Reasoning is split off the answer however the bytes are cut, and with or without its opening tag."""

import itertools
import time

from hypothesis import example, given
from hypothesis import strategies as st

from generator.answer_stream import AnswerStream
from generator.events import Piece, Reasoning, Text, TextWasReasoning
from generator.reasoning_tags import HARMONY, PAIRS, THINK, Tags
from generator.transcript import Transcript

OPEN, CLOSE = THINK.open, THINK.close
# Whole tags, and what they are made of, among other text.
texts = st.lists(
    st.sampled_from([OPEN, CLOSE, "<", "</", "think>", ">", "a", "stop", "st", " ", "\n", "é", "\0", "😀"]),
    max_size=12,
).map("".join)
PAIR = st.sampled_from(PAIRS)
cuts = st.lists(st.integers(0, 160), max_size=60)
stops = st.sampled_from([(), ("stop",)])


def feed(stream: AnswerStream, data: bytes, cut_at: list[int]) -> list[Piece]:
    places = sorted({min(place, len(data)) for place in cut_at} | {0, len(data)})
    pieces: list[Piece] = []
    for start, end in itertools.pairwise(places):
        pieces += stream.add(data[start:end])
        if stream.stopped:
            break
    return pieces + stream.finish()


def split(text: str, opened: bool, stop: tuple[str, ...]) -> tuple[str, str]:
    """Reasoning and answer, by looking at the whole text at once."""
    text = text.replace("\0", "").lstrip()
    if text.startswith(OPEN):
        text, opened = text.removeprefix(OPEN), True
    reasoning, closed, answer = text.partition(CLOSE)
    if not closed and not opened:
        reasoning, answer = "", text
    if not opened and stop and stop[0] in reasoning:
        reasoning, answer = "", text
    if stop:
        answer = answer.partition(stop[0])[0]
    return reasoning.lstrip(), answer.lstrip()


@given(texts, cuts, st.booleans(), stops)
@example("<think>because</think>It is.", [3, 9, 20], False, ())
@example("because</think>It is.", [10, 12], False, ())
@example("because\n</think>\n\nIt is.", [9, 12], True, ())
@example("<think></think></stopsté", [24], False, ("stop",))  # stopped in the middle of a character
def test_reasoning_and_answer_are_those_of_the_whole_text(
    text: str, cut_at: list[int], opened: bool, stop: tuple[str, ...]
) -> None:
    transcript = Transcript()
    for piece in feed(
        AnswerStream(stop, time.perf_counter(), THINK if opened else None), text.encode(), cut_at
    ):
        transcript.take(piece)
    assert (transcript.reasoning, transcript.text) == split(text, opened, stop)


@given(st.binary(max_size=40), cuts)
def test_bytes_that_are_no_text_show_as_replacement_characters(data: bytes, cut_at: list[int]) -> None:
    transcript = Transcript()
    for piece in feed(AnswerStream((), time.perf_counter()), data, cut_at):
        transcript.take(piece)
    # Bytes at random hold no tag.
    assert transcript.text == data.decode(errors="replace").replace("\0", "").lstrip()


def test_a_character_comes_whole() -> None:
    stream = AnswerStream((), time.perf_counter())
    shown = [stream.add(bytes([byte])) for byte in "é😀".encode()]
    assert shown == [[], [Text("é")], [], [], [], [Text("😀")]]


@given(texts, cuts, st.booleans())
def test_times_tell_when_text_and_when_the_answer_began(text: str, cut_at: list[int], opened: bool) -> None:
    stream = AnswerStream((), time.perf_counter(), THINK if opened else None)
    transcript = Transcript()
    pieces = feed(stream, text.encode(), cut_at)
    for piece in pieces:
        transcript.take(piece)
    assert (stream.first_answer_s is not None) == bool(transcript.text)
    spoken = [piece for piece in pieces if not isinstance(piece, TextWasReasoning)]
    assert (stream.first_s is not None) == (stream.last_s is not None) == bool(spoken)
    if stream.first_s and stream.last_s and stream.first_answer_s:
        assert stream.first_s <= stream.first_answer_s <= stream.last_s
        if not transcript.reasoning:
            assert stream.first_s == stream.first_answer_s
    assert 0 <= stream.n_reasoning <= stream.n_tokens


def test_text_is_handed_out_as_soon_as_it_is_certain() -> None:
    stream = AnswerStream((), time.perf_counter())
    assert stream.add(b"<th") == []
    assert stream.add(b"ink>\nWell") == [Reasoning("Well")]
    assert stream.reasoning
    assert stream.add(b", </th") == [Reasoning(", ")]
    assert stream.add(b"is </think") == [Reasoning("</this ")]
    assert stream.add(b">\n\nYes") == [Text("Yes")]
    assert not stream.reasoning
    assert (stream.n_reasoning, stream.n_tokens) == (5, 5)
    # One block only: what comes later is text.
    assert stream.add(b" <think>no</think>") == [Text(" <think>no</think>")]
    assert (stream.n_reasoning, stream.n_tokens) == (5, 6)


def test_a_block_that_was_never_opened_takes_its_text_back() -> None:
    stream = AnswerStream((), time.perf_counter())
    assert stream.add(b"Well, </") == [Text("Well, ")]
    assert stream.add(b"think> Yes") == [TextWasReasoning(), Text("Yes")]
    assert stream.n_reasoning == 2


def test_a_block_can_be_closed_from_outside() -> None:
    stream = AnswerStream((), time.perf_counter(), opened=THINK)
    assert stream.add(b"Well </th\xc3") == [Reasoning("Well ")]
    assert stream.close_reasoning() == [Reasoning("</th")]
    assert stream.add(b"Yes") == [Text("Yes")]
    assert stream.n_reasoning == 1


def transcribed(text: str, cut_at: list[int], opened: Tags | None = None) -> tuple[str, str]:
    transcript = Transcript()
    for piece in feed(AnswerStream((), time.perf_counter(), opened), text.encode(), cut_at):
        transcript.take(piece)
    return transcript.reasoning, transcript.text


@given(PAIR, cuts, st.booleans())
def test_every_pair_of_tags_is_split_off_wherever_it_is_cut(
    pair: Tags, cut_at: list[int], opened: bool
) -> None:
    text = f"Well, [1] <b>\n{pair.close}\n\nIt is [2]."
    if opened:
        assert transcribed(text, cut_at, pair) == ("Well, [1] <b>\n", "It is [2].")
    # Also where the template has opened the block with the tag that the model then writes.
    assert transcribed(f" {pair.open}\n{text}", cut_at, pair if opened else None) == (
        "Well, [1] <b>\n",
        "It is [2].",
    )


def test_the_known_pairs_are_among_them() -> None:
    known = {(pair.open, pair.close) for pair in PAIRS}
    words = ("think", "thinking", "thought", "reasoning", "reflection")
    assert {(f"<{word}>", f"</{word}>") for word in words} <= known
    assert ("[THINK]", "[/THINK]") in known
    assert ("<seed:think>", "</seed:think>") in known
    assert ("\u25c1think\u25b7", "\u25c1/think\u25b7") in known
    assert ("<|START_THINKING|>", "<|END_THINKING|>") in known


@given(PAIR, cuts)
def test_a_block_that_was_never_opened_ends_with_its_closing_tag(pair: Tags, cut_at: list[int]) -> None:
    # A word in square brackets alone is ordinary text.
    if not pair.close.startswith("[") or pair.close == "[/THINK]":
        assert transcribed(f"Well.{pair.close}It is.", cut_at) == ("Well.", "It is.")


ANALYSIS = "<|channel|>analysis<|message|>"
NEXT = "<|end|><|start|>assistant"


@given(cuts)
def test_of_gpt_oss_only_the_final_message_is_the_answer(cut_at: list[int]) -> None:
    final = "<|channel|>final<|message|>It is <b>."
    assert transcribed(final, cut_at) == ("", "It is <b>.")
    assert transcribed(f"{ANALYSIS}Well.{NEXT}{final}", cut_at) == ("Well.", "It is <b>.")
    assert transcribed(f"<|start|>assistant{ANALYSIS}Well.{NEXT}{final}<|return|>", cut_at) == (
        "Well.",
        "It is <b>.",
    )
    assert transcribed(f"Well.{NEXT}{final}<|end|><|start|>user", cut_at, HARMONY) == ("Well.", "It is <b>.")
    several = f"{ANALYSIS}One.{NEXT}<|channel|>commentary to=x<|message|>Two.{NEXT}{final}"
    assert transcribed(several, cut_at) == ("One.\n\nTwo.", "It is <b>.")
    assert transcribed(f"{ANALYSIS}Well.{NEXT}<|channel|>", cut_at) == ("Well.", "")


@given(st.lists(st.sampled_from(["é", "😀", "a", "漢"]), min_size=1, max_size=6).map("".join), st.data())
def test_a_cut_text_ends_with_a_whole_character(text: str, data: st.DataObject) -> None:
    whole = text.encode()
    length = data.draw(st.integers(0, len(whole)))
    stream = AnswerStream((), time.perf_counter())
    pieces = [piece for byte in whole[:length] for piece in stream.add(bytes([byte]))] + stream.finish(
        cut=True
    )
    shown = "".join(piece.text for piece in pieces if isinstance(piece, Text))
    assert shown == whole[:length].decode(errors="ignore")
