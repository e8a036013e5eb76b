"""Verbs of the acceptance (验收): reported by the provider, judged line by line by somebody who did not sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock, holds
from core.actor import Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.separation import note_duty, require_apart
from procurement.acceptances.models import Acceptance, AcceptanceFile, AcceptanceLine, AcceptanceMember, StandardResult
from procurement.acceptances.queries import JUDGED, REPORTING, is_settled, possible_members, standing_acceptance
from procurement.contracts.models import Contract, Milestone
from procurement.contracts.queries import DELIVERING
from procurement.notices import ocds
from procurement.notices.models import Notice
from procurement.notices.operations import publish_notice
from procurement.permissions.acceptances import can_report_milestone
from procurement.rules.queries import parameter

MOST = 10_000_000
MAX_FILES = 10


@transaction.atomic
def report_milestone(
    milestone: Milestone,
    *,
    actor: Actor,
    summary: str,
    quantities: Mapping[int, int],
    files: Sequence[Any] = (),
) -> Acceptance:
    """Report a milestone as done (报验), with what was delivered.

    quantities  cumulative (累计) delivered quantity by the line's number n; a line left out counts as before
    files       uploads with a name, or documents already stored
    actor       somebody of the provider
    returns     the acceptance, reported
    raises      NotAllowed · NotNow (contract not in force, or terminated and settled; earlier milestone not judged; a hold) ·
                Conflict (reported already) · Invalid (a quantity below what was accepted before, no summary)
    writes      the acceptance with lines and files; one journal entry "create"
    """
    contract = Contract.objects.select_for_update(of=("self",)).select_related("buyer").get(pk=milestone.contract_id)
    if not can_report_milestone(actor) or not actor.belongs_to(contract.provider_id):
        raise NotAllowed(_("报验由承接单位办理。"))
    if contract.status not in REPORTING:
        raise NotNow(_("合同当前状态是「%(status)s」，不能报验。") % {"status": contract.status_label})
    if is_settled(contract):
        raise NotNow(_("合同已终止，已完成的部分已经编制最终结算，不再报验。"))
    holds.require_no_hold(contract)
    if standing_acceptance(milestone) is not None:
        raise Conflict(_("这个节点已经报验。"))
    judged = Acceptance.objects.filter(contract=contract, status__in=JUDGED)
    if contract.milestones.filter(n__lt=milestone.n).exclude(acceptances__in=judged).exists():
        raise NotNow(_("前面的节点还没有验收，请按顺序报验。"))
    if not summary.strip():
        raise Invalid(_("请写明完成情况。"), field="summary")
    claimed = _claimed(contract, quantities, judged.order_by("-milestone__n").first())
    acceptance = begin(
        Acceptance(
            contract=contract,
            milestone=milestone,
            buyer=contract.buyer,
            region_path=contract.region_path,
            summary=summary.strip(),
            reported_by_name=actor.user_name,
        ),
        actor=actor,
        facts={"milestone": milestone.n, "claimed": {str(n): count for n, count in claimed.items()}},
    )
    AcceptanceLine.objects.bulk_create(
        AcceptanceLine(acceptance=acceptance, line=line, claimed_quantity=claimed[line.n])
        for line in contract.lines.all()
    )
    if len(files) > MAX_FILES:
        raise Invalid(_("一次最多传 %(n)s 个文件。") % {"n": MAX_FILES}, field="files")
    for each in files:
        document = (
            each if isinstance(each, Document) else store(each, name=each.name, actor=actor, purpose="acceptance")
        )
        AcceptanceFile.objects.create(acceptance=acceptance, document=document)
    tell(
        people_with_role(contract.buyer_id, "programme_officer"),
        sentence=_("「%(milestone)s」已报验，请核定数量：%(title)s")
        % {"milestone": milestone.name, "title": contract.title},
        url=acceptance.get_absolute_url(),
        kind="acceptance.reported",
        key=f"acceptance.reported:{acceptance.pk}",
    )
    return acceptance


def _tell_provider(acceptance: Acceptance) -> None:
    """The provider's people hear how it was judged."""
    tell(
        people_with_role(acceptance.contract.provider_id, "provider_admin", "provider_worker", "provider_bidder"),
        sentence=_("「%(milestone)s」验收结论：%(result)s（%(title)s）")
        % {
            "milestone": acceptance.milestone.name,
            "result": acceptance.status_label,
            "title": acceptance.contract.title,
        },
        url=acceptance.get_absolute_url(),
        kind="acceptance.judged",
        key=f"acceptance.judged:{acceptance.pk}",
    )


