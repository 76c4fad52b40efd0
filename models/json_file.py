"""A small memory in the home: a JSON object in a file that is read and written whole.

Knows files; knows nothing of what is remembered.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from config.folders import private_folder


def read_object(file: Path) -> dict[str, Any]:
    """What the file holds; empty if it is not there, or damaged: a memory may be lost."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def write_object(file: Path, known: dict[str, Any]) -> None:
    """Put `known` in place of what the file holds. Raises OSError."""
    private_folder(file.parent)
    # Whole or not at all: another process may read it now.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as temporary:
            json.dump(known, temporary, indent=1)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
