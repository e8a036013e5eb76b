"""Verbs of an organization (单位): enter, verify, return, suspend, profile, papers, bank account."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import IO, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.organizations.models import BankAccountChange, CreditRecord, Organization, OrganizationDocument
from accounts.organizations.queries import open_account_change
from accounts.permissions import can_record_credit
from core import clock, journal
from core.actor import SYSTEM, Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.identifiers import check_uscc
from core.lifecycle import advance, begin, require

HOLD: Final = timedelta(hours=24)
LONGEST_SUSPENSION: Final = timedelta(days=3 * 366)


def enter_organization(organization: Organization, *, actor: Actor) -> Organization:
    """Insert a new organization, to be verified.

    organization  unsaved; uscc is checked and normalized here (offices may have none)
    raises        NotAllowed (neither the administrator nor a registration) · Invalid at uscc or name
    writes        the row, pending; one journal entry
    """
    with transaction.atomic():
        own = organization.kind == "provider" and actor.works_for(organization.pk, "provider_admin")
        if not (own or actor.has("system_admin")):
            raise NotAllowed
        if organization.uscc or organization.kind == "provider":
            organization.uscc = check_free_uscc(organization.uscc or "")
        if Organization.objects.filter(name=organization.name).exists():
            raise Invalid(_("这个名称已经登记过。请先用原账号登录，或找回密码。"), field="name")
        return begin(organization, actor=actor, facts={"uscc": organization.uscc or ""})


def check_free_uscc(text: str) -> str:
    """A code as typed, normalized, valid and not yet registered.

    raises  Invalid at field "uscc"
    source  GB 32100-2015
    """
    code = check_uscc(text)
    if Organization.objects.filter(uscc=code).exists():
        raise Invalid(_("这个信用代码已经登记过。请先用原账号登录，或联系本单位负责人。"), field="uscc")
    return code


@transaction.atomic
def verify_organization(organization: Organization, *, actor: Actor) -> Organization:
    """Confirm that an organization is what it says (核验); a provider may bid from now on.

    raises  NotAllowed · NotNow · Invalid (a provider without a certificate in force) · Conflict
    source  政府采购法第二十二条; 财政部令第102号第七条
    """
    require(organization, "verify", actor)
    if organization.kind == "provider":
        papers = organization.documents.filter(kind="registration")
        if all(paper.expiry == "expired" for paper in papers):
            raise Invalid(_("没有在有效期内的登记证书，不能核验通过。请退回补充。"))
    return advance(organization, "verify", actor=actor, return_reason="")


@transaction.atomic
def return_organization(organization: Organization, *, actor: Actor, reason: str) -> Organization:
    """Send a registration back for what is missing (退回补充). writes  status, reason, one entry; the heads are told"""
    return advance(organization, "return", actor=actor, reason=reason, return_reason=reason[:300])


@transaction.atomic
def resubmit_organization(organization: Organization, *, actor: Actor) -> Organization:
    """Hand a completed registration in again (重新提交). writes  status, one entry; the officers are told"""
    return advance(organization, "resubmit", actor=actor)


@transaction.atomic
def suspend_organization(organization: Organization, *, actor: Actor, until: date, reason: str) -> Organization:
    """Debar an organization from bidding for a time (暂停); contracts that exist are not touched.

    until   last day of the suspension, Shanghai; from tomorrow to three years (政府采购法第七十七条)
    raises  NotAllowed · NotNow · Invalid at until or reason · Conflict
    writes  status, end and reason; one journal entry; the heads are told
    """
    require(organization, "suspend", actor)
    today = clock.today()
    if not today < until <= today + LONGEST_SUSPENSION:
        raise Invalid(_("暂停至的日期要晚于今天，最长三年。"), field="until")
    return advance(
        organization,
        "suspend",
        actor=actor,
        reason=reason,
        facts={"until": until.isoformat()},
        suspended_until=until,
        suspension_reason=reason[:300],
    )


@transaction.atomic
def reinstate_organization(organization: Organization, *, actor: Actor, reason: str) -> Organization:
    """End a suspension (恢复), by an officer before its time or by the clock after it."""
    return advance(organization, "reinstate", actor=actor, reason=reason, suspended_until=None, suspension_reason="")


def end_suspensions() -> int:
    """End the suspensions whose last day is over; called by the clock. returns  how many were ended"""
    over = list(Organization.objects.filter(status="suspended", suspended_until__lt=clock.today()))
    for organization in over:
        reinstate_organization(organization, actor=SYSTEM, reason=_("暂停期满。"))
    return len(over)


@transaction.atomic
def record_credit(
    organization: Organization, *, actor: Actor, grade: str, points: Decimal, title: str, source: str, source_key: str
) -> Organization:
    """Enter what an evaluation found into a provider's credit (信用记录); qualification reads the latest grade.

    grade   优 | 良 | 中 | 差;  points: of 100, two decimals;  title: the project
    source  its 文号;  source_key: frozen name of what it comes from, entered once
    raises  NotAllowed · Invalid (no such grade) · Conflict (entered already)
    writes  one CreditRecord; the organization's latest grade; one journal entry "credit"
    source  R50; CRED: good credit goes before in the purchase of services
    """
    if not can_record_credit(actor, organization):
        raise NotAllowed(_("信用记录由评价结果带入。"))
    if grade not in {"优", "良", "中", "差"}:
        raise Invalid(_("评价等级为优、良、中、差之一。"), field="grade")
    if CreditRecord.objects.filter(source_key=source_key).exists():
        raise Conflict(_("这份评价结果已经登记过。"))
    day = clock.today()
    CreditRecord.objects.create(
        organization=organization, grade=grade, points=f"{points:.2f}", title=title[:160], source=source[:60],
        source_key=source_key, on=day, recorded_by_name=actor.user_name,
    )  # fmt: skip
    Organization.objects.filter(pk=organization.pk).update(credit_grade=grade, credit_on=day)
    organization.credit_grade, organization.credit_on = grade, day
    journal.record(organization, "credit", actor=actor, facts={"grade": grade, "source": source})
    return organization


PROFILE: Final = ("short_name", "address", "contact_name", "contact_phone", "scope")
BEFORE_VERIFICATION: Final = ("name", "legal_representative")


@transaction.atomic
def edit_profile(organization: Organization, *, actor: Actor, **fields: str) -> Organization:
    """Change what an organization says of itself; name and representative only until it is verified.

    fields  of PROFILE, and of BEFORE_VERIFICATION while pending or returned
    raises  NotAllowed · NotNow · Invalid (a verified name, a name that is taken) · Conflict
    writes  the fields; one entry that names the fields, not their texts
    """
    require(organization, "edit_profile", actor)
    changed = {name: value for name, value in fields.items() if getattr(organization, name) != value}
    allowed = PROFILE + (BEFORE_VERIFICATION if organization.status != "verified" else ())
    for name in changed:
        if name not in allowed:
            raise Invalid(_("核验过的内容不能直接改，请联系采购经办重新核验。"), field=name)
    if "name" in changed and Organization.objects.filter(name=changed["name"]).exists():
        raise Invalid(_("这个名称已经登记过。"), field="name")
    return advance(
        organization, "edit_profile", actor=actor, facts={"fields": sorted(changed)}, **dict[str, Any](changed)
    )


@transaction.atomic
def add_document(
    organization: Organization,
    *,
    actor: Actor,
    kind: str,
    file: IO[bytes] | bytes,
    name: str = "",
    issued_on: date | None = None,
    expires_on: date | None = None,
) -> Organization:
    """Add a paper (资质文件); an older one of the same kind stays.

    file    an upload, or bytes with `name`
    raises  NotAllowed · NotNow · Invalid at file or expires_on · Conflict
    writes  one stored file, one link, one entry with the file's digest
    """
    require(organization, "add_document", actor)
    document = _attach(
        organization, actor=actor, kind=kind, file=file, name=name, issued_on=issued_on, expires_on=expires_on
    )
    return advance(organization, "add_document", actor=actor, facts={"kind": kind}, documents=[document])


def attach_certificate(organization: Organization, *, actor: Actor, file: IO[bytes], expires_on: date | None) -> None:
    """Keep the certificate that comes with a registration; part of that operation's transaction."""
    document = _attach(
        organization, actor=actor, kind="registration", file=file, name="", issued_on=None, expires_on=expires_on
    )
    journal.record(organization, "add_document", actor=actor, facts={"kind": "registration"}, documents=[document])


