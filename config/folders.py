"""Folders for what is the user's alone. Knows modes; knows nothing of what lies in them."""

from pathlib import Path


def private_folder(folder: Path) -> Path:
    """The folder itself; it and those above it that are missing are made for their owner alone."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    return folder
