"""Train a LoRA adapter of a GGUF model on composed examples: `python -m training.train FOLDER --base FILE`.

The base is read from its GGUF file, so the adapter fits what llama.cpp will run. A run goes on where its last
checkpoint was. Of a prompt, no token counts; of an answer, all do. While choosing, the hidden state behind
each sentence must besides tell whether that sentence answers: a probe reads it there, which is thrown away
after training. So one prompt teaches as many judgements as it has sentences. At the end the adapter is
written as a GGUF file into the run's folder.
"""

import ctypes
import json
import math
import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import gguf
import llama_cpp
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from generator.llama.tokens import Tokenizer
from generator.llama.vocabulary import Vocabulary
from training.examples import EASY, HARD, Example, Mode, compose
from training.phrases import Product, Questions, load_products, load_questions, split

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
# Every so many seconds.
_CHECKPOINT_S = 180
_LONGEST_TOKEN = 512
# How many times as fast as the adapter the probe learns: it begins from nothing.
_PROBE_RATE = 10.0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """How a run trains."""

    steps: int = 1500
    batch: int = 3
    """Questions about one set of reviews, per step."""
    rank: int = 16
    alpha: int = 32
    first: int = 10
    """The lowest layer that is adapted, from 0."""
    rate: float = 1e-3
    free: float = 0.3
    """Share of the steps that teach free answers."""
    easy: float = 0.45
    """Share of the steps, the first ones, in which there are few sentences to choose from."""
    probe: float = 1.0
    """Weight of its loss."""
    layer: int = 20
    """Behind so many layers the probe reads."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Encoded:
    """Tokens of a prompt and its answer. `ends`: of each sentence the place of the line break behind it;
    `answers`: whether it answers.
    """

    tokens: list[int]
    prompt: int
    ends: list[int]
    answers: list[bool]


class Encoder:
    """Makes the tokens that llama.cpp makes in the product."""

    def __init__(self, file: Path) -> None:
        vocabulary = Vocabulary(str(file))
        self._vocab = vocabulary.vocab
        self._tokenizer = Tokenizer(vocabulary)
        # Some vocabularies put a space in front.
        self._newline = self.text("\n")[-1]
        self._end = llama_cpp.llama_vocab_eos(self._vocab)

    def text(self, text: str) -> list[int]:
        """The tokens of a text in which nothing is special."""
        data = text.encode()
        buffer = (llama_cpp.llama_token * (len(data) + 2))()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), buffer, len(buffer), False, False)
        return list(buffer[:count])

    def decode(self, tokens: Sequence[int]) -> str:
        """What they spell, special ones too."""
        data = b""
        for token in tokens:
            buffer = ctypes.create_string_buffer(_LONGEST_TOKEN)
            size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, True)
            data += buffer.raw[:size]
        return data.decode(errors="replace")

    def encode(self, example: Example, mode: Mode, rng: random.Random) -> Encoded:
        """The prompt, and the answer with the token that ends a turn."""
        if mode == "free":
            prompt = self._tokenizer.tokens(example.answer_messages())
            return Encoded([*prompt, *self.text(example.answer(rng)), self._end], len(prompt), [], [])
        prompt = self._tokenizer.tokens(example.choice_messages())
        # Behind the sentences come the dashes, the end of the turn and the beginning of the answer's.
        breaks = [at for at, token in enumerate(prompt) if token == self._newline][:-3]
        answering = set(example.answering)
        return Encoded(
            [*prompt, *self.text(example.choice), self._end],
            len(prompt),
            breaks[-len(example.lines) :],
            [number in answering for number in range(1, len(example.lines) + 1)],
        )


def batches(
    recipe: Recipe, encoder: Encoder, products: Sequence[Product], questions: Questions, start: int
) -> Iterator[list[Encoded]]:
    """From step `start` on, the questions about one set of reviews per step, which its number determines."""
    for step in range(start, recipe.steps):
        rng = random.Random(f"{recipe.seed} {step}")
        mode: Mode = "free" if rng.random() < recipe.free else "verbatim"
        shape = EASY if step < recipe.easy * recipe.steps else HARD
        examples = compose(products, questions, rng, mode, shape, recipe.batch)
        yield [encoder.encode(example, mode, rng) for example in examples]


class Learner(nn.Module):
    """The base with its adapter, and the probe."""

    def __init__(self, file: Path, recipe: Recipe) -> None:
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM, GgufConfig

        super().__init__()
        base = AutoModelForCausalLM.from_pretrained(
            file.parent,
            gguf_file=file.name,
            dtype=torch.bfloat16,
            quantization_config=GgufConfig(dequantize=True),
            attn_implementation="eager",
        )
        config = LoraConfig(
            r=recipe.rank,
            lora_alpha=recipe.alpha,
            target_modules=list(LINEAR),
            layers_to_transform=list(range(recipe.first, base.config.num_hidden_layers)),
            layers_pattern="layers",
        )
        self.adapted = get_peft_model(base, config, autocast_adapter_dtype=False)
        self.probe = nn.Linear(base.config.hidden_size, 1)
        nn.init.zeros_(self.probe.weight)
        self._kept: Tensor | None = None
        self.body.layers[recipe.layer - 1].register_forward_hook(self._keep)

    @property
    def body(self) -> Any:
        """The layers, without the head."""
        return self.adapted.base_model.model.model

    @property
    def head(self) -> Any:
        """From hidden states to tokens."""
        return self.adapted.base_model.model.lm_head

    def trained(self) -> list[nn.Parameter]:
        """The adapter's weights, and the probe's."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def losses(self, encoded: Sequence[Encoded]) -> tuple[Tensor, Tensor]:
        """Of the answers' tokens, and of the probe; means."""
        longest = max(len(each.tokens) for each in encoded)
        tokens = torch.tensor([each.tokens + [0] * (longest - len(each.tokens)) for each in encoded])
        hidden = self.body(input_ids=tokens, use_cache=False).last_hidden_state
        at = [
            (row, place) for row, each in enumerate(encoded) for place in range(each.prompt, len(each.tokens))
        ]
        rows, places = zip(*at, strict=True)
        # What stands at a place is told by the state before it.
        before = [place - 1 for place in places]
        logits = self.head(hidden[rows, before]).float()
        written = functional.cross_entropy(logits, tokens[rows, places])
        ends = [(row, end) for row, each in enumerate(encoded) for end in each.ends]
        if not ends:
            return written, torch.zeros(())
        assert self._kept is not None
        kept = self._kept[tuple(zip(*ends, strict=True))].float()
        # Of the raw states a few dimensions are hundreds of times as large as the others.
        judged = self.probe(functional.layer_norm(kept, kept.shape[-1:])).squeeze(1)
        answers = torch.tensor([answer for each in encoded for answer in each.answers])
        return written, functional.binary_cross_entropy_with_logits(judged, answers.float())

    def _keep(self, _module: nn.Module, _inputs: Any, output: Any) -> None:
        self._kept = output[0] if isinstance(output, tuple) else output


