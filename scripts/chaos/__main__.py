"""Kill what serves the platform, at random, while people write; then look for every write that was acknowledged.

usage: python -m scripts.chaos [servers|sqlite]      KILLS=50 · SEED=… · QUICK=1 for the short form of `make test`

servers  PostgreSQL (fsync, synchronous_commit), Redis without persistence, web, worker, supervisor
sqlite   web, worker, supervisor

Exit 1 when something acknowledged is lost, something was done twice, a chain is broken, or the platform stays away.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg

from scripts import servers
from scripts.chaos.caller import Caller, Log
from scripts.chaos.load import PEOPLE, Person
from scripts.chaos.machine import BASE_DIR, Kill, Machine, Platform, running

GOAL_SECONDS = 10
# The campaign fails only when the platform stays away; how fast it came back is a figure.
AWAY_SECONDS = 90
DRAIN_SECONDS = 300
WARM_SECONDS = 6
# How long Redis stays away in the end: of a whole campaign, of a short one.
OUTAGE_SECONDS = (60, 10)
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


def environment_of(folder: Path, port: int, database: str, broker: str, *, quick: bool) -> dict[str, str]:
    """The platform's environment: its own data, this machine alone, the demonstration's people."""
    names = ("PATH", "HOME", "LANG", "TZ", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    settings = {"DJANGO_SETTINGS_MODULE": "scripts.chaos.quick"} if quick else {}
    return {
        **kept,
        **settings,
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "DEMO": "1",
        "HTTPS": "0",
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
    }


def run(environment: dict[str, str], *words: str) -> str:
    """Run a command of the platform; what it printed. raises  RuntimeError"""
    done = subprocess.run([sys.executable, *words], cwd=BASE_DIR, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}：\n" + done.stderr.decode(errors="replace")[-3000:])
    return done.stdout.decode()


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
            person.join(120)

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


def table(campaign: Campaign, told: dict[str, Any], drained: float | None, seconds: float) -> str:
    """The campaign in figures."""
    deeds = campaign.log.deeds
    by_kind = Counter(kill.kind for kill, _back in campaign.kills)
    backs = [back for _kill, back in campaign.kills if back is not None]
    repeated = [deed for deed in deeds if deed.tries > 1]
    faults = Counter(status for deed in deeds for status in deed.faults)
    ended = Counter(deed.ended for deed in deeds)
    kinds = "、".join(f"{kind} {n}" for kind, n in by_kind.items())
    again = sum(deed.tries - 1 for deed in repeated)
    in_time = sum(back <= GOAL_SECONDS for back in backs)
    swift = f"中位 {statistics.median(backs):.1f} 秒，最慢 {max(backs):.1f} 秒" if backs else "没有恢复"
    rows = [
        ("强杀", f"{len(campaign.kills)} 次（{kinds}）"),
        (
            "写入",
            f"{len(deeds)} 次：确认 {ended['acknowledged']}，拒绝 {ended['refused']}，无答复 {ended['unanswered']}",
        ),
        ("重发", f"{len(repeated)} 次写入共重发 {again} 次；断线 {faults[0]}，503 {faults[503]}，500 {faults[500]}"),
        ("确认后丢失", f"{told['lost']}"),
        ("重复", f"{told['doubled']}"),
        ("断链", f"{told['broken']}（日志 {told['entries']} 条）"),
        ("报告", f"{told.get('reports', 0)} 份，各一份文件、一条通知（共做 {told.get('attempts', 0)} 遍）"),
        ("文件", f"{told.get('files', 0)} 个，摘要相符"),
        ("恢复服务", f"{swift}；{GOAL_SECONDS} 秒内 {in_time} / {len(campaign.kills)}"),
        ("Redis 停开", campaign.outage or "没有 Redis"),
        ("办完积压", "没有办完" if drained is None else f"{drained:.0f} 秒"),
        ("用时", f"{seconds:.0f} 秒"),
    ]
    for kind in by_kind:
        times = [back for kill, back in campaign.kills if kill.kind == kind and back is not None]
        if times:
            rows.append((f"　{kind}", f"恢复中位 {statistics.median(times):.1f} 秒，最慢 {max(times):.1f} 秒"))
    return "\n".join(f"{name}\t{text}" for name, text in rows)


@contextmanager
def machine_of(
    kind: str, folder: Path, chance: random.Random, *, quick: bool
) -> Iterator[tuple[Machine, dict[str, Any]]]:
    """Servers, world and platform, up and serving; ended and forgotten afterwards. raises  NoServerError"""
    with ExitStack() as stack:
        database = broker = None
        if kind == "servers":
            database = stack.enter_context(servers.own_postgresql(servers.DURABLE))
            broker = stack.enter_context(servers.own_redis())
        port = servers.free_port()
        address = (database.address if database else "", broker.address if broker else "")
        environment = environment_of(folder, port, *address, quick=quick)
        run(environment, "scripts/keys.py")
        run(environment, "manage.py", "migrate", "--verbosity", "0")
        facts = json.loads(run(environment, "-m", "scripts.chaos.ground"))
        platform = stack.enter_context(running(Platform(port, environment, folder / "platform.log")))
        platform.wait_until(lambda: platform.child("celery") is not None)
        yield Machine(platform, database, broker, chance), facts


def main(kind: str, kills: int, seed: int, *, quick: bool) -> int:
    """Run one campaign and print its table. returns  1 when a promise was broken"""
    chance, begun = random.Random(seed), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        with machine_of(kind, folder, chance, quick=quick) as (machine, facts):
            environment = machine.platform.environment
            campaign = Campaign(machine, facts, folder, seed)
            print(f"强杀演练：{kind}，{kills} 次，SEED={seed}", flush=True)
            campaign.play(deck(machine.kinds, kills, chance), chance)
            campaign.without_redis(OUTAGE_SECONDS[quick])
            campaign.over.set()
            campaign.join()
            drained = campaign.drain(time.monotonic())
            (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
            files = (str(folder / "facts.json"), str(folder / "deeds.jsonl"))
            told = json.loads(run(environment, "-m", "scripts.chaos.checks", *files))
        findings = [*told["findings"], *campaign.faults, *(person.fault for person in campaign.people if person.fault)]
        findings += [f"{kill.kind}（{kill.part}）之后没有恢复" for kill, back in campaign.kills if back is None]
        if drained is None:
            findings.append("积压没有办完")
        print(table(campaign, told, drained, time.monotonic() - begun))
        for finding in findings:
            print(f"问题：{finding}")
        return 1 if findings else 0
    finally:
        if kept := os.environ.get("KEEP"):
            shutil.copytree(folder, kept, dirs_exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def leave(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends what was started, as Ctrl-C does."""
    raise SystemExit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, leave)
    chosen = sys.argv[1] if len(sys.argv) > 1 else "servers"
    if chosen not in {"servers", "sqlite"}:
        sys.exit(__doc__)
    is_quick = os.environ.get("QUICK") == "1"
    number = int(os.environ.get("KILLS") or (5 if is_quick else 50))
    given = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    try:
        sys.exit(main(chosen, number, given, quick=is_quick))
    except servers.NoServerError as missing:
        print(missing, file=sys.stderr)
        sys.exit(2)
