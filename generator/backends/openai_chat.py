"""The OpenAI chat API, as much of it as we speak: what is asked, what is answered, what is refused.

Knows the shape of requests and replies; knows nothing of connections, times or threads.
"""

import re
from collections.abc import Sequence
from typing import Any

from config import ModelSpec
from config.errors import GenerationFailed, ModelUnavailable, PromptTooLong, UserError
from config.printable import as_utf8
from generator.backends.chat_stream import Chunk, parse_chunk
from generator.events import Message, Sampling
from models.sources.served import said, served_name

# llama-server, llama_cpp.server, vLLM and SGLang, TGI, each in its own words.
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context (length|size|window)|maximum model length"
    r"|inputs.? (tokens \+|must have less than)",
    re.I,
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
    # What the settings add; null leaves a parameter out.
    return {name: value for name, value in (body | spec.extra_body).items() if value is not None}


def read_chunk(data: str, spec: ModelSpec) -> Chunk:
    """A message's data; raises GenerationFailed if it makes no sense, or the error that it is."""
    try:
        chunk = parse_chunk(data)
    except ValueError:
        text = said(data.encode(errors="replace"), spec)
        raise GenerationFailed(
            f"{spec.name}: what the server at {spec.url} sends is no chat completion: {text}. "
            f"Check that models.{spec.name}.url leads to its chat API, up to /v1."
        ) from None
    if chunk.error is not None:
        code = chunk.error.get("code") if isinstance(chunk.error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 200
        raise refusal(spec, status, data.encode(errors="replace"))
    return chunk


def refusal(spec: ModelSpec, status: int, body: bytes) -> UserError:
    """What a server's error is for us: PromptTooLong, ModelUnavailable or GenerationFailed, in its words."""
    text = said(body, spec).rstrip(".")
    where = f"the server at {spec.url}"
    if status < 500 and _TOO_LONG.search(body.decode(errors="replace")):
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
