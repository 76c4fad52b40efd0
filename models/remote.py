"""The header of a GGUF that lies on a server: its first megabytes, by HTTP range requests.

It becomes a local file with a hole where the tensors' data would be (as models.header_file makes), so
that everything else treats it like any file. A server that ignores ranges is read no further than needed.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

from huggingface_hub import hf_hub_url
from huggingface_hub.constants import ENDPOINT as DEFAULT_ENDPOINT
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
)
from huggingface_hub.errors import HTTPError as TransferError
from huggingface_hub.utils import (
    build_hf_headers,
    get_session,
    hf_raise_for_status,
)

from config.errors import ModelUnavailable
from models.header import LONGEST_HEADER, header_length

_FIRST = 4 * 2**20
_TIMEOUT_S = 30.0


def hub_url(repository: str, file: str) -> str:
    """Where the hub (HF_ENDPOINT, if set) has a repository's file."""
    return hf_hub_url(repository, file, endpoint=_endpoint())


def fetch_header(url: str, folder: Path) -> Path:
    """Write a file into `folder` that has the header and the length of the GGUF at `url`, but no data.

    Raises ModelUnavailable if it cannot be had, with the reason in words, or is no GGUF.
    """
    path = folder / (url.split("?")[0].rsplit("/", 1)[-1] or "remote.gguf")
    try:
        beginning, size = _beginning(url)
    except GatedRepoError as error:
        raise ModelUnavailable(
            f"{url} is gated: accept its licence on the model's page, then log in with `hf auth login`."
        ) from error
    except (RepositoryNotFoundError, EntryNotFoundError) as error:
        raise ModelUnavailable(f"There is no {url} (or it is private: `hf auth login`).") from error
    except (HfHubHTTPError, TransferError, ConnectionError) as error:  # the last: HF_HUB_OFFLINE
        raise ModelUnavailable(f"{url} cannot be read: {str(error).splitlines()[0]}") from error
    except ModelUnavailable as error:
        raise ModelUnavailable(f"{url}: {error}") from error
    path.write_bytes(beginning)
    with path.open("r+b") as file:
        file.truncate(size)
    return path


def _beginning(url: str) -> tuple[bytes, int]:
    """The first bytes of `url`, so many that they hold the header, and the whole size."""
    data = bytearray()
    wanted = _FIRST
    with closing(_pieces(url)) as pieces:
        for piece, size in pieces:
            data += piece
            if len(data) < min(wanted, size):
                continue
            length = header_length(data, size)
            if length is not None:
                return bytes(data[:length]), size
            if len(data) >= LONGEST_HEADER:
                break
            wanted *= 4
    raise ModelUnavailable("its header does not end where a header should.")


def _pieces(url: str) -> Generator[tuple[bytes, int], None, None]:
    """The file from its beginning, piece by piece, with its whole size; ends when it is closed."""
    # The hub's token is for the hub alone.
    headers = build_hf_headers() if url.startswith(_endpoint() + "/") else {}
    start, step = 0, _FIRST
    while True:
        asked = headers | {"Range": f"bytes={start}-{start + step - 1}", "Accept-Encoding": "identity"}
        with get_session().stream(
            "GET", url, headers=asked, follow_redirects=True, timeout=_TIMEOUT_S
        ) as response:
            hf_raise_for_status(response)
            size = _whole_size(response.headers)
            for piece in response.iter_bytes():
                start += len(piece)
                yield piece, size
            if response.status_code != HTTPStatus.PARTIAL_CONTENT or start >= size:
                return
        step *= 4


def _whole_size(headers: Mapping[str, str]) -> int:
    whole = headers.get("content-range", "").rpartition("/")[2] or headers.get("content-length", "")
    if not whole.isdecimal():
        raise ModelUnavailable("the server does not tell how long the file is.")
    return int(whole)


def _endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")
