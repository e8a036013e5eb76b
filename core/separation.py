"""Separation of duties (不相容岗位分离): who did what in a case, and which pairs one person may not hold."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.errors import NotAllowed

DUTIES = {
    "write_plan": "编写项目方案",
    "review_plan": "审批项目方案",
    "write_order": "起草订单",
    "review_order": "审核订单",
    "open_bids": "开启申报",
    "sit_on_panel": "评审打分",
    "draw_panel": "组建评审组",
    "answer_challenge": "答复质疑",
    "draft_contract": "起草合同",
    "review_contract": "审核合同文本",
    "sign_contract": "签订合同",
    "accept_delivery": "验收",
    "request_payment": "申请支付",
    "approve_payment": "批准支付",
    "record_payment": "登记支付凭证",
    "check_settlement": "审核结算",
    "draw_settlement": "编制结算",
    "audit": "专项审计",
}

# The pairs of domain.md 4.1; each side may not be held with the other in one case.
INCOMPATIBLE: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("write_plan", "review_plan"),
        ("write_order", "review_order"),
        ("draw_panel", "sit_on_panel"),
        ("open_bids", "sit_on_panel"),
        ("answer_challenge", "sit_on_panel"),
        ("draft_contract", "review_contract"),
        ("sign_contract", "accept_delivery"),
        ("draw_settlement", "check_settlement"),
        ("request_payment", "approve_payment"),
        ("request_payment", "record_payment"),
        ("approve_payment", "record_payment"),
        # Whoever had a hand in the case does not audit it (审计独立); nor the other way round.
        *(("audit", duty) for duty in DUTIES if duty != "audit"),
    )
)


class DutyRecord(models.Model):
    """One duty that one person carried in one case (履职记录)."""

    case_key = models.CharField(max_length=64)
    person_key = models.CharField(max_length=64)
    person_name = models.CharField(max_length=64)
    duty = models.CharField(max_length=32, choices=list(DUTIES.items()))
    at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "core"
        constraints = [models.UniqueConstraint(fields=["case_key", "person_key", "duty"], name="duty_once")]


def require_apart(case_key: str, actor: Actor, duty: str) -> None:
    """Refuse a duty to a person who carried an incompatible one in the same case.

    raises  NotAllowed, naming the two duties
    source  domain.md 4.1 (财库〔2016〕99号; 需求管理办法第三十二条)
    """
    rivals = [next(iter(pair - {duty})) for pair in INCOMPATIBLE if duty in pair]
    held = DutyRecord.objects.filter(case_key=case_key, person_key=actor.user_key, duty__in=rivals).first()
    if held:
        raise NotAllowed(
            _("您在本项目已承担「%(held)s」，不能再承担「%(duty)s」，请换一位同事办理。")
            % {"held": DUTIES[held.duty], "duty": DUTIES[duty]}
        )


def note_duty(case_key: str, actor: Actor, duty: str) -> None:
    """Record that the actor carries this duty in this case, after checking that it is compatible.

    raises  NotAllowed (see require_apart)
    writes  one DutyRecord, once
    """
    require_apart(case_key, actor, duty)
    DutyRecord.objects.get_or_create(
        case_key=case_key, person_key=actor.user_key, duty=duty, defaults={"person_name": actor.user_name}
    )
