"""Pages on which a bid is begun and written (填写申报): eligibility, part by part with autosave, files, receipt.

Nothing typed here is kept on the person's machine, and nothing reaches a log: the views hide it from error reports too.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.organizations.models import Organization
from core import clock, journal
from core.actor import Actor
from core.documents import disposition
from core.drafts import Saved
from core.errors import Conflict, Invalid, NotAllowed, NotNow, Refused
from core.pages import actor_of, answer
from core.templatetags.words import when_text
from procurement.bids.envelope import (
    COST_CLASSES,
    LINE,
    PARTS,
    PLAN,
    PLEDGES,
    TEAM,
    Fact,
    facts_of,
    faults,
    flat,
    totals,
    typed,
)
from procurement.bids.forms import BeginForm, UploadForm
from procurement.bids.models import Bid
from procurement.bids.operations import attach_file, begin_bid, detach_file, load_bid_draft, own_file, save_bid_draft
from procurement.bids.queries import OPENED, cost_caps, eligibility, visible_bids
from procurement.orders.models import Lot
from procurement.orders.queries import moment_text, open_orders, visible_orders
from procurement.permissions.bids import can_write_bid

T = "procurement/bids"

SENT = ".sent"
"""After a page's token: the page was handed in, not only kept as typed."""


def receipt_of(bid: Bid, actor: Actor) -> dict[str, Any] | None:
    """What proves that a bid came in: time, commitment, place in the journal; for the bidder alone before the opening."""
    if not bid.commitment or not (can_write_bid(actor, bid) or bid.status in OPENED):
        return None
    entry = next((e for e in journal.entries_for(bid) if e.verb == "submit"), None)
    return {
        "bid": bid,
        "own": can_write_bid(actor, bid),
        "entry": entry,
        "hash": entry.hash.hex() if entry else "",
        "until": moment_text(bid.lot.order.bid_deadline),
        "is_open": bid.lot.order.is_open,
    }


def begin_page(request: HttpRequest) -> HttpResponse:
    """我要申报: the eligibility rule by rule, then one button; without a lot the orders that take bids now."""
    actor = actor_of(request)
    if not can_write_bid(actor):
        raise NotAllowed(_("申报由单位负责人或申报经办办理。"))
    given = request.POST.get("lot") or request.GET.get("lot", "")
    if not given:
        return render(request, f"{T}/choose.html", {"orders": open_orders(), "crumbs": _crumbs(_("选订单"))})
    lot = _lot(actor, given)
    organization = Organization.objects.get(pk=str(actor.organization_id))
    conditions = eligibility(lot, organization)
    form = BeginForm(request.POST or None, initial={"lot": lot.pk})
    context = {
        "lot": lot,
        "order": lot.order,
        "conditions": conditions,
        "barred": any(c.kind == "bad" for c in conditions),
        "crumbs": _crumbs(_("我要申报")),
    }
    return answer(
        request,
        form,
        lambda cleaned: begin_bid(_lot(actor, str(cleaned["lot"])), actor=actor),
        template=f"{T}/begin.html",
        context=context,
        done=lambda bid: reverse("bids:write", args=[bid.pk]) if bid.status == "draft" else bid.get_absolute_url(),
    )


def _lot(actor: Actor, key: str) -> Lot:
    try:
        found = Lot.objects.filter(pk=UUID(key), order__in=visible_orders(actor)).select_related("order__buyer").first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _crumbs(label: str, bid: Bid | None = None) -> list[dict[str, str]]:
    rows = [{"label": _("我的申报"), "url": "/w/bids/"}]
    if bid is not None:
        rows.append({"label": bid.lot.order.title, "url": bid.get_absolute_url()})
    return [*rows, {"label": label, "url": ""}]


def _own_draft(request: HttpRequest, key: UUID) -> Bid:
    """The own bid of this address; 404 for everybody else."""
    actor = actor_of(request)
    bid = visible_bids(actor).filter(pk=key).first()
    if bid is None or not can_write_bid(actor, bid):
        raise Http404
    return bid


def _device(request: HttpRequest) -> str:
    agent = request.headers.get("User-Agent", "")
    return _("手机") if "Mobile" in agent else _("电脑")


def write_start(request: HttpRequest, key: UUID) -> HttpResponse:
    """继续填写: the first part that is not done yet."""
    bid = _own_draft(request, key)
    if bid.status != "draft":
        return redirect(bid.get_absolute_url())
    content = load_bid_draft(bid, actor=actor_of(request)).content
    todo = next((row["name"] for row in rail(bid, content, "") if row["state"] != "ok"), "contact")
    return redirect("bids:write-part", key=bid.pk, part=todo)


