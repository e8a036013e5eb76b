"""The room of the bids (申报): the own list, the page of one bid, and what bids show on an order."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import path, reverse
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import clock, duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.pages import room_urls
from core.rooms import Column, Figure, Room, View, register
from core.templatetags.words import when_text
from procurement.bids import writing
from procurement.bids.forms import shown_content
from procurement.bids.models import Bid
from procurement.bids.operations import own_content
from procurement.bids.queries import OPENED, eligibility, opening_record, visible_bids
from procurement.bids.writing import receipt_of
from procurement.orders.models import Order
from procurement.orders.queries import moment_text
from procurement.permissions.bids import can_write_bid


def _figures(bid: Bid, actor: Actor) -> list[Figure]:
    order = bid.lot.order
    day = clock.local(order.bid_deadline)
    found = [
        Figure(_("最高限价"), bid.lot.ceiling, unit=_("元")),
        Figure(_("申报截止"), f"{day:%m-%d %H:%M}"),
        Figure(_("数量"), bid.lot.quantity, unit=bid.lot.unit),
    ]
    if bid.status in OPENED:
        offer = bid.offers.first()
        if offer is not None:
            low = (bid.lot.ceiling - offer.amount) * 100 / bid.lot.ceiling
            found.insert(
                0, Figure(_("报价"), offer.amount, unit=_("元"), detail=_("低于限价 %(low).1f%%") % {"low": low})
            )
    elif bid.submitted_at:
        found.append(Figure(_("递交时间"), when_text(bid.submitted_at)))
    return found


def _locked(bid: Bid, actor: Actor) -> list[tuple[str, str]]:
    if bid.lot.order.is_open:
        return []
    said = _("%(at)s 已截止。") % {"at": moment_text(bid.lot.order.bid_deadline)}
    return [(verb, said) for verb in ("submit", "replace", "withdraw")]


def _files(bid: Bid, actor: Actor) -> QuerySet[Document]:
    """The readable copies, once opened."""
    return Document.objects.filter(pk__in=bid.files.filter(opened__isnull=False).values("opened_id"))


def _content(bid: Bid, actor: Actor) -> dict[str, Any] | None:
    """What the bid says: to its bidder always, to the others once it is opened."""
    if bid.status in OPENED and bid.content:
        shown = shown_content(bid.content)
        files = [
            {**f, "url": reverse("bids:file", args=[bid.pk, f["opened"]]) if f.get("opened") else ""}
            for f in shown["files"]
        ]
    elif can_write_bid(actor, bid) and bid.status in {"draft", "sealed"}:
        shown = shown_content(own_content(bid, actor=actor))
        files = [{**f, "url": reverse("bids:own-file", args=[bid.pk, f["document"]])} for f in shown["files"]]
    else:
        return None
    return {"shown": {**shown, "files": files}}


def _bidder(bid: Bid, actor: Actor) -> dict[str, Any]:
    order = bid.lot.order
    related = bid.organization.incubated_by_id == order.buyer_id
    facts = [
        {"label": _("订单"), "value": order.title, "url": order.get_absolute_url()},
        {"label": _("采购人"), "value": order.buyer.name},
        {"label": _("申报单位"), "value": bid.organization.name},
        {"label": _("信用代码"), "value": bid.organization.uscc},
    ]
    if bid.letter:
        facts.append({"label": _("代号"), "value": bid.letter})
    if related:
        facts.append({"label": _("关联关系"), "value": _("由采购人孵化，已公开说明")})
    return {"facts": facts}


BIDS = register(
    Room(
        slug="bids",
        label="申报",
        model=Bid,
        visible=visible_bids,
        title=lambda bid: bid.lot.order.title,
        icon="envelope-paper",
        columns=(
            Column("title", "订单", lambda b: (b.lot.order.title, b.lot.order.number), kind="title", sort="lot__order__title"),
            Column("who", "申报单位", lambda b: (b.organization.name, b.letter)),
            Column("ceiling", "最高限价（元）", lambda b: b.lot.ceiling, kind="money"),
            Column("status", "状态", kind="chip", sort="status"),
            Column(
                "due",
                "截止",
                lambda b: b.lot.order.bid_deadline if b.status in {"draft", "sealed"} else None,
                kind="due",
                sort="lot__order__bid_deadline",
            ),
        ),
        default_sort="-created_at",
        views=(
            View("全部", "", lambda bids, actor: bids),
            View("在写的", "draft", lambda bids, actor: bids.filter(status="draft")),
            View("已开启", "opened", lambda bids, actor: bids.filter(status__in=OPENED)),
        ),
        figures=_figures,
        subtitle=lambda b: (b.lot.order.number, b.organization.name, b.letter),
        files=_files,
        locked=_locked,
        fields=("submitted_at", "letter", "commitment"),
        empty=("还没有申报", "在征集中的订单页点「我要申报」，写到一半也会在这里。"),
    )
)  # fmt: skip

T = "procurement/bids"
sections.register("procurement.bid", title="", template=f"{T}/receipt_card.html", context=receipt_of, order=5)
sections.register("procurement.bid", title="申报内容", template=f"{T}/content.html", context=_content, order=20)
sections.register("procurement.bid", title="申报单位", template=f"{T}/bidder.html", context=_bidder, slot="side")


def _on_order(order: Order, actor: Actor) -> dict[str, Any] | None:
    """The provider's card on an order: may I, should I bid, and the way to the own bid."""
    if actor.organization_kind != "provider" or not can_write_bid(actor):
        return None
    own = {
        bid.lot_id: bid
        for bid in visible_bids(actor).filter(lot__order=order).exclude(status__in=("withdrawn", "returned"))
    }
    organization = Organization.objects.select_related("incubated_by").get(pk=str(actor.organization_id))
    lots = list(order.lots.all())
    return {
        "lots": [{"lot": lot, "bid": own.get(lot.pk)} for lot in lots],
        "conditions": eligibility(lots[0], organization) if order.is_open else [],
        "is_open": order.is_open,
    }


