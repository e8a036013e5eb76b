"""The words of a contract (合同文字): scope, parties, related-party clause, notice. Attributes in, text out."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import clock
from procurement.bids.envelope import PLAN
from procurement.bids.models import Bid
from procurement.notices import ocds
from procurement.orders.models import Order

if TYPE_CHECKING:
    from procurement.contracts.models import Contract


def scope_of(order: Order, bid: Bid) -> str:
    """What is to be done: the order's requirements and the plan that the opened bid offers; at most 4,000 characters."""
    plan = (bid.content or {}).get("plan") or {}
    offered = [f"{PLAN.get(name, name)}：{str(text).strip()}" for name, text in plan.items() if str(text).strip()]
    parts = [_("（一）采购要求\n%(text)s") % {"text": order.requirements.strip()}]
    if offered:
        parts.append(_("（二）承接单位的响应\n%(text)s") % {"text": "\n".join(offered)})
    return "\n".join(parts)[:4000]


def related_clause(buyer: Organization, provider: Organization) -> str:
    """The disclosure clause (关联关系披露) where the buyer incubated the provider; "" otherwise.

    source  domain.md 0.1, fact 12: a related party is disclosed and those who are bound to it recuse themselves
    """
    if provider.incubated_by_id != buyer.pk:
        return ""
    return _(
        "关联关系披露：%(provider)s由%(buyer)s孵化。双方确认，孵化期间的负责人和经办人未参与本项目的评审、验收和结算；"
        "本关系已随成交公示、合同公告公开。"
    ) % {"provider": provider.name, "buyer": buyer.name}


def pledges_of(buyer: str, provider: str) -> list[dict[str, str]]:
    """The integrity pledge of each side (廉洁承诺): part of the text, signed with it. source  R49"""
    return [
        {
            "side": "buyer",
            "name": buyer,
            "text": _(
                "不索取、不收受承接单位的礼金、礼品、宴请和其他利益；不指定分包、不要求列支与本项目无关的费用；"
                "不因个人关系影响检查、验收和付款。"
            ),
        },
        {
            "side": "provider",
            "name": provider,
            "text": _(
                "不以任何方式向采购人、评审专家、街道社区和评估机构的人员输送利益；不虚报服务数量和支出；"
                "发现索要利益的，向纪检监督人员报告。"
            ),
        },
    ]


def parties_of(contract: Contract) -> dict[str, Any]:
    """The snapshot of both sides at freezing, with the bank account that payments go to (house.md 4b.15)."""

    def party(organization: Organization) -> dict[str, str]:
        return {
            "name": organization.name,
            "uscc": organization.uscc or "",
            "address": organization.address,
            "legal_representative": organization.legal_representative,
            "contact_name": organization.contact_name,
            "bank_name": organization.bank_name,
            "bank_account": organization.bank_account,
        }

    return {
        "buyer": party(contract.buyer),
        "provider": party(contract.provider),
        "related": related_clause(contract.buyer, contract.provider),
        "frozen_on": clock.today().isoformat(),
    }


def contract_notice(contract: Contract, order: Order, at: datetime) -> dict[str, Any]:
    """Kind, title, body, facts and OCDS part of the contract notice (合同公告). at: both have signed, aware."""
    related = contract.parties.get("related", "")
    facts = {
        _("合同编号"): contract.number,
        _("订单编号"): order.number,
        _("采购人"): contract.buyer.name,
        _("承接单位"): contract.provider.name,
        _("合同金额"): f"{contract.amount:,.2f} 元",
        _("服务期"): f"{contract.starts_on} 至 {contract.ends_on}",
        _("服务地点"): contract.place,
        _("签订日期"): f"{clock.local(at):%Y-%m-%d}",
        _("合同文本摘要"): contract.digest,
    }
    body = _("%(buyer)s与%(provider)s就“%(title)s”签订合同，现予公告。") % {
        "buyer": contract.buyer.name,
        "provider": contract.provider.name,
        "title": contract.title,
    }
    release = {
        "awards": [{"id": str(contract.award_id), "status": "active"}],
        "contracts": [
            {
                "id": contract.number,
                "awardID": str(contract.award_id),
                "title": contract.title,
                "status": "active",
                "dateSigned": ocds.moment(at),
                "period": ocds.period(contract.starts_on, contract.ends_on),
                "value": ocds.money(contract.amount),
                "items": ocds.items(contract.lines.all()),
                "milestones": [
                    {
                        "id": str(each.n),
                        "title": each.name,
                        "type": "payment",
                        "dueDate": ocds.day(each.due_on, end=True),
                        "status": "scheduled",
                    }
                    for each in contract.milestones.all()
                ],
            }
        ],
        "parties": [ocds.party(contract.provider, "supplier")],
    }
    return {
        "kind": "contract",
        "title": _("%(title)s合同公告") % {"title": contract.title},
        "body": f"{body}\n{related}" if related else body,
        "facts": facts,
        "release": release,
    }


def termination_notice(contract: Contract, cause: str, clause: str, day: date) -> dict[str, Any]:
    """Kind, title, body, facts and OCDS part of the notice of an early end (合同终止公告). day: in Shanghai."""
    facts = {
        _("合同编号"): contract.number,
        _("采购人"): contract.buyer.name,
        _("承接单位"): contract.provider.name,
        _("终止日期"): day.isoformat(),
        _("终止原因"): cause,
        _("依据"): clause,
    }
    body = _("%(buyer)s与%(provider)s的合同“%(title)s”自%(day)s起终止。已完成的部分按合同约定验收、结算。") % {
        "buyer": contract.buyer.name,
        "provider": contract.provider.name,
        "title": contract.title,
        "day": day.isoformat(),
    }
    ended = {"id": contract.number, "awardID": str(contract.award_id), "status": "terminated"}
    return {
        "kind": "contract_end",
        "title": _("%(title)s合同终止公告") % {"title": contract.title},
        "body": body,
        "facts": facts,
        "release": {"contracts": [ended]},
    }
