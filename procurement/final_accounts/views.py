"""Pages of the final accounts (年度决算): list, account, drawing one up, what stands behind a figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.organizations.models import Organization
from core import duties, sections
from core.actor import Actor
from core.duties import Duty
from core.errors import NotAllowed
from core.job_pages import report_section
from core.money import ZERO
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, register
from procurement.final_accounts.forms import YearForm
from procurement.final_accounts.models import FinalAccount, FinalAccountRow
from procurement.final_accounts.operations import draw_account
from procurement.final_accounts.queries import in_hand, movements_behind, tables, visible_accounts
from procurement.permissions.final_accounts import can_draft_account


def may_draw(actor: Actor) -> bool:
    """Whether the button over the list is shown."""
    return can_draft_account(actor) and actor.organization_kind == "buyer"


FINAL_ACCOUNTS = register(
    Room(
        slug="final-accounts",
        label="年度决算",
        model=FinalAccount,
        visible=visible_accounts,
        title=str,
        icon="journal-check",
        columns=(
            Column("title", "年度决算", lambda a: (str(a), a.drafted_by_name), "title", "fiscal_year"),
            Column("adjusted", "调整预算数", lambda a: a.adjusted_amount, "money", "adjusted_amount"),
            Column("final", "决算数", lambda a: a.final_amount, "money", "final_amount"),
            Column("carried", "结转", lambda a: a.carried_amount, "money", "carried_amount"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        figures=lambda a, actor: [
            Figure(_("决算数"), a.final_amount, unit=_("元"), kind="hero"),
            Figure(
                _("调整预算数"),
                a.adjusted_amount,
                unit=_("元"),
                detail=_("预算数 %(n)s") % {"n": f"{a.budget_amount:,.2f}"},
            ),
            Figure(
                _("结转"),
                a.carried_amount,
                unit=_("元"),
                detail=_("上年结转 %(n)s") % {"n": f"{a.brought_amount:,.2f}"},
            ),
            Figure(_("退回"), a.returned_amount, unit=_("元")),
        ],
        subtitle=lambda a: [a.buyer.name, f"{a.drafted_by_name}编制"],
        fields=(
            "id",
            "fiscal_year",
            "budget_amount",
            "adjusted_amount",
            "brought_amount",
            "final_amount",
            "carried_amount",
            "status",
        ),
        create=("编制决算", "final-accounts:create", may_draw),
        empty=("还没有年度决算", "年末由财务按台账编制，经审审核、班子批准后公开。"),
    )
)


def _table(place: int) -> Callable[[FinalAccount, Actor], dict[str, Any]]:
    def context(account: FinalAccount, actor: Actor) -> dict[str, Any]:
        kept = account.__dict__.get("kept_tables") or tables(account)
        account.__dict__["kept_tables"] = kept
        return {"account": account, "table": kept[place]}

    return context


OWN, FOLDER = "procurement.final_account", "procurement/final_accounts"
for _n, (_dimension, _label) in enumerate(FinalAccountRow.DIMENSIONS):
    sections.register(OWN, title=f"按{_label}", template=f"{FOLDER}/table.html", context=_table(_n), order=10 + _n)
sections.register(
    OWN, title="决算表", template="components/reports.html", slot="side", order=10,
    context=report_section(OWN, formats=("pdf", "xlsx")),
)  # fmt: skip


def _waiting(status: str) -> Callable[[Actor], QuerySet[FinalAccount]]:
    return lambda actor: in_hand(actor, status)


for _roles, _status, _button, _verb in (
    (("finance_officer",), "draft", "送经审", "submit"),
    (("funds_reviewer",), "reviewing", "审核决算", "review"),
    (("leader",), "reviewed", "批准决算", "approve"),
    (("finance_officer",), "approved", "公开决算", "publish"),
):
    duties.register(
        Duty(
            name=f"final_account.{_verb}",
            roles=_roles,
            queryset=_waiting(_status),
            title=str,
            button=_button,
            verb=_verb,
            note=lambda account: account.status_label,
            deadline=lambda account: account.publish_due_at,
            amount=lambda account: account.final_amount,
            source=duties.source(FinalAccount, buyer="buyer", status=_status),
        )
    )


def create(request: HttpRequest) -> HttpResponse:
    """Draw up the account of a year."""
    actor = actor_of(request)
    if not may_draw(actor):
        raise NotAllowed(_("年度决算由本单位财务编制。"))
    buyer = Organization.objects.select_related("region").get(pk=actor.organization_id or "")
    context = {
        "title": _("编制决算"),
        "head": {"title": buyer.name},
        "consequence": _("预算数、调整预算数、决算数都从预算和台账取，不用填数；随时可以重新取数，年度终了以后送审。"),
        "submit_label": _("编制决算"),
        "back_url": reverse("final-accounts:list"),
        "crumbs": [{"label": "年度决算", "url": reverse("final-accounts:list")}, {"label": _("编制"), "url": ""}],
    }
    return answer(
        request,
        YearForm(*((request.POST,) if request.method == "POST" else ())),
        lambda cleaned: draw_account(buyer, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda account: account.get_absolute_url(),
    )


@require_safe
def behind(request: HttpRequest, key: UUID, row: UUID) -> HttpResponse:
    """The movements that make up one figure; 404 for what this person does not know of."""
    actor = actor_of(request)
    account = get_object_or_404(visible_accounts(actor), pk=key)
    found = get_object_or_404(account.rows, pk=row)
    movements = movements_behind(account, found, actor)
    context = {
        "account": account,
        "row": found,
        "movements": movements,
        "total": sum((each.amount for each in movements), ZERO),
        "crumbs": [
            {"label": "年度决算", "url": reverse("final-accounts:list")},
            {"label": str(account), "url": account.get_absolute_url()},
            {"label": found.name, "url": ""},
        ],
    }
    return render(request, f"{FOLDER}/behind.html", context)


urlpatterns = [
    path("new/", create, name="create"),
    path("<uuid:key>/rows/<uuid:row>/", behind, name="behind"),
    *room_urls(FINAL_ACCOUNTS),
]
