"""What a model has written so far: its reasoning and its answer apart. Standard library only."""

from dataclasses import dataclass

from generator.events import Reasoning, Text, TextWasReasoning


@dataclass(slots=True)
class Transcript:
    """Takes events as they come; those that carry no text change nothing."""

    text: str = ""
    reasoning: str = ""

    def take(self, event: object) -> None:
        """Add what the event brings."""
        if isinstance(event, Text):
            self.text += event.text
        elif isinstance(event, Reasoning):
            self.reasoning += event.text
        elif isinstance(event, TextWasReasoning):
            self.text, self.reasoning = "", self.reasoning + self.text
