"""The demo models' network: LLaMA's shape (RMSNorm, rotary positions, SwiGLU), as llama.cpp computes it.

Knows nothing of text. Beside the network that is exported it has heads that only training uses: they make
each sentence's last token tell what the final choice will need.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

NORM_EPSILON = 1e-5
# As large as in Llama 3: half of the pairs turn so slowly that a question's distance does not matter.
ROPE_BASE = 1_000_000.0
# Of a word's vector at first: as output, so that no token is much likelier than another.
_SPREAD = 0.05
_NEARNESS = 0.7
_LIKENESS = 2.0
# Radians per token: pairs that tell the last tokens from earlier ones, and those that tell no places apart.
_NEAR = (0.04, 0.25)
_SLOW = 0.001


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes that make a family: `kv_heads` < `heads` is grouped-query attention, as in Mistral."""

    kv_heads: int
    width: int = 256
    layers: int = 6
    heads: int = 4
    feed_forward: int = 704
    context: int = 1024
    dropout: float = field(default=0.05, compare=False)


SHAPES = {"llama": Shape(kv_heads=4), "mistral": Shape(kv_heads=2)}


class Words(nn.Module):
    """Tokens to vectors. The first `own` rows are learnt; the others are given, and turned by a learnt map.

    So words that training never saw move with those that it saw. Without given vectors all rows are learnt.
    """

    given: Tensor

    def __init__(self, own: int, width: int, given: NDArray[np.float32]) -> None:
        super().__init__()
        self.own = nn.Parameter(torch.randn(own, width) * _SPREAD)
        # The same for every token: something that attention can tell places by from the first step.
        self.shared = nn.Parameter(torch.zeros(width))
        self.shared.data[0] = 3 * _SPREAD
        self.register_buffer("given", torch.from_numpy(given), persistent=False)
        self.turn = nn.Linear(given.shape[1], width, bias=False) if len(given) else None
        if self.turn:
            # Given vectors have an rms of 1, and so have the turned ones.
            nn.init.normal_(self.turn.weight, std=given.shape[1] ** -0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (any shape) to vectors (that shape, width)."""
        own = len(self.own)
        vectors = functional.embedding(tokens.clamp(max=own - 1), self.own)
        if self.turn:
            words = self.turn(self.given[(tokens - own).clamp(min=0)]) * _SPREAD
            vectors = torch.where((tokens < own)[..., None], vectors, words)
        return vectors + self.shared

    def table(self) -> Tensor:
        """All vectors, (vocabulary, width): the embedding that is exported."""
        rows = torch.cat([self.own, self.turn(self.given) * _SPREAD]) if self.turn else self.own
        return rows + self.shared


class Block(nn.Module):
    """Attention and feed-forward of one layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        size = shape.width // shape.heads
        self.attn_norm = nn.RMSNorm(shape.width, NORM_EPSILON)
        self.attn_q = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_k = nn.Linear(shape.width, size * shape.kv_heads, bias=False)
        self.attn_v = nn.Linear(shape.width, size * shape.kv_heads, bias=False)
        self.attn_output = nn.Linear(shape.width, shape.width, bias=False)
        self.ffn_norm = nn.RMSNorm(shape.width, NORM_EPSILON)
        self.ffn_gate = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.ffn_down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, hidden: Tensor, turns: Tensor) -> Tensor:
        """(batch, tokens, width) to the same; every token sees itself and those before it."""
        hidden = hidden + self._attend(self.attn_norm(hidden), turns)
        inner = self.ffn_norm(hidden)
        inner = self.ffn_down(functional.silu(self.ffn_gate(inner)) * self.ffn_up(inner))
        return hidden + functional.dropout(inner, self.shape.dropout, self.training)

    def matched(self, hidden: Tensor, turns: Tensor, at: tuple[Tensor, Tensor], upon: Tensor) -> Tensor:
        """How much the last head looks from each of `at` upon `upon` of the same row, 0 to 1; (places,)."""
        rows, columns = at
        query, key = self._queries_and_keys(self.attn_norm(hidden), turns)
        looking = query[:, -1][rows, columns].float()
        # Key heads are shared alike, so the last of them is the last head's.
        scores = torch.einsum("ns,nts->nt", looking, key[:, -1].float()[rows]) / looking.shape[-1] ** 0.5
        later = torch.arange(scores.shape[1]) > columns[:, None]
        seen = scores.masked_fill(later, float("-inf")).softmax(dim=1)
        found: Tensor = seen.gather(1, upon[:, None])[:, 0]
        return found

    def likeness(self, looking: Tensor, upon: Tensor) -> Tensor:
        """The last head's scores wherever two places stand: (n, width), (m, width) to (n, m)."""
        size = self.shape.width // self.shape.heads
        query, key = (
            part(self.attn_norm(places))[:, -size:].float()
            for part, places in ((self.attn_q, looking), (self.attn_k, upon))
        )
        scores: Tensor = query @ key.mT / size**0.5
        return scores

    def _queries_and_keys(self, inner: Tensor, turns: Tensor) -> tuple[Tensor, Tensor]:
        query, key = (_turned(self._heads(part(inner)), turns) for part in (self.attn_q, self.attn_k))
        return query, key

    def _heads(self, projected: Tensor) -> Tensor:
        batch, length, _ = projected.shape
        return projected.view(batch, length, -1, self.shape.width // self.shape.heads).transpose(1, 2)

    def _attend(self, inner: Tensor, turns: Tensor) -> Tensor:
        query, key = self._queries_and_keys(inner, turns)
        value = self._heads(self.attn_v(inner))
        if share := self.shape.heads // self.shape.kv_heads - 1:
            key, value = (each.repeat_interleave(share + 1, dim=1) for each in (key, value))
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        told: Tensor = self.attn_output(seen.transpose(1, 2).reshape(inner.shape))
        return told


def _turned(heads: Tensor, turns: Tensor) -> Tensor:
    """Rotary positions on neighbouring pairs, which llama.cpp's "llama" wants without permuting anything."""
    cosine, sine = turns[:, : heads.shape[2]].to(heads.dtype)
    even, odd = heads[..., ::2], heads[..., 1::2]
    return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], dim=-1).flatten(-2)


