"""A toy run: it learns, resumes to the bit, and its exported file chooses the same in llama.cpp."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from generator.verbatim.sentences import split_sentences
from tests.training.toys import QUESTIONS, toy_products, toy_run
from training.choosing import judged, written
from training.encoding import Encoder, batch_of
from training.examples import Example
from training.export import load_run, write_gguf
from training.optimizer import orthogonal
from training.product import chosen_by_product, matches_of
from training.scores import drawn, score

pytestmark = pytest.mark.slow

EXAMPLES = drawn(toy_products(), QUESTIONS, 20)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has seen the same 20 examples again and again."""
    run = toy_run(tmp_path_factory.mktemp("run"), steps=120)
    batch = batch_of([run.encoder.encode(example) for example in EXAMPLES])
    while run.progress < 1:
        run.learn(batch)
    run.save()
    return run.folder


def test_a_small_network_learns_what_is_asked(trained: Path) -> None:
    network, vocabulary, _ = load_run(trained)
    encoder = Encoder(vocabulary)
    for choose in (written, judged):
        found = score(EXAMPLES, choose(network, EXAMPLES, encoder))
        assert min(found.f1, found.none_right) > 0.95


def test_the_exported_file_chooses_the_same_in_the_product(trained: Path, tmp_path: Path) -> None:
    network, vocabulary, _ = load_run(trained)
    write_gguf(tmp_path / "toy.gguf", network, vocabulary, "toy", small=False)
    # The product splits reviews by itself; where it does so otherwise, another question was asked.
    examples = [e for e in drawn(toy_products(), QUESTIONS, 60, seed=1) if as_split(e) == [*lines_of(e)]]
    assert len(examples) > 20
    in_pytorch = written(network, examples, Encoder(vocabulary))
    in_product = chosen_by_product(tmp_path / "toy.gguf", examples)
    # A toy is often undecided about what it never saw, and 16 bits then round either way.
    same = sum(a == b for a, b in zip(in_product, in_pytorch, strict=True))
    assert same / len(examples) >= 0.95


def as_split(example: Example) -> list[str]:
    return [s.text for s in split_sentences([match.passage for match in matches_of(example)])]


def lines_of(example: Example) -> Iterator[str]:
    return (line.text for line in example.lines)


def test_a_resumed_run_equals_an_undisturbed_one_to_the_bit(tmp_path: Path) -> None:
    whole = toy_run(tmp_path / "whole", steps=6)
    whole.train()
    toy_run(tmp_path / "parts", steps=6).train(until=0.5)
    resumed = toy_run(tmp_path / "parts", steps=6)
    resumed.resume()
    assert resumed.step == 3
    resumed.train()
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, resumed.network.state_dict()[name]), name


def test_another_recipe_does_not_resume(tmp_path: Path) -> None:
    toy_run(tmp_path, steps=1).train()
    with pytest.raises(ValueError, match="another run"):
        toy_run(tmp_path, steps=2).resume()


@pytest.mark.parametrize("size", [(3, 8, 32), (2, 32, 8)])
def test_orthogonal_evens_out_the_singular_values(size: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(size)))
    assert values.min() > 0.5
    assert values.max() < 1.5


def test_a_run_that_begins_from_another_has_its_heads_averaged(tmp_path: Path) -> None:
    first = toy_run(tmp_path / "first", steps=1, shape="llama")
    first.train()
    second = toy_run(tmp_path / "second", steps=1, start=str(tmp_path / "first"))
    assert second.pool == second.curriculum.stages.total
    before, after = first.network.state_dict(), second.network.state_dict()
    assert torch.equal(before["words.own"], after["words.own"])
    keys, shared = (state["blocks.0.attn_k.weight"].view(-1, 16, 64) for state in (before, after))
    assert torch.allclose((keys[0] + keys[1]) / 2, shared[0])
    second.train()
