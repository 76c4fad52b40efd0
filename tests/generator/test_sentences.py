"""Passages become sentences that are exact pieces of them, in any language."""

from hypothesis import example, given
from hypothesis import strategies as st

from generator.verbatim.sentences import split_sentences
from retriever.passage import Passage


def passage(text: str, rating: float | None = None) -> Passage:
    return Passage("B01", "r", 0, text, rating, None, None, "00")


def sentences(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences([passage(text)])]


review_text = st.text(
    st.sampled_from(".!?。\uff01\uff1f…\n\r\t\0 \u2028[]\"'AaзД👍\u200d🏽é\u0301")
    | st.characters(codec="utf-8")
)


@given(st.lists(review_text, max_size=4))
@example(["One. One. One.", "", "\0", "Dr. No! 👍🏽 Yes?"])
def test_every_sentence_is_exact_in_its_passage_in_order_and_apart_from_the_others(texts: list[str]) -> None:
    end = {number: 0 for number in range(len(texts) + 1)}
    last = 0
    for sentence in split_sentences([passage(text) for text in texts]):
        assert sentence.passage >= last
        last = sentence.passage
        assert end[last] <= sentence.start < sentence.end
        end[last] = sentence.end
        assert texts[last - 1][sentence.start : sentence.end] == sentence.text == sentence.text.strip()
        assert any(map(str.isalnum, sentence.text))


@given(st.lists(st.sampled_from(["It was warm", "The zip broke", "Nobody minds"]), min_size=1, max_size=6))
def test_plain_sentences_are_all_found(written: list[str]) -> None:
    assert sentences(" ".join(f"{sentence}." for sentence in written)) == [f"{text}." for text in written]


def test_marks_of_other_scripts_and_abbreviations() -> None:
    assert sentences("Love it! 👍 Really do 🎉. Would buy again") == [
        "Love it!",
        "👍 Really do 🎉.",
        "Would buy again",
    ]
    assert sentences("Dr. Smith paid $3.50 for it, e.g. at www.shop.example. It broke.") == [
        "Dr. Smith paid $3.50 for it, e.g. at www.shop.example.",
        "It broke.",
    ]
    assert sentences("电池很耐用。屏幕也不错\uff01") == ["电池很耐用。", "屏幕也不错\uff01"]
    assert sentences("¿Funciona? Sí, muy bien.") == ["¿Funciona?", "Sí, muy bien."]
    assert sentences("Он тёплый. Молния сломалась!") == ["Он тёплый.", "Молния сломалась!"]


def test_what_holds_no_word_is_no_sentence() -> None:
    assert sentences("") == []
    assert sentences(" \n\0 ... !!! 😀") == []
    assert sentences("No\0thing. Lost.") == ["No\0thing.", "Lost."]
