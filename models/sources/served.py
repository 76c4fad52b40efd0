"""A model behind a server: who may ask, whether the server is there, and what it says of itself.

Speaks as much of the OpenAI API as that takes (`GET /models`); knows nothing of prompts or answers.
"""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2

from config import ModelSpec
from config.errors import ConfigError, ModelUnavailable, UserError
from models.sources.network import client_options, through

CONNECT_S = 10.0
_CONTEXT = ("max_model_len", "context_length", "context_window", "max_context_length")


@dataclass(frozen=True, slots=True)
class Served:
    """What a server lists: the names of its models, and the context of ours in tokens, if it says so."""

    names: tuple[str, ...]
    n_ctx: int | None


def served_name(spec: ModelSpec) -> str:
    """The name that the server knows the model by."""
    return spec.served_model or spec.name


def api_key(spec: ModelSpec) -> str | None:
    """The key from the environment; raises ConfigError, without its text, if it is not there or none."""
    if spec.api_key_env is None:
        return None
    key = os.environ.get(spec.api_key_env, "").strip()
    if not key:
        raise ConfigError(
            f"models.{spec.name}.api_key_env names the environment variable {spec.api_key_env}, "
            "which is not set. Put the server's key into it."
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigError(
            f"The environment variable {spec.api_key_env} holds characters that no key has. Set it anew."
        )
    return key


def headers(spec: ModelSpec) -> dict[str, str]:
    """The HTTP headers of every request."""
    key = api_key(spec)
    return {"Authorization": f"Bearer {key}"} if key else {}


def without_key(text: str, spec: ModelSpec) -> str:
    """The text as it may be shown: some servers repeat the key they refuse."""
    key = os.environ.get(spec.api_key_env, "").strip() if spec.api_key_env else ""
    return text.replace(key, "(the key)") if key else text


def said(body: bytes, spec: ModelSpec) -> str:
    """What a server's error says, in at most 300 characters, fit to be shown."""
    text = " ".join(without_key(error_message(body), spec).split())
    return text[:300] or "it gave no reason"


def error_message(body: bytes) -> str:
    """The sentences in a server's error, wherever it puts them; the whole of it, if it is no JSON."""
    text = body.decode(errors="replace")
    try:
        found = list(_sentences(json.loads(text)))
    except (ValueError, RecursionError):
        found = []
    return "; ".join(dict.fromkeys(found)) or text


def _sentences(error: object) -> Iterator[str]:
    """FastAPI says `detail`, and where something is wrong `loc` and `msg`; OpenAI `message` and `param`."""
    if isinstance(error, str):
        yield error
    elif isinstance(error, list):
        for part in error:
            yield from _sentences(part)
    elif isinstance(error, dict):
        if isinstance(error.get("loc"), list):
            yield ".".join(map(str, error["loc"])) + ": " + str(error.get("msg", ""))
            return
        for name in ("error", "message", "detail", "errors", "param", "code", "metadata", "raw"):
            yield from _sentences(error.get(name))


def ask_served(spec: ModelSpec, timeout_s: float = CONNECT_S) -> Served | None:
    """What the server lists; None if it has no such list.

    Raises ModelUnavailable if it cannot be reached, refuses us, or lists other models only.
    """
    url = f"{spec.url}/models"
    try:
        response = httpx2.get(url, headers=headers(spec), timeout=timeout_s, **client_options(url))
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ModelUnavailable(
            f"{spec.name}: the server at {spec.url}{through(url)} cannot be reached "
            f"({without_key(_words(error), spec)}). Start it, or correct models.{spec.name}.url in the "
            "settings."
        ) from error
    if response.status_code in (401, 403):
        raise ModelUnavailable(
            f"{spec.name}: the server at {spec.url} refuses the key: {said(response.content, spec)}. "
            f"Name its environment variable in models.{spec.name}.api_key_env."
        )
    # Some have no such list, or say "loading" here; the question itself will tell.
    return _served(response, spec) if response.status_code == 200 else None


def reach(specs: Sequence[ModelSpec], timeout_s: float = 2.0) -> dict[str, str | None]:
    """Whether each model's server can be asked, all at once: by the model's name None, or what is wrong."""

    def problem(spec: ModelSpec) -> str | None:
        try:
            ask_served(spec, timeout_s)
        except UserError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(max_workers=max(1, len(specs))) as threads:
        return dict(zip((spec.name for spec in specs), threads.map(problem, specs), strict=True))


def _served(response: httpx2.Response, spec: ModelSpec) -> Served | None:
    try:
        listed = [item for item in response.json()["data"] if isinstance(item["id"], str)]
    except (ValueError, TypeError, KeyError):
        return None
    names = tuple(item["id"] for item in listed)
    ours = [item for item in listed if served_name(spec) in _names(item["id"])]
    # A server of one model answers to any name, and is often not told one.
    if not ours and len(names) > 1:
        raise ModelUnavailable(
            f"{spec.name}: the server at {spec.url} has no model '{served_name(spec)}'. It has: "
            f"{', '.join(names)}. Choose one as models.{spec.name}.served_model."
        )
    return Served(names, _context((ours or listed)[0]) if listed else None)


def _names(listed: str) -> tuple[str, ...]:
    """What a model may be called: Ollama lists "m:latest" for "m", Gemini "models/m"."""
    return listed, listed.removesuffix(":latest"), listed.removeprefix("models/")


def _context(item: dict[str, Any]) -> int | None:
    """Under the names of vLLM and SGLang, OpenRouter, Groq, Mistral, and llama-server (in `meta`)."""
    meta = item.get("meta")
    named = [item.get(name) for name in _CONTEXT]
    for said_to_be in (*named, meta.get("n_ctx") if isinstance(meta, dict) else None):
        if isinstance(said_to_be, int) and not isinstance(said_to_be, bool) and said_to_be > 0:
            return said_to_be
    return None


def _words(error: Exception) -> str:
    # Time-outs come without a text.
    return str(error) or type(error).__name__