def rate_at(recipe: Recipe, step: int) -> float:
    """Rises for a twentieth of the steps, then falls as a cosine to a twentieth."""
    rise = max(recipe.steps // 20, 1)
    if step < rise:
        return recipe.rate * (step + 1) / rise
    done = (step - rise) / max(recipe.steps - rise, 1)
    return recipe.rate * (0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2)


class Run:
    """A run in a folder: what is learnt in 16 bits is kept in 32, or small steps would be lost."""

    def __init__(self, learner: Learner, recipe: Recipe, folder: Path) -> None:
        self._learner, self._recipe, self._file = learner, recipe, folder / "checkpoint.pt"
        self._masters = [parameter.detach().float().clone() for parameter in learner.trained()]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": [each], "times": _PROBE_RATE if name.startswith("probe") else 1.0}
                for name, each in self.weights.items()
            ],
            weight_decay=0.0,
            betas=(0.9, 0.98),
        )
        self._step = 0
        if self._file.exists():
            self._resume()

    def train(self, encoder: Encoder, products: Sequence[Product]) -> None:
        """All steps that the checkpoint lacks; a line of the last ten steps' mean losses every ten."""
        self._learner.train()
        began = saved = time.monotonic()
        start = self._step
        losses: list[list[float]] = []
        for batch in batches(self._recipe, encoder, products, load_questions(), start):
            written, told = self._take(batch)
            losses.append([math.nan, written, math.nan] if batch[0].ends == [] else [written, math.nan, told])
            self._step += 1
            if self._step % 10 == 0:
                choice, free, probe = torch.tensor(losses[-10:]).nanmean(0).tolist()
                pace = (time.monotonic() - began) / (self._step - start)
                print(
                    f"{self._step} of {self._recipe.steps}: choice {choice:.3f}, free {free:.3f}, "
                    f"probe {probe:.3f}; {pace:.1f} s a step",
                    flush=True,
                )
            if time.monotonic() - saved > _CHECKPOINT_S or self._step == self._recipe.steps:
                self._save()
                saved = time.monotonic()

    def _take(self, batch: Sequence[Encoded]) -> tuple[float, float]:
        """One step; the losses before it."""
        self._learner.zero_grad()
        written, told = self._learner.losses(batch)
        (written + self._recipe.probe * told).backward()  # type: ignore[no-untyped-call]
        learnt = self._learner.trained()
        nn.utils.clip_grad_norm_(learnt, 1.0)
        for master, parameter in zip(self._masters, learnt, strict=True):
            master.grad = None if parameter.grad is None else parameter.grad.float()
        for group in self._optimizer.param_groups:
            group["lr"] = group["times"] * rate_at(self._recipe, self._step)
        self._optimizer.step()
        with torch.no_grad():
            for master, parameter in zip(self._masters, learnt, strict=True):
                parameter.copy_(master)
        return written.item(), told.item()

    @property
    def weights(self) -> dict[str, Tensor]:
        """What is learnt, by name."""
        names = [name for name, each in self._learner.named_parameters() if each.requires_grad]
        return dict(zip(names, self._masters, strict=True))

    def _save(self) -> None:
        state = {
            "step": self._step,
            "weights": self.weights,
            "optimizer": self._optimizer.state_dict(),
        }
        new = self._file.with_suffix(".new")
        torch.save(state, new)
        new.replace(self._file)

    def _resume(self) -> None:
        state = torch.load(self._file, weights_only=True)
        self._learner.load_state_dict(state["weights"], strict=False)
        for master, weights in zip(self._masters, state["weights"].values(), strict=True):
            master.copy_(weights)
        self._optimizer.load_state_dict(state["optimizer"])
        self._step = int(state["step"])


