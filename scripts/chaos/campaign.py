"""One campaign: the machine is up, the people write, things die, and everybody finishes what they began."""

import random
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from scripts.chaos.caller import PATIENCE_SECONDS, Log
from scripts.chaos.load import PEOPLE, Person
from scripts.chaos.machine import Kill, Machine
from scripts.chaos.watch import Watch

# The campaign fails only when the platform stays away; how fast it came back is a figure.
AWAY_SECONDS = 120
DRAIN_SECONDS = 300
WARM_SECONDS = 6


def deck(kinds: list[str], kills: int, chance: random.Random) -> list[str]:
    """Which kind dies when: each once a round, in random order; once in ten the supervisor too."""
    order: list[str] = []
    while len(order) < kills:
        order += chance.sample(kinds, len(kinds))
    return ["看护" if n % 10 == 9 else kind for n, kind in enumerate(order[:kills])]


class Campaign:
    """One run: the machine is up, the people write, things die."""

    def __init__(self, machine: Machine, facts: dict[str, Any], folder: Path, seed: int) -> None:
        self.machine, self.facts, self.folder = machine, facts, folder
        self.log, self.over = Log(folder / "deeds.jsonl"), threading.Event()
        port = machine.platform.port
        self.watch = Watch(port, self.over)
        self.people: list[Person] = [each(port, facts, self.log, self.over, seed) for each in PEOPLE]
        self.kills: list[tuple[Kill, float | None]] = []
        self.outage = ""
        self.faults: list[str] = []

    def play(self, order: list[str], chance: random.Random) -> None:
        """Warm up, then kill in that order."""
        for thread in (self.watch, *self.people):
            thread.start()
        time.sleep(WARM_SECONDS)
        for n, kind in enumerate(order, 1):
            kill = self.machine.strike(kind)
            back = self._wait(kill.since)
            self.kills.append((kill, back))
            told = "没有恢复" if back is None else f"{back:.1f} 秒后恢复"
            print(
                f"  {n:>3} {kind} · {kill.part} · {kill.hit} 个进程 · {told} · 已确认 {self.acknowledged}", flush=True
            )
            time.sleep(chance.uniform(0.5, 3))
        time.sleep(2)

    @property
    def acknowledged(self) -> int:
        """How many deeds were acknowledged so far."""
        return sum(deed.ended == "acknowledged" for deed in list(self.log.deeds))

    def _wait(self, since: float) -> float | None:
        while time.monotonic() - since < AWAY_SECONDS:
            back = self.watch.recovered(since)
            if back is not None:
                return back
            time.sleep(0.1)
        return None

    def without_redis(self, seconds: float) -> None:
        """Redis goes and stays away for a while: everybody works on; what waits is done when it is back."""
        redis = self.machine.redis
        if redis is None or redis.process is None:
            return
        redis.process.kill()
        redis.process.wait()
        begun, before = time.monotonic(), len(self.log.deeds)
        time.sleep(seconds)
        deeds, pages = self.log.deeds[before:], [probe for probe in self.watch.probes if probe.asked >= begun]
        good = sum(deed.ended == "acknowledged" for deed in deeds)
        bad = sum(bool(deed.faults) for deed in deeds) + sum(not probe.good for probe in pages)
        redis.start()
        back = time.monotonic()
        self.outage = f"{seconds:.0f} 秒：确认 {good} 次，打开页面 {len(pages)} 次，其中失败 {bad}"
        if bad or not good:
            self.faults.append(f"Redis 不在时：{self.outage}")
        # The people stop asking, so that what waits is what the outage left.
        self.over.set()
        self.join()
        done = self.drain(back)
        self.outage += "；回来后没有补完" if done is None else f"；回来后 {done:.0f} 秒补完"

    def join(self) -> None:
        """Let everybody finish what they began."""
        for person in self.people:
            person.join(PATIENCE_SECONDS * 2)
            if person.is_alive():
                self.faults.append(f"{person.login} 没有停下来")

    def drain(self, begun: float) -> float | None:
        """Seconds from then until nothing waits any more; None when it still does."""
        while time.monotonic() - begun < DRAIN_SECONDS:
            if backlog(self.machine.platform.environment) == 0:
                return time.monotonic() - begun
            time.sleep(0.5)
        return None


def backlog(environment: dict[str, str]) -> int:
    """How many pieces of work and reports are not done."""
    asked = (
        "SELECT (SELECT count(*) FROM core_outboxitem WHERE done_at IS NULL)"
        " + (SELECT count(*) FROM core_reportjob WHERE state IN ('queued', 'running'))"
    )
    if environment["DATABASE_URL"]:
        with psycopg.connect(environment["DATABASE_URL"], connect_timeout=5) as server:
            row = server.execute(asked).fetchone()
    else:
        with closing(sqlite3.connect(Path(environment["DATA_DIR"]) / "db.sqlite3", timeout=20)) as file:
            row = file.execute(asked).fetchone()
    return int(row[0]) if row else 0
