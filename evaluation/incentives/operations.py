"""Verbs of an incentive (奖励性补助): nominated, reviewed by two offices, decided, published, objected to, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock
from core.actor import Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.money import ZERO
from core.separation import note_duty
from core.templatetags.words import cn_date_text, money_text
from evaluation.assessments.models import Assessment, Grading
from evaluation.incentives.models import ENDED, Incentive, IncentivePaper, Objection, Scheme
from evaluation.incentives.queries import Standing, given_to, open_objections, standings
from evaluation.permissions import can_nominate
from procurement.contracts.models import Contract
from procurement.grants.operations import announce_grant, bind_grant, loosen_grant
from procurement.notices.models import Notice
from procurement.rules.queries import deadline


@transaction.atomic
def nominate_incentive(
    scheme: Scheme,
    contract: Contract,
    *,
    actor: Actor,
    contribution: str,
    social_benefit: str,
    economic_benefit: str,
    asked_amount: Decimal,
    social_papers: Sequence[Any],
    economic_papers: Sequence[Any],
) -> Incentive:
    """Nominate a finished contract graded 优 (提名), or apply for it (申报), with evidence of both benefits.

    asked_amount  yuan, at most what the provider may still get under the scheme
    papers        uploads with a name, or stored documents; at least one of each benefit
    returns       the incentive, nominated, with grade and sub-scores as they stand
    raises        NotAllowed · NotNow (scheme not open, or a reason against it: grade, benefit, open finding, hold, suspension)
                  · Conflict (it has one already) · Invalid at a field
    writes        the incentive, its papers and files; one journal entry "create" with their digests; both reviewers are told
    source        R46; domain.md 4 no. 22, 6.1
    """
    if not can_nominate(actor, contract) or contract.buyer_id != scheme.buyer_id:
        raise NotAllowed(_("奖励由采购人业务经办提名，或由承接单位负责人申报。"))
    scheme = Scheme.objects.select_for_update(of=("self",)).select_related("buyer").get(pk=scheme.pk)
    if scheme.status != "published" or clock.today() > scheme.nominate_until:
        raise NotNow(_("现在不接受申报：办法没有发布，或申报已截止。"))
    if Incentive.objects.filter(contract=contract).exclude(status__in=ENDED).exists():
        raise Conflict(_("这份合同已有奖励申报。"))
    standing, assessment, grading = _require_fit(scheme, contract)
    errors: dict[str, list[str]] = {}
    for name, text, papers in (
        ("social", social_benefit, social_papers),
        ("economic", economic_benefit, economic_papers),
    ):
        if not text.strip():
            errors[f"{name}_benefit"] = [_("请写明取得的效益和数据来源。")]
        if not papers:
            errors[f"{name}_papers"] = [_("请附证明材料，社会效益和经济效益都要有。")]
    if not contribution.strip():
        errors["contribution"] = [_("请写明突出贡献。")]
    if errors:
        raise Invalid(errors=errors)
    _require_in_cap(scheme, contract, asked_amount, field="asked_amount")
    documents = [
        (kind, _kept(each, actor))
        for kind, papers in (("social", social_papers), ("economic", economic_papers))
        for each in papers
    ]
    incentive = Incentive(
        scheme=scheme, contract=contract, provider=contract.provider, assessment=assessment, buyer=scheme.buyer,
        region_path=contract.region_path, origin="applied" if actor.has("provider_admin") else "nominated",
        contribution=contribution.strip(), social_benefit=social_benefit.strip(),
        economic_benefit=economic_benefit.strip(), grade=grading.grade,
        total_centi=grading.total_centi, social_centi=int(standing.social * 100),
        economic_centi=int(standing.economic * 100), asked_amount=asked_amount, nominated_by_key=actor.user_key,
        nominated_by_name=actor.user_name,
    )  # fmt: skip
    facts = {
        "scheme": scheme.journal_key, "grade": incentive.grade, "total": str(incentive.total),
        "social": str(standing.social), "economic": str(standing.economic), "asked": str(asked_amount),
        "papers": [document.sha256 for _kind, document in documents],
    }  # fmt: skip
    try:
        with transaction.atomic():
            begin(incentive, actor=actor, facts=facts)
    except IntegrityError:
        raise Conflict(_("这份合同已有奖励申报。")) from None
    IncentivePaper.objects.bulk_create(
        IncentivePaper(incentive=incentive, kind=kind, document=document, by_name=actor.user_name)
        for kind, document in documents
    )
    tell_of(incentive, people_with_role(scheme.buyer_id, "funds_reviewer", "discipline_officer"), "nominated",
            _("奖励性补助待审核：%(title)s"))  # fmt: skip
    return incentive


def _kept(file: Any, actor: Actor) -> Document:
    return file if isinstance(file, Document) else store(file, name=file.name, actor=actor, purpose="incentive")


def _require_fit(scheme: Scheme, contract: Contract) -> tuple[Standing, Assessment, Grading]:
    """raises  NotNow, with every reason against this contract as of now"""
    standing = standings(scheme, [contract])[0]
    if standing.faults or standing.assessment is None or standing.grading is None:
        raise NotNow(_("现在不能奖励：%(faults)s。") % {"faults": "；".join(standing.faults)})
    return standing, standing.assessment, standing.grading


def require_still_fit(incentive: Incentive) -> None:
    """Asked again at each step towards the money: grade, benefits, open findings, holds, suspension. raises  NotNow"""
    _require_fit(incentive.scheme, Contract.objects.select_related("provider").get(pk=incentive.contract_id))


def _require_in_cap(
    scheme: Scheme, contract: Contract, amount: Decimal, *, field: str, own: Incentive | None = None
) -> None:
    if amount <= ZERO:
        raise Invalid(_("金额要大于 0.00 元。"), field=field)
    given = given_to(scheme, contract.provider_id, other_than=own.pk if own else None)
    if given + amount > scheme.provider_cap:
        raise Invalid(
            _("办法规定一家不超过 %(cap)s 元，本年度已定 %(given)s 元，还可 %(rest)s 元。")
            % {
                "cap": money_text(scheme.provider_cap),
                "given": money_text(given),
                "rest": money_text(max(ZERO, scheme.provider_cap - given)),
            },
            field=field,
        )


@transaction.atomic
def add_paper(incentive: Incentive, *, actor: Actor, kind: str, file: Any) -> Incentive:
    """Add a paper (补充材料). raises  NotAllowed · NotNow · Invalid · Conflict. writes  one file; one journal entry"""
    require(incentive, "add_paper", actor)
    if kind not in dict(IncentivePaper.KINDS):
        raise Invalid(_("请选择证明什么。"), field="kind")
    document = _kept(file, actor)
    IncentivePaper.objects.create(incentive=incentive, kind=kind, document=document, by_name=actor.user_name)
    return advance(incentive, "add_paper", actor=actor, facts={"kind": kind}, documents=[document])


@transaction.atomic
def clear_funds(incentive: Incentive, *, actor: Actor, opinion: str) -> Incentive:
    """Funds review has no objection (经审无异议). With the second office's the incentive is reviewed."""
    return _clear(incentive, "funds", actor, opinion)


