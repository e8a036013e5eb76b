"""Verbs of the pledges (廉洁承诺): open a version, edit, publish, sign; enter a training."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.memberships.queries import identities_of
from accounts.organizations.models import Organization
from accounts.pledges.models import PledgeSignature, PledgeText, Training, TrainingAttendance
from accounts.pledges.queries import signers, texts_to_sign, trainable
from accounts.pledges.starting_list import TEXTS
from accounts.users.models import User
from core import clock, journal
from core.actor import SYSTEM, Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed
from core.lifecycle import advance, begin, require
from core.messages import tell


@transaction.atomic
def open_text(buyer: Organization, *, actor: Actor, group: str) -> PledgeText:
    """Open a new version of a group's pledge (起草承诺书), beginning with the one in force or the starting text.

    raises  NotAllowed · Invalid (no such group) · Conflict (a draft is open already)
    writes  the draft; one journal entry "create"
    source  R49
    """
    if not actor.works_for(buyer.pk, "discipline_officer"):
        raise NotAllowed(_("廉洁承诺书由本单位纪检起草。"))
    if group not in TEXTS:
        raise Invalid(_("请选择适用的人员。"), field="group")
    texts = PledgeText.objects.filter(buyer=buyer, group=group)
    last = texts.filter(status="published").first()
    text = PledgeText(
        buyer=buyer, region_path=buyer.region.path, group=group,
        edition=(texts.aggregate(last=Max("edition"))["last"] or 0) + 1,
        body=last.body if last else TEXTS[group], valid_months=last.valid_months if last else 12,
        drafted_by_key=actor.user_key, drafted_by_name=actor.user_name,
    )  # fmt: skip
    try:
        with transaction.atomic():
            return begin(
                text, actor=actor, facts={"group": group, "from": last.journal_key if last else "starting list"}
            )
    except IntegrityError:
        raise Conflict(_("这一组已有一版草稿，请先办完它。")) from None


@transaction.atomic
def edit_text(text: PledgeText, *, actor: Actor, body: str, valid_months: int) -> PledgeText:
    """Write down the words of a draft (修改).

    raises  NotAllowed · NotNow · Invalid at body or valid_months · Conflict. writes  the row; one journal entry
    """
    require(text, "edit", actor)
    if not body.strip():
        raise Invalid(_("请写承诺内容。"), field="body")
    if not 1 <= valid_months <= 36:
        raise Invalid(_("请填 1 到 36 个月。"), field="valid_months")
    return advance(
        text, "edit", actor=actor, facts={"months": valid_months}, body=body.strip(), valid_months=valid_months
    )


@transaction.atomic
def publish_text(text: PledgeText, *, actor: Actor) -> PledgeText:
    """Publish a draft (发布承诺书): from now on the roles of its group wait for the signature.

    raises  NotAllowed (not the leadership, or the drafter) · NotNow · Conflict
    writes  status; the former version's status; a journal entry each; whoever it binds is told
    """
    require(text, "publish", actor)
    former = PledgeText.objects.filter(buyer_id=text.buyer_id, group=text.group, status="published").first()
    if former is not None:
        advance(former, "supersede", actor=SYSTEM, facts={"by": text.journal_key})
    advance(
        text, "publish", actor=actor, facts={"edition": text.edition, "digest": text.digest},
        published_at=clock.now(), published_by_name=actor.user_name,
    )  # fmt: skip
    tell(
        [str(row.user.pk) for row in signers(text.buyer) if row.text is not None and row.text.pk == text.pk],
        sentence=_("请签署%(title)s，签署以前不能办理业务。") % {"title": str(text)},
        url="/w/pledges/sign/",
        kind="pledge.published",
        key=f"pledge.published:{text.pk}",
    )
    return text


@transaction.atomic
def sign_pledge(text: PledgeText, *, actor: Actor, user: User, agreed: bool) -> PledgeSignature:
    """Sign the version in force (签署): the person itself, who has read it.

    user    the person who acts: nobody signs for another, a delegation least of all
    raises  NotAllowed (another person, or not bound, or signed already) · Invalid at agreed
    writes  the signature with the digest of the words; one entry "pledge" on the person's chain
    """
    if str(user.pk) != actor.user_key:
        raise NotAllowed(_("廉洁承诺书只能由本人签署。"))
    if not agreed:
        raise Invalid(_("请阅读后勾选承诺。"), field="agreed")
    locked = User.objects.select_for_update().get(pk=user.pk)
    if not texts_to_sign(locked, identities_of(locked)).filter(pk=text.pk).exists():
        raise NotAllowed(_("这份承诺书不需要您签署，或您已经签过。"))
    made = PledgeSignature.objects.create(
        text=text, user=locked, user_name=locked.name, digest=text.digest,
        valid_until=months_later(clock.today(), text.valid_months),
    )  # fmt: skip
    facts = {"text": text.journal_key, "edition": text.edition, "digest": made.digest, "until": f"{made.valid_until}"}
    journal.record(locked, "pledge", actor=actor, facts=facts)
    return made


def months_later(day: date, months: int) -> date:
    """The same day so many months on; the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@transaction.atomic
def enter_training(
    buyer: Organization, *, actor: Actor, title: str, held_on: date, hours: Decimal, people: Iterable[User], sheet: Any
) -> Training:
    """Enter a training that was held (登记廉政教育), with its attendance sheet.

    people  who took part: the buyer's own and experts of the pool;  sheet: an upload with a name, or a stored document
    raises  NotAllowed · Invalid at the field
    writes  the training, who took part, one stored file; one journal entry "create" with the digest
    source  R49 (履职尽责和廉政风险意识教育)
    """
    if not actor.works_for(buyer.pk, "discipline_officer"):
        raise NotAllowed(_("廉政教育由本单位纪检登记。"))
    given = {person.pk: person for person in people}
    errors: dict[str, list[str]] = {}
    if not title.strip():
        errors["title"] = [_("请填写主题。")]
    if held_on > clock.today():
        errors["held_on"] = [_("日期不能晚于今天。")]
    if not Decimal(0) < hours <= Decimal(99):
        errors["hours"] = [_("学时要大于 0，不超过 99。")]
    known = set(trainable(buyer.pk).filter(pk__in=given).values_list("pk", flat=True))
    if not given or known != set(given):
        errors["people"] = [_("请选择参加的本单位人员或评审专家。")]
    if errors:
        raise Invalid(errors=errors)
    kept = sheet if isinstance(sheet, Document) else store(
        sheet, name=sheet.name, actor=actor, purpose="training", field="sheet"
    )  # fmt: skip
    training = begin(
        Training(
            buyer=buyer, region_path=buyer.region.path, title=title.strip(), held_on=held_on, hours=hours, sheet=kept,
            entered_by_name=actor.user_name,
        ),
        actor=actor, facts={"held_on": f"{held_on}", "hours": f"{hours}", "people": len(given), "sheet": kept.sha256},
    )  # fmt: skip
    TrainingAttendance.objects.bulk_create(
        TrainingAttendance(training=training, user=person, user_name=person.name) for person in given.values()
    )
    return training


@transaction.atomic
def drop_training(training: Training, *, actor: Actor, reason: str) -> Training:
    """Drop a training that was entered wrongly (作废): it counts for nobody. writes  status; one journal entry"""
    return advance(training, "drop", actor=actor, reason=reason)
