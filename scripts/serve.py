"""Serve the platform on this machine: web processes and one worker with the timetable, started and ended together.

usage: python scripts/serve.py           PORT=8000 · DEMO=0 for an installation without the demonstration world

The first start builds the demonstration world (演示世界) beside the place of the database and moves it there whole, so that an
interrupted start leaves nothing half made. Later starts only apply migrations; no start ever empties anything.
"""

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
from typing import IO

from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
from scripts import world  # noqa: E402 - the folder of this file is not yet on the path of a script

HOST = "127.0.0.1"
READY_SECONDS = 60
# A child that ends this often within a minute will not be well by being started again.
RESTARTS_A_MINUTE = 5
LOG_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1


class Child:
    """One kind of process that belongs to the platform, with its log file; started again when it dies."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self.ends: list[float] = []
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process; it ends with this one, whatever ends this one."""
        with open_log(self.log) as out:
            return subprocess.Popen(
                self.command,
                cwd=BASE_DIR,
                env=self.environment,
                stdout=out,
                stderr=out,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - the supervisor has no threads
            )

    def well(self) -> bool:
        """See after the process: start it again if it died; False when it dies over and over."""
        if self.process.poll() is None:
            return True
        now = time.monotonic()
        self.ends = [end for end in self.ends if now - end < 60] + [now]
        if len(self.ends) > RESTARTS_A_MINUTE:
            return False
        print(f"{self.name}进程意外退出（代码 {self.process.returncode}），正在重新启动。记录见 {self.log}", flush=True)
        time.sleep(1)
        self.process = self.start()
        return True

    def end(self, seconds: float = 15) -> None:
        """Ask the process to finish, and after some seconds make it."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


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
    # A web process that dies ends its group, and `Child.well` starts the group again: a broken start shows at once.
    command += ["--blocking-threads", "1", "--no-ws", "--log-level", "warning"]
    return Child("网页", command, environment, world.data_dir(environment) / "logs" / "web.log")


def worker(environment: dict[str, str]) -> Child:
    """Start the worker that is also the clock (celery --beat)."""
    # The filesystem transport moves what it takes through the temporary folder: on one disk that is one rename.
    taken = world.data_dir(environment) / "celery" / "taken"
    taken.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", "celery", "-A", "config", "--quiet", "worker", "--beat", "--loglevel", "WARNING"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    log = world.data_dir(environment) / "logs" / "worker.log"
    return Child("后台任务", command, {**environment, "TMPDIR": str(taken)}, log)


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


def watch(children: list[Child]) -> int:
    """Stay with the processes until somebody asks for the end or one of them cannot be kept alive."""
    while True:
        for child in children:
            if not child.well():
                print(
                    f"{child.name}进程反复退出，已停止。记录末尾（{child.log}）：\n{tail(child.log)}", file=sys.stderr
                )
                return 1
        time.sleep(0.5)


def stop(number: int, frame: FrameType | None) -> None:
    """SIGTERM and SIGINT end the watch; what was started is ended in `main`."""
    raise SystemExit(0)


def main() -> int:
    """Lay the world out, start everything, watch it, end it."""
    port = os.environ.get("PORT") or "8000"
    if not (port.isdigit() and 0 < int(port) < 65536):
        print(f"PORT={port} 不是端口号（1–65535）", file=sys.stderr)
        return 2
    if port_taken(int(port)):
        print(f"端口 {port} 已被占用；请先停止占用它的程序，或换一个：make run PORT=8001", file=sys.stderr)
        return 1
    environment = environment_for(int(port))
    with world.lock_file(environment).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(
                f"{world.data_dir(environment)} 正由另一个平台进程使用；请先停止它，或另设 DATA_DIR。", file=sys.stderr
            )
            return 1
        world.prepare(environment)
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        children: list[Child] = []
        try:
            children.append(web(int(port), environment))
            if not wait_until_ready(int(port), children[0]):
                print(f"网页进程没有启动，记录末尾（{children[0].log}）：\n{tail(children[0].log)}", file=sys.stderr)
                return 1
            # Only now, so that the two do not hinder each other in starting.
            children.append(worker(environment))
            announce(int(port), environment)
            return watch(children)
        finally:
            for child in reversed(children):
                child.end()
            print("平台已停止。", flush=True)


if __name__ == "__main__":
    sys.exit(main())
