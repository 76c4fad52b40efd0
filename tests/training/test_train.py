"""Training reads the tokens that the product reads, and learns by them."""

import random
from pathlib import Path

import pytest

from config import ModelSpec, Settings
from generator.llama.tokens import Tokenizer
from generator.llama.vocabulary import Vocabulary
from tests.random_weights import write_random_model
from tests.training.toy_bank import toy_products
from training.examples import Mode, compose
from training.phrases import load_products, load_questions
from training.train import Encoder, Recipe, batches, rate_at

QUESTIONS = load_questions()


@pytest.fixture(scope="module")
def base(smollm2: tuple[ModelSpec, Settings]) -> Path:
    spec, settings = smollm2
    return settings.models_folder / Path(spec.file).name


@pytest.mark.parametrize("mode", ["verbatim", "free"])
def test_prompts_have_the_tokens_that_the_product_makes(base: Path, mode: Mode) -> None:
    encoder, vocabulary = Encoder(base), Vocabulary(str(base))
    tokenizer = Tokenizer(vocabulary)
    for example in compose(load_products(), QUESTIONS, random.Random(3), mode):
        encoded = encoder.encode(example, mode, random.Random(0))
        messages = example.answer_messages() if mode == "free" else example.choice_messages()
        assert encoded.tokens[: encoded.prompt] == tokenizer.tokens(messages)
        answer = example.answer(random.Random(0)) if mode == "free" else example.choice
        assert encoder.decode(encoded.tokens[encoded.prompt : -1]) == answer
        assert encoder.decode(encoded.tokens[-1:]) == "<|im_end|>"


def test_each_sentence_ends_where_the_probe_reads(base: Path) -> None:
    encoder = Encoder(base)
    for example in compose(load_products(), QUESTIONS, random.Random(4), "verbatim"):
        encoded = encoder.encode(example, "verbatim", random.Random(0))
        assert len(encoded.ends) == len(example.lines) == len(encoded.answers)
        for end, line, answers in zip(encoded.ends, example.lines, encoded.answers, strict=True):
            before = encoder.decode(encoded.tokens[: end + 1])
            assert before.endswith(f"{line.text}\n")
            assert answers == example.question.answered_by(line.phrases)


def test_a_run_that_goes_on_sees_the_batches_that_it_would_have_seen(base: Path) -> None:
    recipe, encoder = Recipe(steps=4), Encoder(base)
    whole = list(batches(recipe, encoder, toy_products(), QUESTIONS, 0))
    assert list(batches(recipe, encoder, toy_products(), QUESTIONS, 2)) == whole[2:]
    assert len({tuple(batch[0].tokens) for batch in whole}) == 4


def test_the_rate_rises_and_falls() -> None:
    recipe = Recipe(steps=100, rate=1.0)
    rates = [rate_at(recipe, step) for step in range(100)]
    assert rates.index(max(rates)) == 4
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert 0 < rates[-1] < 0.1


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")  # peft's use
def test_a_run_learns_and_goes_on(tmp_path: Path) -> None:
    """Of the extra `training`, which the ordinary tests do without."""
    pytest.importorskip("peft")
    pytest.importorskip("accelerate")
    import torch

    from training.train import Learner, Run

    file = tmp_path / "base.gguf"
    write_random_model(file, "llama")
    folder = tmp_path / "run"
    folder.mkdir()
    recipe = Recipe(steps=20, rank=4, layer=1, first=0, rate=2e-3, free=0.0)
    torch.manual_seed(0)
    learner = Learner(file, recipe)
    encoder = Encoder(file)
    (batch,) = batches(Recipe(steps=1, free=0.0), encoder, toy_products(), QUESTIONS, 0)
    before = sum(learner.losses(batch)).item()
    Run(learner, recipe, folder).train(encoder, toy_products())
    after = sum(learner.losses(batch)).item()
    assert after < before
    again = Learner(file, recipe)
    Run(again, recipe, folder).train(encoder, toy_products())
    assert sum(again.losses(batch)).item() == pytest.approx(after, rel=1e-3)
