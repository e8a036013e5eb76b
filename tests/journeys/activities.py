"""Ways to activities in each state, by operations from a signed contract on."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from PIL import Image, ImageDraw

from core import clock
from core.actor import Actor
from core.documents import IMAGES, Document, store
from procurement.activities.judging import count_activity, verify_activity
from procurement.activities.models import Activity
from procurement.activities.operations import Heads, publish_activity, record_activity
from procurement.activities.planning import plan_activity
from procurement.contracts.models import Contract
from tests.cast import Cast

FIRST = "2026-09-01 16:30"


def picture(n: int = 0, size: tuple[int, int] = (320, 240), quality: int = 85) -> bytes:
    """A JPEG that differs from every other number's in what it shows."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    wide, high = size[0] / 9, size[1] / 8
    for cell in range(72):
        shade = (cell * 97 + n * n * 131 + (n + 3) * cell * cell * 29) % 256
        x, y = cell % 9 * wide, cell // 9 * high
        draw.rectangle((x, y, x + wide, y + high), fill=(shade, shade, shade))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def photos(actor: Actor, *numbers: int) -> list[Document]:
    """Stored pictures."""
    return [
        store(picture(n), name=f"{n}.jpg", actor=actor, purpose="activity", kinds=IMAGES) for n in numbers or (1, 2)
    ]


def planned_activity(cast: Cast, contract: Contract, *, login: str = "provider1", **fields: Any) -> Activity:
    """An activity of the plan, this afternoon in 大观街道; without minors unless asked for."""
    start = clock.local(fields.pop("at", FIRST))
    given: dict[str, Any] = {
        "title": "四点半小组",
        "place": "王家桥社区党群服务中心",
        "region": cast.regions["大观街道"],
        "starts_at": start,
        "ends_at": start + timedelta(minutes=90),
        "planned_people": 15,
        "segments": "儿童、家长",
        "line": contract.lines.get(n=1),
        "minors": False,
    }
    return plan_activity(contract, actor=cast.actor(login), **(given | fields))


def published_activity(cast: Cast, contract: Contract, **fields: Any) -> Activity:
    """Published."""
    activity = planned_activity(cast, contract, **fields)
    return publish_activity(activity, actor=cast.actor(fields.get("login", "provider1")))


def recorded_activity(
    cast: Cast,
    contract: Contract,
    *,
    heads: Sequence[tuple[int, int, int]] = ((13, 13, 13), (2, 2, 2)),
    units: dict[int, int] | None = None,
    pictures: Sequence[int] = (1, 2),
    **fields: Any,
) -> Activity:
    """Recorded an hour after its end. heads: 人次, 人数, 首次 of each group of the plan."""
    activity = published_activity(cast, contract, **fields)
    actor = cast.actor(fields.get("login", "provider1"))
    with clock.travel(clock.local(activity.ends_at + timedelta(hours=1))):
        return record_activity(
            activity,
            actor=actor,
            counts=[Heads(segment, *each) for segment, each in zip(activity.segment_list, heads, strict=True)],
            units={1: 1} if units is None else units,
            outcome="smooth",
            volunteers=3,
            volunteer_minutes=90,
            photos=photos(actor, *pictures),
        )


def verified_activity(cast: Cast, contract: Contract, **fields: Any) -> Activity:
    """Verified by the street."""
    return verify_activity(recorded_activity(cast, contract, **fields), actor=cast.actor("street"))


def counted_activity(cast: Cast, contract: Contract, **fields: Any) -> Activity:
    """Counted by the buyer."""
    return count_activity(verified_activity(cast, contract, **fields), actor=cast.actor("buyer"))
