"""What a screen reader finds on a page: Chromium's own accessibility tree, as plain values."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

INTERACTIVE = {
    "button", "checkbox", "combobox", "link", "listbox", "menuitem", "option", "radio", "searchbox",
    "slider", "spinbutton", "switch", "tab", "textbox",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """An element as it is read out; `level` of a heading, else 0."""

    role: str
    name: str
    level: int


def read_out(page: "Page") -> list[Node]:
    """All that is read out, in the order of the page."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    found = []
    for node in nodes:
        if node.get("ignored"):
            continue
        properties = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
        name = str(node.get("name", {}).get("value", "")).strip()
        found.append(Node(node.get("role", {}).get("value", ""), name, int(properties.get("level") or 0)))
    return found


def nameless(nodes: list[Node]) -> list[Node]:
    """What can be used, but is read out without saying what it is."""
    return [node for node in nodes if node.role in INTERACTIVE and not node.name]


def skipped_levels(nodes: list[Node]) -> list[Node]:
    """Headings more than one level below the one before; the first must be of level 1."""
    headings = [node for node in nodes if node.role == "heading"]
    levels = [0, *(heading.level for heading in headings)]
    return [heading for heading, before in zip(headings, levels, strict=False) if heading.level > before + 1]
