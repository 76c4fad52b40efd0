"""Whether attempts get out of their quotation in a prompt. Knows prompts, and tiny models' vocabularies."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import llama_cpp

from benchmarks.attempts import Attempt, passage, pieces_of
from config import Settings
from generator.llama.tokens import Tokenizer
from generator.llama.vocabulary import Vocabulary
from generator.prompts.prompt import answer_messages
from tests.random_weights import SHAPES, write_random_model

FENCE = "-" * 10
_NUMBER = re.compile(r"\[\s*\d[\d\s,]*\]")
_CONTROL = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED


def prompt_layer(attempts: Sequence[Attempt], settings: Settings) -> dict[str, tuple[int, int]]:
    """By family: the attempts that are only text in its prompt, of those that hold a special token of its
    vocabulary, a line of dashes or a number in brackets.
    """
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for family in SHAPES:
            file = Path(folder) / f"{family}.gguf"
            write_random_model(file, family)
            found[family] = _counted(attempts, Vocabulary(str(file)), settings)
    return found


def _counted(attempts: Sequence[Attempt], vocabulary: Vocabulary, settings: Settings) -> tuple[int, int]:
    tokenizer = Tokenizer(vocabulary)

    def specials(texts: Sequence[str]) -> int:
        tokens = tokenizer.tokens(answer_messages("Is it good?", [passage(text) for text in texts]))
        return sum(
            bool(llama_cpp.llama_vocab_get_attr(vocabulary.vocab, token) & _CONTROL) for token in tokens
        )

    stopped = of = 0
    for attempt in attempts:
        texts = [piece.text for piece in pieces_of(attempt, settings.passages)]
        raw = "\n".join(texts)
        if not (_NUMBER.search(raw) or FENCE in raw or _special_in(raw, vocabulary)):
            continue
        of += 1
        (message,) = answer_messages("Is it good?", [passage(text) for text in texts])
        between = message.content.split(f"{FENCE}\n")[1]
        numbers = len(_NUMBER.findall(between))
        harmless = specials(["Good."] * len(texts))
        stopped += message.content.count(FENCE) == 2 and numbers == len(texts) and specials(texts) == harmless
    return stopped, of


def _special_in(text: str, vocabulary: Vocabulary) -> bool:
    """Whether the text, put into a prompt as it is, would be read as more than text."""
    data = text.encode()
    buffer = (llama_cpp.llama_token * (len(data) + 8))()
    count = llama_cpp.llama_tokenize(vocabulary.vocab, data, len(data), buffer, len(buffer), False, True)
    return any(llama_cpp.llama_vocab_get_attr(vocabulary.vocab, token) & _CONTROL for token in buffer[:count])
