"""The programme of an audit (审计方案), generated from what a contract promises and what the platform has of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import ZERO
from core.templatetags.words import money_text


@dataclass(frozen=True)
class Planned:
    """One item to be looked at; the fields are those of ProgrammeItem."""

    scope: str
    origin: str
    title: str
    expected: str
    recorded: str
    method: str
    address: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Standard:
    """One service standard. met: None where no acceptance has judged it."""

    name: str
    target: str
    evidence: str
    met: bool | None


@dataclass(frozen=True)
class Line:
    """One priced line: contracted, verified by the street, accepted by the buyer (cumulative); amount in yuan."""

    name: str
    unit: str
    contracted: int
    verified: int
    accepted: int
    amount: Decimal


@dataclass(frozen=True)
class Stone:
    """One milestone: when it was due, when it was accepted (None: not yet)."""

    name: str
    due_on: date
    accepted_on: date | None
    address: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Change:
    """One supplementary agreement. difference in yuan."""

    n: int
    difference: Decimal
    effective_on: date | None
    address: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Settled:
    """One settlement with its payment: payable and paid in yuan, the treasury's voucher."""

    name: str
    payable: Decimal
    paid: Decimal
    voucher: str
    paid_on: date | None
    address: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Usage:
    """The accepted expenses of one usage: how many, yuan together."""

    label: str
    count: int
    amount: Decimal
    address: str = ""


@dataclass(frozen=True)
class CaseFacts:
    """What an audit of a contract starts from. Amounts in yuan; counts of verified activities and held inspections."""

    contract: str
    starts_on: date
    ends_on: date
    announced_on: date | None
    announce_due: date | None
    filed_on: date | None
    file_due: date | None
    sessions: int
    person_times: int
    inspections: int
    rectified: int
    still_open: int
    asked: int
    satisfied: int | None
    paid: Decimal = ZERO
    accepted: Decimal = ZERO
    standards: Sequence[Standard] = ()
    lines: Sequence[Line] = ()
    stones: Sequence[Stone] = ()
    changes: Sequence[Change] = ()
    settled: Sequence[Settled] = ()
    usages: Sequence[Usage] = ()


def programme_of(facts: CaseFacts) -> list[Planned]:
    """The items in order: process (过程), then tasks (任务完成), then funds (资金使用); each scope has at least one.

    source  “按照…合同要求，对专业服务过程、任务完成和资金使用情况等进行专项审计” (R44)
    """
    return [*_process(facts), *_tasks(facts), *_funds(facts)]


def _process(facts: CaseFacts) -> Iterator[Planned]:
    done, due = _day(facts.announced_on), _day(facts.announce_due)
    filed, file_due = _day(facts.filed_on), _day(facts.file_due)
    yield Planned(
        "process", "formalities", _("合同公告与备案"),
        _("公告期限 %(due)s，备案期限 %(file_due)s") % {"due": due, "file_due": file_due},
        _("公告 %(done)s，备案 %(filed)s") % {"done": done, "filed": filed},
        _("核对公告和备案的日期、文本与签订的合同是否一致"), facts.contract,
    )  # fmt: skip
    yield Planned(
        "process", "activities", _("服务活动真实性"),
        _("%(start)s至%(end)s按计划开展，有签到、照片、记录，经街道社区核实")
        % {"start": facts.starts_on, "end": facts.ends_on},
        _("经核实 %(n)s 场、%(times)s 人次") % {"n": facts.sessions, "times": facts.person_times},
        _("随机抽取场次，核对签到、照片和志愿者时长，电话回访服务对象"), "/w/activities/",
    )  # fmt: skip
    for each in facts.standards:
        said = _("未验收") if each.met is None else _("验收达标") if each.met else _("验收未达标")
        yield Planned("process", "standard", _("服务标准：%(name)s") % {"name": each.name}, each.target, said,
                      each.evidence, facts.contract)  # fmt: skip
    yield Planned(
        "process", "inspections", _("履约检查与整改"), _("检查发现的问题限期整改，整改有复查"),
        _("检查 %(n)s 次，整改合格 %(done)s 次，未办结 %(open)s 次")
        % {"n": facts.inspections, "done": facts.rectified, "open": facts.still_open},
        _("逐次核对检查记录、整改材料和复查结论"), "/w/inspections/",
    )  # fmt: skip
    for change in facts.changes:
        yield Planned(
            "process", "amendment", _("补充协议 %(n)s") % {"n": change.n},
            _("事由真实、逐级批准、双方签订，累计增加不超过原合同 10%"),
            _("金额变化 %(sum)s 元，生效 %(day)s")
            % {"sum": money_text(change.difference), "day": _day(change.effective_on)},
            _("核对事由证明、批准人、签订日期和公告"), change.address, change.subject,
        )  # fmt: skip


