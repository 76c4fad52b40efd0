"""A real Chromium for tests and benchmarks: the system's, or Playwright's own. Knows no page."""

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# --no-sandbox: Chromium refuses to run as root with it, and it loads nothing but our own pages: no name of
# another machine leads anywhere. (Playwright's own way to forbid that does without the browser's cache.)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


def launch(playwright: "Playwright") -> "Browser":
    """A browser without windows. Raises playwright's Error if there is none that starts."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))