@transaction.atomic
def clear_discipline(incentive: Incentive, *, actor: Actor, opinion: str) -> Incentive:
    """Discipline has no objection (纪检无异议). With the second office's the incentive is reviewed."""
    return _clear(incentive, "discipline", actor, opinion)


def _clear(incentive: Incentive, office: str, actor: Actor, opinion: str) -> Incentive:
    """raises  NotAllowed (who nominated, or the other reviewer) · NotNow · Invalid · Conflict. writes  opinion; one entry"""
    require(incentive, f"clear_{office}", actor)
    if not opinion.strip():
        raise Invalid(_("请写明核对了什么、意见如何。"), field="opinion")
    require_still_fit(incentive)
    said: dict[str, Any] = {
        f"{office}_by_key": actor.user_key,
        f"{office}_by_name": actor.user_name,
        f"{office}_opinion": opinion.strip(),
    }
    advance(incentive, f"clear_{office}", actor=actor, **said)
    if incentive.funds_by_key and incentive.discipline_by_key:
        advance(incentive, "complete", actor=actor)
        tell_of(incentive, people_with_role(incentive.buyer_id, "leader"), "reviewed", _("奖励性补助待决定：%(title)s"))
    return incentive


@transaction.atomic
def refuse_incentive(incentive: Incentive, *, actor: Actor, reason: str) -> Incentive:
    """Refuse it (不予通过), with the reason. writes  status; one journal entry; who nominated is told"""
    advance(incentive, "refuse", actor=actor, reason=reason)
    tell_of(incentive, [incentive.nominated_by_key], "refused", _("奖励性补助未通过：%(title)s"))
    return incentive


