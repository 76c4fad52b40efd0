"""How many tokens a contestant's prompts take, before its model is loaded.

Knows prompts, and tokenizers of files; knows nothing of memory or time.
"""

from collections.abc import Callable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compare.judge.questions import preference_messages, rating_messages
from compare.plan.contestant import Contestant
from compare.plan.tasks import Task
from config import ModelSpec, Settings
from config.errors import PromptTooLong
from generator.asking import Question
from generator.backends.endpoint import ChatPrompt
from generator.backends.token_counter import TokenCounter
from generator.events import Loaded, Message
from generator.prompts.fitting import Fitting
from generator.prompts.named import find_prompt

Tokenize = Callable[[Sequence[Message]], Sized]


@dataclass(frozen=True, slots=True)
class PromptSizes:
    """Tokens of each task's prompt; None where not even its best passage fits.

    `counted`: by the model's own tokenizer; else estimated from characters. `dropped`: passages that have no
    room, over all tasks.
    """

    tokens: tuple[int | None, ...]
    counted: bool
    dropped: int

    @property
    def fitting(self) -> list[int]:
        """Those of the prompts that fit."""
        return [tokens for tokens in self.tokens if tokens is not None]


def prompt_sizes(
    contestant: Contestant, tasks: Sequence[Task], settings: Settings, file: Path | None
) -> PromptSizes:
    """The sizes of the tasks' prompts; `file`: the model's, if it is here to count with.

    Raises ModelUnavailable if llama.cpp cannot read the file, and ConfigError for a prompt that is gone.
    """
    fitting = Fitting(contestant.spec, settings.verbatim)
    words = find_prompt(contestant.spec.prompt, settings)
    sizes: list[int | None] = []
    dropped = 0
    with _tokenizer(contestant.spec, file) as (loaded, tokenize):
        for task in tasks:
            question = Question(task.question, task.matches, answers=contestant.answers, prompt=words)
            try:
                prompt = fitting.fit(question, loaded, tokenize)
            except PromptTooLong:
                sizes.append(None)
                continue
            sizes.append(len(prompt.tokens))
            dropped += len(task.matches) - len(prompt.matches)
    return PromptSizes(tuple(sizes), file is not None, dropped)


@dataclass(frozen=True, slots=True)
class JudgeSizes:
    """Tokens of a judge's prompts for each task, the answers not counted in: to rate one, to compare two."""

    rating: tuple[int, ...]
    pair: tuple[int, ...]
    counted: bool


def judge_sizes(spec: ModelSpec, tasks: Sequence[Task], file: Path | None) -> JudgeSizes:
    """The sizes of what a judge is asked about these tasks; `file`: its own, if it is here to count with.

    Raises ModelUnavailable if llama.cpp cannot read the file.
    """
    rating, pair = [], []
    with _tokenizer(spec, file) as (_, tokenize):
        for task in tasks:
            texts = [match.passage.text for match in task.matches]
            rating.append(len(tokenize(rating_messages(task.question, texts, ""))))
            pair.append(len(tokenize(preference_messages(task.question, texts, "", ""))))
    return JudgeSizes(tuple(rating), tuple(pair), file is not None)


@contextmanager
def _tokenizer(spec: ModelSpec, file: Path | None) -> Iterator[tuple[Loaded, Tokenize]]:
    """What would be known of the model once it is loaded, and what counts tokens."""
    if file is None:
        yield Loaded(spec.n_ctx, chat=True), lambda messages: ChatPrompt(tuple(messages))
        return
    with TokenCounter(file) as counter:
        yield Loaded(spec.n_ctx, counter.chat, counter.reasons), counter.tokens
