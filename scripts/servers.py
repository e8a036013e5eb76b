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
from pathlib import Path

import psycopg
import redis

START_SECONDS = 30


class NoServerError(Exception):
    """There is no such server and none can be started; the message says what is missing."""


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
        quick = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100"]
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
        command += [word for setting in quick for word in ("-c", setting)]
        address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        with running(command, folder / "log", lambda: may_create_databases(address)):
            yield address


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
    program = shutil.which("redis-server")
    if program is None:
        raise NoServerError("没有 Redis（Debian 软件包 redis-server）")
    with folder_of("redis") as (folder, start):
        port = free_port()
        command = [*start, program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        with running(command, folder / "log", lambda: bool(empty_redis(f"redis://127.0.0.1:{port}"))):
            yield f"redis://127.0.0.1:{port}/0"


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
def running(command: Sequence[str | Path], log: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a server until the block ends; it is ended by its own process id.

    raises  NoServerError with the end of its log when it is not ready in time
    """
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd="/")
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoServerError("服务器没有启动：" + log.read_text(encoding="utf-8", errors="replace")[-500:])
            time.sleep(0.1)
        yield
    finally:
        # SIGINT is PostgreSQL's fast shutdown and ends Redis too.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
