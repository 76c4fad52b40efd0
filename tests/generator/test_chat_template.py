"""A chat template's prompt holds what was put in, or there is none; and how it ends a turn is known."""

import json
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config import ModelSpec, Settings
from config.errors import GenerationFailed
from generator import Answer, Generator
from generator.events import Message
from generator.llama.chat_template import ChatTemplate, holds
from generator.llama.engine_log import EngineError
from generator.llama.turn_end import TurnEnd, turn_end
from retriever.passage import Match
from tests.generator.asking import QUESTION
from tests.scripted_model import write_scripted_model

TALK = [
    Message("user", "Is it <loud>?\n\n1 & 2"),
    Message("assistant", "Not at all."),
    Message("user", 'It\'s "quiet"?'),
]
StartScripted = Callable[..., Generator]


def each(content: str) -> str:
    return "{% for m in messages %}<{{ m.role }}>" + content + "{% endfor %}<assistant>"


@pytest.fixture
def start_scripted(tmp_path: Path) -> Iterator[StartScripted]:
    """Starts a Generator of a model that recites a text; closed at the end of the test."""
    started: list[Generator] = []

    def make(text: str, *, spec: dict[str, object] | None = None, **model: object) -> Generator:
        path = tmp_path / f"scripted-{len(started)}.gguf"
        write_scripted_model(path, text, **model)  # type: ignore[arg-type]
        given = {"name": "scripted", "file": str(path), "temperature": 0, "n_ctx": 8192} | (spec or {})
        started.append(Generator(ModelSpec.model_validate(given), Settings(home=tmp_path)))
        return started[-1]

    yield make
    for generator in started:
        generator.close()


@pytest.mark.parametrize(
    "content",
    [
        "{{ m.content }}",
        "{{ m['content'][0]['text'] }}",
        "{% for part in m.content if part.type == 'text' %}{{ part.text }}{% endfor %}",
        "{% for part in m.content if part.type == 'text' %}{{ part.content }}{% endfor %}",
        "{{ m.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join }}",
        "{{ m.content | trim }}",
        "{{ m.content | e }}",
        "{{ m.content | tojson }}",
        "{{ m.content | lower }}",
        "{{ m.content | upper }}",
        "{{ m.content.replace('\\n', '  ') }}",
        "{% if m.content is string %}{{ m.content }}{% else %}{{ m.content[0].text }}{% endif %}",
    ],
)
def test_all_content_is_in_the_prompt_however_the_template_reads_it(content: str) -> None:
    prompt = ChatTemplate(each(content), "<s>", "</s>").render(TALK)
    assert holds(prompt, TALK)
    assert prompt.count("<user>") == 2
    assert "type" not in prompt


@pytest.mark.parametrize(
    "template",
    [
        "<user>nothing<assistant>",
        each("{{ m.content[:9] }}"),
        each("{{ m.text }}"),
        each("{{ m.content[0].text[:9] }}"),
        "{{ messages[0].content }}",
        "{{ messages[-1].content }}",
        each("{{ m.content if m.role == 'user' }}"),
        each("{{ m.content | replace('loud', '') }}"),
        "{% for m in messages | reverse %}{{ m.content }}{% endfor %}",
    ],
)
def test_a_template_that_leaves_out_content_is_refused(template: str) -> None:
    with pytest.raises(EngineError, match="leaves out a part of the question or of its passages"):
        ChatTemplate(template, "<s>", "</s>").render(TALK)


@given(st.text(max_size=30), st.sampled_from([str, str.strip, str.lower, str.upper, escape, json.dumps]))
@example("ß İ ŉ", str.upper)
@example("\u2028 \x1f", json.dumps)
def test_what_templates_do_to_a_text_is_no_loss(text: str, change: Callable[[str], str]) -> None:
    assert holds(f"<user>{change(text)}<assistant>", [Message("user", text)])


