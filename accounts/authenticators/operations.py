"""Verbs of the second factor (两步验证): begin, enroll, prove, renew the recovery codes, end, reset."""

from __future__ import annotations

import hashlib
import secrets
import time
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.authenticators.models import DIGITS, Authenticator, RecoveryCode
from accounts.authenticators.queries import codes_left, waiting_authenticator
from accounts.permissions import can_keep_second_factor, can_reset_second_factor
from accounts.users.models import User
from core import clock, journal
from core.actor import SYSTEM, Actor
from core.errors import Invalid, NotAllowed, NotNow
from core.messages import tell

CODES: Final = 10
CODE_BYTES: Final = 10
SECRET_BYTES: Final = 20


@dataclass(frozen=True)
class Proof:
    """What came of a code: taken or not, and the seconds to wait before another is looked at."""

    taken: bool
    wait: int = 0


@transaction.atomic
def begin_enrollment(user: User) -> Authenticator:
    """Make the secret of a new device (准备启用); it opens nothing before its first code.

    writes  one unconfirmed Authenticator in the place of an earlier unconfirmed one; the device in use stays
    """
    Authenticator.objects.filter(user=user, confirmed=False).delete()
    device = Authenticator(user=user)
    device.keep(secrets.token_bytes(SECRET_BYTES))
    device.save(force_insert=True)
    return device


@transaction.atomic
def enroll(user: User, *, actor: Actor, code: str) -> list[str]:
    """Put the new device into force with its first code (启用两步验证).

    returns  ten recovery codes, in clear for this once
    raises   NotAllowed (somebody else's) · NotNow (no secret is waiting) · Invalid at code
    writes   the device, the earlier one goes; User.second_factor_at, which ends sessions without the new proof; the
             recovery codes; one entry on the person's chain; the person is told
    """
    if not can_keep_second_factor(actor, user):
        raise NotAllowed
    device = waiting_authenticator(user)
    if device is None:
        raise NotNow(_("这个二维码已经过期，请重新开始。"))
    if not _is_device_code(code) or not device.verify_token(_bare(code)):
        raise Invalid(_("验证码不对。请核对手机时间是否准确，输入应用里现在显示的 6 位数字。"), field="code")
    replaced = bool(Authenticator.objects.filter(user=user, confirmed=True).delete()[0])
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    _note(user, clock.now())
    codes = _fresh_codes(user)
    entry = journal.record(user, "enroll_second_factor", actor=actor, facts={"replaces": replaced})
    _tell(user, _("您的账号已启用两步验证。如非本人操作，请马上联系系统管理员。"), f"enroll:{entry.n}")
    return codes


@transaction.atomic
def prove(user: User, code: str) -> Proof:
    """Take a code of the device, or a recovery code (核对验证码). Wrong ones cost time: 1, 2, 4, 8 … seconds.

    writes  the step or the recovery code as spent, or one failure more; an entry for a spent recovery code (the person is
            told) and for a refused code. Not to be called inside a transaction that may be undone
    """
    device = Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        return Proof(taken=False)
    allowed, why = device.verify_is_allowed()
    if not allowed:
        # The library throttles by wall time, which a travelled clock must not open.
        return Proof(taken=False, wait=max(1, ceil(why["locked_until"].timestamp() - time.time())))
    if _is_device_code(code):
        taken = device.verify_token(_bare(code))
    else:
        taken = _spend(user, code)
        if taken:
            device.throttle_reset()
        else:
            device.throttle_increment()
    if not taken:
        journal.record(user, "refuse_code", actor=SYSTEM)
    return Proof(taken=taken)


@transaction.atomic
def renew_codes(user: User, *, actor: Actor) -> list[str]:
    """Make ten new recovery codes; the old ones are void (重新生成恢复码). The caller has asked for password and code.

    raises  NotAllowed · NotNow (no second factor);  writes: the codes; one entry on the person's chain
    """
    _require_own(user, actor)
    codes = _fresh_codes(user)
    journal.record(user, "renew_recovery_codes", actor=actor)
    return codes


@transaction.atomic
def end_second_factor(user: User, *, actor: Actor, demanded: bool) -> User:
    """Switch the second factor off (关闭两步验证), where no role demands it. The caller has asked for password and code.

    raises  NotAllowed · NotNow (no second factor, a role demands it)
    writes  what reset_second_factor writes, by the person
    """
    _require_own(user, actor)
    if demanded:
        raise NotNow(_("您的岗位要求两步验证，不能关闭。"))
    _remove(user)
    journal.record(user, "end_second_factor", actor=actor)
    return user


@transaction.atomic
def reset_second_factor(user: User, *, actor: Actor, reason: str) -> User:
    """Take the second factor from somebody who lost the device (重置两步验证); the next log-in sets up a new one.

    actor   a system administrator, never for the own account; SYSTEM is the operator's command line
    raises  NotAllowed · NotNow (has none) · Invalid at reason
    writes  devices and codes void, User.second_factor_at empty; one entry on the person's chain; the person is told
    """
    if not can_reset_second_factor(actor, user):
        raise NotAllowed(_("自己的两步验证不能自己重置，请另一位系统管理员办理。"))
    if user.second_factor_at is None:
        raise NotNow(_("这个账号没有启用两步验证。"))
    if not reason.strip():
        raise Invalid(_("请写明理由。"), field="reason")
    _remove(user)
    entry = journal.record(user, "reset_second_factor", actor=actor, reason=reason)
    sentence = _("%(name)s重置了您的两步验证。如非您本人要求，请马上告诉单位负责人。") % {"name": actor.user_name}
    _tell(user, sentence, f"reset:{entry.n}")
    return user


def _require_own(user: User, actor: Actor) -> None:
    if not can_keep_second_factor(actor, user):
        raise NotAllowed
    if user.second_factor_at is None:
        raise NotNow(_("您还没有启用两步验证。"))


def _remove(user: User) -> None:
    Authenticator.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user, spent_at__isnull=True).update(spent_at=clock.now())
    _note(user, None)


def _note(user: User, moment: datetime | None) -> None:
    user.second_factor_at = moment
    user.save(update_fields=["second_factor_at"])


def _fresh_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user, spent_at__isnull=True).update(spent_at=clock.now())
    plain = [b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower() for _n in range(CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(user, code)) for code in plain])
    return ["-".join(code[n : n + 4] for n in range(0, len(code), 4)) for code in plain]


def _spend(user: User, code: str) -> bool:
    rows = RecoveryCode.objects.filter(user=user, digest=_digest(user, _bare(code)), spent_at__isnull=True)
    if not rows.update(spent_at=clock.now()):
        return False
    left = codes_left(user)
    entry = journal.record(user, "use_recovery_code", actor=SYSTEM, facts={"left": left})
    sentence = _("有人用恢复码登录了您的账号，还剩 %(left)s 个。如非本人，请马上修改密码。") % {"left": left}
    _tell(user, sentence, f"recovery:{entry.n}")
    return True


def _digest(user: User, bare: str) -> str:
    return hashlib.sha256(f"{user.pk}:{bare}".encode()).hexdigest()


def _bare(code: str) -> str:
    """A code without the blanks and hyphens that people type."""
    return "".join(sign for sign in code.lower() if sign.isascii() and sign.isalnum())


def _is_device_code(code: str) -> bool:
    bare = _bare(code)
    return len(bare) == DIGITS and bare.isdigit()


def _tell(user: User, sentence: str, key: str) -> None:
    tell([str(user.pk)], sentence=sentence, url="/w/me/", kind="account", key=f"second:{user.pk}:{key}")