class Network(nn.Module):
    """Tokens to hidden states. The output is tied: a token's score is the product with its vector."""

    turns: Tensor

    def __init__(self, shape: Shape, words: Words) -> None:
        super().__init__()
        self.shape = shape
        self.words = words
        blocks = [Block(shape) for _ in range(shape.layers)]
        self.blocks = nn.ModuleList(blocks)
        self.matching = shape.layers // 2
        self.output_norm = nn.RMSNorm(shape.width, NORM_EPSILON)
        for block in blocks:
            for name, part in block.named_children():
                if isinstance(part, nn.Linear):
                    ends = name in ("attn_output", "ffn_down")
                    nn.init.normal_(part.weight, std=0.02 / (2 * shape.layers) ** 0.5 if ends else 0.04)
            _look_near(block)
            _look_for_like(block)
        angles = torch.outer(torch.arange(shape.context), _speeds(shape))
        self.register_buffer("turns", torch.stack([angles.cos(), angles.sin()]), persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (batch, length) to what each position says, (batch, length, width)."""
        said: Tensor = self.output_norm(self.stages(tokens)[-1])
        return said

    def stages(self, tokens: Tensor) -> list[Tensor]:
        """What each position holds before the first layer and behind each; all are (batch, length, width)."""
        held = [functional.dropout(self.words(tokens), self.shape.dropout, self.training)]
        for block in self.blocks:
            held.append(block(held[-1], self.turns))
        return held

    def matched(self, hidden: Tensor, at: tuple[Tensor, Tensor], upon: Tensor) -> Tensor:
        """`Block.matched` of the layer that compares, which `hidden` enters."""
        return self.comparing.matched(hidden, self.turns, at, upon)

    @property
    def comparing(self) -> Block:
        """The layer whose last head compares each sentence with the question."""
        block = self.blocks[self.matching]
        assert isinstance(block, Block)
        return block


def _speeds(shape: Shape) -> Tensor:
    """By how much each pair of a head turns from token to token, in radians."""
    size = shape.width // shape.heads
    return ROPE_BASE ** (-torch.arange(0, size, 2) / size)


def _look_near(block: Block) -> None:
    """Let a block's first heads begin with looking at the last twenty tokens or so: the sentence just read.

    To find that out takes long otherwise. All tokens share their first number (`Words.shared`); where query
    and key answer to it in the pairs that turn at middle speeds, their product falls with distance.
    """
    shape = block.shape
    size = shape.width // shape.heads
    speeds = _speeds(shape)
    near = 2 * torch.nonzero((speeds > _NEAR[0]) & (speeds < _NEAR[1]))[:, 0]
    with torch.no_grad():
        for matrix, heads in ((block.attn_q, shape.heads), (block.attn_k, shape.kv_heads)):
            for head in range(max(heads // 2, 1)):
                matrix.weight[head * size + near, 0] = _NEARNESS


def _look_for_like(block: Block) -> None:
    """Let the other heads begin with looking for what is like the token itself: a question like its sentence.

    Query and key begin as the same map, in the pairs that turn so slowly that the distance does not matter.
    """
    shape = block.shape
    size = shape.width // shape.heads
    slow = slice(2 * int((_speeds(shape) > _SLOW).sum()), size)
    with torch.no_grad():
        for head in range(max(shape.heads // 2, 1), shape.heads):
            key_head = head * shape.kv_heads // shape.heads
            key = block.attn_k.weight[key_head * size : (key_head + 1) * size][slow]
            if head % (shape.heads // shape.kv_heads) == 0:
                key *= _LIKENESS
            block.attn_q.weight[head * size : (head + 1) * size][slow] = key


class Coaches(nn.Module):
    """The heads that only training uses, on the token behind each sentence.

    Each listens behind the layer by which its answer must be known for the later ones to build on it:
    `stance` and `meaning` half-way (what the sentence says); `asked` behind the layer that compares
    (`Network.matching`); `about` and `answers` two layers before the last; `before` one before it.
    """

    def __init__(self, width: int, meaning: int, kinds: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.RMSNorm(width, NORM_EPSILON) for _ in range(4))
        self.stance = nn.Linear(width, 3)
        self.meaning = nn.Linear(width, meaning)
        self.asked = nn.Linear(width, kinds)
        self.about = nn.Linear(width, 2)
        self.answers = nn.Linear(width, 2)
        self.before = nn.Linear(width, width)
        # Some hundred tokens share a head's attention: to win it, a score must be so much above theirs.
        self.enough = nn.Parameter(torch.tensor(6.0))
