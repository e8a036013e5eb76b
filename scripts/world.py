"""The database that the platform serves on this machine: made on the first start, brought up to date on the others.

usage: python scripts/world.py demo       (`make demo`: build the demonstration world anew and, after asking, swap it in)
       python scripts/world.py release    (`make release`: keep the data of this version for later upgrade tests)
"""

import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
import time
import tomllib
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
from scripts import keys  # noqa: E402 - the folder of this file is not yet on the path of a script

# The default in config/settings.py, for the printed line.
DEMO_PASSWORD = "demo-2026"  # noqa: S105 - a public one, for a world of invented people
LOG_INS = [
    ("buyer", "购买方 业务人员"),
    ("procurer", "购买方 采购人员"),
    ("leader", "购买方 班子成员"),
    ("finance cashier", "购买方 内部财务、出纳"),
    ("auditor discipline", "经费审查、纪检监督"),
    ("district_finance street", "财政部门、街道社区"),
    ("provider1 … provider4", "社会组织（承接主体）"),
    ("expert1 … expert5", "评审专家"),
    ("evaluator archivist admin", "绩效评价、档案、系统管理"),
]


def data_dir(environment: dict[str, str]) -> Path:
    """The folder that holds all that is kept."""
    folder = Path(environment.get("DATA_DIR") or BASE_DIR / "var").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def lock_file(environment: dict[str, str]) -> Path:
    """The file that a serving platform holds locked."""
    return data_dir(environment) / "serving.lock"


def database_file(environment: dict[str, str]) -> Path | None:
    """The SQLite file in use; None when DATABASE_URL names a server."""
    if environment.get("DATABASE_URL"):
        return None
    return data_dir(environment) / "db.sqlite3"


def manage(environment: dict[str, str], *arguments: str) -> None:
    """Run one management command.

    raises  SystemExit with its exit status when it fails
    """
    done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def prepare(environment: dict[str, str]) -> None:
    """Make the database ready to serve: built with its demonstration world when there is none, else migrated."""
    file = database_file(environment)
    wants_demo = environment.get("DEMO") in {"1", "true", "True"}
    if file is None or file.is_file() or not (wants_demo and can_build()):
        address = environment.get("DATABASE_URL", "")
        place = file or server_place(environment)
        if not up_to_date(place, address):
            manage(environment, "migrate", "--verbosity", "0")
            remember(place)
        return
    print("首次启动：正在建立演示世界……", flush=True)
    started = time.monotonic()
    built = build(environment, file)
    built.replace(file)
    remember(file)
    print(f"演示世界已建立（{time.monotonic() - started:.0f} 秒）。", flush=True)


def up_to_date(place: Path, address: str = "") -> bool:
    """Tell in milliseconds whether a database has every migration of ours, and of the packages now installed.

    Asking Django takes seconds, which is most of a start.
    place    the SQLite file, or what stands for a server's database (`server_place`);  address: the server's
    """
    ours = {(path.parent.parent.name, path.stem) for path in BASE_DIR.glob("*/migrations/[0-9]*.py")}
    note = migrated_note(place)
    if not note.is_file() or note.read_text(encoding="ascii") != packages_digest():
        return False
    asked = "SELECT app, name FROM django_migrations"
    try:
        if address:
            with psycopg.connect(address, connect_timeout=5) as server:
                applied = set(server.execute(asked).fetchall())
        else:
            with closing(sqlite3.connect(place)) as file:
                applied = set(file.execute(asked))
    except (sqlite3.DatabaseError, psycopg.Error):
        return False
    return ours <= applied


def server_place(environment: dict[str, str]) -> Path:
    """What stands for a server's database in our folder; another address is another database."""
    digest = hashlib.sha256(environment["DATABASE_URL"].encode()).hexdigest()
    return data_dir(environment) / f"server-{digest[:16]}"


def remember(place: Path) -> None:
    """Note which packages' migrations a database has."""
    migrated_note(place).write_text(packages_digest(), encoding="ascii")


def migrated_note(file: Path) -> Path:
    """Where `remember` writes."""
    return file.with_name(f"{file.name}.packages")


