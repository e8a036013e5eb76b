"""What is done with bids (申报办理): begun, written sealed, submitted, replaced, withdrawn, sent back.

No column, file, log, journal fact or message that these functions write holds a price or a text before the opening.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.documents import OPAQUE, Document, read, store
from core.drafts import Saved, drop_draft, load_draft, save_draft
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.sealing import Unreadable, canonical_json, commitment, platform_sealer
from procurement.bids.envelope import (
    blank,
    envelope_bytes,
    read_envelope,
    sealed_content,
    typed_again,
)
from procurement.bids.models import Bid, BidFile, Opening
from procurement.bids.queries import bidders_of, eligibility, envelope_context, file_context
from procurement.orders.models import Lot, Order
from procurement.orders.queries import moment_text
from procurement.permissions.bids import can_write_bid

MAX_FILES = 20
LIVE = ("draft", "sealed")


@transaction.atomic
def create_opening(order: Order, actor: Actor) -> Opening:
    """Make the opening of a published order; called when it is published. writes  the row, one journal entry"""
    return begin(Opening(order=order, buyer=order.buyer, region_path=order.region_path), actor=actor)


@transaction.atomic
def begin_bid(lot: Lot, *, actor: Actor) -> Bid:
    """Begin a bid on a lot, or return the one that was begun (我要申报).

    actor   a head or bidder of a provider
    returns the organization's bid in draft (or further); nothing is written into it yet but the known contact
    raises  NotAllowed (no bidder) · NotNow (the order takes no bids) · Invalid (not eligible, with every reason)
    writes  the row, one journal entry "create", a sealed draft
    """
    if not can_write_bid(actor) or actor.organization_id is None:
        raise NotAllowed(_("申报由单位负责人或申报经办办理。"))
    organization = Organization.objects.get(pk=actor.organization_id)
    live = _live(lot, organization)
    if live is not None:
        return live
    if not lot.order.is_open:
        raise NotNow(_closed(lot.order))
    if barred := [c for c in eligibility(lot, organization) if c.kind == "bad"]:
        raise Invalid(_("还不能申报：%(why)s") % {"why": "；".join(f"{c.title}——{c.note}" for c in barred)})
    bid = Bid(lot=lot, organization=organization)
    try:
        with transaction.atomic():
            begin(bid, actor=actor)
    except IntegrityError:
        live = _live(lot, organization)
        if live is None:
            raise
        return live
    contact = {"name": organization.contact_name, "phone": organization.contact_phone, "email": ""}
    save_draft(str(organization.pk), draft_key(bid), {**blank(), "contact": contact}, sealed=True)
    return bid


def _live(lot: Lot, organization: Organization) -> Bid | None:
    return Bid.objects.filter(lot=lot, organization=organization).exclude(status__in=("withdrawn", "returned")).first()


def draft_key(bid: Bid) -> str:
    """The draft's key; its owner is the organization, so that every bidder and device of it sees the same text."""
    return f"bid:{bid.pk}"


def load_bid_draft(bid: Bid, *, actor: Actor) -> Saved:
    """What was typed so far. raises  NotAllowed for everybody but the bidder"""
    _require_own(bid, actor)
    saved = load_draft(str(bid.organization_id), draft_key(bid))
    return saved or Saved(blank(), 0, bid.created_at, "")


def save_bid_draft(
    bid: Bid,
    content: Mapping[str, Any],
    *,
    actor: Actor,
    expected_version: int | None = None,
    device: str = "",
) -> Saved:
    """Keep what was typed, sealed from the first keystroke.

    content           any of the parts of envelope.blank(); parts that are left out stay as they were
    expected_version  the version the page last saw, None for "whatever stands"
    raises            NotAllowed · NotNow (submitted already) · Conflict (another device saved later; `current` is its text)
    writes            the sealed draft; nothing in the journal, whose entries would tell the rhythm of writing
    """
    require(bid, "write", actor)
    saved = load_bid_draft(bid, actor=actor)
    if expected_version is None:
        expected_version = saved.version
    return save_draft(
        str(bid.organization_id),
        draft_key(bid),
        {**blank(), **saved.content, **content},
        expected_version=expected_version,
        sealed=True,
        device=device,
    )


def write_bid(bid: Bid, *, actor: Actor, content: Mapping[str, Any] | None = None) -> Bid:
    """Go on writing (继续填写): keep `content` if given, and hand back the bid. raises and writes as save_bid_draft"""
    require(bid, "write", actor)
    if content:
        save_bid_draft(bid, content, actor=actor)
    return bid


