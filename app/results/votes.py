"""What people preferred: win rates of each two contestants, and whether the votes rank all of them.

Draws; what votes add up to is `compare.statistics.votes`.
"""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import resources
from app.results.charts import win_rate_chart
from compare.log.vote_log import VoteLog
from compare.statistics import Vote, WinRate, ranking, win_rates
from compare.statistics.estimate import ALPHA
from compare.statistics.holm import holm
from config.counted import counted
from generator.markdown import literal

BLIND = (
    "Blind: given before the names were shown. A vote by somebody who saw them is one on names, too, and "
    "counts only if you say so."
)
HOW_TO_READ = (
    "Win rate: (wins + half of the ties) / (votes without 'both bad'), with Wilson's 95 % interval. Votes "
    "are taken to be independent: where few people vote often, the intervals are too narrow. 'Shows' allows "
    "for all pairs being looked at (Holm)."
)
KEPT_S = 5


def draw() -> None:
    """Draw this part."""
    votes = _votes()
    blind = sum(vote.blind for vote in votes)
    if not votes:
        st.info("No votes yet. Ask two models on the page Ask, read both, and vote for the better answer.")
        return
    seen = st.toggle(
        "Count votes given with the names shown, too", key="seen", persist_state="session", help=BLIND
    )
    others = len(votes) - blind
    st.caption(
        f"{counted(blind, 'blind vote')}, {others:,} with the names shown"
        f"{'' if seen or not others else ', which are left out'}; a vote for the best of several counts once "
        "for each other answer."
    )
    rates = win_rates(votes, blind_only=not seen)
    if not rates:
        st.info("All votes were given with the names shown. The toggle above counts them too.")
        return
    st.header("Order")
    st.markdown(literal(order_in_words(rates)))
    st.header("Each two")
    if any(one.rate is not None for one in rates):
        st.vega_lite_chart(win_rate_chart(rates), alt="Win rates with their intervals, as in the table")
    st.dataframe(
        pd.DataFrame(list(map(_row, rates, _shown_by(rates)))),
        hide_index=True,
        alt="Win rates of each two contestants",
    )
    st.caption(HOW_TO_READ)


def order_in_words(rates: Sequence[WinRate]) -> str:
    """Whether the votes rank the contestants, in a sentence."""
    names = sorted({name for one in rates for name in (one.a, one.b)})
    if order := ranking(rates):
        best_first = ", ".join(f"{place}. {name}" for place, name in enumerate(order, start=1))
        return f"Best first: {best_first}. Each one is preferred to the next more often than by chance."
    decided = [text for text in _shown_by(rates) if text]
    some = "both" if len(names) == 2 else f"all {len(names)}"
    shown = f" They do show this much: {'; '.join(decided)}." if decided else ""
    rest = "The rest" if decided else "What differs"
    return (
        f"The votes do not support an order of {some} ({', '.join(names)}) yet.{shown} {rest} may be chance."
    )


def _shown_by(rates: Sequence[WinRate]) -> list[str]:
    """What the votes on each pair show, all pairs looked at together; empty: nothing yet."""
    return [
        ""
        if p is None or p > ALPHA or one.rate is None
        else f"{one.a} is preferred to {one.b}"
        if one.rate > 0.5
        else f"{one.b} is preferred to {one.a}"
        for one, p in zip(rates, holm([one.p for one in rates]), strict=True)
    ]


def _row(one: WinRate, shows: str) -> dict[str, object]:
    return {
        "A": one.a,
        "B": one.b,
        "votes": one.wins + one.losses + one.ties + one.both_bad,
        "A better": one.wins,
        "B better": one.losses,
        "tie": one.ties,
        "both bad": one.both_bad,
        "win rate of A": "-" if one.rate is None else f"{one.rate:.0%}",
        "95 % interval": "-" if one.low is None or one.high is None else f"{one.low:.0%} to {one.high:.0%}",
        "shows": shows or "nothing yet",
    }


@st.cache_data(ttl=KEPT_S, show_spinner=False)
def _votes() -> list[Vote]:
    return VoteLog(resources.database()).votes()
