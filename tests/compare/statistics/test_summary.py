"""Summaries of a run's answers."""

from compare.statistics import TIMED, Spread, summarise
from tests.compare.rows import row


def test_medians_and_quartiles_of_each_model() -> None:
    rows = [row("a", ttft_s=seconds) for seconds in (1.0, 2.0, 3.0, 4.0, 9.0)] + [row("b", ttft_s=7.0)]
    first, second = summarise(rows)
    assert (first.model, first.answers, second.model, second.answers) == ("a", 5, "b", 1)
    assert first.figures["ttft_s"] == Spread(median=3.0, p25=2.0, p75=4.0)
    assert second.figures["ttft_s"] == Spread(median=7.0, p25=7.0, p75=7.0)


def test_answers_without_a_figure_do_not_count_for_it() -> None:
    rows = [row("a", tpot_s=None), row("a", tpot_s=0.5)]
    assert summarise(rows)[0].figures["tpot_s"].median == 0.5
    assert summarise(rows[:1])[0].figures["tpot_s"] == Spread(None, None, None)


def test_memory_is_the_highest_and_citations_are_shares() -> None:
    rows = [
        row("a", peak_rss_bytes=10, citations=[1], invalid_citations=[]),
        row("a", peak_rss_bytes=30, citations=[], invalid_citations=[8, 9]),
    ]
    summary = summarise(rows)[0]
    assert (summary.peak_rss_bytes, summary.cited, summary.invalid_citations) == (30, 0.5, 2)


def test_answers_that_say_the_reviews_do_not_tell_are_counted() -> None:
    rows = [row("a", abstained=abstained) for abstained in (True, False, True)]
    assert summarise(rows)[0].abstained == 2


def test_ways_of_answering_are_apart() -> None:
    quotes = [{"passage": 1}, {"passage": 2}]
    rows = [row("a"), row("a", answers="verbatim", quotes=quotes), row("a", answers="verbatim")]
    free, verbatim = summarise(rows)
    assert (free.name, free.label, free.answers) == ("a", "a", 1)
    assert (verbatim.name, verbatim.label, verbatim.answers) == ("a:verbatim", "a (verbatim)", 2)
    assert verbatim.figures["sentences"].median == 1


def test_the_contestant_without_a_language_model_is_said_to_be_so() -> None:
    settings = {"kind": "extractive"}
    (summary,) = summarise([row("extractive", answers="verbatim", model_settings=settings)])
    assert (summary.name, summary.label) == ("extractive", "extractive (no language model)")


def test_no_answers_no_summaries() -> None:
    assert summarise([]) == []


def test_times_of_answers_written_beside_others_are_none() -> None:
    shared = [row("a", ttft_s=9.0, shared=True), row("a", ttft_s=9.0, shared=True, mode="throughput")]
    (summary,) = summarise([*shared, row("a", ttft_s=1.0)])
    assert (summary.answers, summary.shared) == (3, 2)
    assert summary.figures["ttft_s"] == Spread(1.0, 1.0, 1.0)
    assert summary.figures["words"].median == 3
    (summary,) = summarise(shared)
    assert {key for key in TIMED if summary.figures[key].median is not None} == set()
    assert summary.figures["retrieval_s"].median == 0.01
