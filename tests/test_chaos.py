"""The kill campaign's own eyes: what is lost, doubled, broken or slow is seen. The campaign itself is a part of `make test`."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
from django.conf import settings

from core import clock, outbox
from core.actor import Actor
from core.documents import Document, store
from core.idempotency import IdempotencyKey
from procurement.projects.models import Project
from procurement.projects.operations import draft_project
from scripts.chaos.caller import Deed
from scripts.chaos.campaign import deck
from scripts.chaos.checks import check
from scripts.chaos.watch import STEADY, Probe, Watch
from tests.cast import Cast
from tests.journeys.catalog import an_item


def test_every_kind_dies_in_every_round() -> None:
    kinds = ["PostgreSQL", "Redis", "网页", "后台任务"]
    order = deck(kinds, 50, random.Random(1))
    assert len(order) == 50
    assert order.count("看护") == 5
    for n in range(0, 8, 4):
        assert sorted(order[n : n + 4]) == sorted(kinds)
    assert order == deck(kinds, 50, random.Random(1)) != deck(kinds, 50, random.Random(2))


def test_recovery_is_the_first_of_several_good_pages() -> None:
    watch = Watch(1, threading.Event())
    watch.probes = [Probe(0, 1, True)] * STEADY
    assert watch.recovered(2) is None
    seen = [True, False, *[True] * (STEADY - 1)]
    watch.probes += [Probe(2 + n, 2.5 + n, good) for n, good in enumerate(seen)]
    assert watch.recovered(2) is None, "one process answers, the other does not yet"
    watch.probes.append(Probe(10, 10.5, True))
    assert watch.recovered(2) == pytest.approx(2.5)


def test_what_is_whole_is_found_whole_and_each_breach_is_named(cast: Cast) -> None:
    buyer, item = cast.client("buyer"), an_item(cast)
    with clock.travel("2026-09-01 10:00"):
        world = {"begun": clock.now().isoformat()}
        deeds = []
        for key in ("k1", "k2"):
            answer = buyer.post("/w/projects/new/", {"item": str(item.pk), "idempotency_key": key})
            deeds.append(asdict(Deed("buyer", "立项", key, "/w/projects/new/", "acknowledged", answer.status_code)))
        # One that was never answered and never came in, and one that was refused.
        deeds.append(asdict(Deed("buyer", "立项", "k3", "/w/projects/new/", "unanswered")))
        told = check(world, deeds)
        assert (told["lost"], told["doubled"], told["broken"], told["findings"]) == (0, 0, 0, [])

        acknowledged = asdict(Deed("buyer", "立项", "k4", "/w/projects/new/", "acknowledged", 302))
        assert check(world, [*deeds, acknowledged])["lost"] == 1
        refused = asdict(Deed("buyer", "立项", "k1", "/w/projects/new/", "refused", 409))
        assert "却已经写入" in check(world, [refused, deeds[1]])["findings"][0]

        draft_project(item, actor=cast.actor("buyer"))
        assert check(world, deeds)["doubled"] == 1
        IdempotencyKey.objects.create(person_key="x", key="k5", path="/", digest="", location="/")
        third = asdict(Deed("buyer", "立项", "k5", "/w/projects/new/", "acknowledged", 302))
        assert check(world, [*deeds, third])["doubled"] == 0

        outbox.enqueue("report", {"job": "none"}, key="left")
        assert check(world, deeds)["waiting"] == 1
        kept = store(b"text\n", name="a.txt", actor=Actor(user_key="u", user_name="u"), purpose="paper")
        (Path(settings.MEDIA_ROOT) / Document.objects.get(pk=kept.pk).key).write_bytes(b"other")
        assert check(world, deeds)["lost"] == 1
        Project.objects.filter(drafted_by_key=cast.actor("buyer").user_key).update(audit_head=b"?")
        assert check(world, deeds)["broken"] > 0