def _attach(
    organization: Organization,
    *,
    actor: Actor,
    kind: str,
    file: IO[bytes] | bytes,
    name: str,
    issued_on: date | None,
    expires_on: date | None,
) -> Document:
    if expires_on is not None and expires_on < clock.today():
        raise Invalid(_("有效期至 %(day)s，已经过期。请上传新的证书。") % {"day": expires_on}, field="expires_on")
    if issued_on is not None and issued_on > clock.today():
        raise Invalid(_("签发日期在今天以后，请对照证书再填。"), field="issued_on")
    document = store(file, name=name or str(getattr(file, "name", "")), actor=actor, purpose="organization")
    OrganizationDocument.objects.create(
        organization=organization, document=document, kind=kind, issued_on=issued_on, expires_on=expires_on
    )
    return document


@transaction.atomic
def propose_account(organization: Organization, *, actor: Actor, bank_name: str, bank_account: str) -> Organization:
    """Propose another bank account (变更收款账户); nothing changes before a second person and 24 hours.

    raises  NotAllowed · NotNow · Invalid (not an account number, the same account) · Conflict
    writes  one BankAccountChange; one entry with the last four digits only
    source  house.md 4b.15
    """
    require(organization, "propose_account", actor)
    account = "".join(bank_account.split())
    if not (account.isdigit() and 8 <= len(account) <= 32):
        raise Invalid(_("银行账号是 8 至 32 位数字，请对照开户许可证再填。"), field="bank_account")
    if account == organization.bank_account:
        raise Invalid(_("和现在的账号一样，不用变更。"), field="bank_account")
    BankAccountChange.objects.create(
        organization=organization,
        bank_name=bank_name,
        bank_account=account,
        proposed_by_key=actor.user_key,
        proposed_by_name=actor.user_name,
    )
    return advance(
        organization,
        "propose_account",
        actor=actor,
        facts={"bank": bank_name, "ends_with": account[-4:]},
        account_change_by=actor.user_key,
        account_confirmed=False,
    )


