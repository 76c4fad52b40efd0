"""What a tab notices of its page: when it first showed, when a rerun was over, when a word appeared.

All times are taken inside the tab, by its own clock, because a driver's are late by its own polling. Knows
nothing of what is compared with them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# Before any script of the page. The element is there, and two frames later it is painted.
FIRST_PAINT = """
    addEventListener('DOMContentLoaded', () => {
        const look = () => {
            const box = document.querySelector('[data-testid=stChatInputTextArea]')
            if (!box || box.disabled) return
            watch.disconnect()
            requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = performance.now() }))
        }
        const watch = new MutationObserver(look)
        watch.observe(document, {childList: true, subtree: true, attributes: true})
    })
"""
# From the key to the end of the script, and the frame that shows it.
RERUN = """
    () => { window.rerun = new Promise(done => addEventListener('keydown', key => {
        const app = document.querySelector('[data-testid=stApp]')
        const state = () => app.getAttribute('data-test-script-state')
        let begun = false
        new MutationObserver((_, watch) => {
            if (state() !== 'notRunning') begun = true
            else if (begun) {
                watch.disconnect()
                requestAnimationFrame(() => done(performance.now() - key.timeStamp))
            }
        }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']})
    }, {capture: true, once: true})) }
"""
# From the key that sends the question until the word is shown, which nothing on the page held before.
FIRST_WORD = """
    word => {
        const shown = () => document.body.textContent.includes(word)
        if (shown()) throw new Error(`${word} is on the page already`)
        window.seen = new Promise(done => addEventListener('keydown', key => {
            new MutationObserver((_, watch) => {
                if (!shown()) return
                watch.disconnect()
                done(performance.now() - key.timeStamp)
            }).observe(document.body, {childList: true, subtree: true, characterData: true})
        }, {capture: true, once: true}))
    }
"""
# From a click to the end of the script that drew a page of this heading, and the frame that shows it. By the
# heading too, for a busy tab may take a whole run in at once, and never say that it ran.
VISIT = """
    heading => {
        window.visited = undefined
        addEventListener('click', click => {
            const app = document.querySelector('[data-testid=stApp]')
            const look = () => {
                const title = document.querySelector('h1')
                if (!title || !title.textContent.startsWith(heading)) return
                if (app.getAttribute('data-test-script-state') !== 'notRunning') return
                watch.disconnect()
                requestAnimationFrame(() => { window.visited = performance.now() - click.timeStamp })
            }
            const watch = new MutationObserver(look)
            watch.observe(document, {childList: true, subtree: true, characterData: true, attributes: true})
        }, {capture: true, once: true})
    }
"""
BOX = "stChatInputTextArea"


def first_paint_s(browser: "Browser", url: str) -> float:
    """Seconds from asking for the address until a question can be typed, in a tab without any cache."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(FIRST_PAINT)
    page.goto(url)
    page.wait_for_function("window.painted")
    seconds = float(page.evaluate("window.painted")) / 1000
    context.close()
    return seconds


def rerun_ms(page: "Page", times: int) -> list[float]:
    """Milliseconds of so many reruns of the open page: R is pressed, which runs it as a click does."""
    found = []
    for _ in range(times + 2):
        settle(page)
        page.evaluate(RERUN)
        page.keyboard.press("r")
        found.append(float(page.evaluate("window.rerun")))
    return found[2:]  # the first two compile what the page runs


def visit_ms(page: "Page", link: "Locator", heading: str) -> float:
    """Milliseconds from a click on a link to another page, of this heading, until that is drawn."""
    page.evaluate(VISIT, heading)
    link.click()
    page.wait_for_function("window.visited")
    return float(page.evaluate("window.visited"))


def settle(page: "Page") -> None:
    """Return when no script runs and nothing was drawn for a while."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(100)


def ask(page: "Page", question: str) -> None:
    """Type the question and send it."""
    page.get_by_test_id(BOX).fill(question)
    page.get_by_test_id(BOX).press("Enter")


def first_word_s(page: "Page", question: str, word: str) -> float:
    """Ask; seconds from sending until `word`, with which the answer begins, is on the page."""
    page.evaluate(FIRST_WORD, word)
    ask(page, question)
    return float(page.evaluate("window.seen")) / 1000