def _claimed(contract: Contract, quantities: Mapping[int, int], before: Acceptance | None) -> dict[int, int]:
    """The claimed quantity of every line, never below what was accepted before."""
    accepted = {row.line.n: row.accepted_quantity or 0 for row in before.lines.select_related("line")} if before else {}
    claimed: dict[int, int] = {}
    errors: dict[str, list[str]] = {}
    for line in contract.lines.all():
        count = int(quantities.get(line.n, accepted.get(line.n, 0)))
        least = accepted.get(line.n, 0)
        if not 0 <= count <= MOST:
            errors[f"line_{line.n}"] = [_("数量应为 0 到 %(most)s 的整数。") % {"most": f"{MOST:,}"}]
        elif count < least:
            errors[f"line_{line.n}"] = [
                _("填累计数量，此前已核定 %(least)s %(unit)s。") % {"least": least, "unit": line.unit}
            ]
        claimed[line.n] = count
    if errors:
        raise Invalid(errors=errors)
    if not any(claimed.values()):
        raise Invalid(_("至少有一项的数量大于 0。"))
    return claimed


@transaction.atomic
def judge_acceptance(
    acceptance: Acceptance,
    *,
    actor: Actor,
    quantities: Mapping[int, int],
    members: Sequence[str],
    standards: Mapping[int, bool] | None = None,
    notes: Mapping[int, str] | None = None,
    opinion: str = "",
    others: Sequence[str] = (),
) -> Acceptance:
    """Judge a reported milestone line by line (验收): what counts, which standards were met; the group confirms it then.

    members     keys of the other members: with the actor at least as many as the dated rule says (两人以上)
    others      names of those who took part without a log-in (service users' representatives)
    quantities  cumulative accepted quantity by line number; each at most what was claimed; all lines are named
    standards   met or not, by the standard's number; notes: why less, by line number
    actor       a programme officer or the street's officer, never who signed the contract in this case
    returns     the acceptance, which waits for the group (待小组确认)
    raises      NotAllowed (signer, stranger) · NotNow · Conflict · Invalid (above the claim; a standard left out; the
                group too small, or with somebody who may not sit in it)
    writes      accepted quantities, standards, the group, status; the members are told
    source      政府采购法第四十一条; 实施条例第四十五条; domain.md 4.1
    """
    require(acceptance, "judge", actor)
    holds.require_no_hold(acceptance.contract)
    require_apart(acceptance.case_key, actor, "accept_delivery")
    group = _group(acceptance, members, actor)
    rows = list(acceptance.lines.select_related("line"))
    accepted = _accepted(rows, quantities)
    missed = _record_standards(acceptance, standards or {})
    for row in rows:
        row.accepted_quantity = accepted[row.line.n]
        row.note = (notes or {}).get(row.line.n, "")[:200]
    AcceptanceLine.objects.bulk_update(rows, ["accepted_quantity", "note"])
    is_last = not acceptance.contract.milestones.filter(n__gt=acceptance.milestone.n).exists()
    less = any(accepted[row.line.n] < row.claimed_quantity for row in rows)
    short = is_last and any(accepted[row.line.n] < row.line.quantity for row in rows)
    note_duty(acceptance.case_key, actor, "accept_delivery")
    names = [name for name in dict.fromkeys(each.strip() for each in others) if name]
    # A judgement that a member objected to is made anew, and its group with it.
    acceptance.group.all().delete()
    AcceptanceMember.objects.bulk_create(
        AcceptanceMember(acceptance=acceptance, person_key=key, name=label.partition("（")[0]) for key, label in group
    )
    facts = {"accepted": {str(n): count for n, count in accepted.items()}, "missed": missed}
    advance(
        acceptance,
        "judge",
        actor=actor,
        facts={**facts, "group": [label for _key, label in group]},
        accepted_by_name=actor.user_name,
        members="、".join(names)[:200],
        opinion=opinion.strip(),
        result="accept_partly" if less or missed or short else "accept",
    )
    tell(
        [key for key, _label in group],
        sentence=_("请确认验收意见：%(title)s（%(milestone)s）")
        % {"title": acceptance.contract.title, "milestone": acceptance.milestone.name},
        url=acceptance.get_absolute_url(),
        kind="acceptance.confirm",
        key=f"acceptance.confirm:{acceptance.pk}:{acceptance.version}",
    )
    return acceptance