def packages_digest() -> str:
    """The digest of the locked packages."""
    return hashlib.sha256((BASE_DIR / "requirements.lock").read_bytes()).hexdigest()


def can_build() -> bool:
    """Tell whether the demonstration is part of this copy."""
    return (BASE_DIR / "demo/management/commands/build_demo.py").is_file()


def build(environment: dict[str, str], place: Path) -> Path:
    """Build a demonstration database beside its place; return the finished file."""
    target = place.with_name("building.sqlite3")
    remove(target)
    inside = {**environment, "DEMO": "1", "DATABASE_URL": f"sqlite:///{target}"}
    manage(inside, "migrate", "--verbosity", "0")
    manage(inside, "build_demo")
    settle(target)
    return target


def settle(file: Path) -> None:
    """Bring what is still in the write-ahead log into the file, so that the file alone is the database."""
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def remove(file: Path) -> None:
    """Take away a database file and its log."""
    for ending in ("", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def agreed(file: Path) -> bool:
    """Ask whether the database in use may be put aside (ASK=no answers yes)."""
    if not file.is_file() or os.environ.get("ASK") == "no":
        return True
    print(f"将用新建的演示数据替换 {file}；原有数据库会改名保留在同一文件夹。")
    try:
        return input("输入 yes 确认：").strip().lower() in {"yes", "y", "是"}
    except EOFError:
        return False


def renew(environment: dict[str, str]) -> int:
    """Build a fresh demonstration database and swap it in after asking; the old one is kept under the moment's name."""
    file = database_file(environment)
    if file is None:
        print("make demo 只用于默认的 SQLite 数据库；当前设置了 DATABASE_URL。", file=sys.stderr)
        return 2
    if not can_build():
        print("这份代码不含演示世界（demo/）。", file=sys.stderr)
        return 2
    with lock_file(environment).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("平台正在运行；请先按 Ctrl-C 停止，再执行 make demo。", file=sys.stderr)
            return 1
        if not agreed(file):
            print("没有替换，数据保持原样。")
            return 1
        print("正在建立演示世界……", flush=True)
        built = build(environment, file)
        if file.is_file():
            settle(file)
            kept = file.with_name(f"db-{time.strftime('%Y%m%d-%H%M%S')}.sqlite3")
            file.replace(kept)
            print(f"原数据库已改名为 {kept}")
            # Its checkpoints belong to it: those of the new world begin a file of their own.
            told = Path(environment.get("CHECKPOINT_FILE") or file.with_name("checkpoints.jsonl"))
            if told.is_file():
                told.replace(told.with_name(f"{told.stem}-{kept.stem.removeprefix('db-')}{told.suffix}"))
        built.replace(file)
        remember(file)
    print("新的演示世界已就位，执行 make run 启动。")
    return 0


def keep_release(environment: dict[str, str]) -> int:
    """Build a demonstration in a throwaway folder and keep its rows in tests/upgrades under the version's name."""
    if not can_build():
        print("这份代码不含演示世界（demo/）。", file=sys.stderr)
        return 2
    with (BASE_DIR / "pyproject.toml").open("rb") as stream:
        version = tomllib.load(stream)["project"]["version"]
    target = BASE_DIR / "tests" / "upgrades" / f"{version}.json.xz"
    if target.exists():
        print(f"{target} 已经有了：发布过的数据不再改写，请先在 pyproject.toml 里改版本号。", file=sys.stderr)
        return 1
    with TemporaryDirectory() as folder:
        keys.make_keys(Path(folder) / "keys")
        inside = {**environment, "DATA_DIR": folder, "ENV_FILE": os.devnull, "DEMO": "1", "REDIS_URL": ""}
        built = build(inside, Path(folder) / "db.sqlite3")
        manage({**inside, "DATABASE_URL": f"sqlite:///{built}"}, "keep_release", str(target))
    return 0


DEEDS = {"demo": renew, "release": keep_release}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in DEEDS:
        sys.exit(__doc__)
    sys.exit(DEEDS[sys.argv[1]](dict(os.environ)))