@transaction.atomic
def attach_file(bid: Bid, content: bytes, *, name: str, actor: Actor, kind: str = "") -> Saved:
    """Add a file to the draft; its bytes are sealed before anything is written, its name lies in the draft.

    raises  NotAllowed · NotNow · Invalid at field "file" (type by content, size, name; too many) · Conflict
    writes  one sealed stored file with its Document row, the draft
    """
    require(bid, "write", actor)
    saved = load_bid_draft(bid, actor=actor)
    files = list(saved.content.get("files", []))
    if len(files) >= MAX_FILES:
        raise Invalid(_("最多 %(n)s 个文件，请合并后再传。") % {"n": MAX_FILES}, field="file")
    document = store(
        content, name=name, actor=actor, purpose="bid_file", sealer=platform_sealer(), context=file_context(bid)
    )
    digest = hashlib.sha256(content).hexdigest()
    files.append(
        {"document": str(document.pk), "name": name, "size": len(content), "sha256": digest, "kind": kind[:20]}
    )
    return save_bid_draft(bid, {"files": files}, actor=actor)


@transaction.atomic
def detach_file(bid: Bid, document: UUID, *, actor: Actor) -> Saved:
    """Take a file out of the draft; the sealed bytes stay stored. writes  the draft"""
    require(bid, "write", actor)
    saved = load_bid_draft(bid, actor=actor)
    files = [f for f in saved.content.get("files", []) if f["document"] != str(document)]
    return save_bid_draft(bid, {"files": files}, actor=actor)


def own_file(bid: Bid, document: UUID, *, actor: Actor) -> tuple[str, bytes]:
    """Name and plain bytes of a file of one's own bid, before the opening. raises  NotAllowed · Invalid"""
    files = own_content(bid, actor=actor).get("files", [])
    found = next((f for f in files if f["document"] == str(document)), None)
    if found is None:
        raise Invalid(_("没有这个文件。"))
    plain = read(Document.objects.get(pk=document), platform_sealer(), file_context(bid))
    return str(found["name"]), plain


def own_content(bid: Bid, *, actor: Actor) -> dict[str, Any]:
    """What the bidder's own bid says: the draft, or the submitted envelope. raises  NotAllowed"""
    _require_own(bid, actor)
    if bid.envelope is None:
        return load_bid_draft(bid, actor=actor).content
    return unsealed(bid)[1]


def unsealed(bid: Bid) -> tuple[bytes, dict[str, Any]]:
    """Salt and content of a submitted envelope, after comparing it with its commitment (核对收据).

    raises  Unreadable (cannot be decrypted, altered, of another bid, or not what was committed to)
    """
    if bid.envelope is None:
        raise Unreadable("no envelope")
    try:
        body = read(bid.envelope, platform_sealer(), envelope_context(bid))
        salt, content = read_envelope(body, str(bid.pk))
    except (Invalid, OSError, ValueError, KeyError) as fault:
        raise Unreadable(type(fault).__name__) from None
    if commitment(salt, canonical_json(content)) != bid.commitment:
        raise Unreadable("not what was committed to")
    return salt, content


@transaction.atomic
def submit_bid(bid: Bid, *, actor: Actor) -> Bid:
    """Hand in a bid; it stays sealed until two officers open it.

    bid     in draft, complete, within the ceiling; amounts in yuan, two decimals
    actor   member of the bidding organization, head or bidder
    returns the same bid, now sealed, with its commitment sha256(salt ‖ canonical content); submitted_at in UTC
    raises  NotAllowed (not theirs) · NotNow (bidding over) · Invalid (every fault at its field; no longer eligible) · Conflict
    writes  the sealed envelope, its file links, one journal entry "submit" with commitment and digests; a notice to the bidder
    source  电子招标投标办法第二十六至二十八条; integrity.md 6
    """
    require(bid, "submit", actor)
    saved = load_bid_draft(bid, actor=actor)
    content = sealed_content(saved.content, ceiling=bid.lot.ceiling)
    barred = [c for c in eligibility(bid.lot, bid.organization) if c.kind == "bad"]
    if barred and bid.lot.order.is_open:
        raise Invalid(_("还不能递交：%(why)s") % {"why": "；".join(f"{c.title}——{c.note}" for c in barred)})
    salt = secrets.token_bytes(32)
    envelope = store(
        envelope_bytes(str(bid.pk), salt, content),
        name="",
        actor=actor,
        purpose="bid_envelope",
        sealer=platform_sealer(),
        context=envelope_context(bid),
        made=OPAQUE,
    )
    files = list(Document.objects.filter(pk__in=[f["document"] for f in content["files"]], purpose="bid_file"))
    BidFile.objects.bulk_create(BidFile(bid=bid, sealed=document) for document in files)
    # From here on the order's row is held: the opening and a cancellation wait, and time is read last.
    _require_time(bid)
    advance(
        bid,
        "submit",
        actor=actor,
        facts={"commitment": commitment(salt, canonical_json(content))},
        documents=[envelope, *files],
        envelope=envelope,
        commitment=commitment(salt, canonical_json(content)),
        submitted_at=clock.now(),
        submitted_by_name=actor.user_name,
    )
    drop_draft(str(bid.organization_id), draft_key(bid))
    tell(
        bidders_of(bid.organization_id),
        sentence=_("%(who)s 递交了本单位对「%(order)s」的申报，%(until)s 前可以替换或撤回。")
        % {"who": actor.user_name, "order": bid.lot.order.title, "until": moment_text(bid.lot.order.bid_deadline)},
        url=bid.get_absolute_url(),
        kind="bid",
        key=f"bid-submitted:{bid.pk}:{bid.version}",
    )
    return bid


