"""Verbs of a finding (审计发现): written from a working paper, issued with the report, put right with proof, verified."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from audit.engagements.models import AuditFinding, Engagement, FindingFile, ProgrammeItem
from audit.engagements.operations import HOLD
from audit.engagements.queries import has_open_findings
from audit.permissions.engagements import BUYER_SIDE, PROVIDER_ROLES, can_audit
from core import clock, holds
from core.actor import Actor
from core.documents import Document, store
from core.errors import Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.money import ZERO
from procurement.contracts.models import Contract

MAX_FILES = 12


@transaction.atomic
def write_finding(
    item: ProgrammeItem,
    *,
    actor: Actor,
    kind: str,
    title: str,
    statement: str,
    amount: Decimal,
    clause: str,
    demand: str,
    responsible: str,
    due_on: date,
) -> AuditFinding:
    """Write a finding from an item whose newest working paper found something (写审计发现).

    amount   yuan, 0.00 where no money is concerned;  responsible: buyer | provider;  due_on: later than today
    returns  the finding, drafted: only the team sees it until the draft is sent
    raises   NotAllowed · NotNow (not in the field; the paper found nothing) · Invalid at the field's name
    writes   the finding; one journal entry "create"
    source   R44: findings with amount and clause
    """
    engagement = Engagement.objects.select_for_update().select_related("contract").get(pk=item.engagement_id)
    if not can_audit(actor, engagement):
        raise NotAllowed(_("审计发现由审计组成员写。"))
    if engagement.status != "fieldwork":
        raise NotNow(_("现场审计阶段才能写审计发现。"))
    newest = item.papers.first()
    if newest is None or newest.conclusion != "issue":
        raise NotNow(_("请先在底稿里写明发现的问题和证据。"))
    columns = _checked(
        kind=kind, title=title, statement=statement, amount=amount, clause=clause, demand=demand, responsible=responsible,
        due_on=due_on,
    )  # fmt: skip
    n = (engagement.findings.aggregate(last=Max("n"))["last"] or 0) + 1
    return begin(
        AuditFinding(
            engagement=engagement, item=item, n=n, buyer_id=engagement.buyer_id, region_path=engagement.region_path,
            **columns,
        ),
        actor=actor,
        facts={"item": item.n, "kind": kind, "amount": f"{amount}", "clause": columns["clause"]},
    )  # fmt: skip


@transaction.atomic
def amend_finding(finding: AuditFinding, *, actor: Actor, **changes: Any) -> AuditFinding:
    """Change a finding before the report (修改审计发现), as the answers make it right.

    changes  the columns of `write_finding`
    raises   NotAllowed · NotNow (issued) · Invalid at the field's name · Conflict
    writes   the columns; one journal entry "amend" with what it was before
    """
    require(finding, "amend", actor)
    columns = _checked(**changes)
    before = {name: f"{getattr(finding, name)}" for name, new in columns.items() if getattr(finding, name) != new}
    return advance(finding, "amend", actor=actor, facts={"before": before}, **columns)


@transaction.atomic
def drop_finding(finding: AuditFinding, *, actor: Actor, reason: str) -> AuditFinding:
    """Drop a finding before the report (撤销审计发现). raises  NotAllowed · NotNow · Invalid (no reason) · Conflict"""
    return advance(finding, "drop", actor=actor, reason=reason)


@transaction.atomic
def report_rectification(
    finding: AuditFinding, *, actor: Actor, answer: str, papers: Iterable[Any], put_right: Decimal = ZERO
) -> AuditFinding:
    """Report what was put right, with proof (报告整改).

    papers     uploads or Documents, at least one;  put_right: yuan returned or corrected, at most the finding's amount
    raises     NotAllowed (the other side) · NotNow · Invalid at answer, papers, put_right · Conflict
    writes     status, the report, proofs; one journal entry with their digests; the team is told
    """
    require(finding, "report", actor)
    uploads, errors = list(papers), {}
    if not answer.strip():
        errors["answer"] = [_("请写明怎么整改的。")]
    if not 1 <= len(uploads) <= MAX_FILES:
        errors["papers"] = [_("请附整改证明，1 至 %(n)s 个文件。") % {"n": MAX_FILES}]
    if not ZERO <= put_right <= finding.amount:
        errors["put_right"] = [_("已纠正金额不能超过涉及金额。")]
    if errors:
        raise Invalid(errors=errors)
    documents = [
        each
        if isinstance(each, Document)
        else store(each, name=each.name, actor=actor, purpose="audit_rectification", field="papers")
        for each in uploads
    ]
    n = finding.rounds + 1
    FindingFile.objects.bulk_create(FindingFile(finding=finding, document=each, round=n) for each in documents)
    advance(
        finding, "report", actor=actor, documents=documents, facts={"round": n, "put_right": f"{put_right}"},
        answer=answer.strip(), put_right=put_right, answered_at=clock.now(), answered_by_name=actor.user_name, rounds=n,
    )  # fmt: skip
    _tell(finding, [each["key"] for each in finding.engagement.team], "reported", _("整改待核验：%(title)s"))
    return finding


@transaction.atomic
def verify_finding(finding: AuditFinding, *, actor: Actor) -> AuditFinding:
    """Find it put right (核验合格); with the last one on the contract the hold on incentives is lifted.

    raises  NotAllowed · NotNow · Conflict
    writes  status; perhaps the hold; the responsible side is told
    """
    advance(finding, "verify", actor=actor, verified_at=clock.now(), verified_by_name=actor.user_name)
    contract = Contract.objects.select_for_update().get(pk=finding.engagement.contract_id)
    if not has_open_findings(contract):
        holds.lift_holds(contract, HOLD, actor=actor, reason=_("审计发现已全部整改合格"))
    _tell(finding, _responsible(finding), "closed", _("整改合格：%(title)s"))
    return finding


@transaction.atomic
def refuse_rectification(finding: AuditFinding, *, actor: Actor, reason: str, due_on: date) -> AuditFinding:
    """Send a report back (退回整改) with a new day. raises  NotAllowed · NotNow · Invalid at reason, due_on · Conflict"""
    require(finding, "refuse", actor)
    _require_later(due_on)
    advance(finding, "refuse", actor=actor, reason=reason, due_on=due_on, facts={"due_on": f"{due_on}"})
    _tell(finding, _responsible(finding), "refused", _("整改被退回，请继续整改：%(title)s"))
    return finding


@transaction.atomic
def extend_finding(finding: AuditFinding, *, actor: Actor, reason: str, due_on: date) -> AuditFinding:
    """Give more time (延长整改期限). raises  NotAllowed · NotNow · Invalid at reason, due_on · Conflict"""
    require(finding, "extend", actor)
    if due_on <= max(finding.due_on, clock.today()):
        raise Invalid(_("新的期限要晚于原来的期限和今天。"), field="due_on")
    facts = {"before": f"{finding.due_on}", "due_on": f"{due_on}"}
    advance(finding, "extend", actor=actor, reason=reason, facts=facts, due_on=due_on)
    _tell(finding, _responsible(finding), f"extended.{due_on}", _("整改期限已延长：%(title)s"))
    return finding


def _checked(**columns: Any) -> dict[str, Any]:
    """The columns of a finding, stripped. raises  Invalid at each field that is wrong"""
    columns = {name: value.strip() if isinstance(value, str) else value for name, value in columns.items()}
    errors: dict[str, list[str]] = {}
    for name in ("title", "statement", "clause", "demand"):
        if not columns[name]:
            errors[name] = [_("请填写这一栏。")]
    if columns["kind"] not in dict(AuditFinding.KINDS):
        errors["kind"] = [_("请选择类型。")]
    if columns["responsible"] not in dict(AuditFinding.SIDES):
        errors["responsible"] = [_("请选择责任方。")]
    if columns["amount"] < ZERO:
        errors["amount"] = [_("金额不能是负数。")]
    if columns["due_on"] <= clock.today():
        errors["due_on"] = [_("整改期限要晚于今天。")]
    if errors:
        raise Invalid(errors=errors)
    return columns


def _require_later(day: date) -> None:
    if day <= clock.today():
        raise Invalid(_("整改期限要晚于今天。"), field="due_on")


def _responsible(finding: AuditFinding) -> list[str]:
    if finding.responsible == "buyer":
        return people_with_role(finding.buyer_id, *BUYER_SIDE)
    return people_with_role(finding.engagement.provider_id, *PROVIDER_ROLES)


def _tell(finding: AuditFinding, people: Sequence[str], event: str, sentence: str) -> None:
    tell(
        people,
        sentence=sentence % {"title": finding.title[:120]},
        url=finding.get_absolute_url(),
        kind=f"finding.{event}",
        key=f"finding.{event}:{finding.pk}:{finding.rounds}",
    )
