"""A stranger who looks at full pages while things die: when the platform serves again is what they see."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.chaos.caller import Caller, Log

# So many good pages in a row: the first may have come from a process that was not hit.
STEADY = 4


@dataclass
class Probe:
    """One look at a full page: when it was asked, when it was there."""

    asked: float
    answered: float
    good: bool


class Watch(threading.Thread):
    """A stranger who opens the front page and the list of orders, over and over."""

    def __init__(self, port: int, over: threading.Event) -> None:
        super().__init__(name="watch", daemon=True)
        self.caller = Caller(port, "", "", Log(Path(os.devnull)))
        self.over = over
        self.probes: list[Probe] = []

    def run(self) -> None:
        """Four looks a second."""
        pages = ("/", "/orders/")
        while not self.over.is_set():
            asked = time.monotonic()
            try:
                answer = self.caller.ask("GET", pages[len(self.probes) % 2], seconds=10)
                good = answer.status == 200 and b"</html>" in answer.body
            except Exception:  # noqa: BLE001 - no answer is what is watched for
                good = False
            self.probes.append(Probe(asked, time.monotonic(), good))
            self.over.wait(0.25)

    def recovered(self, since: float) -> float | None:
        """Seconds until the first of several good pages in a row; None while there are none yet."""
        later = [probe for probe in self.probes if probe.asked >= since]
        for n, probe in enumerate(later):
            row = later[n : n + STEADY]
            if len(row) == STEADY and all(each.good for each in row):
                return probe.answered - since
        return None
