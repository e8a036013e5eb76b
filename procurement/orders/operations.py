"""What is done with orders (订单办理): written from a project, reviewed by another, published, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotAllowed, NotNow
from core.holds import require_no_hold
from core.identifiers import next_serial
from core.lifecycle import advance, begin, require
from core.money import ZERO
from core.separation import note_duty
from procurement.notices.models import Notice
from procurement.notices.operations import publish_notice
from procurement.orders.models import (
    Criterion,
    Lot,
    MilestonePlan,
    Order,
    OrderNotice,
    OrderStandard,
    QualificationRule,
)
from procurement.orders.queries import (
    bid_time,
    ended_release,
    instalments,
    moment_text,
    tender_release,
    tender_text,
)
from procurement.orders.wording import CONFORMITIES, CRITERIA, INSTALMENTS, QUALIFICATIONS
from procurement.permissions.orders import can_draft_order
from procurement.projects.models import Project
from procurement.rules.queries import parameter

ENDED = ("failed", "cancelled")
FACTS = (
    "title", "method", "why", "requirements", "place", "starts_on", "ends_on", "bid_deadline", "payment_terms", "minors",
)  # fmt: skip


@transaction.atomic
def draft_order(project: Project, *, actor: Actor, **facts: Any) -> Order:
    """Make an order of an approved project in one step; everything known is filled in (一键发订单).

    project  approved, or failed before (then it is called anew)
    facts    fields of the order that differ from what is proposed, e.g. title, bid_deadline
    returns  the order in draft: one lot with the project's quantity and planned amount, the standards of the item, the
             criteria of 100 points, qualification and conformity rules, payment in 50/40/10, a deadline by the rules
    raises   NotAllowed · NotNow (not approved, or an order is under way)
    writes   the order and its parts; one journal entry "create"
    """
    if not can_draft_order(actor) or not actor.belongs_to(project.buyer_id):
        raise NotAllowed(_("发订单由项目所属单位的业务或采购经办办理。"))
    if project.status not in {"approved", "failed"}:
        raise NotNow(_("项目现在是「%(status)s」，批准立项后才能发订单。") % {"status": project.status_label})
    Project.objects.select_for_update().get(pk=project.pk)
    if project.orders.exclude(status__in=ENDED).exists():
        raise NotNow(_("这个项目已有一份订单在办理，不能重复发。"))
    track, method = _track(project.planned_amount)
    time = bid_time(track, method, clock.today(), clock.today())
    order = Order(
        project=project,
        item=project.item,
        buyer=project.buyer,
        region_path=project.region_path,
        title=project.title,
        track=track,
        method=method,
        why=project.need,
        requirements=f"{project.item.content}\n{project.goals}",
        place=project.region.name,
        starts_on=project.starts_on,
        ends_on=project.ends_on,
        bid_deadline=time.proposed,
        ceiling=project.planned_amount,
        deadline_rule=time.rule.label[:200],
        is_provisional=time.rule.is_provisional,
        payment_terms="按付款节点验收结算，验收合格之日起 30 日内支付；节点比例见付款安排。",
        minors=project.minors,
        drafted_by_key=actor.user_key,
        drafted_by_name=actor.user_name,
    )
    for name, value in facts.items():
        setattr(order, name, value)
    begin(order, actor=actor, facts={"project": str(project.pk), "item": project.item.code})
    _fill(order, project)
    return order


def _track(amount: Decimal) -> tuple[str, str]:
    """Track and method that the amount asks for (程序与方式). Source: thresholds as dated parameters, domain.md 0.1.2–4."""
    if amount < Decimal(parameter("threshold.procurement").value):
        return "own", "selection"
    if amount < Decimal(parameter("threshold.tender").value):
        return "statutory", "consultation"
    return "statutory", "open"


def _fill(order: Order, project: Project) -> None:
    """The parts of a new order, copied from the item, the project and the template."""
    item = project.item
    quantity = max(1, int(project.planned_amount / item.norm_price)) if item.norm_price else 1
    Lot.objects.create(
        order=order, n=1, title=order.title, quantity=quantity, unit=item.unit, ceiling=project.planned_amount
    )
    Criterion.objects.bulk_create(
        Criterion(order=order, n=n, **criterion._asdict()) for n, criterion in enumerate(CRITERIA, 1)
    )
    QualificationRule.objects.bulk_create(
        QualificationRule(order=order, n=n, **rule._asdict())
        for n, rule in enumerate((*QUALIFICATIONS, *CONFORMITIES), 1)
    )
    OrderStandard.objects.bulk_create(
        OrderStandard(order=order, n=s.n, name=s.name, target=s.target, evidence=s.evidence)
        for s in item.standards.all()
    )
    MilestonePlan.objects.bulk_create(
        MilestonePlan(order=order, n=n, **row)
        for n, row in enumerate(instalments(INSTALMENTS, order.starts_on, order.ends_on), 1)
    )


@transaction.atomic
def edit_order(
    order: Order,
    *,
    actor: Actor,
    lots: Sequence[Mapping[str, Any]] | None = None,
    criteria: Sequence[Mapping[str, Any]] | None = None,
    rules: Sequence[Mapping[str, Any]] | None = None,
    milestones: Sequence[Mapping[str, Any]] | None = None,
    plan: str = "",
    **facts: Any,
) -> Order:
    """Write down what the order says; the whole of each part that is given replaces the part that was.

    facts    fields of FACTS;  lots, criteria, rules, milestones: rows as the models' fields, in order
    plan     a named payment plan (分期方案) of the rules, which then makes the milestones: "50_40_10", "60_30_10" …
    raises   NotAllowed · NotNow · Conflict · Invalid at its field: weights not 100, ceilings over the project's planned
             amount, a deadline before the earliest legal moment, shares not 100, days in the wrong order
    writes   the order and its parts; one journal entry "edit"
    """
    require(order, "edit", actor)
    changes = {name: value for name, value in facts.items() if name in FACTS}
    drafted = Order(**{name: changes.get(name, getattr(order, name)) for name in (*FACTS, "track", "rule_date")})
    if plan and drafted.ends_on >= drafted.starts_on:
        milestones = instalments(plan, drafted.starts_on, drafted.ends_on)
    errors = _faults(drafted, order, lots, criteria, milestones)
    if errors:
        raise Invalid(errors=errors)
    if "bid_deadline" in changes or "method" in changes:
        time = bid_time(order.track, drafted.method, clock.today(), order.rule_date)
        changes |= {"deadline_rule": time.rule.label[:200], "is_provisional": time.rule.is_provisional}
    if lots is not None:
        changes["ceiling"] = sum((row["ceiling"] for row in lots), ZERO)
    advance(order, "edit", actor=actor, **changes)
    if lots is not None:
        _replace_lots(order, lots)
    parts: tuple[tuple[Any, Sequence[Mapping[str, Any]] | None], ...] = (
        (Criterion, criteria),
        (QualificationRule, rules),
        (MilestonePlan, milestones),
    )
    for model, rows in parts:
        if rows is not None:
            model.objects.filter(order=order).delete()
            model.objects.bulk_create(model(order=order, n=n, **row) for n, row in enumerate(rows, 1))
    return order


def _replace_lots(order: Order, rows: Sequence[Mapping[str, Any]]) -> None:
    """Lots keep their keys by number: nothing hangs on a draft's lots yet, but a link to one stays good."""
    for n, row in enumerate(rows, 1):
        Lot.objects.update_or_create(order=order, n=n, defaults=dict(row))
    Lot.objects.filter(order=order, n__gt=len(rows)).delete()


