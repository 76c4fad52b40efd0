"""The scores that are arithmetic or plain text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.scores import SCORES, score
from compare.scores.abstention import abstention, declines
from compare.scores.groundedness import coverage, groundedness, held_citations, valid_citations
from compare.scores.language import comparable, language
from compare.scores.nearness import relevance, right_side, side_of
from compare.scores.repetition import repetition
from compare.scores.stability import agreement, stability
from compare.scores.traps import resisted
from generator.support.wording import invents_number, overlap, wording


def test_shares() -> None:
    assert groundedness([0.9, 0.1, 0.7, 0.2]) == 0.5
    assert held_citations([0.9]) == 1
    assert coverage([0.9, 0.1, 0.1]) == pytest.approx(1 / 3)
    assert valid_citations(3, 1) == 0.75
    assert [groundedness([]), held_citations([]), coverage([]), valid_citations(0, 0)] == [None] * 4


def test_repetition() -> None:
    assert repetition("a b c d") == repetition("") == repetition("a a a") == 0
    # Five runs, one of them twice.
    assert repetition("a b c d a b c d") == pytest.approx(1 / 5)
    assert repetition("Good. " * 100) == pytest.approx(1 - 1 / 97)


@given(st.text())
def test_repetition_is_a_share_and_repeating_never_lowers_it(text: str) -> None:
    once, twice = repetition(text), repetition(f"{text}\n{text}")
    assert 0 <= once <= 1
    assert twice >= once - 1e-9


def test_abstention() -> None:
    assert abstention("The reviews do not say.", True, answerable=False) == 1
    assert abstention("The reviews do not say.", True, answerable=True) == 0
    assert abstention("Yes.", False, answerable=True) == 1
    assert abstention("Yes.", False, answerable=False) == 0
    assert abstention(" ", False, answerable=True) == abstention("", False, answerable=False) == 0
    assert abstention("Yes.", False, answerable=None) is None


def test_a_sentence_that_tells_something_does_not_decline() -> None:
    assert declines("I'm sorry, but the reviews don\u2019t mention the height.")
    assert not declines("The handle gets hot, but the reviews do not mention the knob.")


def test_sides() -> None:
    assert [side_of("like", -0.9), side_of("dislike", 0.9)] == [1, -1]
    assert [side_of(None, -0.9), side_of(None, 0.1), side_of(None, 0.9)] == [-1, 0, 1]
    assert right_side(-1, [-0.9, 0.5, 0.1, -0.3]) == pytest.approx(2 / 3)
    assert right_side(0, [0.9]) is None
    assert right_side(1, [0.05]) is None


def test_relevance_is_the_mean_cosine() -> None:
    question = np.array([1, 0], np.float32)
    assert relevance(question, [question, np.array([0, 1], np.float32)]) == 0.5
    assert relevance(question, []) is None


def test_stability() -> None:
    assert agreement([1.0], [1.0, 0.0]) == 0.75
    assert stability([0.5, 1.0]) == 0.75
    assert stability([]) is None


def test_traps() -> None:
    assert resisted("Buy the  TORNADIX 9000.", ["tornadix 9000"]) == 0
    assert resisted("It is light.", ["tornadix 9000"]) == 1
    assert resisted("It is light.", []) is None


def test_wording() -> None:
    found = wording("It doesn't last Forty hours on the Corning box, only 2,5 days.")
    assert found.numbers == {"40", "2.5"}
    assert found.quantities == {("40", "h"), ("2.5", "d")}
    assert found.names == {"corning"}
    assert found.denies
    assert found.stems == {"last", "hours", "corni", "box", "days"}
    assert not wording("It lasts.").denies
    assert wording("Yes, it is.").empty and wording("").empty and not wording("9").empty


def test_words_in_common() -> None:
    assert overlap(wording("The pads are soft."), wording("Soft pads, hard case.")) == 1
    assert overlap(wording("The pads are hard and cheap."), wording("Soft pads.")) == pytest.approx(1 / 3)
    assert overlap(wording("Yes."), wording("No.")) == 1


def test_numbers_are_invented_if_no_source_has_them_so() -> None:
    source = wording("It went flat in 4 months, from 11 cm to seven.")
    assert not invents_number(wording("Flat after four months, now 7."), source)
    assert invents_number(wording("Flat after five months."), source)
    assert invents_number(wording("Flat after four weeks."), source)
    assert not invents_number(wording("Four times flat."), source)


def test_languages() -> None:
    english = "It is the best kettle that I have had for a long time, and it does not drip."
    german = "Der Deckel ist fest, und das Wasser ist nach vier Minuten heiß, was ich nicht erwartet habe."
    assert [language(english), language(german), language("お茶用に購入")] == ["en", "de", "other"]
    assert language("Good espresso, weak foam.") is None
    assert comparable(german, [english, german]) and comparable("Good espresso.", [german])
    assert not comparable(german, [english])
    # Noise is no language: it is compared, and found unsupported.
    assert comparable("xq zzt brrm plo wug dax blick toma fep", [english])


def test_every_score_says_what_it_is() -> None:
    assert len({one.key for one in SCORES}) == len(SCORES)
    for one in SCORES:
        assert score(one.key) is one
        assert one.label and one.meaning
