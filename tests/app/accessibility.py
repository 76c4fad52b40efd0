"""What a screen reader finds on a page: Chromium's own accessibility tree, as plain values. And what eyes do:
the contrast of its texts, by WCAG's formula."""

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


# Of each visible text: the colours that are seen, translucent ones laid over what is below them.
_FAINT = """
    () => {
        const parts = colour => {
            const canvas = new OffscreenCanvas(1, 1).getContext('2d')
            canvas.fillStyle = colour
            canvas.fillRect(0, 0, 1, 1)
            const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data
            return [r, g, b, a / 255]
        }
        const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1)
        const ground = element => {
            if (!element) return [255, 255, 255, 1]
            const own = parts(getComputedStyle(element).backgroundColor)
            return own[3] === 1 ? own : over(own, ground(element.parentElement))
        }
        const luminance = colour => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
            const part = colour[i] / 255
            return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        }, 0)
        // A theme that was just changed fades in.
        for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish()
        const found = []
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
        while (texts.nextNode()) {
            const element = texts.currentNode.parentElement, text = texts.currentNode.data.trim()
            if (!text || !element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue
            if (element.closest('[disabled], [aria-disabled=true], [aria-hidden=true], canvas')) continue
            const style = getComputedStyle(element), below = ground(element)
            const seen = parts(style.color)
            for (let one = element; one; one = one.parentElement) seen[3] *= getComputedStyle(one).opacity
            const [low, high] = [luminance(over(seen, below)), luminance(below)].sort((a, b) => a - b)
            const size = parseFloat(style.fontSize)
            const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700)
            const ratio = (high + 0.05) / (low + 0.05)
            if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)}: ${text.slice(0, 60)}`)
        }
        return found
    }
"""


def faint(page: "Page") -> list[str]:
    """Texts with less contrast than WCAG's AA asks for: 4.5, of large ones 3; what is disabled is exempt."""
    found: list[str] = page.evaluate(_FAINT)
    return found
