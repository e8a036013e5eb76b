"""What may be known of panels (评审组), and who may be drawn."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.experts.models import Expert
from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.permissions import in_scope
from core.separation import INCOMPATIBLE, DutyRecord
from procurement.bids.models import Bid, Opening
from procurement.orders.models import Lot
from procurement.panels.models import Panel, Seat

# Who knows the names before the result is published (名单在成交公告前保密): who draws, and who witnesses.
KEEPERS = ("procurement_officer", "discipline_officer")
# From here on the experts' names are public. source  政府采购法实施条例第四十三条
NAMES_ARE_OUT = ("standstill", "challenged", "awarded", "contracted")
# Bids that have been opened: the ones a panel may know of.
READABLE = (
    "opened", "qualified", "disqualified", "responsive", "nonresponsive", "scored", "recommended", "awarded", "unsuccessful",
)  # fmt: skip


def knows_names(actor: Actor, panel: Panel) -> bool:
    """Whether the actor may read who sits on the panel."""
    return actor.has(*KEEPERS) or (panel.lot.order.status in NAMES_ARE_OUT and not actor.has("expert"))


def visible_panels(actor: Actor) -> QuerySet[Panel]:
    """Panels this person may know of: the buyer's draw keepers, all of the buyer's after the result, seated experts.

    A recused expert's access ends with the declaration.
    """
    office = in_scope(actor)
    allowed = office & Q(lot__order__status__in=NAMES_ARE_OUT)
    if actor.has(*KEEPERS):
        allowed |= office
    if actor.has("expert"):
        allowed |= Q(Exists(seats_of(actor).filter(panel=OuterRef("pk"))))
    return (
        Panel.objects.filter(allowed)
        .select_related("lot__order__project", "buyer")
        .prefetch_related("seats__expert__user")
    )


def seats_of(actor: Actor) -> QuerySet[Seat]:
    """The seats this expert holds and has not given up by recusal."""
    if not actor.has("expert"):
        return Seat.objects.none()
    return Seat.objects.filter(expert__user_id=actor.user_key, is_recused=False)


def live_seats(panel: Panel) -> list[Seat]:
    """The seats that count: drawn and not recused, in order."""
    return [seat for seat in panel.seats.select_related("expert__user").order_by("n") if not seat.is_recused]


def bidders(lot: Lot) -> QuerySet[Organization]:
    """The organizations whose bids on the lot were opened, members of consortia included."""
    bids = Bid.objects.filter(lot=lot, status__in=READABLE)
    return Organization.objects.filter(
        Q(pk__in=bids.values("organization")) | Q(pk__in=bids.values("members__organization"))
    ).order_by("name")


def eligible_experts(panel: Panel) -> QuerySet[Expert]:
    """Who may be drawn (备选范围): in the pool, of no bidder, not of the buyer, with no incompatible duty in the case.

    The openers of the bids are left out, and who drew, opened or answers a challenge in this case.
    source  政府采购法实施条例第九条; domain.md 4.1
    """
    organizations: Iterable[Organization] = list(bidders(panel.lot))
    barred = {panel.buyer_id, *(organization.pk for organization in organizations)}
    names = {panel.buyer.name, *(organization.name for organization in organizations)}
    keys = {
        key
        for pair in Opening.objects.filter(order=panel.lot.order).values_list("first_key", "second_key")
        for key in pair
        if key
    }
    rivals = [duty for pair in INCOMPATIBLE if "sit_on_panel" in pair for duty in pair if duty != "sit_on_panel"]
    keys |= set(
        DutyRecord.objects.filter(case_key=panel.case_key, duty__in=rivals).values_list("person_key", flat=True)
    )
    today = clock.today()
    employed = Expert.objects.filter(
        Q(user__memberships__valid_to__isnull=True) | Q(user__memberships__valid_to__gte=today),
        user__memberships__organization_id__in=barred,
    )
    return (
        Expert.objects.filter(is_active=True, user__is_active=True)
        .exclude(employer__in=names)
        .exclude(pk__in=employed.values("pk"))
        .exclude(user_id__in=keys)
        .select_related("user")
    )
