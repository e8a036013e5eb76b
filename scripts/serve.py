"""Serve the platform on this machine: web processes, one worker and the timetable, started and ended together.

usage: python scripts/serve.py           PORT=8000 · DEMO=0 for an installation without the demonstration world

The first start builds the demonstration world (演示世界) beside the place of the database and moves it there whole, so that an
interrupted start leaves nothing half made. Later starts only apply migrations; no start ever empties anything.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
from scripts import world  # noqa: E402 - the folder of this file is not yet on the path of a script

HOST = "127.0.0.1"
READY_SECONDS = 60
# A child that lived this long was well: whatever ended it came from outside, and it is started again at once.
WELL_SECONDS = 10
# One that ends sooner waits longer each time; the platform is never given up, for its reason (a full disk, a database
# that is away) may go as it came.
WAITS = (0.2, 1, 2, 5, 10, 15)
# A worker that has written no heartbeat for so long hangs: more than any task may take (CELERY_TASK_TIME_LIMIT).
SILENT_SECONDS = 360
LOG_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1


class Child:
    """One kind of process that belongs to the platform, with its log file; started again when it dies.

    serves_on  its own children may go on serving until its successor is well (web processes share their port)
    pulse      the file that its work touches every few seconds; when it grows old the process is killed
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        log: Path,
        *,
        serves_on: bool = False,
        pulse: Path | None = None,
    ) -> None:
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self.serves_on, self.pulse = serves_on, pulse
        self.left: list[int] = []
        self.short_lives = 0
        self.due: float | None = None
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process; it ends with this one, whatever ends this one."""
        self.begun, self.due = time.monotonic(), None
        with open_log(self.log) as out:
            return subprocess.Popen(
                self.command,
                cwd=BASE_DIR,
                env=self.environment,
                stdout=out,
                stderr=out,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - the supervisor has no threads
            )

    def keep(self) -> None:
        """See after the process: when it died, start it again, later the oftener it dies, and take away what it left."""
        now = time.monotonic()
        if self.process.poll() is None:
            if self.left and now - self.begun >= WELL_SECONDS:
                self.clear()
            if self.is_silent(now):
                print(f"{self.name}进程 {SILENT_SECONDS} 秒没有动静，强制结束。", flush=True)
                self.process.kill()
            return
        if self.due is None:
            self.left.append(self.process.pid)
            if not self.serves_on:
                self.clear()
            self.short_lives = 0 if now - self.begun >= WELL_SECONDS else self.short_lives + 1
            wait = WAITS[min(self.short_lives, len(WAITS) - 1)]
            self.due = now + wait
            print(
                f"{self.name}进程意外退出（代码 {self.process.returncode}），{wait:g} 秒后重新启动。记录见 {self.log}",
                flush=True,
            )
            if self.short_lives == len(WAITS) - 1:
                print(f"{self.name}进程反复退出，记录末尾：\n{tail(self.log)}", file=sys.stderr, flush=True)
        elif now >= self.due:
            self.process = self.start()

    def is_silent(self, now: float) -> bool:
        """Whether it has run long enough to be heard, and was not."""
        if self.pulse is None or now - self.begun < SILENT_SECONDS:
            return False
        return not self.pulse.is_file() or time.time() - self.pulse.stat().st_mtime > SILENT_SECONDS

    def clear(self) -> None:
        """End what dead processes have left: their own children would go on for ever beside the new ones."""
        for group in self.left:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self.left.clear()

    def end(self, seconds: float = 15) -> None:
        """Ask the process to finish, and after some seconds make it."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.left.append(self.process.pid)
        self.clear()


def end_with_parent() -> None:
    """In the child: a session of its own (Ctrl-C is ours to pass on), and SIGTERM when the parent is gone."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending; one that has grown large is kept as <name>.1 and begun anew."""
    if path.is_file() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def environment_for(port: int) -> dict[str, str]:
    """The environment of all processes: the caller's, what `.env` adds, and the defaults of a machine of one's own."""
    Env().read_env(os.environ.get("ENV_FILE") or str(BASE_DIR / ".env"), recurse=False)
    environment = dict(os.environ)
    environment.setdefault("DEMO", "1" if world.can_build() else "0")
    environment.setdefault("SITE_URL", f"http://{HOST}:{port}")
    if not environment.get("ALLOWED_HOSTS"):
        # This machine alone, over plain HTTP.
        environment.setdefault("HTTPS", "0")
    return environment


