"""Settings and the error tree. The ground floor: imports nothing of ReviewDuel."""

from config.errors import UserError
from config.model_spec import AnswerMode, ModelSpec
from config.settings import EmbedderSettings, PassageSettings, Settings, VerbatimSettings, load_settings

__all__ = [
    "AnswerMode",
    "EmbedderSettings",
    "ModelSpec",
    "PassageSettings",
    "Settings",
    "UserError",
    "VerbatimSettings",
    "load_settings",
]
