"""What is done with panels: made at the opening, drawn by a committed seed, declared by each expert alone."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.drafts import drop_draft, load_draft, save_draft
from core.errors import Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.separation import note_duty
from procurement.orders.models import Lot
from procurement.panels import draw
from procurement.panels.models import Panel, Seat
from procurement.panels.queries import eligible_experts, live_seats
from procurement.rules.queries import parameter

SHEETS_DUE = time(18, 0)


@transaction.atomic
def create_panel(lot: Lot, *, actor: Actor) -> Panel:
    """Make the panel of a lot whose bids were opened, and commit to the seed of its draw.

    actor   whoever opened the bids: the panel follows the opening
    returns the panel, "forming"; the seed lies sealed until the draw
    writes  the panel; the sealed seed; one journal entry "create" with the seed's digest
    source  domain.md 4.1 (commit to hash(seed) before, reveal seed after)
    """
    seed = draw.new_seed()
    order = lot.order
    promise = draw.commitment(seed)
    panel = Panel(lot=lot, buyer=order.buyer, region_path=order.region_path, seed_commitment=promise)
    begin(panel, actor=actor, facts={"seed_commitment": promise, "lot": lot.n})
    save_draft("system", _seed_place(panel), {"seed": seed}, sealed=True)
    return panel


@transaction.atomic
def draw_experts(panel: Panel, *, actor: Actor, size: int, due_on: date) -> Panel:
    """Draw the experts (抽取专家), reveal the seed, and let the order go into review.

    size     odd, at least the rule's minimum;  due_on: the day by whose 18:00 (Shanghai) the sheets are due
    actor    procurement officer of the buyer, who from now on may not sit on the panel
    raises   NotAllowed · NotNow · Invalid (even or too small a size, a day past, too few experts) · Conflict
    writes   seats; entry "draw" with seed, pool and drawn keys; the order "review"; a message to each expert
    """
    require(panel, "draw", actor)
    order = panel.lot.order
    minimum = int(parameter("panel.minimum", track=order.track, on=order.rule_date).value)
    if size < minimum or size % 2 == 0:
        raise Invalid(_("评审组应为不少于 %(n)s 人的单数。") % {"n": minimum}, field="size")
    if due_on < clock.today():
        raise Invalid(_("评审时限不能早于今天。"), field="due_on")
    note_duty(panel.case_key, actor, "draw_panel")
    pool = [str(key) for key in eligible_experts(panel).values_list("pk", flat=True)]
    if len(pool) < size:
        raise Invalid(
            _("排除申报单位、采购人和开启人员后，备选专家只有 %(n)s 位，不够抽取 %(size)s 位。请先补充专家库。")
            % {"n": len(pool), "size": size},
            field="size",
        )
    seed = _sealed_seed(panel)
    drawn = draw.draw(seed, pool, size)
    due_at = datetime.combine(due_on, SHEETS_DUE, tzinfo=clock.SHANGHAI)
    advance(
        panel,
        "draw",
        actor=actor,
        facts={"seed": seed, "seed_commitment": panel.seed_commitment, "pool": sorted(pool), "drawn": drawn},
        seed=seed,
        pool=sorted(pool),
        size=size,
        due_at=due_at,
    )
    Seat.objects.bulk_create(Seat(panel=panel, expert_id=key, n=n) for n, key in enumerate(drawn, 1))
    drop_draft("system", _seed_place(panel))
    if order.status == "opened":
        advance(order, "review", actor=actor, facts={"panel": str(panel.pk)})
    _invite(panel)
    return panel


@transaction.atomic
def redraw_experts(panel: Panel, *, actor: Actor) -> Panel:
    """Fill the seats of recused experts by the next in the same order of call (递补).

    raises  NotAllowed · NotNow (no seat is free) · Invalid (the pool is used up) · Conflict
    writes  seats; entry "redraw" with the called keys; a message to each new expert
    """
    require(panel, "redraw", actor)
    note_duty(panel.case_key, actor, "draw_panel")
    seats = list(panel.seats.select_for_update().order_by("n"))
    missing = panel.size - sum(not seat.is_recused for seat in seats)
    if missing <= 0:
        raise NotNow(_("没有空缺的席位，不用递补。"))
    called = [str(seat.expert_id) for seat in seats]
    still = {str(key) for key in eligible_experts(panel).values_list("pk", flat=True)}
    rest = draw.draw(panel.seed, panel.pool, len(panel.pool), called=called)
    drawn = [key for key in rest if key in still][:missing]
    if len(drawn) < missing:
        raise Invalid(_("备选名单已经用尽，还差 %(n)s 位。请终止评审后重新组建。") % {"n": missing - len(drawn)})
    advance(panel, "redraw", actor=actor, facts={"drawn": drawn, "passed_over": [k for k in rest if k not in still]})
    Seat.objects.bulk_create(Seat(panel=panel, expert_id=key, n=n) for n, key in enumerate(drawn, len(seats) + 1))
    _invite(panel)
    return panel


@transaction.atomic
def declare_conflict(panel: Panel, *, actor: Actor, answer: str, text: str = "") -> Panel:
    """Declare, as a drawn expert, that there is no conflict of interest, or that there is one (回避声明).

    answer  "none" | "conflict";  text: what the relation is, wanted with "conflict"
    actor   an expert who holds a seat; has carried no incompatible duty in the case
    returns the panel; with a conflict the actor's access to panel, review and bids ends with this call
    raises  NotAllowed (no seat, or an incompatible duty) · NotNow (declared or handed in already) · Invalid · Conflict
    writes  the seat; entry "declare"; the duty "sit_on_panel" when there is no conflict
    source  政府采购法实施条例第九条
    """
    require(panel, "declare", actor)
    seat = panel.seats.select_for_update().filter(expert__user_id=actor.user_key, is_recused=False).first()
    if seat is None:
        raise NotAllowed(_("您不在这个评审组。"))
    if seat.submitted_at:
        raise NotNow(_("您已提交评分，不能再改声明。请联系采购经办。"))
    if answer not in {"none", "conflict"}:
        raise Invalid(_("请选择有没有利害关系。"), field="answer")
    if answer == "conflict" and not text.strip():
        raise Invalid(_("请写明是哪一种关系。"), field="text")
    if answer == "none" and seat.declared_at:
        raise NotNow(_("您已声明没有利害关系。"))
    if answer == "none":
        note_duty(panel.case_key, actor, "sit_on_panel")
    seat.declared_at = clock.now()
    seat.is_recused = answer == "conflict"
    seat.declaration = text.strip()[:300] or _("本人与各申报单位没有利害关系。")
    seat.save(update_fields=["declared_at", "is_recused", "declaration"])
    return advance(panel, "declare", actor=actor, facts={"seat": seat.n, "answer": answer}, reason=text.strip())


def require_seated(panel: Panel) -> list[Seat]:
    """The live seats, once the panel is complete and everybody has declared.

    raises  NotNow, naming what is missing
    """
    seats = live_seats(panel)
    if len(seats) < panel.size or not seats:
        raise NotNow(_("评审组还差 %(n)s 位专家，请先抽取或递补。") % {"n": max(panel.size - len(seats), 1)})
    waiting = [str(seat.expert) for seat in seats if not seat.declared_at]
    if waiting:
        raise NotNow(_("还有专家没有声明回避情况：%(names)s。") % {"names": "、".join(waiting)})
    return seats


def _sealed_seed(panel: Panel) -> str:
    """The committed seed. raises  Invalid when it does not answer to its commitment."""
    kept = load_draft("system", _seed_place(panel))
    seed = str(kept.content["seed"]) if kept else ""
    if not seed or draw.commitment(seed) != panel.seed_commitment:
        raise Invalid(_("随机种子与事先登记的摘要不符，不能抽取。请联系纪检核查。"))
    return seed


def _seed_place(panel: Panel) -> str:
    return f"draw:{panel.pk}"


def _invite(panel: Panel) -> None:
    for seat in live_seats(panel):
        tell(
            [str(seat.expert.user_id)],
            sentence=_("您被抽取为「%(order)s」的评审专家，请先声明回避情况。") % {"order": panel.lot.order.title},
            url=panel.get_absolute_url(),
            kind="panel",
            key=f"panel:{panel.pk}:{seat.n}",
        )