@given(st.text("abc \n<&", min_size=1, max_size=20), st.data())
def test_a_character_less_is_a_loss(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    if not text[at].isspace():
        assert not holds("#" + text[:at] + "#" + text[at + 1 :], [Message("user", text)])


def test_no_answer_is_written_about_nothing(start_scripted: StartScripted, matches: list[Match]) -> None:
    generator = start_scripted("It is quiet.", template=each("{{ m.content[:20] }}"))
    with pytest.raises(GenerationFailed, match=r"leaves out a part .* Use another model"):
        generator.answer(QUESTION, matches)
    with pytest.raises(GenerationFailed, match="leaves out a part"):
        generator.answer(QUESTION, matches, answers="verbatim")


def test_a_template_for_parts_answers(start_scripted: StartScripted, matches: list[Match]) -> None:
    answer = start_scripted("It is quiet.", template=each("{{ m.content[0].text }}")).answer(
        QUESTION, matches
    )
    assert answer.text == "It is quiet."
    assert answer.timing.n_prompt and answer.timing.n_prompt > 300


@pytest.mark.parametrize(
    ("template", "stops"),
    [
        ("{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|stop|>\n{% endfor %}", ("<|stop|>",)),
        # An end by the header needs nothing more.
        ("{% for m in messages %}<|{{ m.role }}|>{{ m.content }}</s>\n{% endfor %}", ()),
        ("{% for m in messages %}[{{ m.role }}] {{ m.content }} {{ eos_token }}{% endfor %}", ()),
        # Without an end of its own, the next turn's beginning.
        ("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>", ("<user>",)),
        ("{% for m in messages %}### {{ m.role }}:\n{{ m.content }}\n\n{% endfor %}", ("\n### user:",)),
        ("{% for m in messages %}{{ m.role | upper }}: {{ m.content }}\n{% endfor %}", ("\nUSER:",)),
        # What asks for an answer stands there in any case; headings of an answer begin as it does.
        (
            "{% for m in messages %}### {{ m.role }}:\n{{ m.content }}\n\n{% endfor %}### assistant:\n",
            ("\n### user:",),
        ),
        ("{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}", ("<|end|>",)),
        # The last answer may end otherwise than the earlier ones.
        (
            "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
            "{% if not loop.last %}<|stop|>{% endif %}{% endfor %}",
            ("<|stop|>",),
        ),
        # Nothing stands between them.
        ("{% for m in messages %}{{ m.content }}\n{% endfor %}", ()),
        ("{{ raise_exception('no') }}", ()),
        # gpt-oss ends its reasoning with the same token.
        (
            "{% for m in messages %}<|start|>{{ m.role }}<|channel|>final<|message|>{{ m.content }}"
            "<|end|>{% endfor %}",
            (),
        ),
    ],
)
def test_the_end_of_a_turn_is_read_from_the_template(template: str, stops: tuple[str, ...]) -> None:
    tokens = {"</s>": 2, "<|stop|>": 7, "<|end|>": 8}
    found = turn_end(
        ChatTemplate(template, "<s>", "</s>"), lambda text: [tokens.get(text, 0)], lambda token: token == 2
    )
    # A tag is a token where the vocabulary has it; no vocabulary has "### user:".
    token = tokens.get(stops[0], 0 if stops[0].startswith("<") else None) if stops else None
    assert found == TurnEnd(token, stops)


RUN_ON = "It is quiet.<|stop|> user Is it loud?"
STOPPING = each("{{ m.content }}<|stop|>")


@pytest.mark.parametrize(
    "model",
    [{"control": ["<|stop|>"]}, {"tags": ["<|stop|>"]}, {}],
    ids=["control", "user-defined", "spelled"],
)
@pytest.mark.parametrize("at_once", [1, 2])
def test_a_model_ends_where_its_template_does(
    model: dict[str, object], at_once: int, tmp_path: Path, matches: list[Match]
) -> None:
    write_scripted_model(tmp_path / "m.gguf", RUN_ON, template=STOPPING, **model)  # type: ignore[arg-type]
    spec = ModelSpec(name="m", file=str(tmp_path / "m.gguf"), temperature=0)
    with Generator(spec, Settings(home=tmp_path), at_once=at_once) as generator:
        answer = generator.answer(QUESTION, matches, mode="throughput" if at_once > 1 else "measured")
    assert (answer.text, answer.stop_reason) == ("It is quiet.", "end")


def test_no_prompt_ends_with_the_end_that_the_tokenizer_adds(
    start_scripted: StartScripted, matches: list[Match]
) -> None:
    plain = start_scripted("It is quiet.", template=STOPPING).answer(QUESTION, matches)
    ended = start_scripted("It is quiet.", template=STOPPING, adds_end=True).answer(QUESTION, matches)
    assert ended.timing.n_prompt == plain.timing.n_prompt


def test_the_settings_may_name_stop_strings(start_scripted: StartScripted, matches: list[Match]) -> None:
    text = "It is quiet. And cheap. Really."
    answers: list[Answer] = [
        start_scripted(text, template=each("{{ m.content }}"), spec={"stop": stop}).answer(QUESTION, matches)
        for stop in ([], [" Really", "cheap"])
    ]
    assert [(answer.text, answer.stop_reason) for answer in answers] == [
        (text, "end"),
        ("It is quiet. And", "stop"),
    ]


@pytest.mark.parametrize("between", ["\n\n", "<b>"])
def test_text_that_the_tokenizer_defines_is_reused_in_a_follow_up(
    between: str, start_scripted: StartScripted, matches: list[Match]
) -> None:
    generator = start_scripted(f"One.{between}Two.", tags=[between], template=STOPPING)
    first = generator.answer(QUESTION, matches)
    second = generator.answer("And cheap?", matches, history=[first.exchange])
    known = (first.timing.n_prompt or 0) + (first.timing.n_out or 0)
    assert first.text == f"One.{between}Two."
    assert known - 1 <= (second.timing.n_prompt_reused or 0) <= known


def test_a_choice_of_gpt_oss_is_its_final_message(
    start_scripted: StartScripted, matches: list[Match]
) -> None:
    marks = ["<|channel|>", "<|message|>", "<|end|>", "<|start|>"]
    template = each("{{ m.content }}").replace("<assistant>", "<|start|>assistant")
    generator = start_scripted("<|channel|>analysis<|message|>Well.", template=template, control=marks)
    free = generator.answer(QUESTION, matches)
    assert (free.reasoning, free.text) == ("Well.", "")
    choice = generator.answer(QUESTION, matches, answers="verbatim")
    assert choice.text
    assert (choice.reasoning, choice.timing.n_reasoning) == ("", 0)
