"""Verbs of memberships (任职) and delegations (代办), and the registration that joins person and organization."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import IO, Any, Final
from uuid import UUID

from axes.utils import reset as unlock
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.memberships.models import Delegation, Membership
from accounts.memberships.queries import identities_of, in_force
from accounts.organizations.models import Organization
from accounts.organizations.operations import attach_certificate, enter_organization
from accounts.permissions import can_delegate, can_manage_memberships
from accounts.regions.models import Region
from accounts.roles import OF_KIND, ROLES
from accounts.users.models import User
from core import clock, journal
from core.actor import SYSTEM, Actor
from core.duties import Task, tasks_for
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import tell
from core.permissions import BUYER_ROLES

LONGEST_DELEGATION: Final = timedelta(days=92)
REMIND_BEFORE: Final = timedelta(days=2)
HEADS: Final = ("provider_admin", "system_admin")


def check_role(organization: Organization, role: str) -> None:
    """Refuse a role that this organization may not give.

    raises  Invalid at field "role"
    source  政府购买服务管理办法（财政部令第102号）第五条、第三十三条: only administrative establishment paid by fiscal funds
    """
    if role not in OF_KIND.get(organization.kind, ()):
        raise Invalid(
            _("%(kind)s没有「%(role)s」这个角色。")
            % {"kind": organization.get_kind_display(), "role": ROLES.get(role, role)},
            field="role",
        )
    if role in BUYER_ROLES and not organization.may_buy:
        raise Invalid(
            _(
                "该单位是%(establishment)s、%(funding)s，不能作为购买主体，不能授予采购角色。购买主体须为行政编制且由财政全额保障。"
            )
            % {
                "establishment": organization.get_establishment_type_display(),
                "funding": organization.get_funding_type_display(),
            },
            field="role",
        )


@transaction.atomic
def grant_role(
    organization: Organization,
    *,
    actor: Actor,
    user: User,
    role: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
    region: Region | None = None,
) -> Membership:
    """Give a person a role in an organization (授予角色).

    valid_from  first day, Shanghai, by default today;  valid_to: last day, None for open
    raises      NotAllowed · Invalid at role (wrong kind, may not buy) or valid_to · Conflict (holds it already)
    writes      one Membership; one entry each on the person's and the organization's chain; the person is told
    """
    if not can_manage_memberships(actor, organization):
        raise NotAllowed
    check_role(organization, role)
    start = valid_from or clock.today()
    if valid_to is not None and valid_to < start:
        raise Invalid(_("结束日期早于开始日期。"), field="valid_to")
    held = Membership.objects.filter(in_force(start), user=user, organization=organization, role=role)
    if held.exists():
        raise Conflict(_("%(name)s已经是本单位的%(role)s。") % {"name": user.name, "role": ROLES[role]})
    membership = Membership.objects.create(
        user=user,
        organization=organization,
        role=role,
        region=region,
        valid_from=start,
        valid_to=valid_to,
        granted_by=actor.user_name[:64],
    )
    _journal_role(membership, "grant_role", actor)
    sentence = _("您现在是%(place)s的%(role)s。") % {"place": organization.name, "role": ROLES[role]}
    tell([str(user.pk)], sentence=sentence, url="/w/me/", kind="membership", key=f"grant:{membership.pk}")
    return membership


@transaction.atomic
def end_role(membership: Membership, *, actor: Actor, reason: str = "") -> Membership:
    """End a role at once (解除角色); the row stays.

    raises  NotAllowed · NotNow (ended already; the last head of the organization)
    writes  valid_to; one entry each on the person's and the organization's chain
    """
    organization = membership.organization
    if not can_manage_memberships(actor, organization):
        raise NotAllowed
    yesterday = clock.today() - timedelta(days=1)
    if membership.valid_to is not None and membership.valid_to <= yesterday:
        raise NotNow(_("这个角色已经结束。"))
    if membership.role in HEADS:
        others = Membership.objects.filter(in_force(), organization=organization, role=membership.role)
        if not others.exclude(user_id=membership.user_id).exists():
            raise NotNow(_("这是本单位最后一位%(role)s，请先授予另一个人。") % {"role": ROLES[membership.role]})
    membership.valid_to = yesterday
    membership.save(update_fields=["valid_to"])
    _journal_role(membership, "end_role", actor, reason)
    return membership


@transaction.atomic
def enroll_person(
    organization: Organization, *, actor: Actor, username: str, name: str, password: str, role: str, **period: Any
) -> Membership:
    """Give a role to a person by log-in name; who has no account yet gets one (新增人员).

    password  first password of a new account, checked by the platform's rules; ignored for an existing one
    raises    NotAllowed · Invalid at username, name, password, role · Conflict
    writes    perhaps one User, with its first entry; what grant_role writes
    """
    if not can_manage_memberships(actor, organization):
        raise NotAllowed
    user = User.objects.filter(username=username).first()
    if user is not None:
        own = Membership.objects.filter(user=user, organization=organization).exists()
        if not (own or actor.has("system_admin")):
            raise Invalid(_("这个用户名已有人用，请换一个。"), field="username")
    else:
        user = make_user(username=username, name=name, password=password, actor=actor)
    return grant_role(organization, actor=actor, user=user, role=role, **period)


def make_user(*, username: str, name: str, password: str, actor: Actor, phone: str = "") -> User:
    """Make an account. Inside a caller's transaction.

    raises  Invalid at username, name or password
    writes  one User and the first entry of its chain
    """
    if not name.strip():
        raise Invalid(_("请写姓名。"), field="name")
    if User.objects.filter(username__iexact=username).exists():
        raise Invalid(_("这个用户名已有人用，请换一个。"), field="username")
    user = User(username=username, name=name.strip(), phone=phone)
    _set_password(user, password)
    user.save(force_insert=True)
    journal.record(user, "create", actor=actor)
    return user


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise Invalid(errors={"password": fault.messages}) from None
    user.set_password(password)


@transaction.atomic
def reset_password(membership: Membership, *, actor: Actor, password: str, reason: str) -> User:
    """Set a new first password for a colleague who forgot it, and lift a lock (重设密码并解锁).

    membership  of the person in the organization that the actor keeps; a head may not touch people who also work elsewhere
    raises      NotAllowed · Invalid at password or reason
    writes      the password (open sessions end); one entry on the person's chain; the person is told
    """
    user = membership.user
    elsewhere = Membership.objects.filter(in_force(), user=user).exclude(organization_id=membership.organization_id)
    if not can_manage_memberships(actor, membership.organization) or str(user.pk) == actor.user_key:
        raise NotAllowed
    if not actor.has("system_admin") and elsewhere.exists():
        raise NotAllowed(_("这位同事还在别的单位任职，请联系系统管理员重设。"))
    if not reason.strip():
        raise Invalid(_("请写明理由。"), field="reason")
    _set_password(user, password)
    user.save(update_fields=["password"])
    unlock(username=user.username)
    entry = journal.record(user, "reset_password", actor=actor, reason=reason)
    sentence = _("%(name)s为您重设了密码。如非您本人要求，请马上告诉管理员。") % {"name": actor.user_name}
    tell([str(user.pk)], sentence=sentence, url="/w/me/", kind="account", key=f"reset:{user.pk}:{entry.n}")
    return user


@transaction.atomic
def register_provider(
    organization: Organization,
    *,
    username: str,
    name: str,
    password: str,
    certificate: IO[bytes],
    certificate_expires_on: date | None = None,
) -> User:
    """A provider registers itself (自主注册): organization, its head and the certificate, all or nothing.

    organization  unsaved, kind provider, with uscc as typed
    certificate   the registration certificate (登记证书)
    returns       the new head, to be logged in
    raises        Invalid at any field (credit code, name, username, password, certificate)
    writes        one Organization pending, one User, one Membership, one paper, with their entries; officers are told
    source        政府采购法第二十二条; interface.md 2.4 注册
    """
    organization.kind = "provider"
    try:
        user = make_user(
            username=username, name=name, password=password, actor=SYSTEM, phone=organization.contact_phone
        )
    except Invalid as refusal:
        fields = {"name": "contact_name"}
        raise Invalid(errors={fields.get(f, f): lines for f, lines in refusal.errors.items()}) from None
    actor = Actor(
        user_key=str(user.pk),
        user_name=user.name,
        organization_id=organization.pk,
        organization_name=organization.name,
        organization_kind="provider",
        roles=frozenset({"provider_admin"}),
    )
    enter_organization(organization, actor=actor)
    try:
        attach_certificate(organization, actor=actor, file=certificate, expires_on=certificate_expires_on)
    except Invalid as refusal:
        fields = {"file": "certificate", "expires_on": "certificate_expires_on"}
        raise Invalid(errors={fields.get(f, f): lines for f, lines in refusal.errors.items()}) from None
    grant_role(organization, actor=actor, user=user, role="provider_admin")
    officers = Membership.objects.filter(in_force(), role="procurement_officer").values_list("user_id", flat=True)
    tell(
        [str(key) for key in officers],
        sentence=_("%(name)s注册了账号，请核验。") % {"name": organization.name},
        url=organization.get_absolute_url(),
        kind="organization",
        key=f"register:{organization.pk}",
    )
    return user


@transaction.atomic
def create_delegation(
    to_user: User, *, actor: Actor, roles: list[str], starts_on: date, ends_on: date, reason: str
) -> Delegation:
    """Ask a colleague to act in one's place for a time (委托代办).

    to_user  a member of the same organization today;  roles: of one's own, held today
    period   first and last day, Shanghai, at most 92 days, not in the past
    raises   NotAllowed · Invalid at to_user, roles, starts_on, ends_on, reason · Conflict (the same is under way)
    writes   one Delegation; an entry on both persons' chains; the colleague is told
    """
    if not can_delegate(actor) or actor.organization_id is None:
        raise NotAllowed(_("代办来的角色不能再委托给别人。") if actor.on_behalf_of else "")
    if str(to_user.pk) == actor.user_key:
        raise Invalid(_("不能委托给自己。"), field="to_user")
    if not Membership.objects.filter(in_force(), user=to_user, organization_id=actor.organization_id).exists():
        raise Invalid(_("只能委托给本单位在任的同事。"), field="to_user")
    if not roles or not set(roles) <= actor.roles:
        raise Invalid(_("只能委托您自己现在的角色。"), field="roles")
    if starts_on < clock.today():
        raise Invalid(_("开始日期不能早于今天。"), field="starts_on")
    if not starts_on <= ends_on <= starts_on + LONGEST_DELEGATION:
        raise Invalid(_("结束日期不早于开始日期，最长三个月。"), field="ends_on")
    if not reason.strip():
        raise Invalid(_("请写明事由。"), field="reason")
    same = Delegation.objects.filter(
        from_user_id=UUID(actor.user_key),
        to_user=to_user,
        organization_id=actor.organization_id,
        starts_on__lte=ends_on,
        ends_on__gte=starts_on,
        ended_at__isnull=True,
    )
    if same.exists():
        raise Conflict(_("这段时间已经委托过这位同事。请先结束原来的委托。"))
    delegation = Delegation.objects.create(
        from_user_id=actor.user_key,
        to_user=to_user,
        organization_id=actor.organization_id,
        roles=sorted(roles),
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip(),
    )
    _journal_delegation(delegation, "delegate", actor, reason)
    words = {"name": actor.user_name, "start": starts_on, "end": ends_on}
    tell(
        [str(to_user.pk)],
        sentence=_("%(name)s委托您代办，%(start)s 至 %(end)s。请从右上角换成代办身份再办理。") % words,
        url="/w/delegations/",
        kind="delegation",
        key=f"delegate:{delegation.pk}",
    )
    return delegation


@transaction.atomic
def end_delegation(delegation: Delegation, *, actor: Actor) -> Delegation:
    """End a delegation at once: by either side, or by the head of the organization.

    raises  NotAllowed · NotNow (over already)
    writes  ended_at; an entry on both persons' chains
    """
    sides = {str(delegation.from_user_id), str(delegation.to_user_id)}
    head = actor.has("system_admin") or actor.works_for(delegation.organization_id, "leader", "provider_admin")
    if actor.user_key not in sides and not head:
        raise NotAllowed
    open_rows = Delegation.objects.filter(pk=delegation.pk, ended_at__isnull=True, ends_on__gte=clock.today())
    delegation.ended_at = clock.now()
    if not open_rows.update(ended_at=delegation.ended_at):
        raise NotNow(_("这项委托已经结束。"))
    _journal_delegation(delegation, "end_delegation", actor)
    return delegation


def _journal_role(membership: Membership, verb: str, actor: Actor, reason: str = "") -> None:
    facts = {
        "role": membership.role,
        "person": membership.user.name,
        "organization": membership.organization.name,
        "from": membership.valid_from.isoformat(),
        "to": membership.valid_to.isoformat() if membership.valid_to else "",
    }
    journal.record(membership.user, verb, actor=actor, reason=reason, facts=facts)
    journal.record(membership.organization, verb, actor=actor, reason=reason, facts=facts)


def _journal_delegation(delegation: Delegation, verb: str, actor: Actor, reason: str = "") -> None:
    facts = {
        "from": delegation.from_user.name,
        "to": delegation.to_user.name,
        "roles": list(delegation.roles),
        "starts_on": delegation.starts_on.isoformat(),
        "ends_on": delegation.ends_on.isoformat(),
    }
    for person in (delegation.from_user, delegation.to_user):
        journal.record(person, verb, actor=actor, reason=reason, facts=facts)


def remind_people() -> int:
    """Tell everybody which of their work is due within two days, or overdue (到期提醒); once for each of the two.

    Whoever acts for a colleague who is away is reminded of that work too.
    returns  how many reminders were written or had been before
    writes   messages
    """
    told = 0
    for user in User.objects.filter(Exists(Membership.objects.filter(in_force(), user=OuterRef("pk"))), is_active=True):
        for identity in identities_of(user):
            for task in tasks_for(identity.actor(user)):
                if task.due is not None and task.due <= clock.now() + REMIND_BEFORE:
                    _remind(user, task, task.due)
                    told += 1
    return told


def _remind(user: User, task: Task, due: datetime) -> None:
    late = due < clock.now()
    words = (
        _("已过期限：%(title)s，%(day)s前应当%(deed)s。") if late else _("快到期限：%(title)s，请在%(day)s前%(deed)s。")
    )
    tell(
        [str(user.pk)],
        sentence=(words % {"title": task.title, "day": f"{clock.local(due):%m-%d %H:%M}", "deed": task.button})[:300],
        url=task.url,
        kind="reminder",
        key=f"remind:{'late' if late else 'soon'}:{task.url}:{due:%Y%m%d%H%M}",
    )
