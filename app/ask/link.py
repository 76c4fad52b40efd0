"""A question as the query of a link, and back: whoever opens it asks the same. Knows nothing of pages.

`product`, `models` and `q`, and where they are not the usual: `answers`, `prompt`, `stars`, `since`, `until`,
`language`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import get_args
from urllib.parse import urlencode

from app.ask.question import MOST_MODELS, Filters, Question
from config import AnswerMode
from config.errors import BadLink
from config.settings import did_you_mean

KEYS = ("product", "models", "q", "answers", "prompt", "stars", "since", "until", "language")


def link_query(question: Question) -> str:
    """What follows the `?`: the product, the models, the text; how it is answered, and from which reviews."""
    filters = question.filters
    stars = (
        f"{filters.min_rating or 1:g}-{filters.max_rating or 5:g}"
        if filters.min_rating is not None or filters.max_rating is not None
        else None
    )
    values = {
        "product": question.product_id,
        "models": ",".join(question.models),
        "q": question.text,
        "answers": question.answers,
        "prompt": question.prompt,
        "stars": stars,
        "since": filters.since,
        "until": filters.until,
        "language": filters.language,
    }
    return urlencode({key: value for key, value in values.items() if value})


def read_link(
    query: Mapping[str, str], usual: Question, models: Collection[str], prompts: Collection[str]
) -> Question:
    """The question of a link; what it does not say is as in `usual`. `models`: those that can be asked here,
    with `prompts`.

    Without `q` its text is empty. Raises BadLink.
    """
    asked = tuple(dict.fromkeys(filter(None, query.get("models", "").split(",")))) or usual.models
    for model in asked:
        if model not in models:
            raise BadLink(
                f"The link asks '{model}', which is not here{did_you_mean(model, models)} "
                f"Here are: {', '.join(models)}."
            )
    if len(asked) > MOST_MODELS:
        raise BadLink(f"The link asks {len(asked)} models; {MOST_MODELS} are the most.")
    answers = query.get("answers")
    if answers is not None and answers not in get_args(AnswerMode):
        raise BadLink(f"The link says answers={answers}; expected one of {', '.join(get_args(AnswerMode))}.")
    prompt = query.get("prompt") or None
    if prompt is not None and prompt not in prompts:
        raise BadLink(
            f"The link asks with the prompt '{prompt}', which is not here{did_you_mean(prompt, prompts)} "
            f"Here are: {', '.join(prompts)}."
        )
    return replace(
        usual,
        product_id=query.get("product") or usual.product_id,
        models=asked,
        text=query.get("q", ""),
        answers=next((mode for mode in get_args(AnswerMode) if mode == answers), None),
        prompt=prompt,
        filters=_filters(query),
    )


def _filters(query: Mapping[str, str]) -> Filters:
    stars, language = query.get("stars"), query.get("language") or None
    if language and not re.fullmatch("[a-z]{2,3}", language):
        raise BadLink(f"The link says language={language}; expected two or three small letters, such as de.")
    if stars is None:
        return Filters(since=_day(query, "since"), until=_day(query, "until"), language=language)
    limits = re.fullmatch("([1-5])-([1-5])", stars)
    if not limits or limits[1] > limits[2]:
        raise BadLink(f"The link says stars={stars}; expected two numbers from 1 to 5, such as 1-3.")
    return Filters(float(limits[1]), float(limits[2]), _day(query, "since"), _day(query, "until"), language)


def _day(query: Mapping[str, str], key: str) -> date | None:
    if key not in query:
        return None
    try:
        return date.fromisoformat(query[key])
    except ValueError:
        raise BadLink(f"The link says {key}={query[key]}; expected a day such as 2024-12-31.") from None
