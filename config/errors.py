"""The errors that are safe and useful to show a person.

UserError
 ├─ ConfigError            the settings, an experiment, a question set or a variable is wrong
 ├─ DatabaseError          PostgreSQL refused what was asked, or cannot be reached:
 │   └─ DatabaseAway       no connection, or it was lost; there may be one again in a moment
 ├─ CannotWrite            a file cannot be written: the disk is full, or its folder does not allow it
 ├─ EmbedderMismatch       the database was filled by another embedder
 ├─ BadReviewFile          a review file cannot be read at all
 ├─ ClusterError           the Ray cluster is not there, or was lost in the middle of an ingest
 ├─ UnknownProduct         no product has this id
 ├─ UnknownPassage         no passage of the product has this hash, or more than one
 ├─ UnknownModel           no model has this name
 ├─ ModelUnavailable       the model's file is missing or cannot be loaded; its server is not there or refuses
 ├─ ModelBusy              a model that answers cannot be unloaded
 ├─ AskedTooMuch           a visitor of the page asks more at once, or in a minute, than is for one
 ├─ BadLink                a link to a question names what is not here, or is not spelled so
 ├─ RunError               a run's name is taken already, or there is no run of this name
 ├─ PromptTooLong          not even the question fits the model's context
 └─ GenerationFailed       the model's process or server failed in the middle of an answer

Each message says what happened, where, and what to do. Everything that is not a UserError is a
defect and keeps its traceback. Foreign errors (psycopg2, pydantic, llama.cpp) are converted where
they enter, and nowhere else.
"""

from config.printable import printable


class UserError(Exception):
    """Base of all errors whose text may be shown as it is, whatever file or server it quotes."""

    def __str__(self) -> str:
        return printable(super().__str__())


class ConfigError(UserError):
    """The settings, an experiment, a question set or an environment variable is wrong."""


class DatabaseError(UserError):
    """PostgreSQL cannot be reached, or refused what was asked of it."""


class DatabaseAway(DatabaseError):
    """There is no connection to PostgreSQL, or it was lost; there may be one again in a moment."""


class CannotWrite(UserError):
    """A file cannot be written: the disk is full, or its folder does not allow it."""


class EmbedderMismatch(UserError):
    """The database holds vectors of another embedder than the configured one."""


class BadReviewFile(UserError):
    """A review file cannot be read at all; single bad rows are rejected instead."""


class ClusterError(UserError):
    """The Ray cluster of an ingest is not there, or was lost."""


class UnknownProduct(UserError):
    """No product in the database has the given id."""


class UnknownPassage(UserError):
    """No passage of the product is named so, or more than one."""


class UnknownModel(UserError):
    """No model has this name: none that is configured, built in or in the catalogue."""


class ModelUnavailable(UserError):
    """A model's file is missing or cannot be loaded, or its server is not there or refuses us."""


class ModelBusy(UserError):
    """A model that is answering cannot be unloaded."""


class AskedTooMuch(UserError):
    """A visitor of the page asks more at once, or in a minute, than is for one."""


class BadLink(UserError):
    """A link to a question names what is not here, or is not spelled as links are."""


class RunError(UserError):
    """A run's name is taken already, or there is no run of this name."""


class PromptTooLong(UserError):
    """The question alone, without any passage, exceeds the model's context."""


class GenerationFailed(UserError):
    """The model's worker process or its server failed in the middle of an answer."""
