"""Which orders exist for whom (订单可见范围), and what the pages read of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from core import clock
from core.actor import Actor
from core.clock import SHANGHAI
from core.permissions import in_scope
from procurement.notices import ocds
from procurement.orders.lifecycle import ORDER
from procurement.orders.models import Order
from procurement.orders.wording import careful_words
from procurement.rules.queries import Deadline, calendar, deadline, parameter, rules_in_force

PUBLIC = tuple(name for name, status in ORDER.statuses.items() if status.public)

# Which rule counts the time for bids, by method. Source: domain.md 2.3, 2.5.
BID_RULES = {"open": "D04", "consultation": "D06", "selection": "D04"}
HOUR = time(17, 0)


@dataclass(frozen=True)
class Proposal:
    """A deadline that may be chosen: earliest legal moment, what the page proposes, and the rule that says so."""

    earliest: datetime
    proposed: datetime
    rule: Deadline


def instalment_plans() -> list[tuple[str, str]]:
    """The payment plans to choose from (分期方案): (name, what it says), as the rules in force today have them."""
    prefix = "instalments."
    return [(row.key.removeprefix(prefix), row.label) for row in rules_in_force() if row.key.startswith(prefix)]


def instalments(name: str, starts_on: date, ends_on: date) -> list[dict[str, Any]]:
    """The milestones of a plan for a term of service: [{"name", "share" percent, "due_on"}], the last on the last day.

    raises  Invalid (no such plan)
    """
    days = (ends_on - starts_on).days
    return [
        {"name": words, "share": share, "due_on": starts_on + timedelta(days=days * part // 100)}
        for share, words, part in parameter(f"instalments.{name}").value
    ]


def visible_orders(actor: Actor) -> QuerySet[Order]:
    """What this person may know of: published ones are public, unpublished ones stay with the buyer and its oversight.

    A cancelled order that never was published (no number) stays inside too.
    """
    public = Q(status__in=PUBLIC, published_at__isnull=False)
    orders = Order.objects.select_related("buyer", "project__region", "item").prefetch_related("lots")
    if actor.organization_kind == "buyer":
        # A buyer works with its own orders; another buyer's public ones are read on the portal.
        return orders.filter(in_scope(actor))
    if actor.organization_kind in {"oversight", "street"}:
        return orders.filter(in_scope(actor) & (public | Q(status__in=("approved", "checking"))))
    return orders.filter(public)


def open_orders() -> QuerySet[Order]:
    """Orders that take bids now, by deadline: what the public square shows (正在征集)."""
    return (
        Order.objects.filter(status="published", bid_deadline__gt=clock.now())
        .select_related("buyer", "project__region", "item")
        .prefetch_related("lots")
        .order_by("bid_deadline", "number")
    )


def bid_time(track: str, method: str, start: date | datetime, rule_date: date) -> Proposal:
    """The time for bids that the rules leave (申报期限).

    start    the day of publication, not counted
    returns  the earliest legal moment (just after the minimum term), a proposal at 17:00 three working days later
    raises   Invalid when no rule is in force
    """
    rule = deadline(BID_RULES[method], start, track=track, on=rule_date)
    day = calendar().add_working_days(rule.day, 3)
    return Proposal(
        earliest=rule.at + timedelta(microseconds=1),
        proposed=datetime.combine(day, HOUR, tzinfo=SHANGHAI),
        rule=rule,
    )


def warnings_of(order: Order) -> list[str]:
    """What the statutory track would object to (差别待遇提示); empty in the own track."""
    if order.track != "statutory":
        return []
    texts = [(f"评分项「{c.name}」", f"{c.name}{c.bands}") for c in order.criteria.all()]
    texts += [(f"资格条件 {r.code} ", r.text) for r in order.qualification_rules.all()]
    return careful_words(texts)


def moment_text(at: datetime) -> str:
    """A moment as notices say it: 2026 年 9 月 11 日 17:00, Beijing time."""
    there = clock.local(at)
    return f"{there.year} 年 {there.month} 月 {there.day} 日 {there:%H:%M}"


def tender_text(order: Order) -> str:
    """The call as it is frozen (征集公告正文): numbered sections, one paragraph a line."""
    lots = list(order.lots.all())
    lines = [
        f"{order.buyer.name}就“{order.title}”公开征集承接单位，欢迎符合条件的社会组织申报。",
        "一、基本情况",
        f"订单编号：{order.number}。方式：{order.get_method_display()}（{order.get_track_display()}）。",
        f"预算金额：{order.project.planned_amount:,.2f} 元。",
        *(f"{lot.title}：{lot.quantity} {lot.unit}，最高限价 {lot.ceiling:,.2f} 元。" for lot in lots),
        "二、为什么要买",
        order.why,
        "三、要做什么、做到什么程度",
        order.requirements,
        *(f"{s.n}. {s.name}：{s.target}（{s.evidence}）" for s in order.standards.all()),
        f"服务地点：{order.place}。服务期限：{order.starts_on} 至 {order.ends_on}。",
        "四、申报条件",
        *(f"{r.code} {r.text}" for r in order.qualification_rules.all()),
        "五、评分办法（合计 100 分）",
        *(f"{c.n}. {c.name}（{c.weight} 分）：{c.bands}" for c in order.criteria.all()),
        "六、付款",
        order.payment_terms,
        *(f"{m.n}. {m.name}：{m.share}%，{m.due_on} 前完成" for m in order.milestone_plans.all()),
        "七、申报方式与截止",
        f"在平台在线填写并密封递交，{moment_text(order.bid_deadline)} 截止（{order.deadline_rule}）。",
        "截止后由两位不同科室的工作人员同时开启；有效申报不足三家的，不予开启。",
        "八、质疑",
        "对公告内容有疑问的，可以在线提问；认为权益受到损害的，可以依法提出质疑。",
    ]
    return "\n".join(lines)


# How a method of our own reads in OCDS; the own track and the statutory one alike.
METHODS = {"selection": "selective", "consultation": "selective", "open": "open"}
# How a call ended badly, by kind of notice.
ENDED = {"failure": "unsuccessful", "cancellation": "cancelled"}


def tender_release(order: Order) -> dict[str, Any]:
    """Planning and tender as OCDS 1.1 tells them when the order is published (integrity.md 2)."""
    project, category = order.project, order.item.procurement_category
    classified = (
        {"classification": {"scheme": "CN-GPC", "id": category.code, "description": category.name}} if category else {}
    )
    milestones = [
        {
            "id": str(plan.n),
            "title": plan.name,
            "type": "payment",
            "dueDate": ocds.day(plan.due_on, end=True),
            "status": "scheduled",
        }
        for plan in order.milestone_plans.all()
    ]
    return {
        "planning": {
            "rationale": project.need,
            "budget": {"id": project.number or str(project.pk), "amount": ocds.money(project.planned_amount)},
        },
        "tender": {
            "id": order.number,
            "title": order.title,
            "description": order.requirements,
            "status": "active",
            "procuringEntity": ocds.reference(order.buyer),
            "procurementMethod": METHODS[order.method],
            "procurementMethodDetails": order.get_method_display(),
            "mainProcurementCategory": "services",
            "value": ocds.money(order.ceiling),
            "awardCriteria": "ratedCriteria",
            "awardCriteriaDetails": "；".join(f"{each.name} {each.weight} 分" for each in order.criteria.all()),
            "submissionMethod": ["electronicSubmission"],
            "eligibilityCriteria": "；".join(rule.text for rule in order.qualification_rules.all()),
            "tenderPeriod": {
                "startDate": ocds.moment(order.published_at or clock.now()),
                "endDate": ocds.moment(order.bid_deadline),
            },
            "contractPeriod": ocds.period(order.starts_on, order.ends_on),
            "items": [
                {
                    "id": str(lot.n),
                    "description": lot.title,
                    **classified,
                    "quantity": lot.quantity,
                    "unit": {"name": lot.unit},
                }
                for lot in order.lots.all()
            ],
            "milestones": milestones,
        },
    }


def ended_release(order: Order, kind: str) -> dict[str, Any]:
    """The tender as it ended badly; kind: "failure" | "cancellation", {} for others."""
    return {"tender": {"id": order.number, "status": ENDED[kind]}} if kind in ENDED else {}
