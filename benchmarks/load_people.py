"""People who use the pages as people do: they choose, ask, read, vote, ask on, and look around.

Each writes down what was done, how long the page took for it, and what was asked. Knows what stands on the
pages (`benchmarks.visitor`); knows nothing of processes or of the answer log.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from random import Random

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

from benchmarks.installation import CHOOSER, WRITERS
from benchmarks.page_probe import BOX, ask, settle, visit_ms
from benchmarks.streamlit_page import NotShown
from benchmarks.streamlit_session import PATIENCE_S, SessionFailed, StreamlitSession
from benchmarks.visitor import PRODUCT, answered, spelled
from generator.markdown import literal
from tests.browser import launch

PAUSE_S = (2.0, 8.0)  # between two actions
READING_S = (4.0, 12.0)  # of an answer
MODELS = (CHOOSER, *WRITERS, "extractive")
SUGGESTED = ("What do people like about it?", "What do people complain about?")
OWN = ("How long does it last?", "Is it worth its price?", "What breaks first?", "Is it easy to set up?")
VOTES = ("A is better", "B is better", "Tie", "Both bad")
HEADINGS = {"Results": "Results", "Models": "Models", "Reviews": "Reviews", "Ask": "ReviewDuel"}
# How a page begins to say that somebody asks too much: meant so, and no error.
REFUSALS = ("questions a minute are the most", "of your questions are still being answered")


@dataclass(slots=True)
class Diary:
    """What somebody did. `actions`: what, and the page's seconds for it. `asked`: question and model."""

    actions: list[tuple[str, float]] = field(default_factory=list)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    answered_s: list[float] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, other: "Diary") -> None:
        """Together with somebody else's."""
        self.actions += other.actions
        self.asked += other.asked
        self.answered_s += other.answered_s
        self.refused += other.refused
        self.errors += other.errors


class Person:
    """Somebody with a Streamlit session, whose choices follow from name and `seed`; writes into `diary`."""

    def __init__(self, name: str, seed: int, diary: Diary) -> None:
        self._diary = diary
        self._name = name
        self._chance = Random(f"{seed} {name}")
        self._questions = 0
        self._seen: set[str] = set()
        self._refused = False

    async def live(self, url: str, until: float) -> None:
        """Use the pages until then (`time.monotonic`), and wait for the last answers.

        Who is thrown out notes that, and comes back with a new tab.
        """
        while time.monotonic() < until:
            try:
                async with StreamlitSession.open(url) as tab:
                    self._seen = set()
                    await self._use(tab, until)
                    self._diary.errors += tab.page.exceptions
            except (NotShown, SessionFailed) as error:
                self._diary.errors.append(f"{self._name}: {error}")

    async def _use(self, tab: StreamlitSession, until: float) -> None:
        while time.monotonic() < until:
            (activity,) = self._chance.choices(
                [self._ask, self._look_at_results, self._look_at_models, self._search], [5, 2, 1, 2]
            )
            await activity(tab)

    async def _do(self, tab: StreamlitSession, what: str, action: Awaitable[float]) -> float:
        """Pause, then do it; the seconds that the page took. `_refused`: whether it was told in words."""
        await self._pause(PAUSE_S)
        seconds = await action
        self._diary.actions.append((what, seconds))
        told = set(tab.page.complaints)
        refused = {one for one in told - self._seen if any(refusal in one for refusal in REFUSALS)}
        self._diary.refused += len(refused)
        self._diary.errors += told - self._seen - refused
        self._seen, self._refused = told, bool(refused)
        return seconds

    async def _pause(self, seconds: tuple[float, float]) -> None:
        await asyncio.sleep(self._chance.uniform(*seconds))

    async def _ask(self, tab: StreamlitSession) -> None:
        await self._do(tab, "Ask", tab.visit("Ask"))
        if tab.page.has("button", "New conversation"):
            await self._do(tab, "Ask: new conversation", tab.press("New conversation"))
        product = self._chance.choice(tab.page.find("selectbox", PRODUCT).proto.options)
        await self._do(tab, "Ask: product", tab.choose("selectbox", PRODUCT, product))
        models = self._chance.sample(MODELS, 2)
        chosen = spelled(tab, models)
        await self._do(tab, "Ask: models", tab.choose("multiselect", "Models", chosen))
        if self._chance.random() < 0.3:
            text = self._chance.choice(SUGGESTED)
            await self._question(tab, text, models, tab.press(literal(text)))
        else:
            await self._own_question(tab, models)
        if self._chance.random() < 0.5:
            await self._own_question(tab, models)

    async def _own_question(self, tab: StreamlitSession, models: list[str]) -> None:
        self._questions += 1
        text = f"{self._chance.choice(OWN)} I am {self._name}, and this is question {self._questions}."
        await self._question(tab, text, models, tab.say(text))

    async def _question(
        self, tab: StreamlitSession, text: str, models: list[str], action: Awaitable[float]
    ) -> None:
        asking_s = await self._do(tab, "Ask: question", action)
        if self._refused:
            return
        self._diary.asked.update((text, model) for model in models)
        begun = time.monotonic()
        await tab.wait_until(lambda: answered(tab))
        self._diary.answered_s.append(asking_s + time.monotonic() - begun)
        await self._pause(READING_S)
        vote = self._chance.choice(VOTES)
        if tab.page.has("button", vote):
            await self._do(tab, "Ask: vote", tab.press(vote))

    async def _look_at_results(self, tab: StreamlitSession) -> None:
        await self._do(tab, "Results", tab.visit("Results"))
        for part in ("Votes", "Runs", "Figures"):
            await self._do(tab, f"Results: {part}", tab.open_tab(part))

    async def _look_at_models(self, tab: StreamlitSession) -> None:
        await self._do(tab, "Models", tab.visit("Models"))
        await self._do(tab, "Models: choose", tab.choose("selectbox", "Model", self._chance.choice(MODELS)))

    async def _search(self, tab: StreamlitSession) -> None:
        await self._do(tab, "Reviews", tab.visit("Reviews"))
        await self._do(tab, "Reviews: Search", tab.open_tab("Search"))
        await tab.choose("text_input", "Question", self._chance.choice(OWN))
        await self._do(tab, "Reviews: search", tab.press("Search"))


def browse_alone(url: str, until: float, name: str, diary: Diary) -> None:
    """Somebody with a real browser, until then; for a thread of its own, because Playwright's calls wait."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        try:
            _browse(browser.new_page(), url, until, name, diary)
        except PlaywrightError as error:
            diary.errors.append(f"{name}: {error}")


def _browse(page: Page, url: str, until: float, name: str, diary: Diary) -> None:
    """Follow the links round and round, and ask the usual models each time."""
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{url}/?models={','.join(MODELS[:2])}")
    number = 0
    while time.monotonic() < until:
        number += 1
        for title, heading in HEADINGS.items():
            settle(page)
            ms = visit_ms(page, page.get_by_role("link", name=title, exact=True), heading)
            diary.actions.append((f"browser: {title}", ms / 1000))
            page.wait_for_timeout(PAUSE_S[0] * 1000)
        if number > 1:
            page.get_by_role("button", name="New conversation").click()
        page.get_by_test_id(BOX).wait_for()
        settle(page)
        question = f"{OWN[0]} I am {name}, and this is question {number}."
        begun = time.monotonic()
        ask(page, question)
        diary.asked.update((question, model) for model in MODELS[:2])
        page.get_by_role("button", name="A is better").wait_for()
        diary.answered_s.append(time.monotonic() - begun)
