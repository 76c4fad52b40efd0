"""A Generator where a LangChain user looks for a chat model."""

from collections.abc import Callable

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from generator import Done, Generator, Text
from generator.events import Message
from generator.langchain import GeneratorChatModel

Start = Callable[..., Generator]

PROMPT = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "Is it {what}?")])
TURNS = [Message("system", "Be brief."), Message("user", "Is it loud?")]


def said(generator: Generator, turns: list[Message]) -> tuple[str, Done]:
    *events, done = generator.generate(turns)
    assert isinstance(done, Done)
    return "".join(event.text for event in events if isinstance(event, Text)), done


def test_a_chain_says_what_the_generator_says(start: Start) -> None:
    generator = start(max_tokens=6)
    chain = PROMPT | GeneratorChatModel(generator=generator) | StrOutputParser()
    expected, _ = said(generator, TURNS)
    assert chain.invoke({"what": "loud"}) == expected != ""
    pieces = list(chain.stream({"what": "loud"}))
    assert "".join(pieces) == expected
    assert len([piece for piece in pieces if piece]) > 1


def test_usage_is_what_the_engine_counted(start: Start) -> None:
    generator = start(max_tokens=6)
    timing = said(generator, TURNS)[1].timing
    message = (PROMPT | GeneratorChatModel(generator=generator)).invoke({"what": "loud"})
    assert isinstance(message, AIMessage)
    assert message.usage_metadata == {
        "input_tokens": timing.n_prompt,
        "output_tokens": timing.n_out,
        "total_tokens": timing.n_prompt + timing.n_out,
    }


def test_stop_strings_are_passed_on(start: Start) -> None:
    generator = start(max_tokens=6)
    model = GeneratorChatModel(generator=generator)
    whole = str(model.invoke("Is it loud?").content)
    stop = whole[4:6]
    assert model.invoke("Is it loud?", stop=[stop]).content == whole[: whole.index(stop)]


def test_a_history_may_hold_streamed_chunks(start: Start) -> None:
    generator = start(max_tokens=6)
    model = GeneratorChatModel(generator=generator)
    history = [SystemMessage("Be brief."), HumanMessage("Is it loud?")]
    turns = [*TURNS, Message("assistant", "No."), Message("user", "Is it small?")]
    expected, _ = said(generator, turns)
    for earlier in (AIMessage("No."), AIMessageChunk(content="No.")):
        assert model.invoke([*history, earlier, HumanMessage("Is it small?")]).content == expected


def test_a_message_that_no_local_model_knows_is_refused(start: Start) -> None:
    model = GeneratorChatModel(generator=start(max_tokens=6))
    with pytest.raises(ValueError, match="a tool message"):
        model.invoke([ToolMessage("42", tool_call_id="1")])