_KINDS = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}
_WEIGHT = re.compile(r"layers\.(\d+)\.\w+\.(\w+)\.lora_([AB])\.")


def adapter_tensors(weights: Mapping[str, Tensor], heads: int, kv_heads: int) -> Iterator[tuple[str, Floats]]:
    """GGUF's name and array of each adapter weight of a checkpoint; all else in it is left out."""
    for name, weight in weights.items():
        if not (found := _WEIGHT.search(name)):
            continue
        layer, kind, half = found.groups()
        array = weight.float().numpy()
        if half == "B" and kind in ("q_proj", "k_proj"):
            array = _interleaved(array, heads if kind == "q_proj" else kv_heads)
        yield f"blk.{layer}.{_KINDS[kind]}.weight.lora_{half.lower()}", array


def _interleaved(rows: Floats, heads: int) -> Floats:
    """llama.cpp turns neighbouring rows of a head together, transformers the i-th of either half."""
    return rows.reshape(heads, 2, -1, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def write_adapter(file: Path, weights: Mapping[str, Tensor], recipe: Recipe, base: Path) -> None:
    """The adapter as llama.cpp reads it, in 16 bits; `base`: the GGUF file that it adapts.

    Of each adapted weight W it holds `lora_a` (rank, in) and `lora_b` (out, rank), and W acts as
    W + alpha / rank · lora_b · lora_a.
    """
    fields = gguf.GGUFReader(base).fields

    def field(name: str) -> Any:
        return fields[name].contents()

    architecture = field("general.architecture")
    writer = gguf.GGUFWriter(file, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_name(file.stem)
    writer.add_license("apache-2.0")
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, recipe.alpha)
    heads = (field(f"{architecture}.attention.head_count{part}") for part in ("", "_kv"))
    for name, array in adapter_tensors(weights, *heads):
        writer.add_tensor(name, array.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(
    folder: Annotated[Path, typer.Argument(help="Of the run: its recipe and checkpoint.")],
    base: Annotated[Path, typer.Option(help="The GGUF file to adapt.", exists=True)],
    steps: Annotated[int, typer.Option(help="In all.")] = Recipe.steps,
    rate: Annotated[float, typer.Option(help="The highest learning rate.")] = Recipe.rate,
    rank: Annotated[int, typer.Option(help="Of the adapter.")] = Recipe.rank,
    free: Annotated[float, typer.Option(help="Share of steps with free answers.")] = Recipe.free,
    probe: Annotated[float, typer.Option(help="Weight of the probe's loss.")] = Recipe.probe,
    seed: Annotated[int, typer.Option(help="The same gives the same run.")] = Recipe.seed,
    threads: Annotated[int, typer.Option(help="Of the processor.")] = 2,
) -> None:
    """Train an adapter until so many steps are done, and write it as a GGUF file."""
    torch.set_num_threads(threads)
    recipe = Recipe(steps=steps, rank=rank, rate=rate, free=free, probe=probe, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1), encoding="utf-8")
    torch.manual_seed(seed)
    run = Run(Learner(base, recipe), recipe, folder)
    run.train(Encoder(base), split(load_products()).training)
    file = folder / "adapter.gguf"
    write_adapter(file, run.weights, recipe, base)
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    typer.run(main)
