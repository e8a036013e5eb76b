"""PostgreSQL and Redis for the tests: those that are named, else those on loopback, else throwaway ones of our own.

Throwaway servers come from Debian's packages, in a temporary folder, on a free port, not run as root, without fsync.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

START_SECONDS = 30
# What a test's database may do without, and what is promised to those whose writes were acknowledged.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")


class NoServerError(Exception):
    """There is no such server and none can be started; the message says what is missing."""


@dataclass
class Server:
    """A server of our own, which may be killed and started again on the same data and port."""

    address: str
    command: Sequence[str | Path]
    log: Path
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it lets us in. raises  NoServerError with the end of its log"""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out, cwd="/")
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise NoServerError("服务器没有启动：" + self.log.read_text(encoding="utf-8", errors="replace")[-500:])
            time.sleep(0.1)

    def stop(self) -> None:
        """End it by its own process id."""
        if self.process is None:
            return
        # SIGINT is PostgreSQL's fast shutdown and ends Redis too.
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server on which databases may be created.

    raises  NoServerError
    """
    if named := os.environ.get("DATABASE_URL"):
        if not named.startswith("postgres"):
            raise NoServerError(f"DATABASE_URL 不是 PostgreSQL：{named.partition(':')[0]}")
        yield named
        return
    local = "postgresql://{}@127.0.0.1:5432/postgres".format(os.environ.get("PGUSER") or "postgres")
    if may_create_databases(local):
        yield local
        return
    with throwaway_postgresql() as started:
        yield started


def may_create_databases(address: str) -> bool:
    """Tell whether the server lets us in and lets us make databases (a password only as PGPASSWORD or .pgpass gives it)."""
    try:
        with psycopg.connect(address, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return False


@contextmanager
def throwaway_postgresql() -> Iterator[str]:
    """A PostgreSQL server for the length of the tests."""
    with own_postgresql(QUICK) as server:
        yield server.address


@contextmanager
def own_postgresql(settings: Sequence[str]) -> Iterator[Server]:
    """A PostgreSQL server with data, port and settings (QUICK, DURABLE) of its own.

    raises  NoServerError
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not programs:
        raise NoServerError("没有 PostgreSQL（Debian 软件包 postgresql）")
    initdb = programs[-1].with_name("initdb")
    with folder_of("postgres") as (folder, start):
        options = [
            "--username",
            "postgres",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C.UTF-8",
            "--no-sync",
        ]
        made = subprocess.run(
            [*start, initdb, "-D", folder / "data", *options], capture_output=True, cwd="/", check=False
        )
        if made.returncode:
            raise NoServerError("initdb 失败：" + made.stderr.decode(errors="replace").strip()[-300:])
        port = free_port()
        command: list[str | Path] = [
            *start,
            programs[-1],
            "-D",
            folder / "data",
            "-p",
            str(port),
            "-k",
            folder,
            "-h",
            "127.0.0.1",
        ]
        command += [word for setting in (*settings, "max_connections=100") for word in ("-c", setting)]
        address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        with running(Server(address, command, folder / "log", lambda: may_create_databases(address))) as server:
            yield server


@contextmanager
def redis_server() -> Iterator[str]:
    """The address of a Redis database that holds nothing.

    raises  NoServerError
    """
    if named := os.environ.get("REDIS_URL"):
        yield named
        return
    if local := empty_redis("redis://127.0.0.1:6379"):
        yield local
        return
    with throwaway_redis() as started:
        yield started


@contextmanager
def throwaway_redis() -> Iterator[str]:
    """A Redis server for the length of the tests."""
    with own_redis() as server:
        yield server.address


@contextmanager
def own_redis() -> Iterator[Server]:
    """A Redis server of our own that keeps nothing on disk.

    raises  NoServerError
    """
    program = shutil.which("redis-server")
    if program is None:
        raise NoServerError("没有 Redis（Debian 软件包 redis-server）")
    with folder_of("redis") as (folder, start):
        port = free_port()
        command = [*start, program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        address = f"redis://127.0.0.1:{port}"
        with running(Server(f"{address}/0", command, folder / "log", lambda: bool(empty_redis(address)))) as server:
            yield server


def empty_redis(address: str) -> str:
    """The address of an empty database on that server, highest number first, for the tests clear theirs; else ''."""
    for number in range(15, -1, -1):
        try:
            client = redis.Redis.from_url(f"{address}/{number}", socket_connect_timeout=2)
            if client.dbsize() == 0:
                return f"{address}/{number}"
        except redis.ResponseError:
            continue
        except redis.RedisError:
            return ""
    return ""


@contextmanager
def folder_of(account: str) -> Iterator[tuple[Path, list[str]]]:
    """A temporary folder and the words before a command that keep it from being run by root.

    account  the package's own account, used where we are root
    """
    start: list[str] = []
    with tempfile.TemporaryDirectory(prefix=f"{account}-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            try:
                pwd.getpwnam(account)
            except KeyError:
                account = "nobody"
            shutil.chown(folder, account)
            start = ["setpriv", "--reuid", account, "--regid", str(pwd.getpwnam(account).pw_gid), "--clear-groups"]
        yield folder, start


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Run a server until the block ends. raises  NoServerError"""
    try:
        server.start()
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
