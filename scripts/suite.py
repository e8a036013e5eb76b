"""`make test` and `make check`: the parts of the whole test run, one line a part, and the end of what failed.

usage: python scripts/suite.py all|check|fast|bench

Under CI=true a part that cannot run is a failure; on a desk it says so and the run goes on.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
from scripts import servers  # noqa: E402 - the folder of this file is not yet on the path of a script

BIN = Path(sys.executable).parent
NOTHING_COLLECTED = 5
# The exit status by which the kill campaign says that there is no server to be killed.
NO_SERVER = 2
TAIL = 120
# A deployment as `check --deploy` wants to judge it; the key is nobody's.
DEPLOYMENT = {
    "ENV_FILE": os.devnull,
    "DEBUG": "0",
    "DEMO": "0",
    "HTTPS": "1",
    "ALLOWED_HOSTS": "platform.example.org",
    "SITE_URL": "https://platform.example.org",
    "SECRET_KEY": "checked-and-thrown-away-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH",
}
MANAGE = [sys.executable, "-W", "error", "manage.py"]


@dataclass
class Outcome:
    """How a part ended: `ok` None means that it could not run."""

    ok: bool | None
    note: str = ""
    output: str = ""


def run(command: list[str | Path], environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a command from the project's root; return its exit status and what it said."""
    done = subprocess.run(
        command,
        cwd=BASE_DIR,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", errors="replace")


def static_checks() -> Outcome:
    """Style, import contracts, types, templates, Django's own checks, missing migrations."""
    checks: dict[str, tuple[list[str | Path], dict[str, str]]] = {
        "ruff check": ([BIN / "ruff", "check", "--quiet", "."], {}),
        "ruff format": ([BIN / "ruff", "format", "--check", "--output-format", "concise", "."], {}),
        "lint-imports": ([BIN / "lint-imports", "--no-cache"], {}),
        "djlint": ([BIN / "djlint", "templates", "--lint", "--quiet"], {}),
        "manage.py check --deploy": ([*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], DEPLOYMENT),
        "manage.py makemigrations --check": ([*MANAGE, "makemigrations", "--check", "--dry-run"], DEPLOYMENT),
        "mypy": ([BIN / "mypy", "--no-error-summary", "."], {}),
    }
    failed: dict[str, str] = {}
    for name, (command, environment) in checks.items():
        status, output = run(command, environment)
        if status:
            failed[name] = output
    output = "\n".join(f"--- {name}\n{tail(text)}" for name, text in failed.items())
    return Outcome(not failed, "、".join(failed) or f"{len(checks)} 项", output)


def pytest(*arguments: str, environment: dict[str, str] | None = None) -> Outcome:
    """Run pytest; its closing line is the note. A suite that has no test yet is no failure."""
    command: list[str | Path] = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    status, output = run(command, environment)
    lines = [line for line in output.splitlines() if line.strip()]
    note = lines[-1].strip("= ") if lines else ""
    if status == NOTHING_COLLECTED:
        return Outcome(True, "还没有测试")
    return Outcome(status == 0, note, "" if status == 0 else output)


def on_sqlite() -> Outcome:
    """The suite on SQLite and the filesystem transport."""
    return pytest("-n", "2", "-m", "not browser", environment={"DATABASE_URL": "", "REDIS_URL": ""})


def on_servers() -> Outcome:
    """The suite on PostgreSQL and Redis; tests that need a worker start a real one there."""
    with ExitStack() as stack:
        try:
            database = stack.enter_context(servers.postgresql())
            broker = stack.enter_context(servers.redis_server())
        except servers.NoServerError as missing:
            return Outcome(None, str(missing))
        return pytest("-n", "2", "-m", "not browser", environment={"DATABASE_URL": database, "REDIS_URL": broker})


def measured() -> Outcome:
    """The measurements, on PostgreSQL and Redis with real workers, one at a time; pages and journal on SQLite too. Their table is the note."""
    with ExitStack() as stack:
        try:
            database = stack.enter_context(servers.postgresql())
            broker = stack.enter_context(servers.redis_server())
        except servers.NoServerError as missing:
            return Outcome(None, str(missing))
        files = sorted(str(path) for path in (BASE_DIR / "tests" / "benchmarks").glob("bench_*.py"))
        command: list[str | Path] = [sys.executable, "-m", "pytest", "-qs", "-p", "no:randomly"]
        status, output = run([*command, *files], {"DATABASE_URL": database, "REDIS_URL": broker})
    both = [name for name in files if Path(name).name in {"bench_pages.py", "bench_journal.py"}]
    on_file, more = run([*command, *both], {"DATABASE_URL": "", "REDIS_URL": "", "BENCH_ORDERS": ""})
    status, output = status or on_file, output + more
    table = [line.lstrip(".") for line in output.splitlines() if "目标" in line]
    return Outcome(status == 0, "\n  ".join(["", *table]), "" if status == 0 else output)


def in_browser() -> Outcome:
    """The stories that a person clicks through, in headless Chromium, on SQLite."""
    if not (BASE_DIR / "tests" / "browser").is_dir():
        return Outcome(True, "还没有测试")
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        return Outcome(None, "没有 Chromium（Debian 软件包 chromium）")
    return pytest("tests/browser", "-m", "browser", environment={"DATABASE_URL": "", "REDIS_URL": ""})


def killed() -> Outcome:
    """The short kill campaign: what serves the platform dies under load, and every acknowledged write is looked for."""
    status, output = run([sys.executable, "-m", "scripts.chaos", "servers"], {"QUICK": "1"})
    if status == NO_SERVER:
        return Outcome(None, output.strip().splitlines()[-1])
    rows = dict(line.split("\t", 1) for line in output.splitlines() if "\t" in line)
    note = " · ".join(
        f"{name} {rows[name]}" for name in ("强杀", "确认后丢失", "重复", "断链", "恢复服务") if name in rows
    )
    return Outcome(status == 0, note, "" if status == 0 else output)


def tail(text: str) -> str:
    """The last lines of a long output."""
    return "\n".join(text.rstrip().splitlines()[-TAIL:])


Part = tuple[str, Callable[[], Outcome]]
CHECK: Part = ("静态检查", static_checks)
SQLITE: Part = ("SQLite 测试", on_sqlite)
SERVERS: Part = ("PostgreSQL + Redis 测试", on_servers)
BROWSER: Part = ("浏览器测试", in_browser)
CHAOS: Part = ("强杀演练（短）", killed)
BENCH: Part = ("基准测量", measured)
RUNS: dict[str, list[Part]] = {
    "all": [CHECK, SQLITE, SERVERS, BROWSER, CHAOS],
    "check": [CHECK],
    "fast": [CHECK, SQLITE],
    "bench": [BENCH],
}


def main(name: str) -> int:
    """Run the parts in order, say how each ended and how long it took; 1 when one failed."""
    strict = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
    parts = RUNS[name]
    failed = 0
    begun = time.monotonic()
    for number, (label, part) in enumerate(parts, start=1):
        print(f"[{number}/{len(parts)}] {label} …", end=" ", flush=True)
        started = time.monotonic()
        outcome = part()
        if outcome.ok is None:
            word = "失败（CI 下不得跳过）" if strict else "未运行"
        else:
            word = "通过" if outcome.ok else "失败"
        failed += outcome.ok is False or (outcome.ok is None and strict)
        print(f"{word} · {time.monotonic() - started:.1f} 秒 · {outcome.note}", flush=True)
        if outcome.output:
            print(tail(outcome.output), flush=True)
    print(f"{'全部通过' if not failed else f'{failed} 部分失败'} · 共 {time.monotonic() - begun:.0f} 秒")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] not in [[name] for name in RUNS]:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
