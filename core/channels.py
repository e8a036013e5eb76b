"""Channels (通知渠道): how a notice leaves the platform, to which address, and what a person wants by which way.

The notice itself stands in the person's list (`core.messages`); a channel only points to it. Sending is a piece of the
outbox: asked in the transaction that tells, done after commit, at least once. A second channel of another kind is one
more class here.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext as _

from core import clock
from core.errors import Invalid
from core.outbox import enqueue, on_topic
from core.rooms import rooms
from core.sealing import platform_sealer

TOPIC: Final = "message.send"
TIMEOUT: Final = 10
OTHER_FAMILIES: Final = (("reminder", "到期提醒"), ("report", "报告"), ("account", "账号与任职"), ("other", "其他"))
OF_ACCOUNT: Final = frozenset({"membership", "delegation"})


@dataclass(frozen=True)
class Letter:
    """What is sent. key names the notice: the same key is the same letter, so a receiver can drop a second copy."""

    sentence: str
    url: str
    key: str

    @property
    def link(self) -> str:
        """The notice's address, whole."""
        return f"{settings.SITE_URL}{self.url}"


class Channel(Protocol):
    """One way out."""

    slug: str
    label: str
    address: str
    hint: str

    def is_on(self) -> bool:
        """Whether this installation has it."""

    def check(self, target: str) -> str:
        """The address in its stored form. raises  Invalid"""

    def send(self, target: str, letter: Letter) -> None:
        """Hand the letter over. raises  whatever the other side answers; the outbox tries again"""


class Mail:
    """E-mail (电子邮件) over the SMTP server of the settings."""

    slug = "email"
    label = "电子邮件"
    address = "邮箱"
    hint = "例如 name@example.org。留空则不发邮件。"

    def is_on(self) -> bool:
        """Whether a server is named."""
        return bool(settings.EMAIL_HOST)

    def check(self, target: str) -> str:
        """raises  Invalid for what is no e-mail address"""
        try:
            validate_email(target)
        except ValidationError:
            raise Invalid(_("这不是有效的电子邮件地址。"), field=self.slug) from None
        return target

    def send(self, target: str, letter: Letter) -> None:
        """One plain letter; its Message-ID is drawn from the key, so that a second copy is known as one."""
        host = urlsplit(settings.SITE_URL).hostname
        EmailMessage(
            subject=f"[{settings.SITE_NAME}] {letter.sentence}"[:120].replace("\n", " "),
            body=_("%(sentence)s\n\n办理：%(link)s\n\n不想再收邮件，可在“我的 → 通知设置”里关闭。")
            % {"sentence": letter.sentence, "link": letter.link},
            to=[target],
            headers={"Message-ID": f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:32]}@{host}>"},
        ).send()


class _NoRedirect(HTTPRedirectHandler):
    """A robot answers where it was asked; whoever sends us elsewhere is not it."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class WeCom:
    """The robot of a WeCom group (企业微信群机器人): text posted as JSON; answers errcode 0.

    Only the hosts of settings.WEBHOOK_HOSTS are asked: an address typed by a person must not reach into our own net.
    """

    slug = "wecom"
    label = "企业微信群机器人"
    address = "Webhook 地址"
    hint = "群设置里“添加群机器人”后得到的 Webhook 地址。它等于群的发言权，请勿外传。留空则不发。"

    def is_on(self) -> bool:
        """Whether any host may be asked."""
        return bool(settings.WEBHOOK_HOSTS)

    def check(self, target: str) -> str:
        """raises  Invalid for an address that is not https, or of a host that is not named in the settings"""
        parts = urlsplit(target)
        if parts.netloc not in settings.WEBHOOK_HOSTS:
            hosts = "、".join(settings.WEBHOOK_HOSTS)
            raise Invalid(_("Webhook 地址应以 https:// 开头，主机为 %(hosts)s。") % {"hosts": hosts}, field=self.slug)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
            raise Invalid(_("Webhook 地址应以 https:// 开头。"), field=self.slug)
        return target

    def send(self, target: str, letter: Letter) -> None:
        """raises  URLError, or ValueError when the robot refuses"""
        text = json.dumps(
            {"msgtype": "text", "text": {"content": f"{letter.sentence}\n{letter.link}"[:600]}}, ensure_ascii=False
        )
        request = Request(self.check(target), data=text.encode(), headers={"Content-Type": "application/json"})  # noqa: S310 - checked: https, named host
        try:
            with build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as answer:
                told = json.loads(answer.read(10_000) or b"{}")
        except URLError as fault:
            # The fault's own text may hold the address, which is a secret.
            raise ConnectionError(f"{type(fault).__name__} {getattr(fault, 'code', '')}".strip()) from None
        if told.get("errcode") != 0:
            raise ValueError(f"errcode {told.get('errcode')}")


CHANNELS: Final[tuple[Channel, ...]] = (Mail(), WeCom())


class Contact(models.Model):
    """One person's address on one channel (收件地址), sealed at rest, with the families of notices not wanted there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_key = models.CharField(max_length=64)
    channel = models.CharField(max_length=16)
    target = models.BinaryField()
    muted = models.JSONField(default=list)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "core"
        constraints = [models.UniqueConstraint(fields=["person_key", "channel"], name="contact_once")]

    @property
    def address(self) -> str:
        """The address in clear; for its owner and for sending alone."""
        return platform_sealer().open(bytes(self.target), _context(self.person_key, self.channel)).decode()