def _bids_tab(order: Order, actor: Actor) -> dict[str, Any] | None:
    """The opened bids; before the opening one sentence, whoever asks."""
    opening = getattr(order, "opening", None)
    opened = opening is not None and opening.status == "opened"
    seen = (
        set(visible_bids(actor).filter(lot__order=order, status__in=OPENED).values_list("pk", flat=True))
        if opened
        else set()
    )
    rows = [row for row in opening_record(order) if row["bid"].pk in seen] if opened else []
    return {"rows": rows, "opened": opened, "opening": opening, "order": order}


sections.register(
    "procurement.order", title="申报", template=f"{T}/on_order.html", context=_on_order, slot="side", order=5
)
sections.register("procurement.order", title="申报单位", template=f"{T}/opened.html", context=_bids_tab, tab="bids")

duties.register(
    Duty(
        name="bid_draft",
        roles=("provider_admin", "provider_bidder"),
        queryset=lambda actor: visible_bids(actor).filter(
            status="draft", lot__order__status="published", lot__order__bid_deadline__gt=clock.now()
        ),
        title=lambda bid: bid.lot.order.title,
        note=lambda bid: _("申报草稿还没有提交"),
        button="继续填写",
        verb="write",
        deadline=lambda bid: bid.lot.order.bid_deadline,
        source=duties.source(Bid, provider="organization", status="draft"),
    )
)


urlpatterns = [
    path("new/", writing.begin_page, name="begin"),
    path("<uuid:key>/write/", writing.write_start, name="write"),
    path("<uuid:key>/write/<slug:part>/", writing.write_part, name="write-part"),
    path("<uuid:key>/draft/<slug:part>/", writing.autosave, name="autosave"),
    path("<uuid:key>/own/<uuid:document>/", writing.own_file_page, name="own-file"),
    path("<uuid:key>/receipt/", writing.receipt_page, name="receipt"),
    path("<uuid:key>/receipt/file/", writing.receipt_file, name="receipt-file"),
    *room_urls(BIDS),
]
