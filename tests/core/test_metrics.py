"""/metrics: who may ask, what is counted in several processes at once, and that nothing personal is in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings as django_settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from core import clock
from core.heartbeat import beat
from core.outbox import MAX_TRIES, OutboxItem
from tests.cast import Cast

ROOT = Path(django_settings.BASE_DIR)
BEARER = {"Authorization": f"Bearer {django_settings.METRICS_TOKEN}"}

# What one web process does in its life: three requests, one of them refused.
LIFE = """
import django
django.setup()
from django.test import Client
client = Client(SERVER_NAME="127.0.0.1")
for path in ("/healthz", "/healthz", "/accounts/logout/"):
    client.get(path)
"""


def told() -> dict[tuple[str, ...], float]:
    """(name, label values in the order of the label names) -> value."""
    answer = Client().get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return {
        (one.name, *(value for _label, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(answer.content.decode())
        for one in family.samples
    }


@pytest.mark.django_db
def test_who_may_ask(settings: Any) -> None:
    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}x"}).status_code == 401
    assert Client().get("/metrics", headers=BEARER).status_code == 200
    assert Client().post("/metrics", headers=BEARER).status_code == 405
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
def test_processes_are_added_up_whichever_answers(settings: Any, tmp_path: Path) -> None:
    """Two processes that have ended and this one: a scrape tells the sum of all three."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_METRICS": str(tmp_path)}
    for _n in range(2):
        done = subprocess.run([sys.executable, "-c", LIFE], env=environment, cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    settings.METRICS_DIR = tmp_path
    found = told()
    assert found["platform_requests_total", "GET", "healthz", "2xx"] == 4
    assert found["platform_requests_total", "GET", "logout", "4xx"] == 2
    assert found["platform_request_seconds_count", "GET", "healthz"] == 4
    assert found["platform_request_seconds_bucket", "+Inf", "GET", "healthz"] == 4


def test_what_the_database_tells(cast: Cast) -> None:
    late = clock.now() - timedelta(seconds=90)
    OutboxItem.objects.create(topic="t", key="waiting", due_at=late)
    OutboxItem.objects.create(topic="t", key="dead", due_at=late, tries=MAX_TRIES)
    assert ("platform_heartbeat_age_seconds",) not in told()
    beat()
    with clock.travel(clock.now() + timedelta(seconds=30)):
        found = told()
    assert found["platform_outbox_waiting",] == found["platform_outbox_dead",] == 1
    assert found["platform_outbox_oldest_seconds",] == 120
    assert found["platform_heartbeat_age_seconds",] == 30
    assert found["platform_report_jobs", "failed"] == 0
    assert found["platform_journal_entries",] > 20
    assert found["platform_database_bytes",] > 100_000
    assert found["platform_disk_free_bytes",] > 0
    assert found["platform_ready",] == 0
    assert found["platform_build_info", django_settings.VERSION] == 1


def test_no_label_names_a_person_an_object_or_an_address(cast: Cast) -> None:
    client, organization = cast.client("admin"), cast.org("provider1")
    client.get(f"/w/organizations/{organization.pk}/members/?q=李一")
    client.get("/w/no-such-place/secret-4711/")
    client.generic("SPY<x>", "/w/me/")
    text = client.get("/metrics", headers=BEARER).content.decode()
    assert 'route="members"' in text
    assert 'route="none"' in text
    assert 'method="other"' in text
    # Names and labels alone: a number of seconds may have any digits in it.
    labels = [line.rpartition(" ")[0] for line in text.splitlines()]
    for hidden in (str(organization.pk), "李一", "4711", "SPY", "admin"):
        assert not [line for line in labels if hidden in line], hidden


def test_alert_rules_and_handbook_name_metrics_that_exist(cast: Cast) -> None:
    """docs/operations/alerts.yml, as Prometheus reads it, asks for some; docs/operations/running.md tells of all."""
    beat()
    cast.client("buyer").get("/w/me/")
    there = {name for name, *_labels in told()}
    rules = yaml.safe_load((ROOT / "docs/operations/alerts.yml").read_text("utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    asked = {name for rule in alerts for name in re.findall(r"platform_\w+", rule["expr"])}
    assert asked <= there, asked - there
    assert len(asked) >= 8
    page = (ROOT / "docs/operations/running.md").read_text("utf-8")
    told_of = set(re.findall(r"`(platform_\w+)`", page))
    plain = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in there if name.startswith("platform_")}
    assert told_of == plain
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in alerts)