def _faults(
    drafted: Order,
    order: Order,
    lots: Sequence[Mapping[str, Any]] | None,
    criteria: Sequence[Mapping[str, Any]] | None,
    milestones: Sequence[Mapping[str, Any]] | None,
) -> dict[str, list[str]]:
    """What cannot stand, by field."""
    errors: dict[str, list[str]] = {}
    if late := _too_soon(drafted):
        errors["bid_deadline"] = [late]
    if drafted.ends_on < drafted.starts_on:
        errors["ends_on"] = [_("服务结束不能早于服务开始。")]
    if clock.local(drafted.bid_deadline).date() > drafted.ends_on:
        errors.setdefault("bid_deadline", []).append(_("申报截止不能晚于服务结束。"))
    rows = [dict(r) for r in lots] if lots is not None else list(order.lots.values("ceiling", "quantity"))
    total = sum((row["ceiling"] for row in rows), ZERO)
    planned = order.project.planned_amount
    if not rows:
        errors["lots"] = [_("至少要有一个包。")]
    elif any(row["ceiling"] <= 0 or row["quantity"] <= 0 for row in rows):
        errors["lots"] = [_("数量和最高限价都要大于 0。")]
    elif total > planned:
        errors["lots"] = [
            _("最高限价合计 %(total)s 元，超过项目预算 %(planned)s 元。请降低限价，或先调整项目预算。")
            % {"total": f"{total:,.2f}", "planned": f"{planned:,.2f}"}
        ]
    found = [dict(r) for r in criteria] if criteria is not None else list(order.criteria.values("kind", "weight"))
    if fault := _criteria_fault(drafted, found):
        errors["criteria"] = [fault]
    shares = (
        [r["share"] for r in milestones]
        if milestones is not None
        else list(order.milestone_plans.values_list("share", flat=True))
    )
    if sum(shares) != 100:
        errors["milestones"] = [_("付款比例合计 %(sum)s%%，应为 100%%。") % {"sum": sum(shares)}]
    return errors