@never_cache
@sensitive_post_parameters()
def write_part(request: HttpRequest, key: UUID, part: str) -> HttpResponse:
    """One part of the bid: GET shows it, POST keeps it and goes to the next; autosave runs beside it."""
    bid, actor = _own_draft(request, key), actor_of(request)
    if part not in PARTS:
        raise Http404
    if bid.status != "draft":
        return redirect(bid.get_absolute_url())
    saved, status = load_bid_draft(bid, actor=actor), 200
    content, extra = saved.content, {}
    if request.method == "POST" and part == "files":
        return _files_posted(request, bid)
    if request.method == "POST":
        try:
            kept = typed(part, request.POST.dict())
            content = {**content, part: kept}
            _keep(request, bid, {part: kept}, _number(request.POST.get("seen")), mark=SENT)
            return redirect(_next(bid, part, request.POST.get("go", "")))
        except Refused as refusal:
            status = refusal.status
            extra = {"refusal": refusal, "theirs": _theirs(part, refusal, request)}
            saved = load_bid_draft(bid, actor=actor)
    return render(request, f"{T}/write.html", {**_writing(bid, part, content, saved), **extra}, status=status)


def _keep(request: HttpRequest, bid: Bid, content: dict[str, Any], expected: int | None, mark: str = "") -> Saved:
    """Save what this page sent. A version that this same page saved since is nobody else's: it is written over.

    mark  SENT when the page was handed in whole: what its autosave still sends after that is older, and left out
    """
    actor, page = actor_of(request), request.POST.get("page", "")
    saved = load_bid_draft(bid, actor=actor)
    if page and not mark and saved.content.get("page") == page + SENT:
        return saved
    content, device = {**content, "page": page + mark}, _device(request)
    try:
        return save_bid_draft(bid, content, actor=actor, expected_version=expected, device=device)
    except Conflict as refusal:
        own = page and isinstance(refusal.current, Saved) and refusal.current.content.get("page") in {page, page + SENT}
        if not own:
            raise
        return save_bid_draft(bid, content, actor=actor, device=device)


def _theirs(part: str, refusal: Refused, request: HttpRequest) -> list[dict[str, str]]:
    """Field by field what another device wrote, where it differs from what was typed here (双方内容)."""
    if not isinstance(refusal, Conflict) or not isinstance(refusal.current, Saved):
        return []
    other = flat(part, refusal.current.content)
    return [
        {"label": name, "mine": request.POST.get(name, ""), "theirs": text}
        for name, text in other.items()
        if request.POST.get(name, "") != text
    ]


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _next(bid: Bid, part: str, go: str) -> str:
    names = list(PARTS)
    if go in PARTS:
        return reverse("bids:write-part", args=[bid.pk, go])
    at = names.index(part)
    if at + 1 < len(names):
        return reverse("bids:write-part", args=[bid.pk, names[at + 1]])
    return reverse("bids:word", args=[bid.pk, "submit"])


def rail(bid: Bid, content: dict[str, Any], now: str) -> list[dict[str, Any]]:
    """The parts with their state (done, missing n, not begun) for the rail at the left."""
    missing: dict[str, int] = {}
    for field in faults(content):
        missing[field.split("-")[0]] = missing.get(field.split("-")[0], 0) + 1
    rows = []
    for name, label in PARTS.items():
        value = content.get(name)
        touched = any(value.values()) if isinstance(value, dict) else bool(value)
        state = ("warn" if missing.get(name) else "ok") if touched else ""
        rows.append(
            {
                "name": name,
                "label": label,
                "state": state,
                "missing": missing.get(name, 0) if touched else 0,
                "on": name == now,
                "url": reverse("bids:write-part", args=[bid.pk, name]),
            }
        )
    return rows


def _writing(bid: Bid, part: str, content: dict[str, Any], saved: Saved) -> dict[str, Any]:
    """The context of one part's page."""
    rows = rail(bid, content, part)
    done = sum(row["state"] == "ok" for row in rows)
    names = list(PARTS)
    at = names.index(part)
    team, lines = content.get("team") or [], content.get("lines") or []
    return {
        "bid": bid,
        "order": bid.lot.order,
        "part": part,
        "title": PARTS[part],
        "rail": rows,
        "done": done,
        "done_share": 100 * done // len(rows),
        "parts_total": len(rows),
        "content": content,
        "contact": content.get("contact") or {},
        "plan": [
            {"name": name, "label": label, "text": (content.get("plan") or {}).get(name, "")}
            for name, label in PLAN.items()
        ],
        "team": team or [{}],
        "team_total": max(len(team), 1),
        "lines": lines or [{"cost_class": "activity"}],
        "lines_total": max(len(lines), 1),
        "classes": COST_CLASSES,
        "team_labels": TEAM,
        "line_labels": LINE,
        "pledges": [
            {"name": name, "text": text, "on": bool((content.get("pledges") or {}).get(name))}
            for name, text in PLEDGES.items()
        ],
        "files": [
            {**f, "url": reverse("bids:own-file", args=[bid.pk, f["document"]])} for f in content.get("files", [])
        ],
        "upload": UploadForm(),
        "checks": _checks(bid, content, part),
        "total": totals(content)["total"],
        "saved": saved,
        "saved_at": saved.saved_at if saved.version else None,
        "page_token": uuid4().hex,
        "previous": reverse("bids:write-part", args=[bid.pk, names[at - 1]]) if at else "",
        "next_label": PARTS[names[at + 1]] if at + 1 < len(names) else _("检查并提交"),
        "submit_url": reverse("bids:word", args=[bid.pk, "submit"]),
        "late": not bid.lot.order.is_open,
        "crumbs": _crumbs(_("填写申报"), bid),
    }


