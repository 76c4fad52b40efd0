"""The adapter of a configured model: where its file lies, and that it fits the model's."""

from pathlib import Path

from config import ModelSpec, Settings
from models.files import require_adapter
from models.gguf.adapter import require_fitting
from models.gguf.header import Header


def fitting_adapter(spec: ModelSpec, settings: Settings, base: Header) -> Path | None:
    """Its file; None if the model has none. `base`: the header of the model's own file.

    Raises ModelUnavailable if it is missing, no LoRA, or none for that model.
    """
    path = require_adapter(spec, settings)
    if path:
        require_fitting(path, base)
    return path