def _criteria_fault(drafted: Order, rows: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with the criteria: their sum, and the price weight of this track and method."""
    weights = sum(row["weight"] for row in rows)
    if weights != 100:
        return _("评分项合计 %(sum)s 分，应为 100 分。请调整分值。") % {"sum": weights}
    prices = [row["weight"] for row in rows if row["kind"] == "price"]
    if len(prices) != 1:
        return _("价格分要有且只有一项，由平台计算。")
    rule = parameter(f"price_weight.{drafted.method}", track=drafted.track, on=drafted.rule_date)
    low, high = int(rule.value["low"]), int(rule.value["high"])
    if not low <= prices[0] <= high:
        return _("价格分 %(weight)s 分，应在 %(low)s 至 %(high)s 分之间（%(source)s）。") % {
            "weight": prices[0], "low": low, "high": high, "source": rule.source,
        }  # fmt: skip
    return ""


def _too_soon(order: Order) -> str:
    """The sentence for a deadline that comes too soon, naming the earliest legal moment; "" when it may stand."""
    time = bid_time(order.track, order.method, clock.today(), order.rule_date)
    if order.bid_deadline >= time.earliest:
        return ""
    chosen, earliest = clock.local(order.bid_deadline), clock.local(time.earliest)
    said = _("已经过去") if order.bid_deadline <= clock.now() else _("太早")
    return _("%(chosen)s 截止%(said)s。今天发布，最早可定在 %(earliest)s（%(rule)s）。") % {
        "chosen": moment_text(chosen), "said": said, "earliest": moment_text(earliest), "rule": time.rule.label,
    }  # fmt: skip


@transaction.atomic
def submit_order(order: Order, *, actor: Actor) -> Order:
    """Hand an order in for review by another person (提交审核).

    raises  NotAllowed · NotNow · Conflict · Invalid (something in it cannot stand)
    writes  one journal entry "submit"; the writer's duty
    """
    require(order, "submit", actor)
    errors = _faults(order, order, None, None, None)
    if errors:
        raise Invalid("；".join(line for lines in errors.values() for line in lines))
    note_duty(order.case_key, actor, "write_order")
    return advance(order, "submit", actor=actor)


@transaction.atomic
def approve_order(order: Order, *, actor: Actor) -> Order:
    """Approve an order that somebody else wrote (审核通过).

    raises  NotAllowed (not theirs, or they wrote it) · NotNow · Conflict
    writes  one journal entry "approve"; the reviewer's duty
    source  domain.md 4.1
    """
    require(order, "approve", actor)
    note_duty(order.case_key, actor, "review_order")
    return advance(order, "approve", actor=actor, reviewed_by_name=actor.user_name)


@transaction.atomic
def return_order(order: Order, *, actor: Actor, reason: str) -> Order:
    """Send an order back to its writer, with a reason (退回). writes  one journal entry "return" """
    return advance(order, "return", actor=actor, reason=reason, reviewed_by_name="")


@transaction.atomic
def publish_order(order: Order, *, actor: Actor) -> Order:
    """Publish an approved order: number, frozen notice, the project starts procuring (发布).

    raises  NotAllowed · NotNow (a hold, or a deadline that has become too short) · Conflict
    writes  the number WH-2026-001, the notice with digest, one journal entry "publish"; listeners make the opening
    """
    require(order, "publish", actor)
    require_no_hold(order)
    if late := _too_soon(order):
        raise NotNow(_("%(late)s 请先退回起草人改期。") % {"late": late})
    if order.project.status in {"approved", "failed"}:
        advance(order.project, "start_procuring", actor=actor)
    number = next_serial("WH")
    advance(
        order, "publish", actor=actor, facts={"number": number}, number=number, published_at=clock.now(),
        rule_date=clock.today(),
    )  # fmt: skip
    announce(order, "tender", f"{order.title}征集公告", tender_text(order), actor=actor, release=tender_release(order))
    return order


@transaction.atomic
def fail_order(order: Order, *, actor: Actor, reason: str) -> Order:
    """End an order without an award (流标), with its public notice; the project may call anew.

    raises  NotNow · Conflict
    writes  one journal entry "fail", the failure notice, the project's step; listeners send the bids back
    """
    advance(order, "fail", actor=actor, reason=reason, failure_reason=reason[:300])
    _end(order, "failure", "流标公告", _("流标原因：%(reason)s") % {"reason": reason}, actor=actor)
    return order


@transaction.atomic
def cancel_order(order: Order, *, actor: Actor, reason: str) -> Order:
    """Cancel an order, with its reason in public if the order was public (终止订单).

    raises  NotAllowed · NotNow · Invalid (no reason) · Conflict
    writes  one journal entry "cancel", the cancellation notice, the project's step; listeners send the bids back
    """
    advance(order, "cancel", actor=actor, reason=reason, failure_reason=reason[:300])
    if order.published_at:
        _end(order, "cancellation", "终止公告", _("终止原因：%(reason)s") % {"reason": reason}, actor=actor)
    return order


def _end(order: Order, kind: str, word: str, sentence: str, *, actor: Actor) -> None:
    """The notice of a bad end, and the project's step."""
    text = f"{order.buyer.name}“{order.title}”（{order.number}）的征集到此结束。\n{sentence}\n已递交的申报原封退回，未开启的不予开启。"
    announce(order, kind, f"{order.title}{word}", text, actor=actor, release=ended_release(order, kind))
    if order.project.status == "procuring":
        advance(order.project, "fail", actor=actor)


def announce(
    order: Order, kind: str, title: str, body: str, *, actor: Actor, release: Mapping[str, Any] | None = None
) -> Notice:
    """Publish a notice about an order and link it (公告). writes  Notice, OrderNotice"""
    notice = publish_notice(
        kind=kind,
        title=title,
        body=body,
        facts=[
            {"label": "订单编号", "value": order.number},
            {"label": "采购人", "value": order.buyer.name},
            {"label": "最高限价", "value": f"{order.ceiling:,.2f} 元"},
            {"label": "方式", "value": order.get_method_display()},
            {"label": "服务地点", "value": order.place},
            {"label": "申报截止", "value": moment_text(order.bid_deadline)},
        ],
        subject=order,
        case=order.case_key,
        ocid=order.project.ocid,
        buyer=order.buyer,
        region_path=order.region_path,
        actor=actor,
        ends_at=order.bid_deadline if kind == "tender" else None,
        release=release,
    )
    OrderNotice.objects.create(order=order, notice=notice)
    return notice
