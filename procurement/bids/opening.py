"""The opening (开启): two people of different offices, each in a session of their own, within ten minutes.

1. The deadline passes by the clock.  2. One officer turns the first key; it stands for ten minutes.  3. A second person of
another office turns the second key.  4. Fewer bids than required: nothing is opened, the order fails.  5. Else all bids are
opened at once, each compared with its commitment; one that cannot be read never stops the others.
"""

from __future__ import annotations

import hashlib
import random
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.roles import OFFICE
from core import clock
from core.actor import Actor
from core.documents import Document, read, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.holds import require_no_hold
from core.lifecycle import advance, require
from core.messages import tell
from core.sealing import Unreadable, platform_sealer
from core.separation import note_duty, require_apart
from procurement.bids.models import Bid, BidFile, BidLine, BidMember, BidOffer, Opening
from procurement.bids.operations import unsealed
from procurement.bids.queries import bidders_of, file_context, minimum_bids
from procurement.orders.models import Order
from procurement.orders.operations import fail_order
from procurement.orders.queries import moment_text

LETTERS = [a + b for a in ("", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ") for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]


@transaction.atomic
def turn_key(opening: Opening, *, actor: Actor, session_key: str = "") -> Opening:
    """Turn one of the two keys; the second one opens (到场验证).

    actor        an officer of the buyer; the second one another person of another office
    session_key  the browser session that asks: the two keys come from two sessions. The page has asked for the password.
    returns      the opening: one_key, opened, or stopped when too few bids came in
    raises       NotAllowed · NotNow (before the deadline) · Invalid (same office or session) · Conflict (somebody was first)
    writes       the key, the duty, one journal entry; with the second key see open_bids
    source       integrity.md 6; 财库〔2016〕99号
    """
    if not session_key:
        raise Invalid(_("请在浏览器里登录后办理开启。"))
    require(opening, "first_key", actor)
    order = Order.objects.select_for_update().get(pk=opening.order_id)
    if order.status != "published" or clock.database_now() < order.bid_deadline:
        raise NotNow(_("%(at)s 截止后才能开启。") % {"at": moment_text(order.bid_deadline)})
    stored = Opening.objects.select_for_update().get(pk=opening.pk)
    if stored.version != opening.version:
        raise Conflict(_("刚刚有人先一步到场，请看最新的再办。"))
    opening.order = order
    require_no_hold(order)
    session = hashlib.sha256(f"opening|{opening.pk}|{session_key}".encode()).hexdigest()
    if not opening.key_stands:
        return _first(opening, actor, session)
    if session == opening.first_session:
        raise Invalid(_("第二人要在自己的设备上登录后验证，不能与第一人共用一个会话。"))
    offices = _offices(actor) - {opening.first_office}
    if not offices:
        raise Invalid(
            _("第一人 %(name)s 来自「%(office)s」，第二人要来自不同科室。")
            % {"name": opening.first_name, "office": opening.first_office}
        )
    note_duty(opening.case_key, actor, "open_bids")
    opening.second_key, opening.second_name = actor.user_key, actor.user_name
    opening.second_office, opening.second_at = min(offices), clock.now()
    return open_bids(opening, actor=actor)


def _offices(actor: Actor) -> set[str]:
    return {OFFICE[role] for role in actor.roles if role in OFFICE}


def _first(opening: Opening, actor: Actor, session: str) -> Opening:
    """The first key: it stands for ten minutes; a later one takes the place of one that ran out."""
    require_apart(opening.case_key, actor, "open_bids")
    note_duty(opening.case_key, actor, "open_bids")
    office = min(_offices(actor))
    return advance(
        opening,
        "first_key",
        actor=actor,
        facts={"office": office},
        first_key=actor.user_key,
        first_name=actor.user_name,
        first_office=office,
        first_session=session,
        first_at=clock.now(),
    )


@transaction.atomic
def open_bids(opening: Opening, *, actor: Actor) -> Opening:
    """Open all bids of an order at once, or stop where too few came in (一并开启).

    opening  with both keys turned (second_* filled by turn_key)
    returns  the opening, opened or stopped
    writes   letters in random, recorded order; per bid content, lines, offer, members and readable files, one journal entry
             each; the order's step; the opening's entry with the record. Too few: the order's failure with its notice.
    raises   NotAllowed (the second key is not another person's) · Conflict
    """
    if not opening.second_key or opening.second_key == opening.first_key or opening.second_key != actor.user_key:
        raise NotAllowed(_("开启要由两个人先后验证。"))
    order = opening.order
    second = {name: getattr(opening, name) for name in ("second_key", "second_name", "second_office", "second_at")}
    sealed = list(
        Bid.objects.filter(lot__order=order, status="sealed")
        .select_for_update(of=("self",))
        .select_related("lot__order", "organization", "envelope")
    )
    needed = minimum_bids(order)
    by_lot: dict[Any, list[Bid]] = {}
    for bid in sealed:
        by_lot.setdefault(bid.lot_id, []).append(bid)
    enough = {lot: bids for lot, bids in by_lot.items() if len(bids) >= needed}
    if not enough:
        advance(opening, "stop", actor=actor, **second)
        reason = _("截止时有效申报不足 %(n)s 家，依规不予开启。") % {"n": needed}
        fail_order(order, actor=actor, reason=reason)
        return opening
    letters: dict[str, dict[str, str]] = {}
    unreadable = 0
    for bids in enough.values():
        random.SystemRandom().shuffle(bids)
        for letter, bid in zip(LETTERS, bids, strict=False):
            unreadable += not _open_one(bid, letter, actor)
        letters[str(bids[0].lot.n)] = {bid.letter: str(bid.pk) for bid in bids}
    for lot, bids in by_lot.items():
        for bid in bids if lot not in enough else ():
            advance(bid, "return", actor=actor)
    opened = sum(len(bids) for bids in enough.values())
    advance(order, "open", actor=actor, facts={"opened": opened})
    facts = {"first": opening.first_name, "second": actor.user_name, "letters": letters, "unreadable": unreadable}
    advance(opening, "open", actor=actor, facts=facts, opened_at=clock.now(), **second)
    return opening


def _open_one(bid: Bid, letter: str, actor: Actor) -> bool:
    """Open one bid in a savepoint of its own. returns  whether it could be read."""
    kept = (bid.status, bid.version, bid.audit_n, bid.audit_head)
    try:
        with transaction.atomic():
            _write_opened(bid, letter, actor)
    except (Unreadable, Invalid, OSError, ValueError, KeyError, TypeError, ArithmeticError) as fault:
        bid.status, bid.version, bid.audit_n, bid.audit_head = kept
        bid.content, bid.letter = None, letter
        advance(bid, "unreadable", actor=actor, facts={"fault": type(fault).__name__}, letter=letter)
        readable = False
    else:
        readable = True
    tell(
        bidders_of(bid.organization_id),
        sentence=_("「%(order)s」的申报已开启，开启记录公开可查。") % {"order": bid.lot.order.title}
        if readable
        else _("「%(order)s」已开启，本单位的申报未能解密，请凭收据与采购人联系。") % {"order": bid.lot.order.title},
        url=bid.get_absolute_url(),
        kind="bid",
        key=f"bid-opened:{bid.pk}",
    )
    return readable


def _write_opened(bid: Bid, letter: str, actor: Actor) -> None:
    """What an opened bid says, written for the first time: content, lines, offer, lead member, readable files."""
    _salt, content = unsealed(bid)
    named = {f["document"]: f for f in content["files"]}
    for link in BidFile.objects.filter(bid=bid).select_related("sealed"):
        entry = named[str(link.sealed_id)]
        link.opened = _readable_copy(bid, link.sealed, entry, actor)
        link.save(update_fields=["opened"])
        entry["opened"] = str(link.opened_id)
    BidLine.objects.bulk_create(
        BidLine(
            bid=bid,
            n=row["n"],
            cost_class=row["cost_class"],
            name=row["name"],
            unit=row["unit"],
            quantity=row["quantity"],
            unit_price=Decimal(row["unit_price"]),
            amount=Decimal(row["amount"]),
        )
        for row in content["lines"]
    )
    BidOffer.objects.create(bid=bid, round=1, amount=Decimal(content["total"]))
    BidMember.objects.create(bid=bid, organization=bid.organization, is_lead=True)
    facts = {"letter": letter, "total": content["total"], "commitment": bid.commitment}
    advance(bid, "open", actor=actor, facts=facts, letter=letter, content=content)


def _readable_copy(bid: Bid, sealed: Document, entry: dict[str, Any], actor: Actor) -> Document:
    """A sealed file as a plain document, after comparing its digest with the envelope's."""
    plain = read(sealed, platform_sealer(), file_context(bid))
    if hashlib.sha256(plain).hexdigest() != entry["sha256"]:
        raise Unreadable("a file is not the one that was submitted")
    return store(plain, name=entry["name"], actor=actor, purpose="bid_opened")
