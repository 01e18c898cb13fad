"""Progress bars: tqdm, and nothing but tqdm."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm


class Bar:
    """A bar that any thread may advance. Quiet when stderr is no terminal, or when what it shows is quick."""

    def __init__(self, bar: tqdm[Any]) -> None:
        self._bar = bar
        self._lock = threading.Lock()
        self._closed = threading.Event()
        if not bar.disable:
            threading.Thread(target=self._tick, daemon=True).start()

    def close(self) -> None:
        """Stop redrawing."""
        self._closed.set()
        with self._lock:
            self._bar.close()

    def _tick(self) -> None:
        """Redraw every second, so that waiting looks like waiting and not like a crash."""
        while not self._closed.wait(1):
            with self._lock:
                if not self._closed.is_set():  # drawn after its end, it would stay on the screen
                    self._bar.refresh()

    def add(self, count: int = 1) -> None:
        """So many more; fewer when something has to be fetched again."""
        with self._lock:
            self._bar.update(count)

    def note(self, text: str) -> None:
        """A word at the end of the bar."""
        self._bar.set_postfix_str(text, refresh=False)


@contextmanager
def counting(what: str, total: int | None = None, unit: str = " items") -> Iterator[Bar]:
    """A bar that counts things."""
    bar = Bar(tqdm(desc=what, total=total, unit=unit, **_common()))
    try:
        yield bar
    finally:
        bar.close()


@contextmanager
def transferring(what: str, total: int | None) -> Iterator[Bar]:
    """A bar that counts bytes."""
    bar = Bar(tqdm(desc=what, total=total, unit="B", unit_scale=True, unit_divisor=1000, **_common()))
    try:
        yield bar
    finally:
        bar.close()


def _common() -> dict[str, Any]:
    return {"disable": None, "file": sys.stderr, "delay": 0.5, "dynamic_ncols": True, "leave": False}
