"""What goes away for a moment: the database, Redis, a process. Nobody is told a thing that is not so, nothing is done twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from config.cache import Cache
from core import clock, journal, outbox
from core.errors import Conflict
from core.idempotency import IdempotencyKey, Once
from core.messages import Message
from core.outbox import OutboxItem
from core.reports import ReportJob
from procurement.projects.models import Project
from scripts import serve
from scripts.servers import free_port
from tests.cast import Cast, make_cast
from tests.journeys.catalog import an_item
from tests.journeys.orders import submitted_order
from tests.journeys.settlements import approved_settlement

AT_ONCE = 4


@contextmanager
def away(fault: Exception, statement: str = "") -> Iterator[None]:
    """The database answers nothing but this; only statements that hold `statement`, if given."""

    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if statement in sql:
            raise fault
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize("fault", [OperationalError("the database system is starting up"), InterfaceError("closed")])
def test_a_database_that_is_away_is_told_as_such(cast: Cast, fault: Exception) -> None:
    visitor, buyer = Client(raise_request_exception=False), cast.client("buyer")
    buyer.raise_request_exception = False
    with away(fault):
        page, desk, api = visitor.get("/orders/"), buyer.get("/w/"), buyer.get("/api/v1/orders/")
        assert visitor.get("/healthz").status_code == 200
        ready = visitor.get("/readyz")
    assert [answer.status_code for answer in (page, desk, api, ready)] == [503] * 4
    assert page["Retry-After"] == api["Retry-After"] == "5"
    assert "数据库暂时连不上" in page.content.decode()
    assert (api["Content-Type"], api.json()["code"]) == ("application/problem+json", "away")
    assert "away" in ready.json()["faults"][0]
    assert buyer.get("/w/").status_code == 200


def test_a_fault_of_ours_is_no_outage(cast: Cast) -> None:
    visitor = Client(raise_request_exception=False)
    with away(ValueError("nonsense")):
        assert visitor.get("/orders/").status_code == 500


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_by_many_hands_at_once_is_done_once(transactional_db: None) -> None:
    cast = make_cast()
    item = an_item(cast)
    client = cast.client("buyer")
    form = {"item": str(item.pk), "idempotency_key": "k" * 32}

    def send(_n: int) -> tuple[int, str]:
        own = Client()
        own.cookies = client.cookies
        try:
            answer = own.post("/w/projects/new/", form)
            return answer.status_code, answer.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as hands:
        answers = set(hands.map(send, range(AT_ONCE)))
    project = Project.objects.get()
    assert answers == {(302, f"{project.get_absolute_url()}edit/")}
    assert [entry.verb for entry in journal.entries_for(project)] == ["create"]


@pytest.mark.django_db(transaction=True)
def test_a_verb_that_is_sent_by_many_hands_at_once_is_done_once_and_all_are_told_so(transactional_db: None) -> None:
    cast = make_cast()
    order = submitted_order(cast)
    client = cast.client("leader")
    url, together = f"/api/v1/orders/{order.pk}/approve/", threading.Barrier(AT_ONCE)
    headers = {"If-Match": f'"{order.version}"', "Idempotency-Key": "k1"}

    def send(_n: int) -> tuple[int, str]:
        own = Client()
        own.cookies = client.cookies
        try:
            together.wait(30)
            answer = own.post(url, json.dumps({}), content_type="application/json", headers=headers)
            return answer.status_code, answer.json()["status"]
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as hands:
        assert set(hands.map(send, range(AT_ONCE))) == {(200, "approved")}
    order.refresh_from_db()
    assert [entry.verb for entry in journal.entries_for(order)].count("approve") == 1


def test_a_refusal_stands_unless_the_same_request_was_done_meanwhile(db: None) -> None:
    def refuse() -> str:
        Message.objects.create(recipient_key="p", kind="k", sentence="s", url="/", key="half")
        raise Conflict

    asked = Once("p", "k", "digest", "/w/")
    with pytest.raises(Conflict):
        asked.do(refuse)
    assert asked.do(lambda: "/done/") == "/done/"
    # The other process has done it between this one's look and its own try.
    assert asked.do(refuse) == "/done/"
    assert asked.do(lambda: "/again/") == "/done/"
    with pytest.raises(Conflict):
        Once("p", "k", "another digest", "/w/").do(refuse)
    assert not Message.objects.exists()
    assert IdempotencyKey.objects.count() == 1


def test_a_report_that_is_asked_again_for_a_lost_answer_is_made_once(cast: Cast) -> None:
    settlement = approved_settlement(cast)
    OutboxItem.objects.all().delete()
    finance, url = cast.client("finance"), f"/w/reports/ask/procurement.settlement/{settlement.pk}/"
    asked = {"format": "xlsx", "idempotency_key": "k1"}
    first = finance.post(url, asked)
    outbox.relay()
    again = finance.post(url, asked)
    assert (first.status_code, first["Location"]) == (again.status_code, again["Location"])
    assert ReportJob.objects.get().state == "done"
    finance.post(url, {**asked, "idempotency_key": "k2"})
    assert ReportJob.objects.count() == 2


def test_a_report_outlives_a_database_that_goes_away_under_it(cast: Cast) -> None:
    settlement = approved_settlement(cast)
    OutboxItem.objects.all().delete()
    cast.client("finance").post(f"/w/reports/ask/procurement.settlement/{settlement.pk}/", {"format": "xlsx"})
    with away(OperationalError("server closed the connection"), 'INSERT INTO "core_document"'):
        assert outbox.relay() == 0
    assert ReportJob.objects.get().state == "running"
    with clock.travel(clock.now() + timedelta(minutes=2)):
        assert outbox.relay() == 1
    assert ReportJob.objects.get().state == "done"
    assert Message.objects.filter(kind="report").count() == 1


def test_a_cache_whose_redis_is_away_remembers_here(settings: Any, client: Client, cast: Cast) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "config.cache.Cache", "LOCATION": f"redis://127.0.0.1:{free_port()}/0", "TIMEOUT": 60}
    }
    Cache.asked_again_at = 0
    cache = caches["default"]
    assert cache.get("a", "nothing") == "nothing"
    assert cache.add("tries", 0, 60)
    assert (cache.incr("tries"), cache.incr("tries")) == (1, 2)
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b"]) == {"a": 1, "b": 2}
    assert cache.get_or_set("c", lambda: 3) == 3
    assert cache.has_key("c")
    cache.delete_many(["a", "b"])
    assert cache.get("a") is None
    assert client.get("/").status_code == 200
    with pytest.raises(ValueError, match="nowhere"):
        cache.incr("nowhere")


@pytest.mark.redis
def test_a_cache_asks_redis_again_when_it_is_back(settings: Any) -> None:
    options = {**settings.CACHES["default"], "KEY_PREFIX": f"back:{os.getpid()}"}
    settings.CACHES = {"default": options}
    Cache.asked_again_at = time.monotonic() + 60
    caches["default"].set("a", 1)
    Cache.asked_again_at = 0
    assert caches["default"].get("a") is None, "what was remembered here is not what Redis knows"
    caches["default"].set("a", 2)
    assert caches["default"].get("a") == 2
    caches["default"].delete("a")


def test_nobody_waits_for_a_queue_that_is_away() -> None:
    code = (
        "import django; django.setup(); from core import outbox\n"
        "outbox.wake(); first = outbox._asked_again_at; outbox.wake(); print(first > 0, outbox._asked_again_at == first)"
    )
    environment = {**os.environ, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0", "DATABASE_URL": ""}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True", "True"], done.stderr


def until(reached: Callable[[], bool], seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.02)
    return reached()


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet waited for does not."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[[str], serve.Child]]:
    children: list[serve.Child] = []

    def start(code: str) -> serve.Child:
        child = serve.Child("演练", [sys.executable, "-c", code], dict(os.environ), tmp_path / "child.log")
        children.append(child)
        return child

    yield start
    for child in children:
        child.process.kill()
        child.end()


def test_a_killed_process_leaves_nothing_behind_and_is_started_again(
    supervised: Callable[[str], serve.Child], capsys: pytest.CaptureFixture[str]
) -> None:
    child = supervised(PARENT)
    assert until(lambda: bool(child.log.read_text().split()))
    first, below = child.process, int(child.log.read_text().split()[0])
    child.begun -= serve.WELL_SECONDS  # it has been well for a while
    os.kill(first.pid, signal.SIGKILL)
    assert until(lambda: (child.keep(), child.process is not first)[1])
    assert until(lambda: not alive(below))
    assert until(lambda: len(child.log.read_text().split()) == 2)
    assert "意外退出" in capsys.readouterr().out
    second = int(child.log.read_text().split()[1])
    child.end(0.1)
    assert until(lambda: not alive(second))


def test_a_process_whose_pulse_has_stopped_is_killed_and_started_again(
    supervised: Callable[[str], serve.Child], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    child = supervised(PARENT)
    child.pulse = tmp_path / "pulse"
    first = child.process
    child.keep()
    assert first.poll() is None  # it has hardly begun
    child.begun -= serve.SILENT_SECONDS
    child.pulse.touch()
    child.keep()
    assert first.poll() is None  # it is heard
    os.utime(child.pulse, (time.time() - serve.SILENT_SECONDS - 1,) * 2)
    assert until(lambda: (child.keep(), child.process is not first)[1])
    assert first.returncode == -signal.SIGKILL
    child.keep()
    assert child.process.poll() is None  # the old file is no fault of the new process
    assert "没有动静" in capsys.readouterr().out


def test_what_a_killed_web_process_left_serves_on_until_its_successor_is_well(
    supervised: Callable[[str], serve.Child],
) -> None:
    child = supervised(PARENT)
    child.serves_on = True
    assert until(lambda: bool(child.log.read_text().split()))
    first, below = child.process, int(child.log.read_text().split()[0])
    os.kill(first.pid, signal.SIGKILL)
    assert until(lambda: (child.keep(), child.process is not first)[1])
    child.keep()
    assert alive(below)
    child.begun -= serve.WELL_SECONDS
    child.keep()
    assert until(lambda: not alive(below))
    assert child.process.poll() is None
    assert child.left == []


def test_a_supervisor_ends_what_a_killed_one_has_left_and_nothing_else(
    supervised: Callable[[str], serve.Child], tmp_path: Path
) -> None:
    child, record = supervised(PARENT), tmp_path / "serving.groups"
    assert until(lambda: bool(child.log.read_text().split()))
    below = int(child.log.read_text().split()[0])
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], cwd="/", start_new_session=True)
    try:
        serve.note([child], record)
        # The number of a group that ended long ago may be another program's by now.
        record.write_text(f"{record.read_text()} {stranger.pid} 4194304")
        serve.end_left(record, seconds=0)
        assert until(lambda: not alive(below) and child.process.poll() is not None)
        assert stranger.poll() is None
        assert not record.exists()
        serve.end_left(record)
    finally:
        stranger.kill()
        stranger.wait()


def test_a_process_that_never_comes_up_is_tried_less_and_less_often_but_never_given_up(
    supervised: Callable[[str], serve.Child], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "WAITS", (0, 0.01, 0.02, 0.03))
    child = supervised("print('no room'); raise SystemExit(3)")
    seen = {child.process.pid}
    assert until(lambda: (child.keep(), seen.add(child.process.pid), len(seen) > len(serve.WAITS) + 2)[2])
    said = capsys.readouterr()
    assert [f"{wait:g} 秒后" in said.out for wait in (0.01, 0.02, 0.03)] == [True] * 3
    assert "no room" in said.err
    # Once it has been well, it starts anew from the shortest wait.
    assert until(lambda: (child.keep(), child.due is None)[1])
    child.process.wait()
    child.begun -= serve.WELL_SECONDS
    child.keep()
    assert child.short_lives == 0
