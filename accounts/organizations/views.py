"""Pages of organizations under /w/organizations/, and the check of a credit code as it is typed."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from accounts.organizations.forms import OrganizationFilter
from accounts.organizations.models import Organization
from accounts.organizations.operations import check_free_uscc
from accounts.organizations.queries import (
    documents_of,
    duplicate_signals,
    expiring,
    open_account_change,
    readable_files,
    visible_organizations,
)
from accounts.permissions import can_edit_organization, can_manage_memberships, can_see_papers, can_verify_organization
from core import clock, duties, sections
from core.actor import Actor
from core.errors import Invalid
from core.pages import actor_of, room_urls
from core.rooms import Column, Figure, Room, View, register

EXPIRY = {"valid": ("有效", "done"), "soon": ("将到期", "wait"), "expired": ("已过期", "stop")}


def _subtitle(organization: Organization) -> list[str]:
    kind = organization.get_provider_kind_display() or organization.get_kind_display()
    return [organization.uscc or "", kind, organization.region.name]


def _figures(organization: Organization, actor: Actor) -> list[Figure]:
    """Documents in force, and for a buyer whether it may buy."""
    if organization.kind == "buyer":
        may = "可以" if organization.may_buy else "不可以"
        basis = f"{organization.get_establishment_type_display()}、{organization.get_funding_type_display()}"
        return [Figure("作为采购人", may, detail=basis, kind="" if organization.may_buy else "bad")]
    if organization.kind != "provider" or not can_see_papers(actor, organization):
        return []
    papers = list(documents_of(organization))
    late = sum(paper.expiry != "valid" for paper in papers)
    return [
        Figure("资质文件", len(papers), "份", detail=_papers_state(len(papers), late)),
        Figure("申报资格", "有" if organization.may_bid else "没有", detail=_until(organization)),
    ]


def _papers_state(count: int, late: int) -> str:
    if late:
        return f"{late} 份将到期或已过期"
    return "都在有效期内" if count else "还没有上传"


def _until(organization: Organization) -> str:
    if organization.is_suspended and organization.suspended_until:
        return f"暂停至 {organization.suspended_until:%Y-%m-%d}"
    return organization.status_label


def _profile(organization: Organization, actor: Actor) -> dict[str, Any]:
    """Facts as the actor may see them: persons and account only for the organization and who verifies or pays."""
    facts = [
        ("名称", organization.name),
        ("统一社会信用代码", organization.uscc),
        ("类型", organization.get_provider_kind_display() or organization.get_kind_display()),
        ("所在区域", organization.region.name),
        ("住所", organization.address),
        ("业务范围", organization.scope),
    ]
    if can_see_papers(actor, organization):
        facts += [
            ("法定代表人", organization.legal_representative),
            ("联系人", organization.contact_name),
            ("联系电话", organization.contact_phone),
        ]
    if organization.incubated_by_id:
        facts.append(("孵化单位", f"{organization.incubated_by}（关联关系，评审时回避并公开）"))
    members = reverse("members", args=[organization.pk]) if can_manage_memberships(actor, organization) else ""
    shown = [{"label": label, "value": value} for label, value in facts if value]
    return {
        "facts": shown,
        "organization": organization,
        "own": actor.belongs_to(organization.pk),
        "members_url": members,
    }


def _papers(organization: Organization, actor: Actor) -> dict[str, Any] | None:
    if organization.kind != "provider" or not can_see_papers(actor, organization):
        return None
    rows = [
        {
            "label": paper.get_kind_display(),
            "name": paper.document.name,
            "url": reverse("organizations:file", args=[organization.pk, paper.document_id]),
            "chip": dict(zip(("label", "kind"), EXPIRY[paper.expiry], strict=True)),
            "expires_on": paper.expires_on,
            "size": paper.document.size_label,
        }
        for paper in documents_of(organization)
    ]
    add = f"{organization.get_absolute_url()}add_document/" if can_edit_organization(actor, organization) else ""
    return {"papers": rows, "add_url": add}


def _account(organization: Organization, actor: Actor) -> dict[str, Any] | None:
    money = actor.has("finance_officer", "cashier", "procurement_officer")
    if not (money or actor.works_for(organization.pk, "provider_admin", "provider_bidder")):
        return None
    change = open_account_change(organization) if organization.account_change_by else None
    if not (organization.bank_account or change):
        return None
    return {"organization": organization, "change": change}


def _doubles(organization: Organization, actor: Actor) -> dict[str, Any] | None:
    if organization.kind != "provider" or not can_verify_organization(actor, organization):
        return None
    found = duplicate_signals(organization)
    return {"signals": found} if found else None


def _credit(organization: Organization, actor: Actor) -> dict[str, Any] | None:
    """What evaluations found, newest first: public by its nature."""
    rows = list(organization.credits.all()) if organization.kind == "provider" else []
    return {"credits": rows} if rows else None


_T = "accounts/organizations"
sections.register("accounts.organization", title="信用与评价", template=f"{_T}/credit.html", context=_credit, order=30)
sections.register("accounts.organization", title="基本资料", template=f"{_T}/profile.html", context=_profile, order=10)
sections.register("accounts.organization", title="资质文件", template=f"{_T}/papers.html", context=_papers, order=20)
sections.register(
    "accounts.organization", title="收款账户", template=f"{_T}/account.html", context=_account, slot="side", order=20
)
sections.register(
    "accounts.organization",
    title="可能重复或关联",
    template=f"{_T}/doubles.html",
    context=_doubles,
    slot="side",
    order=10,
)

ORGANIZATIONS = register(
    Room(
        slug="organizations",
        label="单位",
        model=Organization,
        visible=visible_organizations,
        title=lambda organization: organization.name,
        icon="building",
        filterset=OrganizationFilter,
        columns=(
            Column("name", "名称", lambda o: (o.name, o.uscc or ""), kind="title", sort="name"),
            Column("kind", "类别", lambda o: o.get_provider_kind_display() or o.get_kind_display(), sort="kind"),
            Column("region", "区域", lambda o: o.region.name, sort="region__path"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("created_at", "登记", lambda o: clock.local(o.created_at).date(), kind="date", sort="created_at"),
        ),
        default_sort="name",
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("承接主体", "providers", lambda rows, actor: rows.filter(kind="provider")),
            View("待核验", "pending", lambda rows, actor: rows.filter(status="pending")),
            View("已暂停", "suspended", lambda rows, actor: rows.filter(status="suspended")),
        ),
        figures=_figures,
        subtitle=_subtitle,
        files=readable_files,
        fields=("id", "name", "short_name", "uscc", "kind", "provider_kind", "status", "version"),
        empty=("还没有单位", "社会组织注册以后会列在这里。"),
    )
)


def _own(actor: Actor) -> list[UUID]:
    return [actor.organization_id] if actor.organization_id else []


def _waiting(actor: Actor) -> QuerySet[Organization]:
    return visible_organizations(actor).filter(status="pending").exclude(pk__in=_own(actor))


def _returned(actor: Actor) -> QuerySet[Organization]:
    return visible_organizations(actor).filter(status="returned", pk__in=_own(actor))


def _accounts(actor: Actor) -> QuerySet[Organization]:
    rows = visible_organizations(actor).filter(account_confirmed=False).exclude(account_change_by="")
    return rows.exclude(account_change_by=actor.user_key)


def _first_expiry(organization: Organization) -> datetime | None:
    day = min((paper.expires_on for paper in organization.documents.all() if paper.expires_on), default=None)
    return datetime.combine(day, time(23, 59), tzinfo=clock.SHANGHAI) if day else None


duties.register(
    duties.Duty(
        "organization_verify",
        ("procurement_officer", "system_admin"),
        _waiting,
        title=lambda o: f"核验 {o.name}",
        note=lambda o: o.uscc or "",
        verb="verify",
        button="核验通过",
        url=lambda o: o.get_absolute_url(),
    )
)
duties.register(
    duties.Duty(
        "organization_resubmit",
        ("provider_admin",),
        _returned,
        title=lambda o: "单位资料被退回，补充后重新提交",
        note=lambda o: o.return_reason,
        button="去补充",
    )
)
duties.register(
    duties.Duty(
        "organization_papers",
        ("provider_admin",),
        lambda actor: expiring(actor).prefetch_related("documents"),
        title=lambda o: "资质文件快到期，请更换",
        verb="add_document",
        button="上传资料",
        deadline=_first_expiry,
    )
)
duties.register(
    duties.Duty(
        "organization_account",
        ("finance_officer", "provider_bidder"),
        _accounts,
        title=lambda o: f"复核 {o.name} 的新收款账户",
        verb="confirm_account",
        button="复核",
    )
)


def own(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Lead to the page of one's own organization (本单位)."""
    organization_id = actor_of(request).organization_id
    if organization_id is None:
        raise Http404
    return redirect(f"{reverse('organizations:detail', args=[organization_id])}{rest}")


@require_GET
def check_code(request: HttpRequest) -> HttpResponse:
    """The small answer beside the credit code while it is typed: valid, or what is likely wrong. Nothing is stored."""
    text = request.GET.get("uscc", "")
    shown: dict[str, Any] = {"empty": not text.strip()}
    try:
        shown["code"] = check_free_uscc(text)
    except Invalid as refusal:
        shown["error"] = refusal.message
    return render(request, "accounts/organizations/code.html", shown)


urlpatterns = [
    path("own/", own, name="own"),
    path("own/members/", own, {"rest": "members/"}, name="own_members"),
    *room_urls(ORGANIZATIONS),
]
