"""What a person does in a tab, by the words that stand on the pages. Measures nothing.

Knows the pages as a person sees them, and `StreamlitSession`; knows nothing of how they are drawn.
"""

from collections.abc import Collection

from app.ask.turns import ANSWERING, STAGES
from benchmarks.streamlit_session import StreamlitSession
from generator.markdown import literal

PRODUCT = "Product, by name, brand or id"
RUNNING = (*STAGES.values(), ANSWERING)


def answered(tab: StreamlitSession) -> bool:
    """Whether nothing more comes of what was asked on the page Ask."""
    return not any(map(tab.page.sees, RUNNING))


def spelled(tab: StreamlitSession, models: Collection[str]) -> list[str]:
    """Models as the page Ask spells them: some bear a warning after their name."""
    options = tab.page.find("multiselect", "Models").proto.options
    return [option for option in options if option.split(" ")[0] in models]


async def load(tab: StreamlitSession, model: str) -> None:
    """Bring a model into memory; the page Models is open."""
    await tab.choose("selectbox", "Model", model)
    await tab.press("Load")
    await tab.wait_until(lambda: tab.page.has("button", unload_label(model)))


async def unload(tab: StreamlitSession, model: str) -> None:
    """Take an idle model out of memory; the page Models is open."""
    await tab.press(unload_label(model))
    await tab.wait_until(lambda: not tab.page.has("button", unload_label(model)))


def unload_label(model: str) -> str:
    """What stands on the button."""
    return f"Unload {literal(model)}"
