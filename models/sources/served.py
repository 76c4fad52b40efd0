"""A model behind a server: who may ask, whether the server is there, and what it says of itself.

Speaks as much of the OpenAI API as that takes (`GET /models`); knows nothing of prompts or answers.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2

from config import ModelSpec
from config.errors import ConfigError, ModelUnavailable, UserError

CONNECT_S = 10.0


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
    text = " ".join(without_key(body.decode(errors="replace"), spec).split())
    return text[:300] or "it gave no reason"


def ask_served(spec: ModelSpec, timeout_s: float = CONNECT_S) -> Served | None:
    """What the server lists; None if it has no such list.

    Raises ModelUnavailable if it cannot be reached, refuses us, or lists other models only.
    """
    url = f"{spec.url}/models"
    try:
        response = httpx2.get(url, headers=headers(spec), timeout=timeout_s)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ModelUnavailable(
            f"{spec.name}: the server at {spec.url} cannot be reached ({without_key(_words(error), spec)}). "
            f"Start it, or correct models.{spec.name}.url in the settings."
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
    ours = [item for item in listed if item["id"] == served_name(spec)]
    # A server of one model answers to any name, and is often not told one.
    if not ours and len(names) > 1:
        raise ModelUnavailable(
            f"{spec.name}: the server at {spec.url} has no model '{served_name(spec)}'. It has: "
            f"{', '.join(names)}. Choose one as models.{spec.name}.served_model."
        )
    return Served(names, _context((ours or listed)[0]) if listed else None)


def _context(item: dict[str, Any]) -> int | None:
    """vLLM and SGLang say `max_model_len`, llama-server `meta.n_ctx`."""
    meta = item.get("meta")
    for said_to_be in (item.get("max_model_len"), meta.get("n_ctx") if isinstance(meta, dict) else None):
        if isinstance(said_to_be, int) and said_to_be > 0:
            return said_to_be
    return None


def _words(error: Exception) -> str:
    # Time-outs come without a text.
    return str(error) or type(error).__name__
