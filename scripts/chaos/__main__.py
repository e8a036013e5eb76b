"""Kill what serves the platform, at random, while people write; then look for every write that was acknowledged.

usage: python -m scripts.chaos [servers|sqlite]      KILLS=50 · SEED=… · QUICK=1 for the short form of `make test`

servers  PostgreSQL (fsync, synchronous_commit), Redis without persistence, web, worker, timetable, supervisor
sqlite   web, worker, timetable, supervisor

Exit 1 when something acknowledged is lost, something was done twice, a chain is broken, or the platform stays away.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg

from scripts import servers
from scripts.chaos.campaign import Campaign, deck
from scripts.chaos.figures import table
from scripts.chaos.machine import BASE_DIR, Machine, Platform, running

# How long Redis stays away in the end: of a whole campaign, of a short one.
OUTAGE_SECONDS = (60, 10)
SHOWN = 20


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
        # On a quick machine the campaign's people are faster than any person; how fast one may act is tested elsewhere.
        "API_ACT_RATE": "6000/min",
        "API_READ_RATE": "6000/min",
    }


def run(environment: dict[str, str], *words: str) -> str:
    """Run a command of the platform; what it printed. raises  RuntimeError"""
    done = subprocess.run([sys.executable, *words], cwd=BASE_DIR, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}：\n" + done.stderr.decode(errors="replace")[-3000:])
    return done.stdout.decode()


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
        if database:
            # What building a world has left unwritten is not what a kill on an ordinary day finds.
            with psycopg.connect(database.address, autocommit=True) as connection:
                connection.execute("CHECKPOINT")
        platform = stack.enter_context(running(Platform(port, environment, folder / "platform.log")))
        platform.wait_until(lambda: platform.child("beat") is not None)
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
        for finding in findings[:SHOWN]:
            print(f"问题：{finding}")
        if len(findings) > SHOWN:
            print(f"……共 {len(findings)} 条")
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