def _tasks(facts: CaseFacts) -> Iterator[Planned]:
    for each in facts.lines:
        yield Planned(
            "tasks", "line", each.name,
            _("合同 %(n)s %(unit)s，%(sum)s 元") % {"n": each.contracted, "unit": each.unit, "sum": money_text(each.amount)},
            _("街道核实 %(verified)s，验收核定 %(accepted)s")
            % {"verified": each.verified, "accepted": each.accepted},
            _("按活动记录重新计数，与核定数量比对；差异逐笔说明"), facts.contract,
        )  # fmt: skip
    for stone in facts.stones:
        yield Planned(
            "tasks", "milestone", _("付款节点：%(name)s") % {"name": stone.name},
            _("%(day)s 前完成并验收") % {"day": stone.due_on},
            _("验收 %(day)s") % {"day": _day(stone.accepted_on)},
            _("核对验收书、验收小组和服务对象意见，逾期的查明原因"), stone.address or facts.contract, stone.subject,
        )  # fmt: skip
    said = _("收到 %(n)s 份") % {"n": facts.asked}
    if facts.satisfied is not None:
        said = _("收到 %(n)s 份，满意 %(good)s 份") % {"n": facts.asked, "good": facts.satisfied}
    yield Planned("tasks", "opinions", _("服务对象满意度"), _("合同约定的满意率"), said,
                  _("核对问卷发放和回收，抽查电话回访"), facts.contract)  # fmt: skip


def _funds(facts: CaseFacts) -> Iterator[Planned]:
    for each in facts.settled:
        yield Planned(
            "funds", "settlement", each.name, _("应付 %(sum)s 元") % {"sum": money_text(each.payable)},
            _("已付 %(sum)s 元，凭证 %(voucher)s，%(day)s")
            % {"sum": money_text(each.paid), "voucher": each.voucher or _("无"), "day": _day(each.paid_on)},
            _("核对结算依据、发票、收款账户和国库凭证"), each.address, each.subject,
        )  # fmt: skip
    for usage in facts.usages:
        yield Planned(
            "funds", "expenses", _("专账支出：%(label)s") % {"label": usage.label},
            _("与项目有关、票据合规、不超比例、不在禁支范围"),
            _("认可 %(n)s 笔，%(sum)s 元") % {"n": usage.count, "sum": money_text(usage.amount)},
            _("抽查原始凭证、收款方和支付方式，核对与活动的对应关系"), usage.address,
        )  # fmt: skip
    yield Planned(
        "funds", "account", _("专账与结余"), _("单独核算、专款专用，结余按约定退回"),
        _("到账 %(paid)s 元，认可支出 %(accepted)s 元，结余 %(left)s 元")
        % {
            "paid": money_text(facts.paid),
            "accepted": money_text(facts.accepted),
            "left": money_text(facts.paid - facts.accepted),
        },
        _("核对专账余额与银行对账单，结余的去向"), facts.contract,
    )  # fmt: skip


def _day(day: date | None) -> str:
    return f"{day}" if day else _("无记录")
