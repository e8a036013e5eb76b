"""What the pages of schemes and incentives show (奖励页面板块): terms, candidates, what the platform knows now, publicity, money."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.sections import rows_for_card
from evaluation.assessments.queries import ASSESSABLE
from evaluation.incentives.models import Incentive, Scheme
from evaluation.incentives.queries import (
    OPEN,
    candidates,
    credits_of,
    given_to,
    standings,
    stops_of,
    visible_incentives,
)
from evaluation.permissions import can_handle_objection, can_nominate
from procurement.contracts.models import Contract

LISTED = 50


def terms_section(scheme: Scheme, actor: Actor) -> dict[str, Any]:
    """The criteria of a scheme."""
    return {
        "scheme": scheme,
        "facts": [
            {"label": _("评价等级"), "value": _("优，取最近一次（含跟踪评估）")},
            {"label": _("社会效益得分率"), "value": f"≥ {scheme.least_social}%"},
            {"label": _("经济效益得分率"), "value": f"≥ {scheme.least_economic}%"},
            {"label": _("定级日期"), "value": f"{scheme.graded_from} — {scheme.graded_to}"},
            {"label": _("审计发现、暂缓、暂停资格"), "value": _("一项都不能有")},
            {"label": _("预算线"), "value": str(scheme.line)},
        ],
    }


def candidates_section(scheme: Scheme, actor: Actor) -> dict[str, Any] | None:
    """Graded contracts and how each stands, for those who may nominate or apply."""
    if scheme.status != "published" or not can_nominate(actor):
        return None
    rows = standings(scheme, candidates(scheme, actor)[:LISTED])
    is_open = clock.today() <= scheme.nominate_until
    return {
        "rows": [
            {
                "standing": row,
                "url": reverse("incentives:nominate", args=[scheme.pk, row.contract.pk])
                if is_open and not row.faults and can_nominate(actor, row.contract)
                else "",
            }
            for row in rows
        ],
        "label": _("申报") if actor.organization_kind == "provider" else _("提名"),
    }


CARD = ("number", "status", "amount", "asked_amount", "contract__title", "provider__name")


def given_section(scheme: Scheme, actor: Actor) -> dict[str, Any] | None:
    """The incentives under a scheme that this person may know of."""
    rows = rows_for_card(visible_incentives(actor).filter(scheme=scheme).order_by("created_at"), *CARD)
    return {"incentives": rows} if rows else None


def case_section(contract: Contract, actor: Actor, there: bool) -> dict[str, Any] | None:
    """The incentives of a contract that this person may know of; there is none before it is assessed."""
    if contract.status not in ASSESSABLE or not there:
        return None
    rows = rows_for_card(visible_incentives(actor).filter(contract=contract).order_by("created_at"), *CARD)
    return {"incentives": rows} if rows else None


def words_section(incentive: Incentive, actor: Actor) -> dict[str, Any]:
    """What was written: contribution, benefits, both opinions."""
    told = [
        (_("突出贡献"), incentive.contribution),
        (_("社会效益"), incentive.social_benefit),
        (_("经济效益"), incentive.economic_benefit),
        (_("经审意见 · %(name)s") % {"name": incentive.funds_by_name}, incentive.funds_opinion),
        (_("纪检意见 · %(name)s") % {"name": incentive.discipline_by_name}, incentive.discipline_opinion),
    ]
    return {"words": [{"title": title, "text": text} for title, text in told if text]}


def checks_section(incentive: Incentive, actor: Actor) -> dict[str, Any]:
    """What the platform knows now: grade of today, findings, holds, suspension, what the provider got."""
    contract = incentive.contract
    standing = None
    if incentive.status in OPEN:
        standing = standings(incentive.scheme, [contract])[0]
    stops = standing.stops if standing else stops_of([contract])[contract.pk]
    others = [fault for fault in (standing.faults if standing else ()) if fault not in stops]
    given = given_to(incentive.scheme, incentive.provider_id, other_than=incentive.pk)
    checks = [{"kind": "bad", "title": fault, "note": ""} for fault in others]
    checks += [{"kind": "bad", "title": _("暂缓：%(reason)s") % {"reason": stop}, "note": ""} for stop in stops]
    if standing and not standing.faults:
        checks.append({"kind": "ok", "title": _("符合办法规定的条件"), "note": _("现在核对，支付时再核对一次")})
    if not stops:
        checks.append({"kind": "ok", "title": _("没有未整改的审计发现和其他暂缓"), "note": ""})
    checks.append(
        {
            "kind": "ok" if given + incentive.amount <= incentive.scheme.provider_cap else "bad",
            "title": _("本年度另有奖励 %(n)s 元") % {"n": f"{given:,.2f}"},
            "note": _("一家不超过 %(n)s 元") % {"n": f"{incentive.scheme.provider_cap:,.2f}"},
        }
    )
    return {"checks": checks}


def credit_section(incentive: Incentive, actor: Actor) -> dict[str, Any] | None:
    """The provider's latest credit."""
    rows = list(credits_of(incentive.provider_id))
    return (
        {"facts": [{"label": each.title, "value": each.grade, "sub": f"{each.on}"} for each in rows]} if rows else None
    )


def papers_section(incentive: Incentive, actor: Actor) -> dict[str, Any]:
    """The evidence of both benefits."""
    return {
        "files": [
            {
                "name": each.document.name,
                "url": reverse("incentives:file", args=[incentive.pk, each.document_id]),
                "size": each.document.size,
                "note": f"{each.get_kind_display()} · {each.by_name}",
                "sha256": each.document.sha256,
            }
            for each in incentive.papers.select_related("document")
        ]
    }


def publicity_section(incentive: Incentive, actor: Actor) -> dict[str, Any] | None:
    """Notices and objections; the provider does not read who objected to what."""
    if incentive.notice is None:
        return None
    rows = (
        list(incentive.objections.all()) if actor.organization_kind == "buyer" or actor.has("district_finance") else []
    )
    return {"incentive": incentive, "objections": rows, "contacts": can_handle_objection(actor, incentive)}


def payment_section(incentive: Incentive, actor: Actor) -> dict[str, Any] | None:
    """Whom it is paid to, and the voucher."""
    if not incentive.payee:
        return None
    account = incentive.payee.get("bank_account", "")
    masked = f"{account[:4]} **** {account[-4:]}" if len(account) > 8 else account
    facts = [
        {"label": _("收款单位"), "value": incentive.payee.get("name", ""), "sub": incentive.payee.get("uscc", "")},
        {"label": _("账户"), "value": incentive.payee.get("bank_name", ""), "sub": masked},
        {"label": _("申请支付"), "value": incentive.requested_by_name},
        {"label": _("国库凭证"), "value": incentive.voucher_number, "sub": f"{incentive.paid_on or ''}"},
        {"label": _("登记"), "value": incentive.recorded_by_name},
    ]
    return {"facts": [fact for fact in facts if fact["value"]]}
