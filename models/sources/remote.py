"""The header of a GGUF that lies on a server: its first megabytes, by HTTP range requests.

It becomes a local file with a hole where the tensors' data would be (as models.gguf.header_file makes), so
that everything else treats it like any file. A server that ignores ranges is read no further than needed.
"""

import os
import re
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

from httpx2 import InvalidURL
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
from config.folders import OTHER_TMPDIR, writing_to
from config.printable import first_line, printable_url
from models.gguf.header import LONGEST_HEADER, header_length
from models.gguf.parts import part_names
from models.sources.hub import hub
from models.sources.network import through

_FIRST = 4 * 2**20
_TIMEOUT_S = 30.0
# A header of some megabytes on a slow line; who sends a byte now and then is not waited for longer.
_PATIENCE_S = 300.0
_LARGEST = 2**43  # bytes: more than a hundred times the largest model, and what file systems take
_WHICH_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.ASCII)
_PLAIN_NAME = re.compile(r"[\w-][\w.+-]{0,199}", re.ASCII)


def fetch_header(url: str, folder: Path) -> Path:
    """Write a file into `folder` that has the header and the length of the GGUF at `url`, but no data.

    Of a model in parts, one for each; the first is returned.
    Raises ModelUnavailable if it cannot be had, with the reason in words, or is no GGUF, and CannotWrite.
    """
    address, mark, query = url.partition("?")
    first, *_ = [_fetch(f"{part}{mark}{query}", folder) for part in part_names(address)]
    return first


def _fetch(url: str, folder: Path) -> Path:
    path = folder / _name(url)
    shown = printable_url(url)
    try:
        beginning, size = _beginning(url)
    except GatedRepoError as error:
        raise ModelUnavailable(
            f"{shown} is gated: accept its licence on the model's page, then log in with `hf auth login`."
        ) from error
    except (RepositoryNotFoundError, EntryNotFoundError) as error:
        raise ModelUnavailable(f"There is no {shown} (or it is private: `hf auth login`).") from error
    # The last two: HF_HUB_OFFLINE; what is no address.
    except (HfHubHTTPError, TransferError, ConnectionError, InvalidURL) as error:
        raise ModelUnavailable(
            f"{shown}{through(url)} cannot be read: {first_line(error)}. Check the address and the network."
        ) from error
    except ModelUnavailable as error:
        raise ModelUnavailable(f"{shown}: {error}") from error
    with writing_to(folder, OTHER_TMPDIR):
        path.write_bytes(beginning)
        os.truncate(path, size)
    return path


def _name(url: str) -> str:
    """The file's name there, which may tell that it is one of several; never a way out of the folder."""
    name = url.split("?")[0].rsplit("/", 1)[-1]
    if _PLAIN_NAME.fullmatch(name):
        return name
    part = _WHICH_PART.search(name)
    return f"remote{part[0] if part else '.gguf'}"


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
            wanted = min(4 * wanted, LONGEST_HEADER)
    raise ModelUnavailable("its header does not end where a header should.")


def _pieces(url: str) -> Generator[tuple[bytes, int], None, None]:
    """The file from its beginning, piece by piece, with its whole size; ends when it is closed."""
    # The hub's token is for the hub alone.
    headers = build_hf_headers() if url.startswith(hub() + "/") else {}
    start, step, deadline = 0, _FIRST, time.monotonic() + _PATIENCE_S
    while True:
        asked = headers | {"Range": f"bytes={start}-{start + step - 1}", "Accept-Encoding": "identity"}
        with get_session().stream(
            "GET", url, headers=asked, follow_redirects=True, timeout=_TIMEOUT_S
        ) as response:
            hf_raise_for_status(response)
            asked_from, size = start, _whole_size(response.headers)
            _require_plain(response.headers)
            for piece in response.iter_raw():
                if time.monotonic() > deadline:
                    raise ModelUnavailable(f"its header did not come within {_PATIENCE_S:.0f} s.")
                start += len(piece)
                yield piece, size
            if response.status_code != HTTPStatus.PARTIAL_CONTENT or not asked_from < start < size:
                return
        step *= 4


def _require_plain(headers: Mapping[str, str]) -> None:
    # What was asked for is the file itself; packed, a little of it could be gigabytes.
    coding = headers.get("content-encoding", "identity")
    if coding != "identity":
        raise ModelUnavailable(f"the server sends it packed ({coding}), which nobody asked for.")


def _whole_size(headers: Mapping[str, str]) -> int:
    whole = headers.get("content-range", "").rpartition("/")[2] or headers.get("content-length", "")
    if not (whole.isascii() and whole.isdecimal()):
        raise ModelUnavailable("the server does not tell how long the file is.")
    if len(whole) > 15 or int(whole) > _LARGEST:
        raise ModelUnavailable(f"the server says that it is {whole[:30]} bytes long, as no model is.")
    return int(whole)