def web(port: int, environment: dict[str, str]) -> Child:
    """Start the web processes (granian)."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application"]
    command += ["--host", HOST, "--port", str(port), "--workers", environment.get("WEB_PROCESSES", "2")]
    # One that dies is started again beside the others; a group that dies again and again ends, and `Child.keep` sees it.
    command += ["--blocking-threads", "1", "--no-ws", "--log-level", "warning", "--respawn-failed-workers"]
    return Child("网页", command, environment, world.data_dir(environment) / "logs" / "web.log", serves_on=True)


def forget_counts(environment: dict[str, str]) -> None:
    """Take away what the web processes of an earlier start have counted: one file a process would pile up."""
    folder = Path(environment.get("METRICS_DIR") or world.data_dir(environment) / "metrics")
    for file in folder.glob("*.db"):
        file.unlink()


def timetable(environment: dict[str, str]) -> Child:
    """Start the timetable (celery beat). Within the worker it would be a child that nobody starts again."""
    data = world.data_dir(environment)
    command = [sys.executable, "-m", "celery", "-A", "config", "--quiet", "beat", "--loglevel", "WARNING"]
    return Child("时刻表", command, environment, data / "logs" / "timetable.log", pulse=data / "celery" / "pulse")


def worker(environment: dict[str, str]) -> Child:
    """Start the worker.

    Without Redis it has no pool: its processes would share one pipe under one lock, and one that is killed while it
    waits there keeps the lock for ever (billiard's SimpleQueue). The worker itself then does the work and is started
    again by us, whatever happens to it.
    """
    data = world.data_dir(environment)
    # The filesystem transport moves what it takes through the temporary folder: on one disk that is one rename.
    taken = data / "celery" / "taken"
    taken.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", "celery", "-A", "config", "--quiet", "worker", "--loglevel", "WARNING"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    if not environment.get("REDIS_URL"):
        command += ["--pool", "solo"]
    environment = {**environment, "TMPDIR": str(taken)}
    return Child("后台任务", command, environment, data / "logs" / "worker.log", pulse=data / "celery" / "pulse")


def wait_until_ready(port: int, served: Child) -> bool:
    """Wait for the front door to answer."""
    deadline = time.monotonic() + READY_SECONDS
    # A machine's proxy knows nothing of its own loopback address.
    door = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and served.process.poll() is None:
        try:
            with door.open(f"http://{HOST}:{port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


def announce(port: int, environment: dict[str, str]) -> None:
    """Say where the platform is and who may come in."""
    print(f"\n平台已启动：http://{HOST}:{port}/        工作台：http://{HOST}:{port}/w/")
    if environment["DEMO"] in {"1", "true", "True"}:
        print("演示账号（同一密码）：")
        for names, roles in world.LOG_INS:
            print(f"  {names:<28}{roles}")
        print(f"DEMO_PASSWORD={environment.get('DEMO_PASSWORD') or world.DEMO_PASSWORD}")
    print("按 Ctrl-C 停止。", flush=True)


def tail(path: Path, lines: int = 20) -> str:
    """The end of a log."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def port_taken(port: int) -> bool:
    """Tell whether somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def watch(children: list[Child], record: Path) -> NoReturn:
    """Stay with the processes until somebody asks for the end."""
    while True:
        for child in children:
            child.keep()
        note(children, record)
        time.sleep(0.2)


def note(children: list[Child], record: Path) -> None:
    """Write down the process groups that are ours, for the successor of a supervisor that is killed."""
    groups = " ".join(str(group) for child in children for group in (child.process.pid, *child.left))
    if not record.is_file() or record.read_text(encoding="ascii") != groups:
        record.write_text(groups, encoding="ascii")


def end_left(record: Path, seconds: float = 1) -> None:
    """End what a killed supervisor has left: after a moment to finish, whatever of its groups still runs here."""
    groups = [int(word) for word in record.read_text(encoding="ascii").split()] if record.is_file() else []
    deadline = time.monotonic() + seconds
    while (rest := [group for group in groups if is_ours(group)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    for group in rest:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    record.unlink(missing_ok=True)


def is_ours(group: int) -> bool:
    """Whether a process group lives and works in this copy; its number may meanwhile be somebody else's."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _parent, found = (place / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(found) == group and state != "Z" and (place / "cwd").readlink() == BASE_DIR:
                return True
        except OSError:  # it ended while we looked
            continue
    return False


def stop(number: int, frame: FrameType | None) -> None:
    """SIGTERM and SIGINT end the watch; what was started is ended in `main`."""
    raise SystemExit(0)


def main() -> int:
    """Lay the world out, start everything, watch it, end it."""
    port = os.environ.get("PORT") or "8000"
    if not (port.isdigit() and 0 < int(port) < 65536):
        print(f"PORT={port} 不是端口号（1–65535）", file=sys.stderr)
        return 2
    environment = environment_for(int(port))
    with world.lock_file(environment).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(
                f"{world.data_dir(environment)} 正由另一个平台进程使用；请先停止它，或另设 DATA_DIR。", file=sys.stderr
            )
            return 1
        record = world.data_dir(environment) / "serving.groups"
        end_left(record)
        if port_taken(int(port)):
            print(f"端口 {port} 已被占用；请先停止占用它的程序，或换一个：make run PORT=8001", file=sys.stderr)
            return 1
        world.prepare(environment)
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        children: list[Child] = []
        try:
            forget_counts(environment)
            children.append(web(int(port), environment))
            note(children, record)
            if not wait_until_ready(int(port), children[0]):
                print(f"网页进程没有启动，记录末尾（{children[0].log}）：\n{tail(children[0].log)}", file=sys.stderr)
                return 1
            # Only now, so that they do not hinder each other in starting.
            children.append(worker(environment))
            children.append(timetable(environment))
            announce(int(port), environment)
            watch(children, record)
        finally:
            for child in reversed(children):
                child.end()
            record.unlink(missing_ok=True)
            print("平台已停止。", flush=True)


if __name__ == "__main__":
    sys.exit(main())
