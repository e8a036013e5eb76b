"""Verbs of the inspection (检查): planned or drawn, recorded, noticed, put right, judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock, holds, journal
from core.actor import Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from procurement.activities.models import Activity
from procurement.contracts.models import Contract
from procurement.contracts.operations import rectify_contract, restore_contract
from procurement.contracts.queries import DELIVERING
from procurement.inspections.models import Finding, Inspection, InspectionFile, SpotDraw
from procurement.inspections.queries import OPEN, drawable
from procurement.panels.draw import draw, new_seed
from procurement.permissions.inspections import PROVIDER_ROLES, can_judge_inspection, can_plan_inspection
from procurement.rules.queries import parameter

MAX_FILES = 12
CONCLUSIONS = {"pass": "合格", "rectify": "需整改", "stop": "建议终止"}
RESULTS = tuple(name for name, _label in Finding.RESULTS)


class Item(NamedTuple):
    """One item as it was found. result: good | partly | bad."""

    topic: str
    result: str
    note: str = ""


@transaction.atomic
def plan_inspection(
    contract: Contract,
    *,
    actor: Actor,
    kind: str,
    planned_on: date,
    topic: str,
    activity: Activity | None = None,
) -> Inspection:
    """Plan a inspection of a contract in delivery (安排检查); a self-review (自查) is told to the provider, a visit is not.

    kind     self | site | phone | papers;  planned_on: not past
    returns  the inspection, planned
    raises   NotAllowed · NotNow (not in delivery, a hold) · Invalid (kind, day, topic, another contract's activity)
    writes   the inspection; one journal entry "create"
    source   R41, R59: 中期检查、督导
    """
    if not can_plan_inspection(actor, contract):
        raise NotAllowed(_("检查由采购人的业务经办安排。"))
    _require_delivering(contract)
    if kind not in dict(Inspection.KINDS):
        raise Invalid(_("请选择检查方式。"), field="kind")
    if planned_on < clock.today():
        raise Invalid(_("计划日期不能早于今天。"), field="planned_on")
    if not topic.strip():
        raise Invalid(_("请写明查什么。"), field="topic")
    if activity is not None and activity.contract_id != contract.pk:
        raise Invalid(_("这场活动不属于本合同。"), field="activity")
    inspection = _begin(contract, actor, kind=kind, planned_on=planned_on, topic=topic.strip(), activity=activity)
    if kind == "self":
        _tell(inspection, _provider(inspection), "asked", _("请做中期自查：%(title)s"))
    return inspection


@transaction.atomic
def draw_spot_inspections(
    contract: Contract, *, actor: Actor, month: date, number: int, kind: str = "phone"
) -> SpotDraw:
    """Draw activities of a month at random and plan a inspection of each (随机抽查), once a contract and month.

    number   how many;  kind: site | phone
    returns  the draw, with seed, pool and result: anybody can repeat it (procurement/panels/draw.py)
    raises   NotAllowed · NotNow · Invalid (number, no activity in that month) · Conflict (drawn already)
    writes   the draw; a planned inspection each; one journal entry "draw" of the contract with seed, pool and result
    source   R41 抽样检查; house.md 4b.14
    """
    if not can_plan_inspection(actor, contract):
        raise NotAllowed(_("抽查由采购人的业务经办办理。"))
    _require_delivering(contract)
    month = month.replace(day=1)
    pool = drawable(contract, month)
    if not pool:
        raise Invalid(_("这个月没有核实过的活动，抽不出来。"), field="month")
    if not 1 <= number <= len(pool):
        raise Invalid(_("可抽 1 至 %(n)s 场。") % {"n": len(pool)}, field="number")
    if kind not in {"site", "phone"}:
        raise Invalid(_("抽查用现场或电话方式。"), field="kind")
    seed = new_seed()
    picked = draw(seed, pool, number)
    try:
        with transaction.atomic():
            made = SpotDraw.objects.create(
                contract=contract, month=month, seed=seed, pool=pool, picked=picked, by_name=actor.user_name
            )
    except IntegrityError:
        raise Conflict(_("%(month)s 已经抽过，每月只抽一次。") % {"month": f"{month:%Y-%m}"}) from None
    facts = {"month": f"{month:%Y-%m}", "seed": seed, "pool": pool, "picked": picked}
    journal.record(contract, "draw", actor=actor, facts=facts)
    activities = {str(each.pk): each for each in Activity.objects.filter(pk__in=picked)}
    day = clock.today() + timedelta(days=int(parameter("inspections.spot_days").value))
    for key in picked:
        _begin(
            contract, actor, kind=kind, planned_on=day, topic=_("核对时间、地点、人数和服务内容"),
            activity=activities[key], draw=made,
        )  # fmt: skip
    return made


@transaction.atomic
def record_inspection(
    inspection: Inspection,
    *,
    actor: Actor,
    held_on: date,
    visitors: str,
    items: Sequence[Item],
    conclusion: str,
    outcome: str = "pass",
    papers: Iterable[Any] = (),
) -> Inspection:
    """Record what was found (登记检查), item by item.

    visitors  names; on site at least two (两人以上);  outcome: pass | rectify | stop
    returns   the inspection: passed, noticed or stopped where the buyer's officer recorded it; else it waits for them
    raises    NotAllowed · NotNow · Conflict · Invalid at held_on, visitors, items, conclusion, outcome, papers
    writes    status, findings, files; with "rectify" the notice: the contract goes into rectification, the provider is told
    source    R41; 《政府采购需求管理办法》: 履约检查留痕
    """
    require(inspection, "record", actor)
    found = [Item(each.topic.strip(), each.result, each.note.strip()) for each in items if each.topic.strip()]
    _inspection_record(inspection, held_on, visitors, found, conclusion, outcome)
    documents = _keep_papers(inspection, papers, actor)
    Finding.objects.bulk_create(
        Finding(parent=inspection, n=n, topic=each.topic, result=each.result, note=each.note)
        for n, each in enumerate(found, 1)
    )
    columns: dict[str, Any] = {
        "held_on": held_on,
        "visitors": visitors.strip(),
        "conclusion": conclusion.strip(),
        "recorded_by_name": actor.user_name,
        "recorded_by_key": actor.user_key,
    }
    facts = {"outcome": outcome, "items": {result: sum(i.result == result for i in found) for result in RESULTS}}
    if not can_judge_inspection(actor, inspection) or inspection.kind == "self":
        advance(inspection, "report", actor=actor, facts=facts, documents=documents, **columns)
        _tell(
            inspection,
            people_with_role(inspection.buyer_id, "programme_officer"),
            "reported",
            _("检查情况待处理：%(title)s"),
        )
    elif outcome == "rectify":
        due = _due()
        advance(inspection, "find", actor=actor, facts=facts, documents=documents, due_at=due, rounds=1, **columns)
        _notice(inspection, actor, conclusion.strip())
    else:
        verb = "record" if outcome == "pass" else "halt"
        advance(inspection, verb, actor=actor, facts=facts, documents=documents, **columns)
        _tell(inspection, _provider(inspection), "recorded", _("检查已登记：%(title)s"))
    return inspection


def _inspection_record(
    inspection: Inspection, held_on: date, visitors: str, found: Sequence[Item], conclusion: str, outcome: str
) -> None:
    errors: dict[str, list[str]] = {}
    if held_on > clock.today():
        errors["held_on"] = [_("检查日期不能晚于今天。")]
    names = [each for each in visitors.replace("，", "、").replace(",", "、").split("、") if each.strip()]
    if not names:
        errors["visitors"] = [_("请填检查人。")]
    elif inspection.kind == "site" and len(names) < 2:
        errors["visitors"] = [_("现场检查至少两人，用顿号分开。")]
    if not found or any(each.result not in RESULTS for each in found):
        errors["items"] = [_("请逐项写明检查结果，至少一项。")]
    if any(each.result != "good" and not each.note for each in found):
        errors["items"] = [_("不完全符合的事项要写明情况。")]
    if not conclusion.strip():
        errors["conclusion"] = [_("请写检查结论。")]
    if outcome not in CONCLUSIONS:
        errors["outcome"] = [_("请选择怎么处理。")]
    if errors:
        raise Invalid(errors=errors)


@transaction.atomic
def acknowledge_inspection(inspection: Inspection, *, actor: Actor) -> Inspection:
    """Take a self-review or a street's visit as in order (认可)."""
    advance(inspection, "acknowledge", actor=actor)
    _tell(inspection, _provider(inspection), "passed", _("检查合格：%(title)s"))
    return inspection


@transaction.atomic
def demand_rectification(inspection: Inspection, *, actor: Actor, reason: str) -> Inspection:
    """Issue the notice on what a self-review or a visit showed (责令整改), with its deadline.

    raises  NotAllowed · NotNow · Invalid (no reason) · Conflict
    writes  status, due_at; the contract goes into rectification; the provider is told
    """
    advance(inspection, "demand", actor=actor, reason=reason, due_at=_due(), rounds=1)
    _notice(inspection, actor, reason)
    return inspection


@transaction.atomic
def answer_inspection(inspection: Inspection, *, actor: Actor, answer: str, papers: Iterable[Any] = ()) -> Inspection:
    """Report what was put right (报告整改), with pictures or papers.

    raises  NotAllowed · NotNow · Invalid at answer or papers · Conflict
    writes  status, the report, files; one journal entry with their digests; the buyer's officers are told
    """
    require(inspection, "answer", actor)
    if not answer.strip():
        raise Invalid(_("请逐条写明怎么整改的。"), field="answer")
    documents = _keep_papers(inspection, papers, actor, is_answer=True)
    advance(inspection, "answer", actor=actor, documents=documents, answer=answer.strip(), answered_at=clock.now())
    _tell(
        inspection, people_with_role(inspection.buyer_id, "programme_officer"), "answered", _("整改待复查：%(title)s")
    )
    return inspection


@transaction.atomic
def accept_rectification(inspection: Inspection, *, actor: Actor) -> Inspection:
    """Find it put right (复查合格); the contract goes on as usual when nothing else is open."""
    advance(inspection, "accept", actor=actor)
    contract = Contract.objects.select_for_update().get(pk=inspection.contract_id)
    if contract.status == "rectifying" and not Inspection.objects.filter(contract=contract, status__in=OPEN).exists():
        restore_contract(
            contract, actor=actor, reason=_("检查发现的问题已整改：%(title)s") % {"title": str(inspection)[:80]}
        )
    _tell(inspection, _provider(inspection), "closed", _("整改合格：%(title)s"))
    return inspection


@transaction.atomic
def refuse_rectification(inspection: Inspection, *, actor: Actor, reason: str) -> Inspection:
    """Find it not put right (复查不合格); the term begins anew."""
    advance(
        inspection, "refuse", actor=actor, reason=reason, due_at=_due(), rounds=inspection.rounds + 1, answered_at=None
    )
    _tell(inspection, _provider(inspection), "noticed", _("整改未通过，请继续整改：%(title)s"))
    return inspection


@transaction.atomic
def stop_inspection(inspection: Inspection, *, actor: Actor, reason: str) -> Inspection:
    """Find that delivery cannot go on (建议终止); the leadership is told and decides on the contract's page."""
    advance(inspection, "stop", actor=actor, reason=reason)
    _tell(inspection, people_with_role(inspection.buyer_id, "leader"), "stopped", _("检查建议终止合同：%(title)s"))
    return inspection


@transaction.atomic
def withdraw_inspection(inspection: Inspection, *, actor: Actor, reason: str) -> Inspection:
    """Take a plan back (取消检查); what a draw chose is not taken back.

    raises  NotAllowed · NotNow (drawn) · Invalid (no reason) · Conflict
    """
    require(inspection, "withdraw", actor)
    if inspection.draw_id is not None:
        raise NotNow(_("随机抽中的检查不能取消，请如实登记。"))
    return advance(inspection, "withdraw", actor=actor, reason=reason)


def _begin(contract: Contract, actor: Actor, **fields: Any) -> Inspection:
    activity = fields["activity"]
    return begin(
        Inspection(
            contract=contract,
            provider_id=contract.provider_id,
            buyer_id=contract.buyer_id,
            region_path=activity.region_path if activity else contract.region_path,
            planned_by_name=actor.user_name,
            **fields,
        ),
        actor=actor,
        facts={"kind": fields["kind"], "activity": str(activity.pk) if activity else "", "drawn": "draw" in fields},
    )


def _require_delivering(contract: Contract) -> None:
    if contract.status not in DELIVERING:
        raise NotNow(_("合同当前状态是「%(status)s」，履约中才能检查。") % {"status": contract.status_label})
    holds.require_no_hold(contract)


def _due() -> datetime:
    return clock.end_of_day(clock.today() + timedelta(days=int(parameter("inspections.rectify_days").value)))


def _notice(inspection: Inspection, actor: Actor, reason: str) -> None:
    contract = Contract.objects.select_for_update().get(pk=inspection.contract_id)
    if contract.status == "performing":
        rectify_contract(contract, actor=actor, reason=reason)
    _tell(inspection, _provider(inspection), "noticed", _("整改通知，请限期整改：%(title)s"))


def _keep_papers(
    inspection: Inspection, papers: Iterable[Any], actor: Actor, *, is_answer: bool = False
) -> list[Document]:
    documents = [
        each
        if isinstance(each, Document)
        else store(each, name=each.name, actor=actor, purpose="inspection", field="papers")
        for each in papers
    ]
    if inspection.files.count() + len(documents) > MAX_FILES:
        raise Invalid(_("每次检查最多 %(n)s 个文件。") % {"n": MAX_FILES}, field="papers")
    InspectionFile.objects.bulk_create(
        InspectionFile(parent=inspection, document=each, is_answer=is_answer) for each in documents
    )
    return documents


def _provider(inspection: Inspection) -> list[str]:
    return [key for role in PROVIDER_ROLES for key in people_with_role(inspection.provider_id, role)]


def _tell(inspection: Inspection, people: Sequence[str], event: str, sentence: str) -> None:
    tell(
        people,
        sentence=sentence % {"title": str(inspection)[:120]},
        url=inspection.get_absolute_url(),
        kind=f"inspection.{event}",
        key=f"inspection.{event}:{inspection.pk}:{inspection.rounds}",
    )
