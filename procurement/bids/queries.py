"""Who may know of which bid (申报可见范围), and what pages read of bids and openings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.memberships.models import Membership
from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.identifiers import uscc_valid
from core.permissions import BUYER_ROLES, in_scope
from procurement.bids.lifecycle import BID
from procurement.bids.models import Bid, BidLine, Opening
from procurement.orders.models import Lot, Order
from procurement.rules.queries import parameter

SEALED: Final = ("draft", "sealed", "withdrawn", "returned")
"""States that nobody but the bidder may know of."""
OPENED: Final = tuple(name for name in BID.statuses if name not in SEALED)
BIDDERS: Final = ("provider_admin", "provider_bidder")


def visible_bids(actor: Actor) -> QuerySet[Bid]:
    """The own organization's always; the buyer's officers and overseers in scope once opened; experts read them blind.

    Before the opening a bid exists for its bidder alone: auditors and administrators see none either (house.md 4b.4).
    """
    seen = Q(pk__in=[])
    if actor.organization_kind == "provider" and actor.organization_id:
        seen |= Q(organization_id=actor.organization_id)
    opened = Q(status__in=OPENED)
    if actor.organization_kind == "buyer" and actor.has(*BUYER_ROLES):
        seen |= opened & Q(lot__order__buyer_id=actor.organization_id)
    if actor.has("district_finance") and actor.region_path:
        seen |= opened & Q(lot__order__region_path__startswith=actor.region_path)
    return Bid.objects.filter(seen).select_related("organization", "lot__order__buyer", "lot__order__project")


def visible_openings(actor: Actor) -> QuerySet[Opening]:
    """The openings of the buyer's own orders, and of the district for its overseers."""
    return Opening.objects.filter(in_scope(actor)).select_related("order__buyer", "order__project")


def opened_bids(order: Order) -> QuerySet[Bid]:
    """The opened bids of an order by lot and letter; nothing before the opening."""
    return (
        Bid.objects.filter(lot__order=order, status__in=OPENED)
        .select_related("organization", "lot")
        .prefetch_related("offers")
        .order_by("lot__n", "letter")
    )


def opening_record(order: Order) -> list[dict[str, Any]]:
    """The table of the opening (开启记录): letter, bidder, price, relation; public from the opening on."""
    return [
        {
            "letter": bid.letter,
            "name": bid.organization.name,
            "uscc": bid.organization.uscc,
            "amount": offers[0].amount if (offers := list(bid.offers.all())) else None,
            "readable": bid.status != "unreadable",
            "related": bid.organization.incubated_by_id == order.buyer_id,
            "bid": bid,
        }
        for bid in opened_bids(order)
    ]


def price_range(order: Order) -> tuple[Decimal, Decimal] | None:
    """Lowest and highest opened price, in yuan; None before the opening."""
    amounts = [row["amount"] for row in opening_record(order) if row["amount"] is not None]
    return (min(amounts), max(amounts)) if amounts else None


def lines_by_class(bid: Bid) -> dict[str, list[BidLine]]:
    """The opened priced lines by cost class, in order."""
    found: dict[str, list[BidLine]] = {}
    for line in bid.lines.all():
        found.setdefault(line.cost_class, []).append(line)
    return found


def bidders_of(organization_id: UUID) -> list[str]:
    """User keys of an organization's people who write bids, for messages to themselves."""
    today = clock.today()
    rows = Membership.objects.filter(organization_id=organization_id, role__in=BIDDERS, valid_from__lte=today)
    return [str(key) for key in rows.exclude(valid_to__lt=today).values_list("user_id", flat=True).distinct()]


def minimum_bids(order: Order) -> int:
    """How many valid bids an order needs. Source: 政府采购法第三十六条, as a dated parameter."""
    return int(parameter("bids.minimum", track=order.track, on=order.rule_date).value)


def cost_caps(order: Order) -> dict[str, int]:
    """Highest share in percent by cost class, as dated parameters."""
    return {
        name: int(parameter(f"cost.{name}", track=order.track, on=order.rule_date).value)
        for name in ("management", "staff")
    }


@dataclass(frozen=True)
class Condition:
    """One rule of eligibility: kind ok | warn | bad; bad ones keep the organization from bidding."""

    kind: str
    title: str
    note: str = ""


def eligibility(lot: Lot, organization: Organization) -> list[Condition]:
    """Whether an organization may bid, rule by rule with the reason (申报资格自查).

    Relations with other bidders are checked after the opening: before it nobody may learn who else bids.
    source  domain.md 6.2 Q1–Q12; 0.1.12: an incubated organization discloses, it is not excluded
    """
    order = lot.order
    today = clock.today()
    registered = organization.kind == "provider" and uscc_valid(organization.uscc or "")
    found = [
        _condition(
            registered,
            "依法登记，信用代码有效",
            organization.uscc or "",
            "登记类别不是承接主体，或信用代码校验不通过。请先在单位资料里更正。",
        ),
        _condition(
            organization.status == "verified",
            "单位已核验",
            "",
            f"单位现在是「{organization.status_label}」，核验通过后才能申报。"
            if organization.status != "suspended"
            else f"单位暂停至 {organization.suspended_until or '另行通知'}：{organization.suspension_reason}",
        ),
    ]
    papers = list(organization.documents.all())
    newest: dict[str, Any] = {}
    for paper in papers:
        kept = newest.get(paper.kind)
        if kept is None or (paper.expires_on or today) > (kept.expires_on or today):
            newest[paper.kind] = paper
    expired = [p for p in newest.values() if p.expiry == "expired"]
    said = "、".join(f"{p.get_kind_display()}（{p.expires_on} 到期）" for p in expired)
    found.append(
        _condition(not expired, "资质文件在有效期内", f"{len(newest)} 类", f"已过期：{said}。请先更新单位资料。")
    )
    if "registration" not in newest:
        found.append(Condition("warn", "还没有上传登记证书", "可以申报；资格审查时要核对，请尽快在单位资料里补上。"))
    same_head = bool(organization.legal_representative) and (
        organization.legal_representative == order.buyer.legal_representative
    )
    found.append(_condition(not same_head, "与采购人没有禁止的关系", "", "法定代表人与采购人相同，依规不能申报。"))
    if organization.incubated_by_id == order.buyer_id:
        found.append(
            Condition("warn", "由采购人孵化，需要公开说明", "可以申报；关系会在开启记录里注明，相关评委回避。")
        )
    found.append(_condition(order.is_open, "在申报期内", "", "这份订单现在不接收申报。"))
    return found


def _condition(holds: bool, title: str, note: str, why_not: str) -> Condition:
    return Condition("ok", title, note) if holds else Condition("bad", title, why_not)


def envelope_context(bid: Bid) -> bytes:
    """What an envelope is bound to: it opens as this bid's of this lot, or not at all."""
    return f"bid-envelope/1|{bid.lot_id}|{bid.pk}".encode()


def file_context(bid: Bid) -> bytes:
    """What a bid's sealed file is bound to."""
    return f"bid-file/1|{bid.lot_id}|{bid.pk}".encode()
