"""The OpenAI chat API, as much of it as we speak: what is asked, what is answered, what is refused.

Knows the shape of requests and replies; knows nothing of connections, times or threads.
"""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from config import ModelSpec
from config.errors import GenerationFailed, ModelUnavailable, PromptTooLong, UserError
from config.printable import as_utf8
from generator.events import Message, Sampling, StopReason
from models.sources.served import said, served_name

# llama-server, llama_cpp.server, vLLM and SGLang, each in its own words.
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context (length|size|window)|maximum model length", re.I
)


def request_body(
    spec: ModelSpec, messages: Sequence[Message], sampling: Sampling, reuse: bool
) -> dict[str, Any]:
    """The JSON of a request. Without `reuse` llama-server is told not to use its cache; others ignore it."""
    body: dict[str, Any] = {
        "model": served_name(spec),
        "messages": [{"role": message.role, "content": as_utf8(message.content)} for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "cache_prompt": reuse,
    }
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    return body


class PromptDetails(BaseModel):
    """Of the prompt's tokens, those that came from the server's cache."""

    cached_tokens: int | None = None


class CompletionDetails(BaseModel):
    """Of the answer's tokens, those that were spent on reasoning before it."""

    reasoning_tokens: int | None = None


class Usage(BaseModel):
    """Tokens as the server counted them."""

    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None

    @property
    def cached_tokens(self) -> int | None:
        """Prompt tokens from the server's cache; None if it does not tell."""
        return self.prompt_tokens_details.cached_tokens if self.prompt_tokens_details else None

    @property
    def reasoning_tokens(self) -> int | None:
        """Tokens of the reasoning; None if it does not tell."""
        return self.completion_tokens_details.reasoning_tokens if self.completion_tokens_details else None


class Delta(BaseModel):
    """A piece of the answer, or of the reasoning before it (two names are in use)."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None

    @property
    def thought(self) -> str:
        """The piece of reasoning, under whichever name it came."""
        return self.reasoning_content or self.reasoning or ""


class Choice(BaseModel):
    """One answer's news. `stop_reason`: vLLM's word for the stop string that was met."""

    delta: Delta = Delta()
    finish_reason: str | None = None
    stop_reason: int | str | None = None


class Chunk(BaseModel):
    """One event of the stream. The last one may have no choices and the usage."""

    choices: list[Choice] = []
    usage: Usage | None = None
    error: dict[str, Any] | str | None = None


def read_chunk(data: str, spec: ModelSpec) -> Chunk:
    """An event's data; raises GenerationFailed if it makes no sense, or the error that it is."""
    try:
        chunk = Chunk.model_validate_json(data)
    except ValidationError:
        text = said(data.encode(errors="replace"), spec)
        raise GenerationFailed(
            f"{spec.name}: what the server at {spec.url} sends is no chat completion: {text}. "
            f"Check that models.{spec.name}.url leads to its chat API, up to /v1."
        ) from None
    if chunk.error is not None:
        raise refusal(spec, 200, data.encode())
    return chunk


def refusal(spec: ModelSpec, status: int, body: bytes) -> UserError:
    """What a server's error is for us: PromptTooLong, ModelUnavailable or GenerationFailed, in its words."""
    text = said(body, spec).rstrip(".")
    where = f"the server at {spec.url}"
    if status < 500 and _TOO_LONG.search(text):
        return PromptTooLong(
            f"{spec.name}: {where} has no room for the prompt and an answer of {spec.max_tokens} tokens: "
            f"{text}. Ask a shorter question, or lower models.{spec.name}.max_tokens in the settings."
        )
    if status in (401, 403):
        return ModelUnavailable(
            f"{spec.name}: {where} refuses the key: {text}. Name its environment variable in "
            f"models.{spec.name}.api_key_env."
        )
    if status == 404:
        return ModelUnavailable(
            f"{spec.name}: {where} knows no model '{served_name(spec)}', or {spec.url} is not its API: "
            f"{text}. Correct models.{spec.name}.served_model or url in the settings."
        )
    return GenerationFailed(
        f"{spec.name}: {where} failed with status {status}: {text}. Ask again, or look at the server's own "
        "log."
    )


def stop_reason_of(choice: Choice, n_out: int | None, max_tokens: int) -> StopReason:
    """Why the answer ended. Only vLLM tells a stop string from the model's own end."""
    if choice.finish_reason == "stop":
        return "stop" if isinstance(choice.stop_reason, str) else "end"
    if choice.finish_reason == "length":
        return "context" if n_out is not None and n_out < max_tokens else "max_tokens"
    return "error"
