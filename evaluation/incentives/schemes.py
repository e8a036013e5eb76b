"""Verbs of a scheme (奖励办法): written, published with its money set aside, closed with the rest given back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.money import ZERO
from evaluation.incentives.models import Incentive, Scheme
from evaluation.incentives.queries import OPEN
from procurement.budgets.models import BudgetLine
from procurement.grants.operations import release_grants, reserve_grants


@transaction.atomic
def draft_scheme(buyer: Organization, *, actor: Actor, year: int, line: BudgetLine, **terms: Any) -> Scheme:
    """Write a year's scheme (起草奖励办法).

    line    the budget line that pays;  terms: see `_checked`
    returns the draft
    raises  NotAllowed · Invalid at the field · Conflict (the year has one)
    writes  the row; one journal entry "create"
    source  R46
    """
    if not actor.works_for(buyer.pk, "programme_officer"):
        raise NotAllowed(_("奖励办法由本单位业务经办起草。"))
    scheme = Scheme(
        buyer=buyer, region_path=buyer.region.path, year=year, line=line, drafted_by_key=actor.user_key,
        drafted_by_name=actor.user_name, **_checked(buyer, year=year, line=line, **terms),
    )  # fmt: skip
    facts = {"year": year, "line": line.code, "total": str(scheme.total_cap), "each": str(scheme.provider_cap)}
    try:
        with transaction.atomic():
            return begin(scheme, actor=actor, facts=facts)
    except IntegrityError:
        raise Conflict(_("%(year)s 年已有奖励办法。") % {"year": year}, field="year") from None


@transaction.atomic
def edit_scheme(scheme: Scheme, *, actor: Actor, year: int, line: BudgetLine, **terms: Any) -> Scheme:
    """Change a draft (修改). raises  NotAllowed · NotNow · Invalid · Conflict. writes  the row; one journal entry"""
    require(scheme, "edit", actor)
    changes = {"year": year, "line": line, **_checked(scheme.buyer, year=year, line=line, **terms)}
    facts = {name: str(value) for name, value in changes.items() if value != getattr(scheme, name)}
    try:
        with transaction.atomic():
            return advance(scheme, "edit", actor=actor, facts=facts, **changes)
    except IntegrityError:
        raise Conflict(_("%(year)s 年已有奖励办法。") % {"year": year}, field="year") from None


def _checked(
    buyer: Organization,
    *,
    year: int,
    line: BudgetLine,
    title: str,
    criteria: str,
    total_cap: Decimal,
    provider_cap: Decimal,
    least_social: int,
    least_economic: int,
    graded_from: date,
    graded_to: date,
    nominate_until: date,
) -> dict[str, Any]:
    """The terms, as they may stand. raises  Invalid, each sentence at its field"""
    errors: dict[str, list[str]] = {}
    if line.buyer_id != buyer.pk or line.status != "approved":
        errors["line"] = [_("请选择本单位已批复的预算线。")]
    elif line.fiscal_year != year:
        errors["line"] = [_("预算线是 %(year)s 年的，请选择本年度的预算线。") % {"year": line.fiscal_year}]
    if total_cap <= ZERO:
        errors["total_cap"] = [_("金额要大于 0.00 元。")]
    if not ZERO < provider_cap <= total_cap:
        errors["provider_cap"] = [_("一家的上限要大于 0.00 元，不超过总额。")]
    for name, percent in (("least_social", least_social), ("least_economic", least_economic)):
        if not 0 <= percent <= 100:
            errors[name] = [_("请填 0 到 100。")]
    if graded_from > graded_to:
        errors["graded_to"] = [_("不能早于起始日期。")]
    if nominate_until < clock.today():
        errors["nominate_until"] = [_("申报截止不能早于今天。")]
    if not criteria.strip():
        errors["criteria"] = [_("请写明奖励条件与程序。")]
    if errors:
        raise Invalid(errors=errors)
    return {
        "title": title.strip(), "criteria": criteria.strip(), "total_cap": total_cap, "provider_cap": provider_cap,
        "least_social": least_social, "least_economic": least_economic, "graded_from": graded_from,
        "graded_to": graded_to, "nominate_until": nominate_until,
    }  # fmt: skip


@transaction.atomic
def publish_scheme(scheme: Scheme, *, actor: Actor) -> Scheme:
    """Publish a scheme (发布办法): its total is set aside on the budget line, planned ≤ approved.

    raises  NotAllowed (not the leadership, or the drafter) · NotNow (line closed) · Invalid (the line has not enough) · Conflict
    writes  status, allocation; one ledger entry "plan"; one journal entry; the programme officers are told
    """
    require(scheme, "publish", actor)
    allocation = reserve_grants(scheme.line, scheme.total_cap, of=scheme, label=scheme.title, actor=actor)
    advance(
        scheme, "publish", actor=actor, facts={"total": str(scheme.total_cap), "line": scheme.line.code},
        allocation=allocation, published_by_name=actor.user_name, published_at=clock.now(),
    )  # fmt: skip
    tell(
        people_with_role(scheme.buyer_id, "programme_officer"),
        sentence=_("奖励办法已发布，可以提名和受理申报：%(title)s") % {"title": scheme.title},
        url=scheme.get_absolute_url(),
        kind="incentive_scheme.published",
        key=f"incentive_scheme.published:{scheme.pk}",
    )
    return scheme


@transaction.atomic
def drop_scheme(scheme: Scheme, *, actor: Actor, reason: str) -> Scheme:
    """Drop a draft (作废). writes  status; one journal entry"""
    return advance(scheme, "drop", actor=actor, reason=reason)


@transaction.atomic
def close_scheme(scheme: Scheme, *, actor: Actor) -> Scheme:
    """Close a scheme (结束): what no incentive took goes back to the budget line.

    raises  NotAllowed · NotNow (an incentive is under way) · Conflict
    writes  status; one ledger entry "release_plan" where something is left; one journal entry
    """
    require(scheme, "close", actor)
    under_way = Incentive.objects.filter(scheme=scheme, status__in=OPEN).count()
    if under_way:
        raise NotNow(_("还有 %(n)s 项奖励没有办完，办完再结束。") % {"n": under_way})
    rest = ZERO
    if scheme.allocation is not None:
        rest = release_grants(scheme.allocation, of=scheme, label=scheme.title, actor=actor)
    return advance(scheme, "close", actor=actor, facts={"released": str(rest)})
