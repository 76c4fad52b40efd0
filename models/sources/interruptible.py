"""Work that waits for others, such as a server, done so that whoever waits for it can leave at any time.

Knows threads; knows nothing of what is done.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import TypeVar

T = TypeVar("T")
_LOOK_S = 0.2


def interruptible(work: Callable[[], T], look: Callable[[], None]) -> T:
    """What `work` returns or raises; it is done by a thread of its own.

    `look` is called some times a second meanwhile. What that raises, or a Ctrl-C, is raised here at once, and
    the thread is left behind: what it works on must bear that, or be closed by the caller.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    while not wait_for([done], _LOOK_S).done:
        look()
    return done.result()