@transaction.atomic
def confirm_account(organization: Organization, *, actor: Actor, bank_account: str) -> Organization:
    """Confirm a proposed account as a second person (复核); it holds 24 hours later.

    bank_account  typed again from the papers, not copied: it must equal what was proposed
    raises        NotAllowed (the same person) · NotNow · Invalid at bank_account · Conflict
    writes        the confirmation and its moment; one entry
    """
    require(organization, "confirm_account", actor)
    change = open_account_change(organization)
    if change is None:
        raise NotNow(_("没有待复核的账户变更。"))
    if "".join(bank_account.split()) != change.bank_account:
        raise Invalid(_("和提出的账号不一致。请对照开户许可证再输入一遍。"), field="bank_account")
    change.confirmed_by_key, change.confirmed_by_name = actor.user_key, actor.user_name
    change.confirmed_at = clock.now()
    change.takes_effect_at = change.confirmed_at + HOLD
    change.save(update_fields=["confirmed_by_key", "confirmed_by_name", "confirmed_at", "takes_effect_at"])
    facts = {"ends_with": change.bank_account[-4:], "takes_effect_at": change.takes_effect_at.isoformat()}
    return advance(organization, "confirm_account", actor=actor, facts=facts, account_confirmed=True)


@transaction.atomic
def stop_account(organization: Organization, *, actor: Actor, reason: str) -> Organization:
    """Stop a change of account before it holds. writes  the change's end; one entry"""
    require(organization, "stop_account", actor)
    change = open_account_change(organization)
    if change is None:
        raise NotNow(_("账户变更已经生效或已停止。"))
    change.stopped_at = clock.now()
    change.save(update_fields=["stopped_at"])
    return advance(
        organization, "stop_account", actor=actor, reason=reason, account_change_by="", account_confirmed=False
    )


def apply_account_changes() -> int:
    """Put confirmed accounts into force whose 24 hours are over; called by the clock. returns  how many"""
    due = BankAccountChange.objects.filter(
        takes_effect_at__lte=clock.now(), applied_at__isnull=True, stopped_at__isnull=True
    )
    return sum(_apply(change.pk) for change in due)


@transaction.atomic
def _apply(key: Any) -> bool:
    """Under the organization's lock, so that a stop that came first wins."""
    change = BankAccountChange.objects.select_related("organization").get(pk=key)
    organization = Organization.objects.select_for_update().get(pk=change.organization_id)
    now = clock.now()
    open_rows = BankAccountChange.objects.filter(pk=key, applied_at__isnull=True, stopped_at__isnull=True)
    if not open_rows.update(applied_at=now):
        return False
    advance(
        organization,
        "apply_account",
        actor=SYSTEM,
        facts={"ends_with": change.bank_account[-4:]},
        bank_name=change.bank_name,
        bank_account=change.bank_account,
        account_change_by="",
        account_confirmed=False,
    )
    return True
