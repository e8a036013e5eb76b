"""Verbs that protect children (未成年人保护): staff and their checks, pseudonymous beneficiaries, rosters, papers, identity."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from core import clock, journal
from core.actor import Actor
from core.documents import store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import tell
from core.sealing import canonical_json, platform_sealer
from procurement.activities.models import (
    Activity,
    Beneficiary,
    RosterEntry,
    SafeguardPaper,
    StaffCheck,
    StaffMember,
)
from procurement.activities.queries import DELIVERING
from procurement.activities.signins import pseudonym_of
from procurement.contracts.models import Contract
from procurement.permissions.activities import can_keep_roster, can_open_identity, can_plan_activity, can_run_activity

BEFORE_THE_RECORD = ("planned", "published", "held")


@dataclass(frozen=True)
class Identity:
    """Who a beneficiary is, for the moment of one page: never stored, never logged."""

    name: str
    guardian: str
    phone: str


@transaction.atomic
def add_staff(provider: Organization, *, actor: Actor, name: str, post: str) -> StaffMember:
    """Enter one of the provider's people (项目人员). raises  NotAllowed · Conflict (known already) · Invalid (no name)"""
    _require_own(provider, actor)
    if not (name.strip() and post.strip()):
        raise Invalid(errors={"name" if not name.strip() else "post": [_("请填写。")]})
    staff, made = StaffMember.objects.get_or_create(
        provider=provider, name=name.strip(), defaults={"post": post.strip(), "is_active": True}
    )
    if not made:
        raise Conflict(_("%(name)s 已经在名单里。") % {"name": staff.name})
    return staff


@transaction.atomic
def check_staff(staff: StaffMember, *, actor: Actor, checked_on: date, is_clear: bool, file: Any = None) -> StaffCheck:
    """Record the result of an inquiry into crime records (违法犯罪记录查询): of one day, clear or not.

    raises  NotAllowed · Invalid (a day to come)
    writes  one StaffCheck; one journal entry "check_staff" of the provider, without the name
    source  未成年人保护法第六十二条
    """
    _require_own(staff.provider, actor)
    if checked_on > clock.today():
        raise Invalid(_("查询日期不能晚于今天。"), field="checked_on")
    document = store(file, name=file.name, actor=actor, purpose="staff-check") if file else None
    check = StaffCheck.objects.create(
        staff=staff, checked_on=checked_on, is_clear=is_clear, document=document, entered_by_name=actor.user_name
    )
    facts = {"staff": str(staff.pk), "on": checked_on.isoformat(), "clear": is_clear}
    journal.record(staff.provider, "check_staff", actor=actor, facts=facts, documents=[document] if document else [])
    return check


@transaction.atomic
def add_beneficiary(
    provider: Organization,
    *,
    actor: Actor,
    code: str,
    segment: str,
    birth_year: int,
    consent_on: date | None,
    name: str,
    guardian: str = "",
    phone: str = "",
) -> Beneficiary:
    """Enter a person served, under a code (服务对象编号); who it is goes sealed into the row.

    code        4 to 12 letters or digits, the one with which the person signs in
    consent_on  the day of the consent to processing; without one no activity with minors takes the person
    raises      NotAllowed · Conflict (the code is taken) · Invalid (at the field)
    writes      one Beneficiary; one journal entry "create" without personal data
    source      个人信息保护法第二十九条、第三十一条; house.md 4b.16
    """
    _require_own(provider, actor)
    errors: dict[str, list[str]] = {}
    if not 1900 <= birth_year <= clock.today().year:
        errors["birth_year"] = [_("请填出生年份，如 2015。")]
    if consent_on and consent_on > clock.today():
        errors["consent_on"] = [_("同意日期不能晚于今天。")]
    if not name.strip():
        errors["name"] = [_("请填姓名，存下后只有写明理由才能打开。")]
    if birth_year > clock.today().year - 18 and not (guardian.strip() and phone.strip()):
        errors["guardian"] = [_("未成年人要填监护人和联系电话。")]
    if errors:
        raise Invalid(errors=errors)
    label = code.strip().upper()
    pseudonym = pseudonym_of(provider.pk, label)
    if Beneficiary.objects.filter(provider=provider, pseudonym=pseudonym).exists():
        raise Conflict(_("编号 %(code)s 已经用过。") % {"code": label})
    person = canonical_json({"name": name.strip(), "guardian": guardian.strip(), "phone": phone.strip()})
    beneficiary = Beneficiary(
        provider=provider,
        code=label,
        segment=segment.strip(),
        birth_year=birth_year,
        consent_on=consent_on,
        pseudonym=pseudonym,
    )
    beneficiary.sealed = platform_sealer().seal(person, _context(beneficiary))
    beneficiary.save(force_insert=True)
    journal.record(beneficiary, "create", actor=actor, facts={"code": label, "consent": bool(consent_on)})
    return beneficiary


