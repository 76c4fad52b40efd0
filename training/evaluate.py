"""How well an adapter does on held-out examples, beside its base: `python -m training.evaluate BASE`.

Through llama.cpp, with the product's prompts and grammar, the likeliest token each time. What answers is
known by construction. The hand-labelled questions are for `benchmarks.evidence` and `benchmarks.answers`.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import llama_cpp
import typer
from llama_cpp.llama_grammar import LlamaGrammar

from benchmarks.evidence_scores import Judged, score
from generator.answer import is_abstention
from generator.citations import citation_groups
from generator.events import Message
from generator.llama.tokens import Tokenizer
from generator.llama.vocabulary import Vocabulary
from generator.verbatim.verbatim import choice_grammar, choice_tokens, same_words
from training.examples import Example, Mode, compose
from training.phrases import Product, load_products, load_questions, split

_CONTEXT = 2048
_MOST_TOKENS = 200

Write = Callable[[Sequence[Message], str | None, int], str]
"""Writes at most so many tokens behind a prompt, maybe under a grammar."""


def writer(base: Path, adapter: Path | None, threads: int = 2) -> Write:
    """A model that writes the likeliest tokens."""
    tokenizer = Tokenizer(Vocabulary(str(base)))
    llama = llama_cpp.Llama(
        str(base), n_ctx=_CONTEXT, n_threads=threads, n_threads_batch=threads, verbose=False,
        lora_path=str(adapter) if adapter else None,
    )  # fmt: skip

    def write(messages: Sequence[Message], grammar: str | None, tokens: int) -> str:
        rules = LlamaGrammar.from_string(grammar, verbose=False) if grammar else None
        made = llama.create_completion(
            tokenizer.tokens(messages), max_tokens=tokens, temperature=0.0, grammar=rules
        )
        return str(made["choices"][0]["text"])  # type: ignore[index]

    return write


def chosen(write: Write, messages: Sequence[Message], sentences: int, limit: int) -> frozenset[int]:
    """The sentences that a model chooses, from 0."""
    text = write(messages, choice_grammar(sentences, limit), choice_tokens(sentences, limit))
    numbers = {int(number) for number in text.strip("[]").split("][") if number}
    return frozenset(number - 1 for number in numbers if number)


@dataclass(frozen=True, slots=True)
class FreeScore:
    """Shares, 0 to 1: of citations whose passage has the quoted words; of the answering lines that are
    quoted; and of abstentions where nothing answers, and where something does.
    """

    held: float
    recall: float
    abstention: float
    false_abstention: float


def free_score(examples: Sequence[Example], texts: Sequence[str]) -> FreeScore:
    """Compare free answers with what is known."""
    held: list[bool] = []
    found: list[bool] = []
    right: list[bool] = []
    wrong: list[bool] = []
    for example, text in zip(examples, texts, strict=True):
        answering = {number - 1 for number in example.answering}
        (right if not answering else wrong).append(is_abstention(text))
        position = 0
        said = same_words(text)
        for group in citation_groups(text):
            claim = same_words(text[position : group.start].rsplit(': "', 1)[-1])
            position = group.end
            passages = same_words(
                " ".join(line.text for line in example.lines if line.review + 1 in group.numbers)
            )
            held.append(claim in passages)
        found += [same_words(example.lines[at].text) in said for at in answering]
    return FreeScore(_share(held), _share(found), _share(right), _share(wrong))


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


def drawn(products: Sequence[Product], mode: Mode, count: int, seed: int = 0) -> list[Example]:
    """So many examples of these products; the same for the same seed."""
    rng = random.Random(f"evaluation {seed}")
    questions = load_questions()
    return [compose(products, questions, rng, mode, per_scene=1)[0] for _ in range(count)]


def main(
    base: Annotated[Path, typer.Argument(help="The GGUF file of the base.", exists=True)],
    adapter: Annotated[Path | None, typer.Option(help="Its adapter.", exists=True)] = None,
    count: Annotated[int, typer.Option(help="Questions of each mode.")] = 30,
    threads: Annotated[int, typer.Option(help="Of the processor.")] = 2,
    show: Annotated[int, typer.Option(help="So many free answers.")] = 0,
) -> None:
    """Print JSON: `verbatim` (benchmarks/evidence_scores.py) and `free` on kinds of product never seen."""
    write = writer(base, adapter, threads)
    unseen = split(load_products()).unseen_products
    judged = [
        Judged(
            e.question.kind,
            len(e.lines),
            chosen(write, e.choice_messages(), len(e.lines), e.limit),
            {number - 1 for number in e.answering},
        )
        for e in drawn(unseen, "verbatim", count)
    ]
    examples = drawn(unseen, "free", count)
    texts = [write(example.answer_messages(), None, _MOST_TOKENS) for example in examples]
    for example, text in list(zip(examples, texts, strict=True))[:show]:
        print(f"{example.question.text}\n  {text}")
    figures = {"verbatim": asdict(score(judged)), "free": asdict(free_score(examples, texts))}
    print(json.dumps(figures))


if __name__ == "__main__":
    typer.run(main)
