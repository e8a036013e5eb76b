"""Pages of the amendments (补充协议): list and object, writing one for a contract, what waits for whom."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.errors import NotAllowed
from core.job_pages import report_section
from core.pages import actor_of, answer, room_urls
from core.presence import Question
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from procurement.amendments.forms import AmendForm
from procurement.amendments.models import Amendment
from procurement.amendments.operations import draft_amendment
from procurement.amendments.queries import room_left, to_approve, to_file, to_sign, visible_amendments
from procurement.contracts.boards import signing
from procurement.contracts.models import Contract
from procurement.contracts.queries import DELIVERING, visible_contracts
from procurement.permissions.amendments import can_draft_amendment


def _figures(amendment: Amendment, actor: Actor) -> list[Figure]:
    contract = amendment.contract
    found = [
        Figure(_("金额变化"), amendment.difference, unit=_("元"), detail=amendment.get_code_display(), kind="hero"),
        Figure(_("合同金额"), contract.amount, unit=_("元")),
    ]
    if amendment.ends_on:
        found.append(Figure(_("服务结束改为"), f"{amendment.ends_on}"))
    return found


def _files(amendment: Amendment, actor: Actor) -> QuerySet[Document]:
    signed = amendment.signatures.filter(scan__isnull=False).values("scan")
    return Document.objects.filter(Q(pk=amendment.document_id) | Q(pk__in=signed))


def _locked(amendment: Amendment, actor: Actor) -> list[tuple[str, str]]:
    if amendment.status == "signing" and amendment.document_id is None:
        return [("sign", _("补充协议 PDF 正在生成，通常不到一分钟，生成后才能签。"))]
    return []


AMENDMENTS = register(
    Room(
        slug="amendments",
        label="补充协议",
        model=Amendment,
        visible=visible_amendments,
        title=str,
        icon="file-earmark-plus",
        columns=(
            Column("title", "补充协议", lambda a: (str(a), a.number or ""), "title", "contract__title"),
            Column("difference", "金额变化", lambda a: a.difference, "money", "difference"),
            Column("provider", "承接单位", lambda a: a.contract.provider.name, sort="contract__provider__name"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("待备案", "filing", lambda rows, actor: rows.filter(status="in_force", filing_number="")),
            View("办理中", "open", lambda rows, actor: rows.filter(status__in=("submitted", "signing"))),
        ),
        figures=_figures,
        files=_files,
        locked=_locked,
        subtitle=lambda a: [a.contract.number or "", a.contract.provider.name, a.get_code_display()],
        fields=(
            *("id", "contract", "number", "code", "difference", "ends_on", "status"),
            *("digest", "effective_at", "filing_number"),
        ),
        empty=("还没有补充协议", "履约中的合同需要变更时，在合同页拟定补充协议。"),
    )
)


def _text_section(amendment: Amendment, actor: Actor) -> dict[str, Any]:
    return {"amendment": amendment, "lines": list(amendment.lines.all())}


def _signed_section(amendment: Amendment, actor: Actor) -> dict[str, Any] | None:
    if amendment.status in {"submitted", "refused"}:
        return None
    return signing(amendment, _("补充协议"), lambda document: reverse("amendments:file", args=[amendment.pk, document]))


def _clocks_section(amendment: Amendment, actor: Actor) -> dict[str, Any] | None:
    return {"amendment": amendment} if amendment.effective_at else None


CARD = ("status", "n", "code", "difference")


def _contract_section(contract: Contract, actor: Actor, there: bool) -> dict[str, Any] | None:
    mine = visible_amendments(actor).filter(contract=contract).order_by("n")
    rows = rows_for_card(mine, *CARD) if there else []
    drafts = (
        contract.status in DELIVERING
        and can_draft_amendment(actor, contract)
        and all(each.status not in {"submitted", "signing"} for each in rows)
    )
    return {"contract": contract, "rows": rows, "drafts": drafts} if rows or drafts else None


OWN, FOLDER = "procurement.amendment", "procurement/amendments"
sections.register(OWN, title="变更内容", template=f"{FOLDER}/text.html", context=_text_section, order=10)
sections.register(
    OWN, title="签订", template="procurement/contracts/signatures.html", context=_signed_section, slot="side", order=10
)
sections.register(OWN, title="备案", template=f"{FOLDER}/clocks.html", context=_clocks_section, slot="side", order=15)
sections.register(
    OWN, title="协议文本", template="components/reports.html", context=report_section(OWN, formats=("pdf",)),
    slot="side", order=30,
)  # fmt: skip
sections.register(
    "procurement.contract", title="补充协议", template=f"{FOLDER}/on_contract.html", context=_contract_section,
    slot="side", order=30, rows=Question(Amendment, "contract"),
)  # fmt: skip

duties.register(
    Duty(
        name="amendment.approve",
        roles=("leader",),
        queryset=to_approve,
        title=str,
        button="批准补充协议",
        verb="approve",
        note=lambda amendment: amendment.grounds[:80],
        amount=lambda amendment: amendment.difference,
        source=duties.source(Amendment, buyer="buyer", status="submitted"),
    )
)
duties.register(
    Duty(
        name="amendment.sign",
        roles=("leader", "provider_admin"),
        queryset=to_sign,
        title=str,
        button="签订补充协议",
        verb="sign",
        note=lambda amendment: amendment.number or "",
        amount=lambda amendment: amendment.difference,
        source=duties.source(Amendment, buyer="buyer", provider="contract__provider", status="signing"),
    )
)
duties.register(
    Duty(
        name="amendment.file",
        roles=("programme_officer", "procurement_officer"),
        queryset=to_file,
        title=str,
        button="登记备案",
        verb="file",
        note=lambda amendment: _("补充协议已生效，向财政部门备案"),
        deadline=lambda amendment: amendment.file_due_at,
        source=duties.source(Amendment, buyer="buyer", status="in_force", filing_number=""),
    )
)


def draft(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Write an amendment of a contract; 404 for another buyer's."""
    actor = actor_of(request)
    found = get_object_or_404(visible_contracts(actor), pk=contract)
    if not can_draft_amendment(actor, found):
        raise NotAllowed(_("补充协议由采购人的业务经办拟定。"))
    context = {
        "title": _("拟定补充协议"),
        "head": {"title": found.title, "number": found.number or "", "chip": found.chip},
        "consequence": _("只改要变的；班子成员批准、双方签订以后生效，并公告。"),
        "facts": [
            {"label": _("原合同金额"), "value": found.original_amount, "unit": _("元")},
            {"label": _("还可以增加"), "value": room_left(found), "unit": _("元")},
        ],
        "back_url": found.get_absolute_url(),
        "submit_label": _("提交批准"),
        "back_label": _("先不变更"),
        "crumbs": [
            {"label": _("补充协议"), "url": reverse("amendments:list")},
            {"label": found.number or found.title, "url": found.get_absolute_url()},
        ],
    }
    return answer(
        request,
        AmendForm(*((request.POST,) if request.method == "POST" else ()), contract=found),
        lambda cleaned: draft_amendment(found, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda amendment: amendment.get_absolute_url(),
    )


urlpatterns = [path("draft/<uuid:contract>/", draft, name="draft"), *room_urls(AMENDMENTS)]
