"""The world of the campaign, built through the operations, and the keys that its people need. Prints them as JSON.

usage: python -m scripts.chaos.ground        with the environment of the platform, on a migrated, empty database
"""

import json
import os
import sys
from typing import Any

import django

CHAPTERS = ("catalogues", "budgets", "children_settled", "kitchen_delivering", "open_for_bids", "more_calls")


def build() -> dict[str, Any]:
    """Play the chapters that give the campaign's people something to do. returns  the keys that they need"""
    from core import clock
    from demo.moves import Stage
    from demo.people import World, settle
    from demo.world import CHAPTERS as STORY
    from procurement.rules.seed import seed_rules

    stage = Stage(World(), clock.today())
    with stage.on(-300, 8) as first:
        seed_rules()
        settle(stage.world, first)
    for _title, play in STORY:
        if play.__name__ in CHAPTERS:
            stage.world.facts[play.__name__] = play(stage)
    return facts(stage.world.facts["kitchen_delivering"], stage.world.facts["children_settled"])


def facts(delivering: Any, settled: Any) -> dict[str, Any]:
    """The keys of what the people write on."""
    from django.conf import settings

    from catalog.items.models import Item
    from core import clock
    from procurement.bids.models import Bid
    from procurement.orders.models import Order

    funding = delivering.fundings.select_related("allocation").first()
    taken = Bid.objects.values("lot__order")
    calls = Order.objects.filter(status="published").exclude(pk__in=taken)
    buyable = Item.objects.filter(edition__buyer=delivering.buyer, edition__status="published")
    return {
        "password": settings.DEMO_PASSWORD,
        "begun": clock.now().isoformat(),
        "today": clock.today().isoformat(),
        "item": str(buyable.values_list("pk", flat=True)[0]),
        "contract": str(delivering.pk),
        "line": str(delivering.lines.values_list("pk", flat=True)[0]),
        "allocation": str(funding.allocation_id),
        "settlement": str(settled.settlements.get(kind="final").pk),
        "lots": [str(order.lots.all()[0].pk) for order in calls],
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    sys.stdout.write(json.dumps(build()))
