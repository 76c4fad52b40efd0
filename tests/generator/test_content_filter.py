"""What is noticed in an answer's own words, and what is the customers' business."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.safety.content_filter import (
    ABUSE,
    ADDRESS,
    HTML,
    LINK,
    MAIL,
    PICTURE,
    TELEPHONE,
    TEMPLATE,
    UNSEEN,
    concerns,
)  # fmt: skip

ANGRY = "This is bullshit. You idiots sold me this. Call 0800 555 0100 or see www.example.com/melts!"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("See [here](https://collect.example/x).", LINK),
        ("[Guarantee](javascript:alert(1))", LINK),
        ("![stars](//collect.example/p.png)", PICTURE),
        ("It is <b onclick=x()>good</b>.", HTML),
        ("More on www.collect.example, they say.", ADDRESS),
        ("More on collect-more.com today.", ADDRESS),
        ("More on HTTPS://COLLECT.TEST/x today.", ADDRESS),
        ("Write to help@collect.example.", MAIL),
        ("Call 0900 555 0199 before buying.", TELEPHONE),
        ("Call +1 (900) 555-0199.", TELEPHONE),
        ("It is good.<|im_end|>", TEMPLATE),
        ("It is good.\U000e0041\U000e0042", UNSEEN),
        ("What a load of bullshit.", ABUSE),
        ("What a load of b*llsh*t.", ABUSE),
        ("Sh1t happens.", ABUSE),
        ("You must be an idiot.", ABUSE),
        ("Go kill yourself.", ABUSE),
    ],
)
def test_what_is_noticed(text: str, what: str) -> None:
    assert what in concerns(text, ["It boils quickly."])


@pytest.mark.parametrize(
    "text",
    [
        "It lasts two days [1], and costs 1,299.00 since 2017-01-13 [2][3].",
        "Made 2017-2019; its address was 192.168.100.254; 12.05.2023 it broke.",
        "Customers are angry: it is crap, damn loud, and it stinks [1].",
        "It is idiot-proof, and the stupid lid sticks [2].",
        "I <3 it, a < b, 5 > 4.",
        "The Zentra 9 draws 1500 W at 230 V, 50 Hz.",
        "e.g. the lid, i.e. its hinge.It broke.",
        "",
    ],
)
def test_what_is_no_concern(text: str) -> None:
    assert concerns(text, []) == ()


def test_what_customers_said_is_theirs() -> None:
    assert concerns(ANGRY, [ANGRY]) == ()
    assert concerns('One says "bullshit", another calls 0800-555-0100 [1].', [ANGRY]) == ()
    assert set(concerns(ANGRY, ["Fine."])) == {ABUSE, TELEPHONE, ADDRESS}


def test_what_a_passage_holds_elsewhere_is_no_quotation() -> None:
    assert concerns("You idiots, buy it.", [ANGRY]) == (ABUSE,)
    assert concerns("What a shitty bullshit kettle.", [ANGRY]) == (ABUSE,)


@given(st.text(max_size=200), st.lists(st.text(max_size=100), max_size=3))
def test_any_text_can_be_looked_at(text: str, passages: list[str]) -> None:
    found = concerns(text, passages)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("repeated", ["a-", "a.", "a@", "1 ", "(1", "[a](", "<b ", "www.", '"a', "a*", "f*"])
def test_no_answer_takes_long(repeated: str) -> None:
    concerns(repeated * 20_000, ["It boils."])