def _group(acceptance: Acceptance, members: Sequence[str], actor: Actor) -> list[tuple[str, str]]:
    """The other members as (key, label), each once; enough of them there must be, and each must be able to sit in it."""
    possible = dict(possible_members(acceptance, actor))
    wanted = [key for key in dict.fromkeys(members) if key != actor.user_key]
    if any(key not in possible for key in wanted):
        raise Invalid(_("有成员不能参加验收：合同签字人和外单位人员不能参加。请重新选择。"), field="members")
    least = int(parameter("acceptance.group").value)
    if len(wanted) + 1 < least:
        raise Invalid(
            _("验收小组至少 %(least)s 人，请再选 %(more)s 位成员。")
            % {"least": least, "more": least - 1 - len(wanted)},
            field="members",
        )
    return [(key, possible[key]) for key in wanted]


@transaction.atomic
def confirm_acceptance(acceptance: Acceptance, *, actor: Actor) -> Acceptance:
    """Confirm the judgement as a member of the group (确认验收意见); the last one brings it into effect.

    returns  the acceptance: when all have confirmed accepted (合格), or partly (部分合格) where something counts for less
             than claimed, a standard was missed, or the last milestone stays below the contract
    raises   NotAllowed (no member, confirmed already, who signed the contract) · NotNow (state, a hold) · Conflict
    writes   who confirmed when; with the last one status, one public notice; after the last milestone the contract "complete"
    """
    require(acceptance, "confirm", actor)
    holds.require_no_hold(acceptance.contract)
    note_duty(acceptance.case_key, actor, "accept_delivery")
    at = clock.now()
    advance(acceptance, "confirm", actor=actor)
    AcceptanceMember.objects.filter(acceptance=acceptance, person_key=actor.user_key).update(confirmed_at=at)
    if AcceptanceMember.objects.filter(acceptance=acceptance, confirmed_at__isnull=True).exists():
        return acceptance
    rows = list(acceptance.lines.select_related("line"))
    notice = _publish(acceptance, rows, actor)
    _finish(acceptance, actor, at, notice)
    _complete_contract(acceptance, actor)
    _tell_provider(acceptance)
    return acceptance


def _finish(acceptance: Acceptance, actor: Actor, at: datetime, notice: Notice) -> None:
    """The step that the judgement named; it stands in the name of who judged."""
    facts = {"notice": notice.number}
    advance(acceptance, acceptance.result, actor=actor, facts=facts, accepted_at=at, notice=notice)


@transaction.atomic
def object_acceptance(acceptance: Acceptance, *, actor: Actor, reason: str) -> Acceptance:
    """Disagree with the judgement as a member of the group (不同意), with the reason: it is judged anew.

    raises  NotAllowed · NotNow · Invalid (no reason) · Conflict
    writes  status; one journal entry; who may judge is told
    """
    advance(acceptance, "object", actor=actor, reason=reason)
    tell(
        people_with_role(acceptance.buyer_id, "programme_officer"),
        sentence=_("验收小组成员不同意验收意见，请重新验收：%(title)s。%(reason)s")
        % {"title": acceptance.contract.title, "reason": reason[:120]},
        url=acceptance.get_absolute_url(),
        kind="acceptance.objected",
        key=f"acceptance.objected:{acceptance.pk}:{acceptance.version}",
    )
    return acceptance


def _accepted(rows: Sequence[AcceptanceLine], quantities: Mapping[int, int]) -> dict[int, int]:
    """The accepted quantity of every line, checked against the claim."""
    accepted: dict[int, int] = {}
    errors: dict[str, list[str]] = {}
    for row in rows:
        field, count = f"line_{row.line.n}", quantities.get(row.line.n)
        if count is None or int(count) < 0:
            errors[field] = [_("请填核定的累计数量，没有就填 0。")]
        elif int(count) > row.claimed_quantity:
            errors[field] = [
                _("核定 %(count)s，超过报验的 %(claimed)s %(unit)s。")
                % {"count": count, "claimed": row.claimed_quantity, "unit": row.line.unit}
            ]
        else:
            accepted[row.line.n] = int(count)
    if errors:
        raise Invalid(errors=errors)
    if not any(accepted.values()):
        raise Invalid(_("没有一项可以核定时，请按「不合格」办理并写明理由。"))
    return accepted


