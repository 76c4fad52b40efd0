"""One GGUF model in llama.cpp that writes several answers in one batch: each step reads the weights once.

Continuous batching: the place of an answer that ended is taken by the next question at once. What a prompt
has in common with another one in the cache is copied from there, which costs less than to read it.
Runs in a worker process; knows nothing of questions, reviews or other processes.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import llama_cpp

from generator.events import Adapter, Done, Event, Failed, PromptProgress, Sampling
from generator.llama.batch_place import Asked, Place
from generator.llama.continuation import Continuation
from generator.llama.engine_log import EngineError
from generator.llama.llama_model import LlamaModel, piece_of, reusable
from generator.llama.respell import common_length
from generator.measured import Timing

# Tokens of a prompt; fewer are not copied, and nobody waits until another one has read them.
WORTH_COPYING = 32


class Told(NamedTuple):
    """An event of the answer to a question."""

    question: int
    event: Event | Failed


class _Piece(NamedTuple):
    """What one place adds to a batch; `last`: the index there of its last token."""

    place: Place
    tokens: list[int]
    last: int


class BatchEngine(LlamaModel):
    """A loaded model that writes up to `sequences` answers at once, each in `n_ctx` tokens.

    `add` and `step` are for one thread; `drop` and `set_threads` for any.
    """

    def __init__(
        self,
        path: Path,
        n_ctx: int,
        sequences: int,
        on_progress: Callable[[float], None],
        adapter: Adapter | None = None,
    ) -> None:
        super().__init__(path, n_ctx, on_progress, sequences, adapter)
        self._places = [Place(sequence) for sequence in range(sequences)]
        self._waiting: deque[Asked] = deque()
        self._dropped: set[int] = set()
        self._batch = llama_cpp.llama_batch_init(self._n_batch, 0, 1)
        # A recurrent state is that of its whole text: no prefix of it can be handed on.
        self._shares = not (
            llama_cpp.llama_model_is_recurrent(self._model) or llama_cpp.llama_model_is_hybrid(self._model)
        )

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._waiting and not any(place.answer for place in self._places)

    def add(self, question: int, tokens: Sequence[int], sampling: Sampling, reuse: bool) -> None:
        """Take a question; it is answered in the order of coming, as soon as there is a place."""
        self._waiting.append(Asked(question, tokens, sampling, reuse))

    def drop(self, question: int) -> None:
        """End the answer to a question, in its prompt too: its Done comes with the next step, at once."""
        self._dropped.add(question)
        # The others lose no more than the step that is being computed, which is done once more without this
        # one. A recurrent state cannot be taken back: there the step goes on to its end.
        if self._shares:
            self.cancel()

    def step(self) -> Iterator[Told]:
        """One batch: a token of each answer, and of the prompts what fits. Events as they become known."""
        # In this order, so that no one who is dropped meanwhile is missed.
        self.clear_cancel()
        yield from self._end_dropped()
        yield from self._seat_waiting()
        self._close_gap()
        pieces = self._fill_batch()
        if not pieces:
            return
        try:
            complete = self._run(self._batch)
        except EngineError as error:
            yield from self._fail_all(str(error))
            return
        for place, tokens, _ in pieces:
            if complete:
                place.cached.extend(tokens)
            else:
                llama_cpp.llama_memory_seq_rm(self._memory, place.sequence, len(place.cached), -1)
        if complete:
            for piece in pieces:
                yield from self._go_on(piece)

    def _end_dropped(self) -> Iterator[Told]:
        for place in self._places:
            if place.asked and place.asked.question in self._dropped:
                self._dropped.discard(place.asked.question)
                yield from self._done(place)
        for asked in [one for one in self._waiting if one.question in self._dropped]:
            self._dropped.discard(asked.question)
            self._waiting.remove(asked)
            nothing = Timing(None, None, None, len(asked.tokens), 0, 0, self._threads)
            yield Told(asked.question, Done("cancelled", nothing, self.memory()))

    def _seat_waiting(self) -> Iterator[Told]:
        while self._waiting and (free := [place for place in self._places if place.answer is None]):
            asked = self._waiting.popleft()
            try:
                answer = Continuation(self, asked.tokens, asked.sampling, time.perf_counter())
            except EngineError as error:
                yield Told(asked.question, Failed(str(error)))
                continue
            place = max(free, key=lambda place: common_length(answer.tokens, place.cached))
            place.asked, place.answer, place.reused = asked, answer, None
            place.fewest_threads = self._threads
            if len(answer.tokens) > self.n_ctx:
                length = f"The prompt has {len(answer.tokens)} tokens, and {self.n_ctx} have room."
                yield Told(asked.question, Failed(length))
                self._leave(place)

    def _close_gap(self) -> None:
        """Move the last answer into the place of one that ended, which nobody waits for.

        llama.cpp computes neighbouring sequences together: a gap would cost a second reading of the weights.
        """
        taken = [place.sequence for place in self._places if place.answer]
        if self._waiting or not self._shares or not taken or taken[-1] - taken[0] < len(taken):
            return
        gap = next(place for place in self._places[taken[0] :] if not place.answer)
        last = self._places[taken[-1]]
        self._copy(last, gap)
        llama_cpp.llama_memory_seq_rm(self._memory, last.sequence, -1, -1)
        gap.cached = []
        last.sequence, gap.sequence = gap.sequence, last.sequence
        self._places.sort(key=lambda place: place.sequence)

    def _fill_batch(self) -> list[_Piece]:
        """Put into the batch what is written, and what fits of what is read, and say where whose it is."""
        self._batch.n_tokens = 0
        parts = {place.sequence: place.unread for place in self._places if place.writes}
        # After a block of reasoning that was closed, a text adds several tokens at once.
        room = self._n_batch - sum(map(len, parts.values()))
        reading = [place for place in self._places if place.answer and not place.writes]
        for place in sorted(reading, key=lambda place: place.asked.at if place.asked else 0):
            if room and (place.reused is not None or self._take_common(place)):
                parts[place.sequence] = list(piece_of(place.unread, room))
                room -= len(parts[place.sequence])
        return [self._put(place, parts[place.sequence]) for place in self._places if place.sequence in parts]

    def _put(self, place: Place, tokens: list[int]) -> _Piece:
        batch, start = self._batch, self._batch.n_tokens
        for index, token in enumerate(tokens):
            at = start + index
            batch.token[at] = token
            batch.pos[at] = len(place.cached) + index
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = place.sequence
            # Logits only of the last token of what is complete with this piece.
            batch.logits[at] = len(tokens) == len(place.unread) and index == len(tokens) - 1
        batch.n_tokens = start + len(tokens)
        return _Piece(place, tokens, batch.n_tokens - 1)

    def _take_common(self, place: Place) -> bool:
        """Get what is in the cache of this prompt; False: another one is reading more of it just now."""
        assert place.answer and place.asked
        wanted = list(reusable(place.answer.tokens))
        best, common = place, 0
        others = self._places if self._shares and place.asked.reuse else []
        # What is in its own cache first: that costs nothing.
        for other in sorted(others, key=lambda other: other is not place):
            if other is not place and other.reads:
                assert other.answer
                if common_length(wanted, other.answer.tokens) >= len(other.cached) + WORTH_COPYING:
                    return False
            shared = common_length(wanted, other.cached)
            if shared >= common + (1 if other is place else WORTH_COPYING) and self._whole(other):
                best, common = other, shared
        if best is not place:
            self._copy(best, place)
        llama_cpp.llama_memory_seq_rm(self._memory, place.sequence, common, -1)
        place.cached, place.reused = wanted[:common], common
        return True

    def _copy(self, source: Place, target: Place) -> None:
        """Put all that a sequence has in the cache in place of what another one has there."""
        llama_cpp.llama_memory_seq_cp(self._memory, source.sequence, target.sequence, -1, -1)

    def _whole(self, place: Place) -> bool:
        """Whether its text is in the cache from the beginning on; a sliding window may have moved on."""
        return bool(llama_cpp.llama_memory_seq_pos_min(self._memory, place.sequence) == 0)

    def _go_on(self, piece: _Piece) -> Iterator[Told]:
        """What the batch brought to one place."""
        place = piece.place
        answer = place.answer
        assert answer and place.asked
        question = place.asked.question
        place.fewest_threads = min(place.fewest_threads, self._threads)
        if not answer.next:
            yield Told(question, PromptProgress(done=len(place.cached), total=len(answer.tokens)))
        if len(place.cached) < len(answer.tokens):
            return
        try:
            for event in answer.sample(self._context, piece.last, len(place.cached)):
                yield Told(question, event)
        except EngineError as error:
            yield Told(question, Failed(str(error)))
            self._leave(place)
            return
        if answer.reason:
            yield from self._done(place)

    def _done(self, place: Place) -> Iterator[Told]:
        asked, answer = place.asked, place.answer
        assert asked and answer
        for event in answer.finish():
            yield Told(asked.question, event)
        timing = answer.timing(place.reused or 0, place.fewest_threads)
        waited_s = answer.started - asked.at
        self._leave(place)
        yield Told(
            asked.question, Done(answer.reason or "cancelled", timing, self.memory(), waited_s=waited_s)
        )

    def _leave(self, place: Place) -> None:
        """Free the place. What it has in the cache stays, for a prompt that begins alike."""
        if place.answer:
            place.answer.close()
        place.asked = place.answer = None

    def _fail_all(self, reason: str) -> Iterator[Told]:
        """End all that is being written: the cache is in no known state."""
        for place in self._places:
            if place.asked:
                yield Told(place.asked.question, Failed(reason))
            self._leave(place)
            place.cached = []
        llama_cpp.llama_memory_clear(self._memory, True)
