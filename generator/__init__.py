"""Questions and passages become answers, with their figures.

The names below are loaded on first use. A worker process imports this package too, and must not pay
in memory for what only its callers need; and nobody loads llama.cpp into the calling process.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.answer import Answer, Exchange
    from generator.answerer import Answerer
    from generator.events import Done, Event, Loading, PromptProgress, Reasoning, Text, TextWasReasoning
    from generator.generator import Generator
    from generator.log.answer_log import AnswerLog
    from generator.measured import Memory, Timing
    from generator.opening import open_answerer
    from generator.registry.registry import Registry
    from generator.transcript import Transcript

_HOMES = {
    "Answer": "generator.answer",
    "AnswerLog": "generator.log.answer_log",
    "Answerer": "generator.answerer",
    "Done": "generator.events",
    "Event": "generator.events",
    "Exchange": "generator.answer",
    "Generator": "generator.generator",
    "Loading": "generator.events",
    "Memory": "generator.measured",
    "PromptProgress": "generator.events",
    "Reasoning": "generator.events",
    "Registry": "generator.registry.registry",
    "Text": "generator.events",
    "TextWasReasoning": "generator.events",
    "Timing": "generator.measured",
    "Transcript": "generator.transcript",
    "open_answerer": "generator.opening",
}

__all__ = [
    "Answer",
    "AnswerLog",
    "Answerer",
    "Done",
    "Event",
    "Exchange",
    "Generator",
    "Loading",
    "Memory",
    "PromptProgress",
    "Reasoning",
    "Registry",
    "Text",
    "TextWasReasoning",
    "Timing",
    "Transcript",
    "open_answerer",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'generator' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
