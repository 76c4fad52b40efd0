"""LangChain's view of a Generator: a chat model, so that `prompt | model | parser` chains work.

Not imported by `generator`: who does not use LangChain does not load it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import OutputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict

from generator.events import Done, Message, Reasoning, Text
from generator.generator import Generator
from generator.measured import Timing

_ROLES: tuple[tuple[type[BaseMessage], Literal["system", "user", "assistant"]], ...] = (
    (SystemMessage, "system"),
    (HumanMessage, "user"),
    (AIMessage, "assistant"),
)


class GeneratorChatModel(BaseChatModel):
    """A configured model as a LangChain chat model; streams, and reports its tokens as usage."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    generator: Generator

    @property
    def _llm_type(self) -> str:
        return "reviewduel"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for event in self.generator.generate(_turns(messages), stop=stop or ()):
            if isinstance(event, Text):
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=event.text))
                if run_manager:
                    run_manager.on_llm_new_token(event.text, chunk=chunk)
                yield chunk
            elif isinstance(event, Reasoning):
                # Where LangChain's own models of this kind put it.
                message = AIMessageChunk(content="", additional_kwargs={"reasoning_content": event.text})
                yield ChatGenerationChunk(message=message)
            elif isinstance(event, Done):
                usage = _usage(event.timing)
                yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=usage))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager))


def _usage(timing: Timing) -> UsageMetadata | None:
    """Tokens as LangChain counts them; None of a server that does not count."""
    n_in, n_out = timing.n_prompt, timing.n_out
    if n_in is None or n_out is None:
        return None
    usage = UsageMetadata(input_tokens=n_in, output_tokens=n_out, total_tokens=n_in + n_out)
    if timing.n_reasoning:
        usage["output_token_details"] = OutputTokenDetails(reasoning=timing.n_reasoning)
    return usage


def _turns(messages: Sequence[BaseMessage]) -> list[Message]:
    return [Message(_role(message), message.text) for message in messages]


def _role(message: BaseMessage) -> Literal["system", "user", "assistant"]:
    for kind, role in _ROLES:
        # Not by `message.type`: a chunk of a streamed message is of its message's class, but not type.
        if isinstance(message, kind):
            return role
    raise ValueError(f"a {message.type} message cannot be given to a local model")