@transaction.atomic
def withdraw_incentive(incentive: Incentive, *, actor: Actor, reason: str) -> Incentive:
    """Take a nomination back (撤回). writes  status; one journal entry"""
    return advance(incentive, "withdraw", actor=actor, reason=reason)


@transaction.atomic
def decide_incentive(incentive: Incentive, *, actor: Actor, amount: Decimal, basis: str) -> Incentive:
    """Decide the amount and begin the publicity (决定并公示).

    amount  yuan, within the provider's cap and what the scheme has left;  basis: how it was decided, e.g. 党组会纪要
    raises  NotAllowed · NotNow (something against it came up) · Invalid (amount, basis) · Conflict
    writes  amount, number, who, the end of the publicity (dated rule G01); a ledger entry "contract"; one public notice;
            one journal entry; both sides are told
    """
    require(incentive, "decide", actor)
    scheme = Scheme.objects.select_for_update(of=("self",)).select_related("buyer", "allocation").get(
        pk=incentive.scheme_id
    )  # fmt: skip
    require_still_fit(incentive)
    if not basis.strip():
        raise Invalid(_("请写明决定依据，例如会议纪要的文号。"), field="basis")
    _require_in_cap(scheme, incentive.contract, amount, field="amount", own=incentive)
    if scheme.allocation is None:
        raise NotNow(_("办法的资金没有安排。"))
    note_duty(incentive.case_key, actor, "approve_payment")
    number = next_number(scheme.buyer.number_prefix or scheme.buyer.short_name, "奖补")
    bind_grant(scheme.allocation, amount, of=incentive, label=f"{number} {incentive.contract.title}", actor=actor)
    term = deadline("G01", clock.now())
    incentive.amount, incentive.number = amount, number
    notice = announce_grant(
        "incentive", of=incentive, buyer=scheme.buyer, region_path=incentive.region_path, actor=actor, ends_at=term.at,
        title=_("奖励性补助公示：%(name)s") % {"name": incentive.provider.name},
        body=_publicity(incentive, term.at), facts=_told(incentive) | {_("公示至"): cn_date_text(term.at, "year")},
    )  # fmt: skip
    advance(
        incentive, "decide", actor=actor, reason=basis,
        facts={"amount": str(amount), "number": number, "notice": notice.number, "term": term.label},
        amount=amount, number=number, decided_by_key=actor.user_key, decided_by_name=actor.user_name,
        decided_at=clock.now(), publicity_ends_at=term.at, notice=notice,
    )  # fmt: skip
    people = people_with_role(incentive.provider_id, "provider_admin")
    tell_of(incentive, [*people, incentive.nominated_by_key], "published", _("奖励性补助开始公示：%(title)s"))
    return incentive


def _told(incentive: Incentive) -> dict[str, str]:
    """The table of the notices."""
    return {
        _("文号"): incentive.number or "",
        _("社会组织"): incentive.provider.name,
        _("统一社会信用代码"): incentive.provider.uscc or "—",
        _("项目"): incentive.contract.title,
        _("绩效评价"): f"{incentive.grade}（{incentive.total} 分）",
        _("社会效益得分率"): f"{incentive.social_percent}%",
        _("经济效益得分率"): f"{incentive.economic_percent}%",
        _("奖励金额"): _("%(amount)s 元") % {"amount": money_text(incentive.amount)},
    }


def _publicity(incentive: Incentive, ends_at: datetime) -> str:
    return "\n".join(
        [
            _("根据《%(scheme)s》，经提名、经审和纪检审核、集体决定，拟给予下列社会组织奖励性补助，现予公示。")
            % {"scheme": incentive.scheme.title},
            _("一、突出贡献：%(text)s") % {"text": incentive.contribution},
            _("二、社会效益：%(text)s") % {"text": incentive.social_benefit},
            _("三、经济效益：%(text)s") % {"text": incentive.economic_benefit},
            _(
                "四、公示到 %(end)s。有异议的，请在公示期内向%(buyer)s纪检书面、当面或电话反映，写明事实和依据；可以匿名。"
            )
            % {"end": cn_date_text(ends_at, "year"), "buyer": incentive.buyer.name},
        ]
    )


