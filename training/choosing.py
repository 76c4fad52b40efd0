"""What a network in PyTorch chooses: as it would write it, and as it thinks of each sentence by itself.

Knows networks and examples; knows nothing of training or files.
"""

from collections.abc import Sequence

import torch

from training.encoding import Encoded, Encoder, batch_of
from training.examples import Example
from training.model import Network
from training.scores import Choice
from training.vocabulary import END, FIRST_NUMBER, NUMBERS

_AT_ONCE = 16


@torch.inference_mode()
def written(network: Network, examples: Sequence[Example], encoder: Encoder) -> list[Choice]:
    """What the network writes, greedily, under the grammar: up to `limit` numbers of sentences, or [0]."""
    choices: list[Choice] = [()] * len(examples)
    prompts = [encoder.encode(example) for example in examples]
    order = sorted(range(len(examples)), key=lambda index: len(prompts[index].tokens))
    network.eval()
    for at in range(0, len(order), _AT_ONCE):
        writing = {
            index: prompts[index].tokens[: prompts[index].prompt] for index in order[at : at + _AT_ONCE]
        }
        while writing:
            for index, token in zip(writing, _next(network, writing, prompts, examples), strict=True):
                writing[index] = [*writing[index], token]
            for index in list(writing):
                tokens = writing[index][prompts[index].prompt :]
                if tokens[-1] in (END, FIRST_NUMBER) or len(tokens) == examples[index].limit:
                    choices[index] = tuple(
                        dict.fromkeys(t - FIRST_NUMBER for t in tokens if t > FIRST_NUMBER)
                    )
                    del writing[index]
    return choices


def _next(
    network: Network,
    writing: dict[int, list[int]],
    prompts: Sequence[Encoded],
    examples: Sequence[Example],
) -> list[int]:
    longest = max(map(len, writing.values()))
    tokens = torch.tensor([row + [0] * (longest - len(row)) for row in writing.values()])
    with torch.autocast("cpu", torch.bfloat16):
        hidden = network(tokens)
    last = hidden[torch.arange(len(tokens)), torch.tensor([len(row) - 1 for row in writing.values()])]
    scores = last.float() @ network.words.table().T
    allowed = torch.full_like(scores, float("-inf"))
    for row, (index, text) in enumerate(writing.items()):
        started = len(text) > prompts[index].prompt
        first = FIRST_NUMBER + started
        allowed[row, first : FIRST_NUMBER + len(examples[index].lines) + 1] = 0
        if started:
            allowed[row, END] = 0
    return (scores + allowed).argmax(dim=1).tolist()  # type: ignore[no-any-return]


@torch.inference_mode()
def judged(network: Network, examples: Sequence[Example], encoder: Encoder) -> list[Choice]:
    """What it thinks of each sentence at that sentence's end: in one pass, without writing anything."""
    choices: list[Choice] = [()] * len(examples)
    encoded = [encoder.encode(example) for example in examples]
    order = sorted(range(len(examples)), key=lambda index: len(encoded[index].tokens))
    network.eval()
    numbers = network.words.table()[FIRST_NUMBER : FIRST_NUMBER + len(NUMBERS)]
    for at in range(0, len(order), _AT_ONCE):
        group = order[at : at + _AT_ONCE]
        batch = batch_of([encoded[index] for index in group])
        with torch.autocast("cpu", torch.bfloat16):
            scores = network(batch.tokens)[batch.ends_at].float() @ numbers.T
        rows = batch.ends_at[0]
        for row, index in enumerate(group):
            mine = scores[rows == row]
            count = torch.arange(1, len(mine) + 1)
            yes = mine[count - 1, count] > mine[:, 0]
            choices[index] = tuple(count[yes].tolist())
    return choices
