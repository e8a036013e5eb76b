"""Metrics for Prometheus (运行指标): /metrics, to whoever brings the token of the settings.

Several web processes share one port, and a scrape meets any of them: request counts and durations are therefore kept
in files of one folder, a file a process, and added up (the library's multiprocess mode). What the database knows is
asked of it at the scrape. No label holds a person, an address or anything typed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core import clock, health
from core.heartbeat import last_beat
from core.outbox import MAX_TRIES, OutboxItem, waiting
from core.reports import ReportJob

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("platform_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram("platform_request_seconds", "Time to the answer.", ["route", "method"], buckets=BOUNDS)

Reading = float | Mapping[str, float] | None
_gauges: list[tuple[str, str, str, Callable[[], Reading]]] = []


def gauge(name: str, said: str, label: str = "") -> Callable[[Callable[[], Reading]], Callable[[], Reading]]:
    """Register what is asked at each scrape.

    label    name of the one label; the function then returns {label's value: number}
    returns  None from the function: there is nothing to tell, the metric is absent
    """

    def keep(read: Callable[[], Reading]) -> Callable[[], Reading]:
        _gauges.append((name, said, label, read))
        return read

    return keep


class RequestMetricsMiddleware:
    """Count each answer and its time by route name, method and class of status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.METRICS_TOKEN:
            return self.get_response(request)
        begun = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, f"{response.status_code // 100}xx").inc()
        SECONDS.labels(route, method).observe(time.perf_counter() - begun)
        return response


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics; 404 where no token is set, 401 without the right one."""
    if not settings.METRICS_TOKEN:
        return HttpResponse(status=404)
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(settings.METRICS_DIR))  # type: ignore[no-untyped-call]
    registry.register(Asked())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Asked(Collector):
    """What the registered functions say now."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family a registered gauge that has something to tell."""
        for name, said, label, read in _gauges:
            value = read()
            if value is None:
                continue
            family = GaugeMetricFamily(name, said, labels=[label] if label else [])
            rows: Iterable[tuple[list[str], float]] = (
                [([key], number) for key, number in value.items()] if isinstance(value, Mapping) else [([], value)]
            )
            for labels, number in rows:
                family.add_metric(labels, number)
            yield family


@gauge("platform_build_info", "Version of the platform; always 1.", "version")
def build() -> Reading:
    """The version of the code that answers."""
    return {settings.VERSION: 1}


@gauge("platform_ready", "1 when /readyz has no fault.")
def ready() -> Reading:
    """Whether the platform has all it stands on."""
    return 0 if health.faults() else 1


@gauge("platform_outbox_waiting", "Pieces of work that are not done.")
def outbox_waiting() -> Reading:
    """Work that is asked for and not given up."""
    return OutboxItem.objects.filter(done_at__isnull=True, tries__lt=MAX_TRIES).count()


@gauge("platform_outbox_oldest_seconds", "How long the oldest piece of work that is due has waited.")
def outbox_oldest() -> Reading:
    """The longest wait; 0 when nothing is due."""
    due = waiting().aggregate(first=Min("due_at"))["first"]
    return (clock.now() - due).total_seconds() if due else 0


@gauge("platform_outbox_dead", "Pieces of work given up after their last try.")
def outbox_dead() -> Reading:
    """Work that somebody has to look at."""
    return OutboxItem.objects.filter(done_at__isnull=True, tries__gte=MAX_TRIES).count()


@gauge("platform_report_jobs", "Reports by state.", "state")
def report_jobs() -> Reading:
    """Every state, those without a report too."""
    counted = dict(ReportJob.objects.values_list("state").annotate(Count("pk")).order_by())
    return {state: counted.get(state, 0) for state in ReportJob.STATES}


@gauge("platform_heartbeat_age_seconds", "Since the timetable was last seen to work, through the worker.")
def heartbeat_age() -> Reading:
    """Absent as long as no worker was ever seen."""
    seen = last_beat()
    return max(timedelta(0), clock.now() - seen).total_seconds() if seen else None


@gauge("platform_database_bytes", "Size of the database.")
def database_bytes() -> Reading:
    """Tables and indexes, as the database counts them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return float(cursor.fetchone()[0])


@gauge("platform_disk_free_bytes", "Free space where the platform keeps what it writes.")
def disk_free_bytes() -> Reading:
    """Where database, files and queue lie."""
    return float(health.disk_free())