@transaction.atomic
def keep_roster(activity: Activity, *, actor: Actor, consents: Mapping[Beneficiary, date | None]) -> Activity:
    """Say who is on the list of an activity (名单), each with the day of the guardian's consent to it.

    consents  the whole list; who is not in it is taken off
    raises    NotAllowed · NotNow (recorded already) · Invalid (another provider's, no consent to processing, a day to come)
    writes    roster entries; one journal entry "roster" with how many
    """
    _require_running(activity, actor)
    today = clock.today()
    for beneficiary, day in consents.items():
        if beneficiary.provider_id != activity.provider_id:
            raise Invalid(_("只能选本单位登记的服务对象。"), field="beneficiaries")
        if beneficiary.consent_on is None:
            raise Invalid(
                _("%(code)s 还没有同意处理个人信息，不能列入名单。") % {"code": beneficiary.code}, field="beneficiaries"
            )
        if day and day > today:
            raise Invalid(_("同意日期不能晚于今天。"), field="consent_on")
    RosterEntry.objects.filter(activity=activity).exclude(beneficiary__in=[b.pk for b in consents]).delete()
    for beneficiary, day in consents.items():
        RosterEntry.objects.update_or_create(activity=activity, beneficiary=beneficiary, defaults={"consent_on": day})
    signed = sum(day is not None for day in consents.values())
    journal.record(activity, "roster", actor=actor, facts={"people": len(consents), "consents": signed})
    return activity


@transaction.atomic
def add_paper(
    contract: Contract,
    *,
    actor: Actor,
    kind: str,
    file: Any,
    activity: Activity | None = None,
    valid_to: date | None = None,
) -> SafeguardPaper:
    """Hand in insurance, emergency plan or signed consents (安全保障材料): for one activity, or for the contract's everyday.

    raises  NotAllowed · NotNow (contract not in delivery) · Invalid (kind, file, a day that is over)
    writes  one stored file, one SafeguardPaper; one journal entry "paper" of activity or contract
    """
    if not can_plan_activity(actor, contract):
        raise NotAllowed(_("安全保障材料由承接单位登记。"))
    if contract.status not in DELIVERING:
        raise NotNow(_("合同不在履约中，不能登记。"))
    if kind not in dict(SafeguardPaper.KINDS):
        raise Invalid(_("请选择材料种类。"), field="kind")
    if activity is not None and activity.contract_id != contract.pk:
        raise Invalid(_("这场活动不属于本合同。"))
    if valid_to and valid_to < clock.today():
        raise Invalid(_("这份材料已经过期。"), field="valid_to")
    document = store(file, name=file.name, actor=actor, purpose="safeguard")
    paper = SafeguardPaper.objects.create(
        contract=contract, activity=activity, kind=kind, document=document, valid_to=valid_to,
        entered_by_name=actor.user_name,
    )  # fmt: skip
    journal.record(activity or contract, "paper", actor=actor, facts={"kind": kind}, documents=[document])
    return paper


@transaction.atomic
def open_identity(entry: RosterEntry, *, actor: Actor, reason: str) -> Identity:
    """Open who a child on a roster is (查看身份), for a written reason; the provider's head hears of it.

    entry    the child's place on one activity's list: without a list there is nothing to open
    actor    the provider's people, the officer of the place, the buyer's programme officer
    raises   NotAllowed · Invalid (no reason)
    writes   one journal entry "open_identity" with the reason; one message
    source   个人信息保护法第五十一条; 未成年人网络保护条例第三十六条
    """
    activity, beneficiary = entry.activity, entry.beneficiary
    if not can_open_identity(actor, activity):
        raise NotAllowed(_("您不能查看服务对象的身份。"))
    if not reason.strip():
        raise Invalid(_("请写明为什么要看。"), field="reason")
    journal.record(
        beneficiary, "open_identity", actor=actor, reason=reason.strip(), facts={"activity": str(activity.pk)}
    )
    tell(
        people_with_role(activity.provider_id, "provider_admin"),
        sentence=_("%(who)s查看了编号 %(code)s 的身份：%(reason)s")
        % {"who": actor.user_name, "code": beneficiary.code, "reason": reason.strip()[:120]},
        url=activity.get_absolute_url(),
        kind="activity.identity",
        key=f"activity.identity:{beneficiary.pk}:{actor.user_key}:{clock.now().isoformat()}",
    )
    return Identity(**json.loads(platform_sealer().open(bytes(beneficiary.sealed), _context(beneficiary))))


def _require_own(provider: Organization, actor: Actor) -> None:
    if not (can_keep_roster(actor) and actor.belongs_to(provider.pk)):
        raise NotAllowed(_("只能登记本单位的人员和服务对象。"))


def _require_running(activity: Activity, actor: Actor) -> None:
    if not can_run_activity(actor, activity):
        raise NotAllowed(_("名单由承接单位登记。"))
    if activity.status not in BEFORE_THE_RECORD:
        raise NotNow(_("活动已经记录，名单不再改动。"))


def _context(beneficiary: Beneficiary) -> bytes:
    return f"beneficiary/1|{beneficiary.pk}".encode()
