"""Prompts in files: ours, yours, and files that are none."""

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import ModelSpec, Settings
from config.errors import ConfigError
from generator.prompts.named import (
    DEFAULT_PROMPT,
    NamedPrompt,
    Template,
    asked_with,
    find_prompt,
    prompt_names,
    read_prompt,
)

GOOD = "description: Mine.\ntext: |\n  {passages}\n  Q: {question}\n"
OURS = ("default", "examples", "short")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def write(settings: Settings, name: str, text: str) -> Path:
    settings.prompts_folder.mkdir(exist_ok=True)
    file = settings.prompts_folder / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", OURS)
def test_our_own_are_there_and_say_what_they_are(name: str, settings: Settings) -> None:
    prompt = find_prompt(name, settings)
    assert prompt.name == prompt.text.prompt == name
    assert prompt.description.endswith(".") and "\n" not in prompt.description
    assert prompt_names(settings) == list(OURS)


def test_without_a_name_it_is_the_default_one(settings: Settings) -> None:
    assert find_prompt(None, settings) is find_prompt("default", settings) is DEFAULT_PROMPT


def test_yours_are_found_beside_ours(settings: Settings) -> None:
    write(settings, "mine", GOOD + 'verbatim: "{question} {sentences}"\n')
    prompt = find_prompt("mine", settings)
    assert prompt == NamedPrompt(
        "mine",
        "Mine.",
        Template("mine", "{passages}\nQ: {question}"),
        Template("mine", "{question} {sentences}"),
    )
    assert prompt_names(settings) == [*OURS, "mine"]
    write(settings, "mine", GOOD)
    assert find_prompt("mine", settings).verbatim == DEFAULT_PROMPT.verbatim


def test_an_unknown_one_is_refused_with_a_list(settings: Settings) -> None:
    for name in ("shrot", "../default", "short.yaml", ""):
        with pytest.raises(ConfigError, match="There are: default, examples, short"):
            find_prompt(name, settings)


def test_yours_may_not_be_called_like_one_of_ours(settings: Settings) -> None:
    file = write(settings, "short", GOOD)
    with pytest.raises(ConfigError, match=re.escape(f"{file} is called like a prompt that comes")):
        find_prompt("short", settings)
    assert prompt_names(settings) == list(OURS)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (GOOD.replace("{question}", "{qestion}"), 4, "there is no place '{qestion}' in 'text'"),
        (GOOD.replace("{question}", "{question!r}"), 4, "there is no place '{question!r}'"),
        (GOOD.replace("{question}", "{question.__class__}"), 4, "there is no place '{question.__class__}'"),
        (GOOD.replace("{question}", "{}"), 4, "there is no place '{}'"),
        (GOOD.replace("{question}", "{question"), 4, "a single '{' in 'text'"),
        (GOOD.replace("Q:", "Q}:"), 4, "a single '}' in 'text'"),
        (GOOD.replace("{question}", ""), 2, "'text' has no place '{question}'"),
        (GOOD.replace("{passages}", ""), 2, "'text' has no place '{passages}'"),
        (GOOD.replace("{passages}", "{{passages}}"), 2, "'text' has no place '{passages}'"),
        (GOOD + "verbatim: '{question}'\n", 5, "'verbatim' has no place '{sentences}'"),
        (GOOD + "verbatim: '{question} {sentences} {passages}'\n", 5, "there is no place '{passages}'"),
        (GOOD + "txt: x\n", 5, "unknown key 'txt'; did you mean 'text'?"),
        ("description: 3\n" + GOOD.partition("\n")[2], 1, "'description' is no text"),
        (GOOD + "verbatim:\n", 5, "'verbatim' is no text"),
        (GOOD + "verbatim: [\n", 6, "is not valid YAML"),
        (GOOD + "text: again\n", 5, "the key 'text' is there twice"),
    ],
)
def test_what_is_no_prompt_is_refused_with_its_line(
    text: str, line: int, said: str, settings: Settings
) -> None:
    file = write(settings, "mine", text)
    with pytest.raises(ConfigError) as refused:
        find_prompt("mine", settings)
    assert str(refused.value).startswith(str(file))
    assert f"line {line}" in str(refused.value) and said in str(refused.value), refused.value


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "has no 'description'"), ("- a\n", "holds no keys"), ("description: Mine.\n", "has no 'text'")],
)
def test_a_file_without_a_prompt_says_so(text: str, said: str, settings: Settings) -> None:
    write(settings, "mine", text)
    with pytest.raises(ConfigError, match=said):
        find_prompt("mine", settings)


@pytest.mark.parametrize("name", ["a b", "a@b", "a:verbatim", "a,b", ".hidden", "-x"])
def test_a_name_must_be_one_that_a_contestant_can_bear(name: str, settings: Settings) -> None:
    with pytest.raises(ConfigError, match="Rename the file"):
        read_prompt(write(settings, name, GOOD))


def test_a_brace_is_written_twice() -> None:
    template = Template("mine", 'Say {{"a": {question}}} }}{{ {question}')
    assert template.filled(question="{x}") == 'Say {"a": {x}} }{ {x}'


@given(st.lists(st.text(), min_size=3, max_size=3), st.text(st.sampled_from("ab {}\n"), max_size=30))
def test_what_is_filled_in_is_never_read_as_a_place(values: list[str], around: str) -> None:
    """Whatever stands in the template beside its places, and whatever customers and people write."""
    literal = around.replace("{", "{{").replace("}", "}}")
    template = Template("mine", f"{literal}\x00{{passages}}\x01{{question}}\x02{{abstention}}\x03{literal}")
    passages, question, abstention = values
    filled = template.filled(passages=passages, question=question, abstention=abstention)
    assert filled == f"{around}\x00{passages}\x01{question}\x02{abstention}\x03{around}"


def test_the_hash_is_that_of_the_words(settings: Settings) -> None:
    write(settings, "mine", GOOD)
    words = find_prompt("mine", settings).text
    assert words.sha256 == hashlib.sha256(b"{passages}\nQ: {question}").hexdigest()


def test_a_model_is_asked_with_another_prompt_and_the_default_one_needs_no_name() -> None:
    plain = ModelSpec(name="m", file="m.gguf")
    assert asked_with(plain, "short").prompt == "short"
    assert asked_with(plain, "default") == plain
    # What has a prompt of its own must say so when it is asked with the default one.
    assert asked_with(asked_with(plain, "short"), "default").prompt == "default"
    with pytest.raises(ConfigError, match="reads no prompt"):
        asked_with(ModelSpec(name="x", kind="extractive", answers="verbatim"), "short")
