"""What a model file's name means, which types its tensors truly have, and what other types would take.

Knows names and types; knows nothing of llama.cpp's buffers or of this machine.
"""

import re
from collections import Counter
from dataclasses import dataclass

from models.gguf.header import Header

# Bits per weight of whole files, measured by llama.cpp's authors on Llama 3.1 8B; other models differ by a
# few percent, because their embeddings, kept at more bits, are a larger or smaller share.
BITS_SOURCE = "llama.cpp, tools/quantize/README.md (Llama 3.1 8B)"
BITS_PER_WEIGHT = {
    "Q2_K": 3.1593,
    "Q3_K_S": 3.6429,
    "Q3_K_L": 4.2979,
    "Q4_K_S": 4.6672,
    "Q4_K_M": 4.8944,
    "Q5_K_M": 5.7036,
    "Q6_K": 6.5633,
    "Q8_0": 8.5008,
    "F16": 16.0005,
    "F32": 32.0,
}

_QUANTISATION = re.compile(
    r"(?<![A-Za-z0-9])(I?Q\d)_(K|XXS|XS|S|M|NL|0|1)(?:_(XXS|XS|S|M|L|XL))?(?![A-Za-z0-9])", re.IGNORECASE
)
_FAMILIES = {
    "K": "k-quant: blocks of weights share a scale, and 256 weights share the scales' scale",
    "0": "the simple scheme: 32 weights share one scale",
    "1": "the simple scheme with an offset: 32 weights share a scale and a least value",
    "NL": "not evenly spaced values, looked up in a table",
}
_SIZES = {
    "XXS": "the smallest mixture of this width",
    "XS": "a very small mixture of this width",
    "S": "small mixture: nearly all tensors at this width",
    "M": "medium mixture: part of the most sensitive tensors get more bits",
    "L": "large mixture: all of the most sensitive tensors get more bits",
    "XL": "very large mixture: also input and output tensors get more bits",
}
_PARTS: tuple[tuple[str, str], ...] = (
    (r"(\d+)x(\d+(?:\.\d+)?)B", "{1} experts, each the size that a {2} billion model would have"),
    (r"A(\d+(?:\.\d+)?)B", "{1} billion parameters take part in each token"),
    (r"(\d+(?:\.\d+)?)B", "{1} billion parameters"),
    (r"(\d+(?:\.\d+)?)M", "{1} million parameters"),
    (r"Distill(?:ed)?", "distilled: the model that follows was trained on answers of the one before"),
    (r"R\d+|Thinking|Reason(?:er|ing)?", "a reasoning model: it thinks aloud before it answers"),
    (r"Instruct|IT|Chat", "trained to follow instructions in a conversation"),
    (r"Base|PT", "base model: continues text, follows no instructions"),
    (r"DPO|RLHF|SFT|ORPO", "the method by which it was tuned to people's preferences"),
    (r"imat|i1|imatrix", "quantised with an importance matrix: the weights that matter most are kept best"),
    (r"F(?:P)?32|F(?:P)?16|BF16", "floating point of so many bits, not quantised"),
    (r"(\d+)k", "made for {1} thousand tokens of context"),
    (r"v\d+(?:\.\d+)*", "version"),
    (r"\d{5}|of", "one of several files that belong together"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file's name and what it means; empty where it is just a name."""

    text: str
    meaning: str


@dataclass(frozen=True, slots=True)
class TypeShare:
    """One type of tensors in a file: how many there are, how many weights, how many bytes."""

    kind: str
    tensors: int
    parameters: int
    nbytes: int

    @property
    def bits(self) -> float:
        """Bits per weight, scales included."""
        return 8 * self.nbytes / self.parameters


def explain_name(name: str) -> list[Part]:
    """Each part of a GGUF's file name, in order: `DeepSeek-R1-Distill-Qwen-32B-Q4_K_M`."""
    stem = re.sub(r"\.gguf$", "", name.rsplit("/", 1)[-1], flags=re.IGNORECASE)
    parts: list[Part] = []
    place = 0
    for found in _QUANTISATION.finditer(stem):
        parts += _explain_words(stem[place : found.start()])
        parts += _explain_quantisation(found)
        place = found.end()
    return parts + _explain_words(stem[place:])


def bits_per_weight(name: str) -> float | None:
    """About how many bits a weight takes in a file of this name; None if the name does not tell."""
    found = _QUANTISATION.search(name)
    if not found:
        return None
    kind = found[0].upper()
    return BITS_PER_WEIGHT.get(kind) or float(found[1][-1])


def quantisation_in_words(name: str, header: Header | None = None) -> str:
    """The quantisation in a phrase: "Q4_K_M, 4.85 bits per weight"; empty if nothing tells it.

    The bits are the header's if there is one; else what is usual for the name.
    """
    found = _QUANTISATION.search(name)
    if header and header.parameters:
        kind = found[0].upper() if found else f"mostly {type_shares(header)[0].kind}"
        return f"{kind}, {8 * header.weight_bytes / header.parameters:.2f} bits per weight"
    bits = bits_per_weight(name)
    return f"{found[0].upper()}, about {bits:.1f} bits per weight" if found and bits else ""


def _explain_words(text: str) -> list[Part]:
    words = [word for word in re.split(r"[-_ ]|\.(?!\d)", text) if word]
    return [Part(word, _meaning(word)) for word in words]


def _meaning(word: str) -> str:
    for pattern, meaning in _PARTS:
        found = re.fullmatch(pattern, word, re.IGNORECASE)
        if found:
            return meaning.format(found[0], *found.groups())
    return ""


def _explain_quantisation(found: re.Match[str]) -> list[Part]:
    width, family, size = (group.upper() if group else "" for group in found.groups())
    kind = f"weights of about {width[-1]} bits"
    if width.startswith("I"):
        kind += ", of the kind made with an importance matrix (i-quant)"
    parts = [Part(width, kind), Part(family, _FAMILIES.get(family) or _SIZES[family])]
    return parts + ([Part(size, _SIZES[size])] if size else [])


def type_shares(header: Header) -> list[TypeShare]:
    """The true types of the tensors, the one with most bytes first."""
    tensors: Counter[str] = Counter()
    weights: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for tensor in header.tensors:
        kind = tensor.kind.name
        tensors[kind] += 1
        weights[kind] += tensor.parameters
        sizes[kind] += tensor.nbytes
    return [TypeShare(kind, tensors[kind], weights[kind], size) for kind, size in sizes.most_common()]
