"""What a person is told of an error: its sentence, or that something is wrong. Knows nothing of Streamlit."""

import logging

from config.errors import UserError

DEFECT = "Something went wrong inside ReviewDuel; the server's log tells what."


def told(error: Exception, failed: str) -> str:
    """The sentence for people: a UserError's own; of a defect DEFECT, with its traceback in the server's log.

    `failed`: what did not succeed, for the log.
    """
    if isinstance(error, UserError):
        return str(error)
    logging.getLogger(__name__).error(failed, exc_info=error)
    return DEFECT
