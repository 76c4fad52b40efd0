"""Settings and the error tree. The ground floor: imports nothing of ReviewDuel."""

from config.errors import UserError
from config.settings import (
    EmbedderSettings,
    ModelSpec,
    PassageSettings,
    Settings,
    load_settings,
)

__all__ = [
    "EmbedderSettings",
    "ModelSpec",
    "PassageSettings",
    "Settings",
    "UserError",
    "load_settings",
]
