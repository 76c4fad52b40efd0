"""Where the Hugging Face hub is, or the one that HF_ENDPOINT names in its place, and where it has a file.

Knows addresses; asks no server.
"""

import os

import httpx2
from huggingface_hub import hf_hub_url, set_client_factory
from huggingface_hub.constants import ENDPOINT
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils._http import hf_request_event_hook

from config.errors import ModelUnavailable
from models.sources.network import ByUrl


def _client() -> httpx2.Client:
    """A client like the hub's own, which reads proxies itself and does not say what is wrong with them."""
    hooks = {"request": [hf_request_event_hook]}
    return httpx2.Client(
        transport=ByUrl(), trust_env=False, event_hooks=hooks, follow_redirects=True, timeout=None
    )


set_client_factory(_client)


def hub() -> str:
    """The hub's URL, without a slash at its end."""
    return (os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")


def hub_url(repository: str, file: str) -> str:
    """Where the hub has a repository's file; raises ModelUnavailable for what is no name of a repository."""
    try:
        return hf_hub_url(repository, file, endpoint=hub())
    except HFValidationError as error:
        raise ModelUnavailable(f"'{repository}' is no repository: expected owner/name.") from error