def _record_standards(acceptance: Acceptance, standards: Mapping[int, bool]) -> int:
    """Write met or not for every standard of the contract; how many were missed."""
    wanted = list(acceptance.contract.standards.all())
    left_out = [each for each in wanted if each.n not in standards]
    if left_out:
        raise Invalid(errors={f"standard_{each.n}": [_("请选择是否达标。")] for each in left_out})
    acceptance.standard_results.all().delete()
    StandardResult.objects.bulk_create(
        StandardResult(acceptance=acceptance, standard=each, is_met=bool(standards[each.n])) for each in wanted
    )
    return sum(not standards[each.n] for each in wanted)


def _complete_contract(acceptance: Acceptance, actor: Actor) -> None:
    """After the last milestone was judged the contract is complete (全部验收)."""
    contract = Contract.objects.select_related("award__lot__order").get(pk=acceptance.contract_id)
    judged = Acceptance.objects.filter(contract=contract, status__in=JUDGED)
    if contract.status in DELIVERING and not contract.milestones.exclude(acceptances__in=judged).exists():
        advance(contract, "complete", actor=actor)


def _publish(acceptance: Acceptance, rows: Sequence[AcceptanceLine], actor: Actor) -> Notice:
    """The acceptance notice (验收结果公告): figures, no names of people served."""
    contract = acceptance.contract
    result = _("合格") if acceptance.result == "accept" else _("部分合格")
    people = 1 + acceptance.group.count() + len([name for name in acceptance.members.split("、") if name])
    facts = {
        _("合同编号"): contract.number,
        _("承接单位"): contract.provider.name,
        _("验收节点"): acceptance.milestone.name,
        _("验收结论"): result,
        _("验收小组"): _("%(n)s 人") % {"n": people},
        **{
            row.line.name: _("核定累计 %(accepted)s %(unit)s，合同 %(quantity)s %(unit)s")
            % {"accepted": f"{row.accepted_quantity:,}", "unit": row.line.unit, "quantity": f"{row.line.quantity:,}"}
            for row in rows
        },
    }
    body = _("%(buyer)s对“%(title)s”的「%(milestone)s」节点进行了验收，结论为%(result)s。") % {
        "buyer": contract.buyer.name,
        "title": contract.title,
        "milestone": acceptance.milestone.name,
        "result": result,
    }
    return publish_notice(
        kind="acceptance",
        title=_("%(title)s验收结果公告（%(milestone)s）")
        % {"title": contract.title, "milestone": acceptance.milestone.name},
        body=f"{body}\n{acceptance.opinion}" if acceptance.opinion else body,
        facts=facts,
        subject=acceptance,
        case=acceptance.case_key,
        ocid=contract.award.lot.order.project.ocid,
        buyer=acceptance.buyer,
        region_path=acceptance.region_path,
        actor=actor,
        release=acceptance_release(acceptance, contract),
    )


def acceptance_release(acceptance: Acceptance, contract: Contract) -> dict[str, Any]:
    """The milestone as it was met, in OCDS 1.1 words."""
    milestone = acceptance.milestone
    return {
        "contracts": [
            {
                "id": contract.number,
                "awardID": str(contract.award_id),
                "implementation": {
                    "milestones": [
                        {
                            "id": str(milestone.n),
                            "title": milestone.name,
                            "type": "delivery",
                            "dueDate": ocds.day(milestone.due_on, end=True),
                            "dateMet": ocds.moment(clock.now()),
                            "status": "met" if acceptance.result == "accept" else "partiallyMet",
                        }
                    ]
                },
            }
        ]
    }


@transaction.atomic
def refuse_acceptance(acceptance: Acceptance, *, actor: Actor, reason: str) -> Acceptance:
    """Accept nothing (不合格), with the reason; the provider may mend and report again.

    raises  NotAllowed (signer, stranger) · NotNow · Conflict · Invalid (no reason)
    """
    require(acceptance, "refuse", actor)
    note_duty(acceptance.case_key, actor, "accept_delivery")
    advance(acceptance, "refuse", actor=actor, reason=reason, accepted_by_name=actor.user_name, accepted_at=clock.now())
    _tell_provider(acceptance)
    return acceptance
