"""Where the Hugging Face hub is, or the one that HF_ENDPOINT names in its place, and where it has a file.

Knows addresses; asks no server.
"""

import os

from huggingface_hub import hf_hub_url
from huggingface_hub.constants import ENDPOINT
from huggingface_hub.errors import HFValidationError

from config.errors import ModelUnavailable


def hub() -> str:
    """The hub's URL, without a slash at its end."""
    return (os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")


def hub_url(repository: str, file: str) -> str:
    """Where the hub has a repository's file; raises ModelUnavailable for what is no name of a repository."""
    try:
        return hf_hub_url(repository, file, endpoint=hub())
    except HFValidationError as error:
        raise ModelUnavailable(f"'{repository}' is no repository: expected owner/name.") from error
