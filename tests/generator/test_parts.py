"""A model in parts answers as the whole one does: greedily, in the same words, with the same figures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from generator import Answer, Generator
from generator.backends.token_counter import TokenCounter
from generator.events import Message
from models.files import model_path
from retriever.passage import Match
from tests.generator.asking import QUESTION
from tests.models.splitter import split


def answered(file: Path, settings: Settings, matches: list[Match], **fields: object) -> Answer:
    spec = ModelSpec.model_validate({"name": "m", "file": str(file), "temperature": 0} | fields)
    with Generator(spec, settings) as generator:
        return generator.answer(QUESTION, matches, mode="measured")


@pytest.mark.parametrize("tensors", [(4, 5), (0, 9)], ids=["tensors", "metadata-first"])
def test_a_tiny_one(
    tiny_file: Callable[[str], Path], tmp_path: Path, matches: list[Match], tensors: tuple[int, ...]
) -> None:
    whole, settings = tiny_file("llama"), Settings(home=tmp_path)
    first, _, last = split(whole, tmp_path, tensors)
    limits = {"n_ctx": 512, "max_tokens": 40}
    found, expected = (answered(file, settings, matches, **limits) for file in (first, whole))
    assert found.text == expected.text != ""
    assert found.memory and expected.memory and found.memory.weights == expected.memory.weights
    assert found.origin.file_sha256 != expected.origin.file_sha256
    question = [Message("user", QUESTION)]
    with TokenCounter(first) as counter, TokenCounter(whole) as other:
        assert len(counter.tokens(question)) == len(other.tokens(question))
    last.unlink()
    with pytest.raises(ModelUnavailable, match=last.name):
        answered(first, settings, matches)


def test_the_real_one(smollm2: tuple[ModelSpec, Settings], tmp_path: Path, matches: list[Match]) -> None:
    spec, settings = smollm2
    whole = model_path(spec, settings)
    first, *_ = split(whole, tmp_path, (0, 100, 100))
    found, expected = (answered(file, settings, matches, max_tokens=60) for file in (first, whole))
    assert found.text == expected.text != ""
    assert found.timing.n_prompt == expected.timing.n_prompt
    assert found.predicted_bytes and expected.predicted_bytes
    assert abs(found.predicted_bytes / expected.predicted_bytes - 1) < 0.01
