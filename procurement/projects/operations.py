"""Verbs of the project (项目): drafted from a catalogue item, argued, approved by another person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypedDict
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.regions.models import Region
from catalog.items.models import Item
from core import clock
from core.actor import Actor
from core.documents import Document, store
from core.errors import Invalid, NotAllowed, NotNow
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from core.money import ZERO, exact, yuan
from core.separation import note_duty
from procurement.budgets.models import BudgetLine
from procurement.budgets.operations import plan_funds, release_plan
from procurement.budgets.queries import allocations_of
from procurement.permissions import projects as may
from procurement.projects.models import CostLine, Funding, Project, ProjectFile

MAX_FILES = 20


class Cost(TypedDict):
    """One line of the estimate as it is typed: unit_price in yuan; the amount is computed."""

    cost_class: str
    name: str
    unit: str
    quantity: int
    unit_price: Decimal


@transaction.atomic
def draft_project(
    item: Item,
    *,
    actor: Actor,
    title: str = "",
    kind: str = "standard",
    region: Region | None = None,
    need: str = "",
    beneficiaries: str = "",
    goals: str = "",
    feasibility: str = "",
    starts_on: date | None = None,
    ends_on: date | None = None,
    minors: bool | None = None,
    costs: Sequence[Cost] = (),
    fundings: Mapping[BudgetLine, Decimal] | None = None,
) -> Project:
    """Start a project from a catalogue item in one click (立项); what is left out is filled from the item.

    item      of the published edition of the actor's own organization
    costs     the estimate; without it one line of one unit at the item's norm price
    fundings  yuan by budget line
    returns   the project, a draft, with its ocid from the first day
    raises    NotAllowed · NotNow (the edition is not in force) · Invalid
    writes    the project, its lines, one journal entry "create", the duty write_plan
    """
    edition = item.edition
    if not (may.can_draft_project(actor) and actor.belongs_to(edition.buyer_id)):
        raise NotAllowed(_("只能由本单位业务经办从本单位的目录立项。"))
    if edition.status != "published":
        raise NotNow(_("这一版目录%(status)s，请从现行目录立项。") % {"status": edition.status_label})
    place = region or edition.buyer.region
    today = clock.today()
    project = Project(
        buyer=edition.buyer,
        region=place,
        region_path=place.path,
        item=item,
        ocid=f"{settings.OCDS_PREFIX}-{uuid4().hex[:12]}",
        title=title or item.name,
        kind=kind,
        need=need,
        beneficiaries=beneficiaries or item.segments,
        goals=goals or "\n".join(f"{s.name}：{s.target}" for s in item.standards.all()),
        feasibility=feasibility,
        planned_amount=ZERO,
        starts_on=starts_on or today + timedelta(days=45),
        ends_on=ends_on or today + timedelta(days=45 + 180),
        minors=item.minors if minors is None else minors,
        drafted_by_key=actor.user_key,
        drafted_by_name=actor.user_name,
    )
    lines = costs or [
        Cost(cost_class="activity", name=item.name, unit=item.unit, quantity=1, unit_price=item.norm_price)
    ]
    checked = _checked_costs(lines)
    project.planned_amount = sum((line.amount for line in checked), ZERO)
    _check_dates(project.starts_on, project.ends_on)
    begin(project, actor=actor, facts={"item": item.code, "amount": str(project.planned_amount)})
    _write_lines(project, checked, fundings or {})
    note_duty(project.case_key, actor, "write_plan")
    return project


@transaction.atomic
def edit_project(
    project: Project,
    *,
    actor: Actor,
    title: str,
    kind: str,
    region: Region,
    need: str,
    beneficiaries: str,
    goals: str,
    starts_on: date,
    ends_on: date,
    costs: Sequence[Cost],
    fundings: Mapping[BudgetLine, Decimal],
    feasibility: str = "",
    minors: bool = False,
) -> Project:
    """Change a draft as a whole (修改); its lines are replaced by what is given.

    returns  the project, planned_amount being the sum of its cost lines
    raises   NotAllowed · NotNow · Invalid at the field · Conflict
    writes   the row, its lines, one journal entry, the duty write_plan
    """
    require(project, "edit", actor)
    if not title.strip():
        raise Invalid(_("请写项目名称。"), field="title")
    _check_dates(starts_on, ends_on)
    checked = _checked_costs(costs)
    total = sum((line.amount for line in checked), ZERO)
    advance(
        project,
        "edit",
        actor=actor,
        facts={"amount": str(total), "lines": len(checked)},
        title=title,
        kind=kind,
        region=region,
        region_path=region.path,
        need=need,
        beneficiaries=beneficiaries,
        goals=goals,
        feasibility=feasibility,
        planned_amount=total,
        starts_on=starts_on,
        ends_on=ends_on,
        minors=minors,
    )
    project.cost_lines.all().delete()
    project.fundings.all().delete()
    _write_lines(project, checked, fundings)
    note_duty(project.case_key, actor, "write_plan")
    return project


@transaction.atomic
def attach_files(project: Project, *, actor: Actor, papers: Iterable[Any]) -> Project:
    """Lay papers beside a project (立项资料): survey, minutes, quotations; while it is written or argued.

    papers  uploads with a name, or documents already stored; up to 20 a project
    raises  NotAllowed · NotNow · Invalid at papers · Conflict
    writes  the files; one journal entry with their digests
    """
    require(project, "attach", actor)
    documents = [
        each
        if isinstance(each, Document)
        else store(each, name=each.name, actor=actor, purpose="project", field="papers")
        for each in papers
    ]
    if not documents:
        raise Invalid(_("请选择文件。"), field="papers")
    if project.files.count() + len(documents) > MAX_FILES:
        raise Invalid(_("每个项目最多 %(n)s 个文件。") % {"n": MAX_FILES}, field="papers")
    ProjectFile.objects.bulk_create(ProjectFile(project=project, document=each) for each in documents)
    return advance(project, "attach", actor=actor, facts={"files": len(documents)}, documents=documents)


@transaction.atomic
def submit_project(project: Project, *, actor: Actor) -> Project:
    """Hand the project in for argument (提交论证); its money is set aside at once.

    raises  NotAllowed · NotNow · Invalid (something is missing; cost, budget and funding differ; a line has not enough,
            with the other claims named) · Conflict
    writes  status; an allocation and a ledger entry a line; one journal entry; the duty write_plan
    """
    require(project, "submit", actor)
    _check_complete(project)
    fundings = list(project.fundings.select_related("line").order_by("line_id"))
    costs = sum((line.amount for line in project.cost_lines.all()), ZERO)
    funded = sum((funding.amount for funding in fundings), ZERO)
    if not costs == project.planned_amount == funded:
        raise Invalid(
            _("成本合计 %(costs)s 元，资金来源合计 %(funded)s 元，相差 %(gap)s 元。两者相等才能提交。")
            % {"costs": f"{costs:,.2f}", "funded": f"{funded:,.2f}", "gap": f"{abs(costs - funded):,.2f}"},
            field="fundings",
        )
    # Lines in one order for everybody, so that two submissions never wait for each other.
    for funding in fundings:
        plan_funds(
            funding.line,
            funding.amount,
            case_key=project.case_key,
            reference=project.journal_key,
            label=project.title,
            actor=actor,
        )
    note_duty(project.case_key, actor, "write_plan")
    facts = {"amount": str(project.planned_amount), "lines": {f.line.code: str(f.amount) for f in fundings}}
    return advance(project, "submit", actor=actor, facts=facts)


@transaction.atomic
def approve_project(project: Project, *, actor: Actor, opinion: str) -> Project:
    """Approve a project (批准立项); it gets its number, 五青项〔2026〕1号.

    actor    of the buyer's leadership, who wrote no part of it
    opinion  what was weighed, required
    raises   NotAllowed (the writer may not) · NotNow · Invalid · Conflict
    writes   status, number, opinion, one journal entry, the duty review_plan
    source   domain.md 4.1: need and plan writing ≠ review (需求管理办法第三十二条)
    """
    require(project, "approve", actor)
    if not opinion.strip():
        raise Invalid(_("请写论证意见。"), field="opinion")
    note_duty(project.case_key, actor, "review_plan")
    number = project.number or next_number(project.buyer.number_prefix or project.buyer.name[:4], "项")
    return advance(
        project,
        "approve",
        actor=actor,
        facts={"number": number, "opinion": opinion, "amount": str(project.planned_amount)},
        number=number,
        opinion=opinion,
        approved_by_name=actor.user_name,
        approved_at=clock.now(),
    )


@transaction.atomic
def return_project(project: Project, *, actor: Actor, reason: str) -> Project:
    """Send a project back to its writer (退回); its money goes back to its lines.

    raises  NotAllowed · NotNow · Invalid (no reason) · Conflict
    writes  status, ledger entries, one journal entry
    """
    require(project, "return", actor)
    _release(project, actor, _("退回：%(title)s"))
    return advance(project, "return", actor=actor, reason=reason)


@transaction.atomic
def reject_project(project: Project, *, actor: Actor, reason: str) -> Project:
    """Refuse a project for good (不予立项); its money goes back. Writes the duty review_plan."""
    require(project, "reject", actor)
    note_duty(project.case_key, actor, "review_plan")
    _release(project, actor, _("不予立项：%(title)s"))
    return advance(project, "reject", actor=actor, reason=reason)


@transaction.atomic
def terminate_project(project: Project, *, actor: Actor, reason: str) -> Project:
    """End an approved project that has no contract (终止项目); what was set aside goes back to its lines."""
    require(project, "terminate", actor)
    _release(project, actor, _("终止：%(title)s"))
    return advance(project, "terminate", actor=actor, reason=reason)


def _release(project: Project, actor: Actor, words: str) -> None:
    """Give back to each line what no contract holds."""
    for allocation in allocations_of(project.case_key).order_by("line_id"):
        free = allocation.planned_amount - allocation.contracted_amount
        if free > ZERO:
            label = words % {"title": project.title}
            release_plan(allocation, free, reference=project.journal_key, label=label, actor=actor)


def _check_complete(project: Project) -> None:
    """Refuse a project whose texts or lines are missing, all faults at once."""
    missing = {
        name: [_("请填写「%(label)s」。") % {"label": label}]
        for name, label in (("need", _("为什么要买")), ("goals", _("要做到什么程度")), ("feasibility", _("可行性")))
        if not getattr(project, name).strip()
    }
    if project.planned_amount <= ZERO:
        missing["costs"] = [_("成本测算还没有金额。")]
    if project.ends_on < clock.today():
        missing["ends_on"] = [_("结束日期已经过去。")]
    if missing:
        raise Invalid(
            _("还有几处没有填：%(names)s") % {"names": "".join(s for lines in missing.values() for s in lines)},
            errors=missing,
        )


def _check_dates(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise Invalid(_("结束日期早于开始日期。"), field="ends_on")


def _checked_costs(costs: Sequence[Cost]) -> list[CostLine]:
    """The typed lines as rows with their amounts: quantity × unit price, half up. raises  Invalid at "costs" """
    classes = dict(CostLine.CLASSES)
    rows = []
    for n, cost in enumerate(costs, 1):
        price = exact(cost["unit_price"])
        if cost["cost_class"] not in classes or cost["quantity"] <= 0 or price <= ZERO or not cost["name"].strip():
            raise Invalid(_("成本第 %(n)s 行：名称要填，数量和单价要大于 0。") % {"n": n}, field="costs")
        rows.append(
            CostLine(
                n=n,
                cost_class=cost["cost_class"],
                name=cost["name"],
                unit=cost["unit"],
                quantity=cost["quantity"],
                unit_price=price,
                amount=yuan(price * cost["quantity"]),
            )
        )
    return rows


def _write_lines(project: Project, costs: list[CostLine], fundings: Mapping[BudgetLine, Decimal]) -> None:
    for cost in costs:
        cost.project = project
    CostLine.objects.bulk_create(costs)
    rows: list[Any] = []
    for line, amount in fundings.items():
        if line.buyer_id != project.buyer_id:
            raise Invalid(_("「%(line)s」不是本单位的预算线。") % {"line": line.name}, field="fundings")
        if exact(amount) <= ZERO:
            raise Invalid(_("「%(line)s」的金额要大于 0.00 元。") % {"line": line.name}, field="fundings")
        rows.append(Funding(project=project, line=line, amount=exact(amount)))
    Funding.objects.bulk_create(rows)