def channels() -> list[Channel]:
    """The channels of this installation."""
    return [channel for channel in CHANNELS if channel.is_on()]


def families() -> list[tuple[str, str]]:
    """The kinds of notices a person chooses by: one for each kind of object, and a few others. (slug, Chinese label)."""
    return [(room.name.rpartition(".")[2], room.model.lifecycle.label) for room in rooms()] + list(OTHER_FAMILIES)


def family_of(kind: str) -> str:
    """The family of a notice's kind: "settlement.returned" is of "settlement"."""
    first = kind.partition(".")[0]
    if first in OF_ACCOUNT:
        return "account"
    return first if first in dict(families()) else "other"


def contacts_of(person_key: str) -> dict[str, Contact]:
    """A person's addresses by channel."""
    return {contact.channel: contact for contact in Contact.objects.filter(person_key=person_key)}


def set_contact(person_key: str, channel: str, target: str, muted: Sequence[str]) -> bool:
    """Keep, change or (target "") forget a person's address on a channel.

    returns  whether the address is another than before
    raises   Invalid at the field of the channel's name
    writes   the Contact
    """
    known = Contact.objects.filter(person_key=person_key, channel=channel).first()
    target = target.strip()
    if not target:
        if known is not None:
            known.delete()
        return known is not None
    way = next(each for each in channels() if each.slug == channel)
    checked = way.check(target)
    changed = known is None or known.address != checked
    contact = known or Contact(person_key=person_key, channel=channel)
    contact.muted = sorted(set(muted))
    if changed:
        contact.target = platform_sealer().seal(checked.encode(), _context(person_key, channel))
        contact.failed_at = contact.sent_at = None
    contact.save()
    return changed


def send_out(people: Iterable[str], *, sentence: str, url: str, kind: str, key: str) -> None:
    """Ask for a notice to be sent to those who want its family by a channel. One query, none for nobody.

    writes  one OutboxItem a person and channel; asking twice is asking once
    """
    ways = {channel.slug for channel in channels()}
    wanted = list(people)
    if not ways or not wanted:
        return
    family = family_of(kind)
    for contact in Contact.objects.filter(person_key__in=wanted, channel__in=ways):
        if family not in contact.muted:
            _ask(contact, sentence, url, f"{key}:{contact.person_key}")


def send_trial(person_key: str, channel: str) -> None:
    """Send a trial letter to an address of one's own. raises  Invalid (there is none)"""
    contact = contacts_of(person_key).get(channel)
    if contact is None:
        raise Invalid(_("还没有填写地址。"), field=channel)
    _ask(contact, _("这是一条测试通知，收到即说明地址可用。"), "/w/me/notices/", f"trial:{uuid.uuid4()}")


def _ask(contact: Contact, sentence: str, url: str, key: str) -> None:
    name = hashlib.sha256(f"{contact.channel}:{key}".encode()).hexdigest()
    payload = {"contact": str(contact.pk), "sentence": sentence, "url": url, "key": key}
    enqueue(TOPIC, payload, key=f"{TOPIC}:{name}")


@on_topic(TOPIC)
def _send(payload: dict[str, Any]) -> None:
    """Hand one letter over and note how it went; an address that was taken away meanwhile gets nothing."""
    contact = Contact.objects.filter(pk=payload["contact"]).first()
    way = next((each for each in channels() if contact and each.slug == contact.channel), None)
    if contact is None or way is None:
        return
    mine = Contact.objects.filter(pk=contact.pk)
    try:
        way.send(contact.address, Letter(payload["sentence"], payload["url"], payload["key"]))
    except Exception:
        mine.update(failed_at=clock.now())
        raise
    mine.update(sent_at=clock.now(), failed_at=None)


def _context(person_key: str, channel: str) -> bytes:
    return f"core.contact:{person_key}:{channel}".encode()
