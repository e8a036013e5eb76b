"""Verbs of a framework (指标体系): open, weigh, add, publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict, Invalid, NotAllowed
from core.lifecycle import advance, begin, require
from core.messages import tell
from evaluation.frameworks.models import Framework, Indicator, Veto
from evaluation.frameworks.scoring import FORMULAS
from evaluation.frameworks.starting_list import INDICATORS, VETOES
from procurement.rules.queries import parameter

TOTAL = 100
COPIED = tuple(
    field.name for field in Indicator._meta.concrete_fields if field.name not in {"id", "framework"}
)  # what a new version takes over of each indicator


@transaction.atomic
def open_framework(buyer: Organization, *, actor: Actor, kind: str = "youth", note: str = "") -> Framework:
    """Open a new version of a buyer's framework (新版指标体系), as a draft.

    It begins with the version in force of this kind, or of any kind, or with the first 100 points where there is none.
    returns  the draft with its indicators and vetoes
    raises   NotAllowed · Conflict (a draft of this kind is open already)
    writes   the framework, its indicators and vetoes, one journal entry "create"
    """
    if not actor.works_for(buyer.pk, "programme_officer"):
        raise NotAllowed(_("指标体系由本单位业务经办起草。"))
    kinds = dict(Framework.KINDS)
    if kind not in kinds:
        raise Invalid(_("请选择适用的项目类型。"), field="kind")
    frameworks = Framework.objects.filter(buyer=buyer, kind=kind)
    draft = frameworks.filter(status="draft").first()
    if draft is not None:
        raise Conflict(_("已有一版草稿（第 %(n)s 版），请先办完它。") % {"n": draft.number}, current=draft)
    in_force = Framework.objects.filter(buyer=buyer, status="published")
    last = in_force.filter(kind=kind).first() or in_force.first()
    framework = begin(
        Framework(
            buyer=buyer,
            region_path=buyer.region.path,
            kind=kind,
            number=(frameworks.aggregate(last=Max("number"))["last"] or 0) + 1,
            title=_("%(kind)s项目绩效评价指标体系") % {"kind": kinds[kind]},
            note=note.strip(),
            drafted_by_key=actor.user_key,
            drafted_by_name=actor.user_name,
        ),
        actor=actor,
        facts={"kind": kind, "from": last.journal_key if last else "starting list"},
    )
    if last is not None:
        values: list[dict[str, Any]] = list(last.indicators.values(*COPIED))
        vetoes = list(last.vetoes.values_list("code", "name"))
    else:
        values, vetoes = [each._asdict() for each in INDICATORS], list(VETOES)
    Indicator.objects.bulk_create(Indicator(framework=framework, **each) for each in values)
    Veto.objects.bulk_create(Veto(framework=framework, code=code, name=name) for code, name in vetoes)
    return framework


@transaction.atomic
def weigh_indicators(framework: Framework, *, actor: Actor, weights: Mapping[str, int]) -> Framework:
    """Set the weights of a draft (调整权重); an indicator with weight 0 leaves this version.

    weights  by code; what is left out stays
    raises   NotAllowed · NotNow · Invalid (not 100 together, too little for output and benefit) · Conflict
    writes   the weights; one journal entry with those that changed
    """
    require(framework, "weigh", actor)
    rows = list(framework.indicators.all())
    before = {row.code: row.weight for row in rows}
    unknown = set(weights) - set(before)
    if unknown:
        raise Invalid(_("没有编号为 %(codes)s 的指标。") % {"codes": "、".join(sorted(unknown))})
    for row in rows:
        row.weight = weights.get(row.code, row.weight)
    require_sound(rows)
    Indicator.objects.bulk_update([row for row in rows if row.weight], ["weight"])
    framework.indicators.filter(code__in=[row.code for row in rows if not row.weight]).delete()
    changed = {row.code: row.weight for row in rows if row.weight != before[row.code]}
    return advance(framework, "weigh", actor=actor, facts={"weights": changed})


@transaction.atomic
def add_indicator(
    framework: Framework,
    *,
    actor: Actor,
    level1: str,
    level2: str,
    code: str,
    name: str,
    weight: int,
    stage: str,
    horizon: str,
    block: str,
    formula: str,
    evidence: str,
    benefit: str = "",
) -> Framework:
    """Add an indicator to a draft (增加指标), for the raters to score; the weights are brought to 100 afterwards.

    formula  a key of scoring.FORMULAS
    raises   NotAllowed · NotNow · Invalid (the code is taken, no such formula, a weight outside 1 to 100) · Conflict
    writes   the indicator; one journal entry
    """
    require(framework, "add_indicator", actor)
    if framework.indicators.filter(code=code).exists():
        raise Invalid(_("编号 %(code)s 已有指标。") % {"code": code}, field="code")
    if formula not in FORMULAS:
        raise Invalid(_("请选择公式。"), field="formula")
    if not 0 < weight <= TOTAL:
        raise Invalid(_("权重是 1 到 100 的整数。"), field="weight")
    Indicator.objects.create(
        framework=framework, level1=level1, level2=level2, code=code, name=name, weight=weight, stage=stage,
        horizon=horizon, benefit=benefit, block=block, formula=formula, evidence=evidence,
    )  # fmt: skip
    return advance(framework, "add_indicator", actor=actor, facts={"code": code, "weight": weight})


@transaction.atomic
def publish_framework(framework: Framework, *, actor: Actor) -> Framework:
    """Publish a draft (发布指标体系): frozen from now on; the version in force of its kind is superseded.

    raises  NotAllowed (not the leadership, or the drafter) · NotNow · Invalid (see require_sound) · Conflict
    writes  status and published_at; the former version's status; a journal entry each; the programme officers are told
    """
    require(framework, "publish", actor)
    rows = list(framework.indicators.all())
    require_sound(rows)
    former = Framework.objects.filter(buyer_id=framework.buyer_id, kind=framework.kind, status="published").first()
    if former is not None:
        advance(former, "supersede", actor=SYSTEM, facts={"by": framework.journal_key})
    advance(
        framework, "publish", actor=actor, facts={"indicators": len(rows), "n": framework.number},
        published_at=clock.now(),
    )  # fmt: skip
    tell(
        people_with_role(framework.buyer_id, "programme_officer"),
        sentence=_("指标体系已发布，可以安排评价：%(title)s") % {"title": str(framework)},
        url=framework.get_absolute_url(),
        kind="framework.published",
        key=f"framework.published:{framework.pk}",
    )
    return framework


def require_sound(indicators: Sequence[Indicator]) -> None:
    """What every framework must keep: 100 points, enough of them for results, quality not below quantity.

    raises  Invalid, with every sentence that is wanted
    source  财预〔2020〕10号 (产出与效益不低于 60%, the parameter evaluation.output_share); R77 (有数量无质量)
    """
    total = sum(each.weight for each in indicators)
    results = sum(each.weight for each in indicators if each.level1 in Indicator.OUTPUTS)
    quantity = sum(each.weight for each in indicators if each.level2 == "数量")
    quality = sum(each.weight for each in indicators if each.level2 == "质量" or each.level1 == "效益")
    least = int(parameter("evaluation.output_share").value)
    sentences = []
    if total != TOTAL:
        sentences.append(_("权重合计应为 100，现在是 %(total)s。") % {"total": total})
    if results < least:
        sentences.append(_("产出与效益合计不低于 %(least)s，现在是 %(now)s。") % {"least": least, "now": results})
    if quality < quantity:
        sentences.append(
            _("质量与效益的权重（%(quality)s）不能低于产出数量（%(quantity)s），避免有数量无质量。")
            % {"quality": quality, "quantity": quantity}
        )
    if sentences:
        raise Invalid("".join(sentences))
