"""One training run: what determines it, its steps, its log and its checkpoints.

Knows every part of training; knows nothing of the command line or of exported files.
"""

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from math import cos, pi
from pathlib import Path
from typing import Any

import torch

from training.asking import ASKED
from training.choosing import judged
from training.curriculum import Curriculum
from training.encoding import Batch, Encoded, Encoder, batch_of
from training.losses import losses
from training.model import SHAPES, Coaches, Network, Shape, Words
from training.optimizer import make_optimizers
from training.phrase_bank import Bank, Product, Questions, split
from training.preparation import FILES, MEANING, prepared
from training.scores import drawn, score
from training.start import copy_preparation, take_over

_WARM_UP, _LOG_EVERY_S, _CHECK = 0.03, 60.0, 48


@dataclass(frozen=True, slots=True)
class Recipe:
    """What determines a run. With `steps` it is reproducible; with `minutes` it follows the clock.

    `start`: the folder of a run to begin from, with prompts of full length at once.
    """

    shape: str
    minutes: float = 45.0
    steps: int = 0
    seed: int = 0
    vectors: str = "minilm"
    teach: bool = True
    everything: bool = False
    batch_tokens: int = 4096
    width: int = 256
    layers: int = 6
    swaps: int = 0
    start: str = ""

    def network_shape(self) -> Shape:
        """The shape with this recipe's sizes."""
        return replace(SHAPES[self.shape], width=self.width, layers=self.layers)


class Run:
    """One training run in `folder`: its parts, and how far it is."""

    def __init__(
        self, recipe: Recipe, folder: Path, products: Sequence[Product], questions: Questions
    ) -> None:
        self.recipe = recipe
        self.folder = folder
        self.bank: Bank = split(list(products), recipe.everything)
        self.questions = questions
        self.step = self.pool = self.batch = 0
        self.tokens = 0
        self.elapsed_s = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        if recipe.start and not (folder / FILES[0]).exists():
            copy_preparation(Path(recipe.start), folder)
        parts = prepared(
            folder,
            self.bank.training,
            questions,
            minilm=recipe.vectors == "minilm",
            teach=recipe.teach,
            swaps=recipe.swaps,
        )
        self.vocabulary, given, self.teacher = parts.vocabulary, parts.given, parts.teacher
        torch.manual_seed(recipe.seed)
        shape = recipe.network_shape()
        own = self.vocabulary.own if len(given) else len(self.vocabulary.tokens)
        self.network = Network(shape, Words(own, shape.width, given))
        self.coaches = Coaches(shape.width, MEANING, len(ASKED))
        self.optimizers = make_optimizers(self.network, self.coaches)
        self.rates = [group["lr"] for optimizer in self.optimizers for group in optimizer.param_groups]
        self.encoder = Encoder(self.vocabulary)
        self.curriculum = Curriculum(self.bank.training, questions, self.encoder, recipe.seed, parts.swapped)
        if recipe.start:
            take_over(Path(recipe.start), self.network, self.coaches)
            self.pool = self.curriculum.stages.total

    @property
    def progress(self) -> float:
        """How much of the schedule is over, 0 to 1."""
        if self.recipe.steps:
            return min(self.step / self.recipe.steps, 1.0)
        return min(self.elapsed_s / 60 / self.recipe.minutes, 1.0)

    def train(self, until: float = 1.0) -> None:
        """Train until so much of the schedule is over; logs each minute, and leaves a checkpoint."""
        logged, started = time.monotonic(), time.monotonic()
        seen: list[dict[str, float]] = []
        batches = self._batches()
        while self.progress < until:
            batch = next(batches)
            seen.append(self.learn(batch))
            now = time.monotonic()
            self.elapsed_s, started = self.elapsed_s + now - started, now
            if now - logged > _LOG_EVERY_S or self.progress >= until:
                self._log(seen)
                self.save()
                seen, logged = [], now
        self.save()

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; returns the losses by name."""
        # What is drawn in a step depends on the step alone: a resumed run draws the same.
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            found = losses(self.network, self.coaches, self.teacher, batch)
        found["all"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([*self.network.parameters(), *self.coaches.parameters()], 1.0)
        rate = _rate(self.progress)
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        for group, full in zip(groups, self.rates, strict=True):
            group["lr"] = full * rate
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        self.tokens += batch.tokens.numel()
        return {name: loss.item() for name, loss in found.items()}

    def _batches(self) -> Iterator[Batch]:
        """Batches without end, from where the run is. Examples of like length go together."""
        while True:
            encoded = self.curriculum.pool(self.pool)
            groups = list(_grouped(encoded, self.recipe))
            random.Random(f"{self.recipe.seed} {self.pool}").shuffle(groups)
            for group in islice(groups, self.batch, None):
                self.batch += 1
                yield batch_of(group)
            self.pool, self.batch = self.pool + 1, 0

    def _log(self, seen: Sequence[dict[str, float]]) -> None:
        line: dict[str, Any] = {
            "step": self.step,
            "minutes": round(self.elapsed_s / 60, 1),
            "tokens": self.tokens,
            "progress": round(self.progress, 3),
        }
        line |= {name: round(sum(each[name] for each in seen) / len(seen), 3) for name in seen[0]}
        for name, products in (
            ("new_products", self.bank.unseen_products),
            ("new_sentences", self.bank.unseen_sentences),
        ):
            if products:
                examples = drawn(products, self.questions, _CHECK)
                found = score(examples, judged(self.network, examples, self.encoder))
                line |= {f"f1_{name}": round(found.f1, 3), f"none_{name}": round(found.none_right, 2)}
        text = json.dumps(line)
        print(text, flush=True)
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(text + "\n")

    def save(self) -> None:
        """Leave everything that going on needs; an interrupted save leaves the last one."""
        state = {
            "recipe": asdict(self.recipe),
            "network": self.network.state_dict(),
            "coaches": self.coaches.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "at": (self.step, self.pool, self.batch, self.tokens, self.elapsed_s),
        }
        unfinished = self.folder / "checkpoint.part"
        torch.save(state, unfinished)
        unfinished.replace(self.folder / "checkpoint.pt")

    def resume(self) -> None:
        """Go back to the folder's checkpoint. Raises ValueError if that is another recipe's."""
        state = torch.load(self.folder / "checkpoint.pt", weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise ValueError(f"{self.folder} holds another run: {state['recipe']}")
        self.network.load_state_dict(state["network"])
        self.coaches.load_state_dict(state["coaches"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.pool, self.batch, self.tokens, self.elapsed_s = state["at"]


def _rate(progress: float) -> float:
    """The learning rates' share: up in the first steps, then down to nothing along a cosine."""
    return min(progress / _WARM_UP, 1.0, 0.5 + 0.5 * cos(pi * progress)) if progress else 0.01


def _grouped(encoded: list[Encoded], recipe: Recipe) -> Iterator[list[Encoded]]:
    group: list[Encoded] = []
    for example in sorted(encoded, key=lambda each: len(each.tokens)):
        if len(example.tokens) > recipe.network_shape().context:
            continue
        if (len(group) + 1) * len(example.tokens) > recipe.batch_tokens and group:
            yield group
            group = []
        group.append(example)
    if group:
        yield group
