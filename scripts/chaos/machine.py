"""The machine under the campaign: PostgreSQL, Redis and the platform, each killed by its process id and started again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.servers import NoServerError, Server

BASE_DIR = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90
# What the supervisor keeps, each with a word of its command.
CHILDREN = {"网页": "granian", "后台任务": "worker", "时刻表": "beat"}


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, as /proc tells."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name in parentheses may hold blanks; the parent's id is the second word after it.
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):  # it ended while we looked
                continue
            if parent == pid:
                found.append(int(entry.name))
    return sorted(found)


def tree_of(pid: int) -> list[int]:
    """A process and all that it has started, itself first."""
    return [pid, *(each for child in children_of(pid) for each in tree_of(child))]


def command_of(pid: int) -> str:
    """The words by which a process was started; "" when it is gone."""
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def kill(pids: list[int]) -> int:
    """SIGKILL, as a power cut does. returns  how many were hit"""
    hit = 0
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            hit += 1
        except ProcessLookupError:
            continue
    return hit


@dataclass
class Platform:
    """The supervisor (scripts/serve.py) with its web processes, its worker and its timetable."""

    port: int
    environment: dict[str, str]
    output: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where the front door is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the supervisor; it starts the rest."""
        with self.output.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "scripts/serve.py"],
                cwd=BASE_DIR,
                env=self.environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def is_up(self) -> bool:
        """Whether the supervisor lives."""
        return self.process is not None and self.process.poll() is None

    def child(self, word: str) -> int | None:
        """The process id of the child whose command holds a word: granian, worker, beat."""
        if self.process is None:
            return None
        return next((pid for pid in children_of(self.process.pid) if word in command_of(pid).split()), None)

    def wait_until(self, reached: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """raises  NoServerError with the end of what the supervisor said"""
        deadline = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > deadline or not self.is_up():
                raise NoServerError(
                    "平台没有启动：" + self.output.read_text(encoding="utf-8", errors="replace")[-2000:]
                )
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask the supervisor to end everything; insist after thirty seconds."""
        if self.process is None:
            return
        everything = tree_of(self.process.pid)
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            kill(everything)
            self.process.wait()


@contextmanager
def running(platform: Platform) -> Iterator[Platform]:
    """Run the platform until the block ends."""
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()


@dataclass(frozen=True)
class Kill:
    """One kill: of what, which part of it, how many processes, and from when recovery is counted."""

    kind: str
    part: str
    hit: int
    since: float


class Machine:
    """What can be killed. A server that nobody watches is started again by us, after a moment or two."""

    def __init__(
        self, platform: Platform, postgresql: Server | None, redis: Server | None, chance: random.Random
    ) -> None:
        self.platform, self.postgresql, self.redis, self.chance = platform, postgresql, redis, chance

    @property
    def kinds(self) -> list[str]:
        """What this machine has."""
        servers = [name for name, one in (("PostgreSQL", self.postgresql), ("Redis", self.redis)) if one is not None]
        return [*servers, *CHILDREN]

    def strike(self, kind: str) -> Kill:
        """Kill one kind of process, whole or in part; servers are started again."""
        if kind == "PostgreSQL":
            return self._strike_server(
                kind, self.postgresql, self.chance.choice(["整个服务器", "整个服务器", "一个连接"])
            )
        if kind == "Redis":
            return self._strike_server(kind, self.redis, "整个服务器")
        if kind == "看护":
            return self._strike_supervisor()
        return self._strike_child(kind, CHILDREN[kind], self.chance.choice(["全部", "主进程", "一个子进程"]))

    def _strike_server(self, kind: str, server: Server | None, part: str) -> Kill:
        assert server is not None  # noqa: S101 - `kinds` names only what is there
        assert server.process is not None  # noqa: S101 - it was started
        backends = [pid for pid in children_of(server.process.pid) if "127.0.0.1(" in command_of(pid)]
        if part == "一个连接" and backends:
            # PostgreSQL then takes all its processes down and recovers by itself.
            return Kill(kind, part, kill([self.chance.choice(backends)]), time.monotonic())
        hit = kill(tree_of(server.process.pid))
        server.process.wait()
        time.sleep(self.chance.uniform(0, 2))
        since = time.monotonic()
        server.start()
        return Kill(kind, "整个服务器", hit, since)

    def _strike_child(self, kind: str, word: str, part: str) -> Kill:
        # The supervisor may just be starting it again.
        self.platform.wait_until(lambda: self.platform.child(word) is not None)
        pid = self.platform.child(word) or 0
        below = [each for each in tree_of(pid)[1:] if "resource_tracker" not in command_of(each)]
        if part == "一个子进程" and below:
            return Kill(kind, part, kill([self.chance.choice(below)]), time.monotonic())
        wanted = [pid] if part == "主进程" else [pid, *below]
        return Kill(kind, part if part == "主进程" else "全部", kill(wanted), time.monotonic())

    def _strike_supervisor(self) -> Kill:
        """As a service manager of the operating system does: start it again until it stays."""
        assert self.platform.process is not None  # noqa: S101 - it was started
        hit = kill([self.platform.process.pid])
        self.platform.process.wait()
        since = time.monotonic()
        while True:
            self.platform.start()
            try:
                self.platform.wait_until(lambda: self.platform.child("beat") is not None)
            except NoServerError:
                if time.monotonic() - since > START_SECONDS:
                    raise
                time.sleep(0.5)
                continue
            return Kill("看护", "主进程", hit, since)
