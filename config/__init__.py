"""Settings and the error tree. The ground floor: imports nothing of ReviewDuel."""

from config.errors import UserError
from config.model_spec import ModelSpec
from config.settings import EmbedderSettings, PassageSettings, Settings, load_settings

__all__ = [
    "EmbedderSettings",
    "ModelSpec",
    "PassageSettings",
    "Settings",
    "UserError",
    "load_settings",
]
