"""What every test stands on: a stopped clock, tables that can be emptied, a browser, a real worker."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from tests.cast import Cast, make_cast
from tests.workers import Worker, running_worker

STOPPED_AT = "2026-09-01 09:00"

# Playwright's own loop runs in the thread in which a browser test asks the database; nothing is asynchronous there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_configure(config: pytest.Config) -> None:
    """No property is timed; a flush may pass the append-only tables, for the length of the flush."""
    unhurried = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
    hypothesis.settings.register_profile("unhurried", **unhurried)
    hypothesis.settings.load_profile("unhurried")
    from core import append_only

    flush = TransactionTestCase._fixture_teardown

    def flush_with_triggers_lifted(case: TransactionTestCase) -> None:
        with append_only.lifted():
            flush(case)

    TransactionTestCase._fixture_teardown = flush_with_triggers_lifted


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs another pair of servers than this run has: `make test` runs the suite on both."""
    absent = set()
    if connection.vendor != "postgresql":
        absent.add("postgres")
    if not settings.REDIS_URL:
        absent.add("redis")
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in absent)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    """Every test lives at 2026-09-01 09:00 in Shanghai; `core.clock.travel` moves it on."""
    from core import clock

    with clock.travel(STOPPED_AT):
        yield


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    """Every test writes its files into a folder of its own; what was cached before is forgotten."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CHECKPOINT_FILE = tmp_path / "outside" / "checkpoints.jsonl"
    # A key space of its own, not cache.clear(): on Redis that empties what another lane of this run has just kept.
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": str(tmp_path)}}


@pytest.fixture
def worker(transactional_db: None, settings: Any) -> Iterator[Worker]:
    """A real Celery worker in a process of its own, on this test's database and files, without the timetable."""
    with running_worker(connection.settings_dict["NAME"], Path(settings.MEDIA_ROOT)) as started:
        yield started


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, without what would reach out to the net."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    # A browser run by root (a container) cannot lock itself in.
    unlocked = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {
        **browser_type_launch_args,
        "executable_path": shutil.which("chromium") or shutil.which("chromium-browser"),
        "args": ["--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", *quiet, *unlocked],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Pages are read in Chinese, in Shanghai's time."""
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture
def cast(db: None) -> Cast:
    """Everybody a test may call on: two buyers, four providers, the offices, the experts."""
    return make_cast()
