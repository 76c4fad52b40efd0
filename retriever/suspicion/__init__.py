"""Whether a text looks like an attempt to take over the model that reads it.

`scanner` weighs what the others notice: `readings`, what a text hides; `orders`, what it tells a model to do,
by the `terms` of many languages, found through a `lexicon`, and by English `phrases`. Pure text: knows
nothing of reviews, databases or models.
"""

from retriever.suspicion.orders import Sign
from retriever.suspicion.readings import plain
from retriever.suspicion.scanner import (
    HIDES,
    enough,
    signs,
    signs_within,
    strongest,
    suspicions,
    template_marks,
)

__all__ = [
    "HIDES",
    "Sign",
    "enough",
    "plain",
    "signs",
    "signs_within",
    "strongest",
    "suspicions",
    "template_marks",
]