@transaction.atomic
def replace_bid(bid: Bid, *, actor: Actor) -> Bid:
    """Take a submitted bid back into a draft with what it said (替换); it must be submitted again in time.

    raises  NotAllowed · NotNow (bidding over) · Conflict
    writes  the sealed draft, one journal entry "replace"; the old envelope stays stored, sealed
    """
    require(bid, "replace", actor)
    content = typed_again(own_content(bid, actor=actor))
    _require_time(bid)
    former = bid.envelope
    advance(
        bid,
        "replace",
        actor=actor,
        documents=[former] if former else (),
        envelope=None,
        commitment="",
        submitted_at=None,
        submitted_by_name="",
    )
    BidFile.objects.filter(bid=bid).delete()
    save_draft(str(bid.organization_id), draft_key(bid), content, sealed=True)
    return bid


@transaction.atomic
def withdraw_bid(bid: Bid, *, actor: Actor) -> Bid:
    """Withdraw a bid before the deadline (撤回); another may be begun. Its envelope is never opened.

    raises  NotAllowed · NotNow (bidding over) · Conflict
    writes  one journal entry "withdraw"; the draft is forgotten
    """
    require(bid, "withdraw", actor)
    if bid.status == "sealed":
        _require_time(bid)
    advance(bid, "withdraw", actor=actor)
    drop_draft(str(bid.organization_id), draft_key(bid))
    return bid


@transaction.atomic
def return_bids(order: Order, *, actor: Actor) -> int:
    """Send every bid of an ended order back unopened, or end those that were opened; called by the order's news.

    returns  how many were moved
    writes   one journal entry a bid; a notice to each bidder
    """
    moved = 0
    for bid in Bid.objects.filter(lot__order=order).select_for_update(of=("self",)).select_related("lot__order"):
        if bid.status in LIVE:
            advance(bid, "return", actor=actor)
        elif bid.status in {"opened", "qualified", "responsive", "scored", "recommended"}:
            advance(bid, "lose", actor=actor)
        else:
            continue
        moved += 1
        tell(
            bidders_of(bid.organization_id),
            sentence=_("「%(order)s」已结束征集（%(how)s），本单位的申报%(what)s。")
            % {
                "order": order.title,
                "how": order.status_label,
                "what": _("原封退回，没有开启") if bid.status == "returned" else _("不再参加"),
            },
            url=bid.get_absolute_url(),
            kind="bid",
            key=f"bid-ended:{bid.pk}",
        )
    return moved


def _require_own(bid: Bid, actor: Actor) -> None:
    if not can_write_bid(actor, bid):
        raise NotAllowed(_("密封的内容只有申报单位自己能看。"))


def _require_time(bid: Bid) -> None:
    """Hold the order's row and compare the database's clock with the deadline (截止以数据库时间为准)."""
    order = Order.objects.select_for_update().get(pk=bid.lot.order_id)
    if order.status != "published" or clock.database_now() >= order.bid_deadline:
        raise NotNow(_closed(order))
    current = Bid.objects.select_for_update().values("status", "version").get(pk=bid.pk)
    if (current["status"], current["version"]) != (bid.status, bid.version):
        raise Conflict(_("这份申报刚刚被本单位的同事改动过，请看最新的再办。"))


def _closed(order: Order) -> str:
    if order.status in {"draft", "checking", "approved"}:
        return _("这份订单还没有发布。")
    if order.status in {"cancelled", "failed"}:
        return _("这份订单已结束征集（%(how)s）。草稿还在，可以下载。") % {"how": order.status_label}
    return _("已过 %(at)s，平台不再接收。草稿还在，可以下载。") % {"at": moment_text(order.bid_deadline)}
