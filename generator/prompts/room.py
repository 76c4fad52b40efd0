"""How the tokens of a context are divided: passages, earlier exchanges, reasoning, answer.

Pure arithmetic; knows nothing of processes or texts.
"""

from collections.abc import Iterator, Sequence

from config import ModelSpec
from config.errors import PromptTooLong
from generator.answer import Exchange
from generator.events import Loaded, Sampling
from retriever.passage import Match

# Of the context, at least this share is kept for the answer: the experiment asks for 2,000 tokens in
# a context of 1,024, and a prompt that leaves no room to answer is of no use.
ANSWER_SHARE = 4
# The same for a model that reasons before it answers.
REASONING_SHARE = 2


def choice_room(loaded: Loaded, max_tokens: int) -> int:
    """Tokens that a prompt may have, so that a choice of `max_tokens` has room."""
    return loaded.n_ctx - min(max_tokens, loaded.n_ctx // ANSWER_SHARE)


def prompt_room(spec: ModelSpec, loaded: Loaded) -> int:
    """Tokens that a prompt may have, so that the answer has room."""
    if loaded.reasons:
        wanted = spec.max_tokens + spec.reasoning_tokens
        return loaded.n_ctx - min(wanted, loaded.n_ctx // REASONING_SHARE)
    return choice_room(loaded, spec.max_tokens)


def shortened(
    matches: Sequence[Match], history: Sequence[Exchange]
) -> Iterator[tuple[tuple[Match, ...], tuple[Exchange, ...]]]:
    """What to try, the longest first: the oldest exchanges go before the lowest-ranked passages."""
    for start in range(len(history) + 1):
        yield tuple(matches), tuple(history[start:])
    for kept in range(len(matches) - 1, 0, -1):
        yield tuple(matches[:kept]), ()


def sampling_of(spec: ModelSpec, loaded: Loaded, n_prompt: int, stop: tuple[str, ...]) -> Sampling:
    """How `spec` answers a prompt of so many tokens; its reasoning must leave the answer some room."""
    left = loaded.n_ctx - n_prompt
    return Sampling(
        max_tokens=spec.max_tokens,
        temperature=spec.temperature,
        top_k=spec.top_k,
        top_p=spec.top_p,
        seed=spec.seed,
        stop=stop,
        max_reasoning=max(1, min(spec.reasoning_tokens, left - min(spec.max_tokens, left // 2))),
    )


def require_room(spec: ModelSpec, loaded: Loaded, n_prompt: int) -> None:
    """Raise PromptTooLong for a conversation that leaves no room for a single token."""
    if n_prompt >= loaded.n_ctx:
        raise PromptTooLong(
            f"The conversation takes {n_prompt} tokens; {spec.name} has a context of {loaded.n_ctx}. "
            f"Shorten it, or raise models.{spec.name}.n_ctx in the settings."
        )
