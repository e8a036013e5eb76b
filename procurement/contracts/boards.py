"""Boards of the contracts (合同页面): what their page shows, what they show on projects, orders and awards, what waits for whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, duties, sections
from core.actor import Actor
from core.duties import Duty
from core.job_pages import report_section
from core.permissions import BUYER_ROLES
from core.presence import Question
from core.sections import rows_for_card
from procurement.awards.models import Award
from procurement.contracts.models import Contract, ContractPause
from procurement.contracts.queries import (
    SIGNING,
    awards_to_draw,
    drafts_to_submit,
    to_file,
    to_resume,
    to_review,
    to_sign,
    visible_contracts,
)
from procurement.orders.models import Order
from procurement.projects.models import Project
from procurement.rules.queries import deadline


def sign_by(award: Award) -> Any:
    """D21: the contract is signed within 30 days of the award notice."""
    start = award.published_at or award.created_at
    return deadline("D21", start, track=award.lot.order.track)


def _lines_section(contract: Contract, actor: Actor) -> dict[str, Any]:
    return {"contract": contract, "lines": contract.lines.all()}


def _milestones_section(contract: Contract, actor: Actor) -> dict[str, Any]:
    return {"contract": contract, "milestones": contract.milestones.all()}


def _text_section(contract: Contract, actor: Actor) -> dict[str, Any]:
    return {"contract": contract, "standards": contract.standards.all()}


def signing(thing: Any, noun: str, url_of: Callable[[Any], str]) -> dict[str, Any]:
    """What the signing card shows of a contract or amendment: its PDF, both sides, each signature with its scan.

    noun  what is signed, in Chinese;  url_of: from a document's key to the address that serves it
    """
    rows = list(thing.signatures.select_related("scan"))
    for each in rows:
        each.scan_url = url_of(each.scan_id) if each.scan_id else ""
    return {
        "noun": noun,
        "document": thing.document,
        "file_url": url_of(thing.document_id) if thing.document_id else "",
        "waits_for_pdf": thing.status == "signing" and thing.document_id is None,
        "sides": [
            {"label": _("采购人"), "at": thing.buyer_signed_at},
            {"label": _("承接单位"), "at": thing.provider_signed_at},
        ],
        "signatures": rows,
    }


def _signatures_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    if contract.status in {"draft", "legal_review"} and not contract.signatures.exists():
        return None
    key = contract.number or contract.pk
    return {
        **signing(contract, _("合同"), lambda document: reverse("contracts:file", args=[key, document])),
    }


def _review_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    return {"contract": contract} if contract.reviewed_at and actor.organization_kind != "provider" else None


def _clocks_section(contract: Contract, actor: Actor, there: bool) -> dict[str, Any] | None:
    """Announcement (D22) and filing (D23): the term, and what was done by when."""
    if contract.signed_at is None:
        return None
    return {
        "contract": contract,
        "announced_late": bool(
            contract.notice and contract.announce_due_at and contract.notice.published_at > contract.announce_due_at
        ),
        "pauses": list(contract.pauses.all()) if there else [],
    }


LINE = tuple(f"allocation__line__{name}" for name in ("name", "source", "purpose"))


def _funding_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    if not actor.has(*BUYER_ROLES, "district_finance"):
        return None
    return {"fundings": rows_for_card(contract.fundings.all(), "contract", "amount", *LINE)}


CARD, DRAWN = ("number", "status", "title", "amount", "provider__name"), ("amount", "bid__organization__name")


def _project_section(project: Project, actor: Actor) -> dict[str, Any] | None:
    rows = rows_for_card(visible_contracts(actor).filter(award__lot__order__project=project), *CARD)
    awards = rows_for_card(awards_to_draw(actor).filter(lot__order__project=project), *DRAWN)
    return {"contracts": rows, "awards": awards} if rows or awards else None


def _order_section(order: Order, actor: Actor) -> dict[str, Any] | None:
    rows = rows_for_card(visible_contracts(actor).filter(award__lot__order=order), *CARD)
    awards = rows_for_card(awards_to_draw(actor).filter(lot__order=order), *DRAWN)
    return {"contracts": rows, "awards": awards} if rows or awards else None


def _award_section(award: Award, actor: Actor) -> dict[str, Any] | None:
    rows = rows_for_card(visible_contracts(actor).filter(award=award), *CARD)
    awards = rows_for_card(awards_to_draw(actor).filter(pk=award.pk), *DRAWN)
    return {"contracts": rows, "awards": awards} if rows or awards else None


OWN = "procurement.contract"
sections.register(
    OWN, title="数量与价格", template="procurement/contracts/lines.html", context=_lines_section, order=10
)
sections.register(
    OWN, title="付款节点", template="procurement/contracts/milestones.html", context=_milestones_section, order=20
)
sections.register(OWN, title="内容与标准", template="procurement/contracts/text.html", context=_text_section, order=90)
sections.register(
    OWN,
    title="签订",
    template="procurement/contracts/signatures.html",
    context=_signatures_section,
    slot="side",
    order=10,
)
sections.register(
    OWN,
    title="公告与备案",
    template="procurement/contracts/clocks.html",
    context=_clocks_section,
    slot="side",
    order=15,
    rows=Question(ContractPause, "contract"),
)
sections.register(
    OWN,
    title="法律审核",
    template="procurement/contracts/reviewed.html",
    context=_review_section,
    slot="side",
    order=25,
)
sections.register(
    OWN,
    title="资金来源",
    template="procurement/contracts/fundings.html",
    context=_funding_section,
    slot="side",
    order=20,
)
sections.register(
    OWN,
    title="合同文本",
    template="components/reports.html",
    context=report_section("procurement.contract"),
    slot="side",
    order=30,
)
for _on, _shown in (
    ("procurement.project", _project_section),
    ("procurement.order", _order_section),
    ("procurement.award", _award_section),
):
    sections.register(_on, title="合同", template="procurement/contracts/rows.html", context=_shown, order=60)

duties.register(
    Duty(
        name="contract.draw",
        roles=("programme_officer", "procurement_officer"),
        queryset=awards_to_draw,
        title=lambda award: award.lot.order.title,
        button="起草合同",
        note=lambda award: _("已成交，由%(name)s承接") % {"name": award.bid.organization.name},
        deadline=lambda award: sign_by(award).at,
        amount=lambda award: award.amount,
        url=lambda award: reverse("contracts:draw", args=[award.pk]),
        source=duties.source(Award, buyer="buyer", status="confirmed", lot__order__status__in=SIGNING),
    )
)
duties.register(
    Duty(
        name="contract.submit",
        roles=("programme_officer", "procurement_officer"),
        queryset=drafts_to_submit,
        title=str,
        button="送法律审核",
        verb="submit",
        note=lambda contract: _("合同已起草，核对后送审"),
        amount=lambda contract: contract.amount,
        source=duties.source(Contract, buyer="buyer", status="draft"),
    )
)
duties.register(
    Duty(
        name="contract.review",
        roles=("leader", "procurement_officer"),
        queryset=to_review,
        title=str,
        button="审核合同",
        verb="freeze",
        note=lambda contract: _("%(name)s 起草，待法律审核") % {"name": contract.drafted_by_name or _("经办")},
        amount=lambda contract: contract.amount,
        source=duties.source(Contract, buyer="buyer", status="legal_review"),
    )
)
duties.register(
    Duty(
        name="contract.file",
        roles=("programme_officer", "procurement_officer"),
        queryset=to_file,
        title=str,
        button="登记备案",
        verb="file",
        note=lambda contract: _("合同已生效，向财政部门备案"),
        deadline=lambda contract: contract.file_due_at,
        source=duties.source(Contract, buyer="buyer", signed_at__isnull=False, filing_number=""),
    )
)
duties.register(
    Duty(
        name="contract.resume",
        roles=("programme_officer", "leader"),
        queryset=to_resume,
        title=str,
        button="恢复履约",
        verb="resume",
        note=lambda contract: _("合同已暂停，到期前决定是否恢复"),
        deadline=lambda contract: clock.end_of_day(contract.pause_until) if contract.pause_until else None,
        source=duties.source(Contract, buyer="buyer", status="paused"),
    )
)
duties.register(
    Duty(
        name="contract.sign",
        roles=("leader", "provider_admin"),
        queryset=to_sign,
        title=str,
        button="签订",
        verb="sign",
        note=lambda contract: _("合同 PDF 已定稿，请读过再签"),
        deadline=lambda contract: sign_by(contract.award).at,
        amount=lambda contract: contract.amount,
        source=duties.source(Contract, buyer="buyer", provider="provider", status="signing", document__isnull=False),
    )
)