@transaction.atomic
def enter_objection(
    incentive: Incentive, *, actor: Actor, text: str, by_name: str = "", contact: str = ""
) -> Incentive:
    """Enter an objection that came in (登记异议): by letter, telephone or in person; anonymous ones too.

    raises  NotAllowed · NotNow (the publicity is over) · Invalid · Conflict
    writes  the objection with its term (dated rule G02); status; one journal entry, which names nobody
    """
    require(incentive, "object", actor)
    ends_at = incentive.publicity_ends_at
    if incentive.status == "published" and (ends_at is None or clock.now() > ends_at):
        raise NotNow(_("公示期已过。反映问题的，按信访和举报程序办理。"))
    if not text.strip():
        raise Invalid(_("请写明异议事项。"), field="text")
    n = incentive.objections.count() + 1
    Objection.objects.create(
        incentive=incentive, n=n, by_name=by_name.strip(), contact=contact.strip(), text=text.strip(),
        entered_by_name=actor.user_name, due_at=deadline("G02", clock.now()).at,
    )  # fmt: skip
    return advance(incentive, "object", actor=actor, facts={"n": n})


@transaction.atomic
def dismiss_objection(incentive: Incentive, *, actor: Actor, answer: str) -> Incentive:
    """Answer the oldest open objection: it does not hold (不成立). After the last one the incentive goes on.

    raises  NotAllowed · NotNow · Invalid · Conflict. writes  the answer; one journal entry, "resume" after the last one
    """
    require(incentive, "dismiss", actor)
    n = _answered(incentive, actor, answer, upheld=False)
    advance(incentive, "dismiss", actor=actor, reason=answer, facts={"n": n})
    if not open_objections(incentive).exists():
        advance(incentive, "resume", actor=actor)
    return incentive


@transaction.atomic
def uphold_objection(incentive: Incentive, *, actor: Actor, answer: str) -> Incentive:
    """Answer the oldest open objection: it holds (成立); the incentive is revoked. writes  as `revoke_incentive`"""
    require(incentive, "uphold", actor)
    n = _answered(incentive, actor, answer, upheld=True)
    return _revoked(incentive, "uphold", actor, answer, {"n": n})


def _answered(incentive: Incentive, actor: Actor, answer: str, *, upheld: bool) -> int:
    if not answer.strip():
        raise Invalid(_("请写明核查情况和答复。"), field="answer")
    objection = open_objections(incentive).select_for_update().first()
    if objection is None:
        raise NotNow(_("没有待答复的异议。"))
    objection.upheld, objection.answer = upheld, answer.strip()
    objection.answered_by_name, objection.answered_at = actor.user_name, clock.now()
    objection.save(update_fields=["upheld", "answer", "answered_by_name", "answered_at"])
    return objection.n


@transaction.atomic
def revoke_incentive(incentive: Incentive, *, actor: Actor, reason: str) -> Incentive:
    """Take the decision back before it is paid (撤销决定).

    raises  NotAllowed · NotNow (paid already) · Invalid · Conflict
    writes  status; a ledger entry "release_contract"; a notice that replaces the publicity; one journal entry
    """
    require(incentive, "revoke", actor)
    return _revoked(incentive, "revoke", actor, reason, {})


def _revoked(incentive: Incentive, verb: str, actor: Actor, reason: str, facts: dict[str, Any]) -> Incentive:
    allocation = Scheme.objects.select_related("allocation").get(pk=incentive.scheme_id).allocation
    if allocation is not None:
        label = f"{incentive.number} {incentive.contract.title}"
        loosen_grant(allocation, incentive.amount, of=incentive, label=label, actor=actor)
    notice: Notice | None = incentive.result_notice or incentive.notice
    void = announce_grant(
        "incentive_void", of=incentive, buyer=incentive.buyer, region_path=incentive.region_path, actor=actor,
        title=_("撤销奖励性补助：%(name)s") % {"name": incentive.provider.name}, replaces=notice,
        body=_("%(number)s 拟给予的奖励性补助已撤销。") % {"number": incentive.number}, facts=_told(incentive),
    )  # fmt: skip
    advance(incentive, verb, actor=actor, reason=reason, facts={**facts, "notice": void.number}, result_notice=void)
    people = people_with_role(incentive.provider_id, "provider_admin")
    tell_of(incentive, [*people, incentive.nominated_by_key], "revoked", _("奖励性补助已撤销：%(title)s"))
    return incentive


def tell_of(incentive: Incentive, people: Sequence[str], event: str, sentence: str) -> None:
    """Tell these people of an event, once a version."""
    tell(
        people,
        sentence=sentence % {"title": incentive.contract.title},
        url=incentive.get_absolute_url(),
        kind=f"incentive.{event}",
        key=f"incentive.{event}:{incentive.pk}:{incentive.version}",
    )
