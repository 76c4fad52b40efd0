"""A choice as it is being written: each sentence is pasted as soon as its number is complete.

Knows texts alone; nothing of tokens, models or processes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from generator.answer import ABSTENTION
from generator.events import Event, Text
from generator.verbatim.sentences import Sentence
from generator.verbatim.verbatim import NONE, pasted, same_words
from retriever.passage import Passage

OWN_WORDS = "In the model's own words: "


class Choice:
    """Takes what a model writes under `choice_grammar`, in pieces cut anywhere.

    `quotes`: the sentences chosen so far, each once, also where several reviews say it in the same words.
    `own_line`: what the model added in its own.
    """

    def __init__(self, sentences: Sequence[Sentence], passages: Sequence[Passage]) -> None:
        self._sentences = sentences
        self._passages = passages
        self._said: set[str] = set()
        self._number = ""
        self._in_own_line = False
        self.quotes: list[Sentence] = []
        self.own_line = ""

    def pasted(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events, but sentences in place of the numbers."""
        for event in events:
            shown = replace(event, text=self.take(event.text)) if isinstance(event, Text) else event
            if shown != Text(""):
                yield shown

    def take(self, text: str) -> str:
        """What can be shown now; often nothing."""
        shown = ""
        for character in text:
            if self._in_own_line:
                shown += self._own(character)
            elif character == "]":
                shown += self._decide(int(self._number))
                self._number = ""
            elif character == "\n":
                self._in_own_line = True
            elif character.isdecimal():
                self._number += character
        return shown

    def _decide(self, number: int) -> str:
        if number == NONE:
            return ABSTENTION
        sentence = self._sentences[number - 1]
        words = same_words(sentence.text)
        if words in self._said:
            return ""
        self._said.add(words)
        self.quotes.append(sentence)
        line = pasted(sentence, self._passages[sentence.passage - 1])
        return line if len(self.quotes) == 1 else f"\n{line}"

    def _own(self, character: str) -> str:
        if not self.own_line:
            # The first character decides whether there is a line at all.
            if character.isspace():
                return ""
            self.own_line = character
            return f"\n{OWN_WORDS}{character}"
        self.own_line += character
        return character