def _checks(bid: Bid, content: dict[str, Any], part: str) -> list[Fact]:
    found = facts_of(content, ceiling=bid.lot.ceiling, caps=cost_caps(bid.lot.order))
    return [fact for fact in found if fact.part == part]


def _files_posted(request: HttpRequest, bid: Bid) -> HttpResponse:
    """Add or take out a file of the draft; a refused one says why at its field."""
    actor = actor_of(request)
    if request.POST.get("remove"):
        try:
            detach_file(bid, UUID(request.POST["remove"]), actor=actor)
        except ValueError:
            raise Http404 from None
        return redirect("bids:write-part", key=bid.pk, part="files")
    if not request.FILES and request.POST.get("go"):
        return redirect(_next(bid, "files", request.POST["go"]))
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            attach_file(bid, upload.read(), name=upload.name, actor=actor, kind=form.cleaned_data["kind"])
            return redirect("bids:write-part", key=bid.pk, part="files")
        except Invalid as refusal:
            form.add_error("file", refusal.message)
    saved = load_bid_draft(bid, actor=actor)
    context = {**_writing(bid, "files", saved.content, saved), "upload": form}
    return render(request, f"{T}/write.html", context, status=422)


@never_cache
@require_POST
@sensitive_post_parameters()
def autosave(request: HttpRequest, key: UUID, part: str) -> JsonResponse:
    """The endpoint of autosave.js: keeps one part as typed, sealed; another device's later text answers 409."""
    bid = _own_draft(request, key)
    if part not in PARTS or part == "files":
        raise Http404
    try:
        kept = typed(part, request.POST.dict())
        expected = None if request.POST.get("force") else _number(request.POST.get("draft_version"))
        saved = _keep(request, bid, {part: kept}, expected)
    except Conflict as refusal:
        if not isinstance(refusal.current, Saved):
            return JsonResponse({"message": refusal.message}, status=422)
        other = refusal.current
        return JsonResponse(
            {
                "message": refusal.message,
                "device": other.device,
                "at": when_text(other.saved_at),
                "version": other.version,
                "content": flat(part, other.content),
            },
            status=409,
        )
    except (Invalid, NotNow, NotAllowed) as refusal:
        return JsonResponse({"message": refusal.message}, status=422)
    content = {**saved.content}
    return JsonResponse(
        {
            "saved_at": f"{clock.local(saved.saved_at):%H:%M}",
            "version": saved.version,
            "totals": {"bid": f"{totals(content)['total']:,.2f}"},
        }
    )


@never_cache
def own_file_page(request: HttpRequest, key: UUID, document: UUID) -> HttpResponse:
    """A file of the own bid before the opening, for its bidder alone."""
    bid = _own_draft(request, key)
    try:
        name, plain = own_file(bid, document, actor=actor_of(request))
    except Invalid:
        raise Http404 from None
    response = HttpResponse(plain, content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@never_cache
def receipt_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """The receipt (投标收据), printable."""
    actor = actor_of(request)
    bid = _own_draft(request, key)
    receipt = receipt_of(bid, actor)
    if receipt is None:
        raise Http404
    receipt["told"] = _place_may_be_told(bid)
    return render(request, f"{T}/receipt.html", {**receipt, "order": bid.lot.order, "crumbs": _crumbs(_("收据"), bid)})


@never_cache
def receipt_file(request: HttpRequest, key: UUID) -> HttpResponse:
    """The receipt as a file that anybody can check without the platform (可核对的收据).

    Signed at once. Its place among all entries follows when the bid is opened: two places of one's own would count what
    others did in between (docs/decisions/0024-journal-tree.md).
    """
    bid = _own_draft(request, key)
    receipt = receipt_of(bid, actor_of(request))
    if receipt is None or receipt["entry"] is None:
        raise Http404
    told = journal.receipt(receipt["entry"], proof=_place_may_be_told(bid))
    response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = disposition(f"收据-{bid.lot.order.number or bid.pk}.json")
    return response


def _place_may_be_told(bid: Bid) -> bool:
    return bid.status in OPENED or bid.status == "returned"
