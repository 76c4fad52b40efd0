"""Where an answer comes from, so that it can be asked for again. Knows nothing of models."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

from generator.events import Message


@dataclass(frozen=True, slots=True)
class Origin:
    """What an answer came from; None where it is not known.

    `file_sha256`: of the model's file, and behind a "+" of its adapter's if it has one. `engine`: names and
    versions of what ran it. `prompt_sha256`: of the conversation as JSON, [[role, content], ...], the same
    for all models that were asked the same. `load_average`: of the machine over the minute before the answer.
    """

    file_sha256: str | None = None
    engine: str | None = None
    prompt_sha256: str | None = None
    load_average: float | None = None


def origin_of(messages: Sequence[Message], file_sha256: str | None, engine: str) -> Origin:
    """The origin of an answer that is asked for now."""
    turns = json.dumps([[message.role, message.content] for message in messages])
    return Origin(file_sha256, engine, hashlib.sha256(turns.encode()).hexdigest(), os.getloadavg()[0])
