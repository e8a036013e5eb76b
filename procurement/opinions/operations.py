"""Verbs of the questionnaire (问卷): opened by the buyer, answered by anybody who has the code, closed."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin
from procurement.contracts.models import Contract
from procurement.contracts.queries import IN_FORCE
from procurement.opinions.models import Opinion, Survey
from procurement.permissions.opinions import can_open_survey

LONGEST_DAYS = 180


@transaction.atomic
def open_survey(contract: Contract, *, actor: Actor, closes_on: date) -> Survey:
    """Ask the service users of a contract (发起满意度问卷), from today to a day.

    returns  the questionnaire, open, with the secret part of its address
    raises   NotAllowed · NotNow (not in force) · Conflict (one is open) · Invalid at closes_on
    writes   the questionnaire; one journal entry "create"
    source   实施条例第四十五条: 向社会公众提供的服务，验收应当邀请服务对象参与并出具意见
    """
    if not can_open_survey(actor, contract):
        raise NotAllowed(_("问卷由采购人的业务经办发起。"))
    if contract.status not in IN_FORCE:
        raise NotNow(_("合同生效以后才能征求服务对象的意见。"))
    today = clock.today()
    if not today <= closes_on or (closes_on - today).days > LONGEST_DAYS:
        raise Invalid(_("截止日期要在今天以后、%(days)s 天以内。") % {"days": LONGEST_DAYS}, field="closes_on")
    Contract.objects.select_for_update().get(pk=contract.pk)
    if Survey.objects.filter(contract=contract, status="open").exists():
        raise Conflict(_("这份合同有一份问卷正在收集，请先结束它。"))
    return begin(
        Survey(
            contract=contract,
            buyer_id=contract.buyer_id,
            region_path=contract.region_path,
            token=secrets.token_urlsafe(16),
            opens_on=today,
            closes_on=closes_on,
            opened_by_name=actor.user_name,
        ),
        actor=actor,
        facts={"closes_on": closes_on.isoformat()},
    )


@transaction.atomic
def give_opinion(
    survey: Survey,
    *,
    browser: str,
    overall: int,
    punctual: int,
    attitude: int,
    useful: int,
    recommends: bool,
    words: str = "",
) -> bool:
    """Answer (提交问卷), without log-in and name; one browser answers once.

    browser  a random mark that lives in the browser; stored as a digest together with this questionnaire only
    returns  whether it was new; False for a second answer, which changes nothing
    raises   NotNow (closed, or not its days) · Invalid (a mark out of 1–5)
    writes   one Opinion; no address, no moment
    """
    if not survey.takes_answers:
        raise NotNow(_("这份问卷现在不收集意见。"))
    marks = {"overall": overall, "punctual": punctual, "attitude": attitude, "useful": useful}
    wrong = [name for name, mark in marks.items() if mark not in dict(Opinion.MARKS)]
    if wrong:
        raise Invalid(errors={name: [_("请选一个。")] for name in wrong})
    digest = hashlib.sha256(f"{survey.pk}|{browser}".encode()).hexdigest()
    try:
        with transaction.atomic():
            Opinion.objects.create(
                survey=survey, browser=digest, recommends=recommends, words=words.strip()[:300], **marks
            )
    except IntegrityError:
        return False
    return True


@transaction.atomic
def close_survey(survey: Survey, *, actor: Actor) -> Survey:
    """Stop collecting (结束收集). raises  NotAllowed · NotNow · Conflict; writes  status; one journal entry with how many"""
    return advance(survey, "close", actor=actor, facts={"answers": survey.opinions.count()})
