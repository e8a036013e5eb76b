"""Notices leave the platform by e-mail and by a group robot: real servers on loopback, once a notice, as each person chose."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from audit.journal.models import JournalEntry
from core import clock, outbox
from core.channels import Contact, contacts_of, set_contact
from core.errors import Invalid
from core.messages import Message, tell
from core.outbox import OutboxItem
from scripts.servers import free_port
from tests.cast import Cast


class Mailbox:
    """What an SMTP server was handed."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    yield box
    server.stop()


class Robot(HTTPServer):
    """A group robot that answers as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.heard: list[dict[str, Any]] = []
        self.answer: tuple[int, bytes] = (200, b'{"errcode":0,"errmsg":"ok"}')

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    server: Robot

    def do_POST(self) -> None:
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        status, body = self.server.answer
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"http://{self.server.address}/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:  # where a redirect would lead
        self.do_POST()

    def log_message(self, *args: Any) -> None:
        return


@pytest.fixture
def robot(settings: Any) -> Iterator[Robot]:
    server = Robot()
    settings.WEBHOOK_HOSTS = [server.address]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def deliver() -> None:
    """What the worker does now, however long the item was told to wait."""
    OutboxItem.objects.filter(done_at__isnull=True).update(due_at=clock.now())
    outbox.relay()


def test_each_is_told_as_they_chose(cast: Cast, mailbox: Mailbox, robot: Robot) -> None:
    """E-mail for one, the robot for another, nothing of a family that was muted; a notice told twice is sent once."""
    buyer, leader = (str(cast.users[login].pk) for login in ("buyer", "leader"))
    set_contact(buyer, "email", "buyer@example.org", ["payment"])
    set_contact(leader, "wecom", f"http://{robot.address}/cgi-bin/webhook/send?key=K", [])
    for _again in range(2):
        tell([buyer, leader], sentence="合同待签订：王家桥", url="/w/contracts/1/", kind="contract.sign", key="one")
    tell([buyer], sentence="已支付", url="/w/payments/1/", kind="payment.paid", key="two")
    deliver()
    deliver()
    assert [letter["To"] for letter in mailbox.letters] == ["buyer@example.org"]
    assert "合同待签订：王家桥" in mailbox.letters[0]["Subject"]
    assert "http://127.0.0.1:8000/w/contracts/1/" in mailbox.letters[0].get_content()
    assert robot.heard == [
        {"msgtype": "text", "text": {"content": "合同待签订：王家桥\nhttp://127.0.0.1:8000/w/contracts/1/"}}
    ]
    assert Message.objects.filter(recipient_key=buyer).count() == 2
    assert contacts_of(buyer)["email"].sent_at == clock.now()


def test_a_second_copy_is_known_as_one(cast: Cast, mailbox: Mailbox) -> None:
    """A worker killed between sending and noting sends again, under the same Message-ID."""
    person = str(cast.users["buyer"].pk)
    set_contact(person, "email", "buyer@example.org", [])
    tell([person], sentence="结算已批准", url="/w/", kind="settlement.approved", key="one")
    for _again in range(2):
        OutboxItem.objects.update(done_at=None)
        deliver()
    assert len({letter["Message-ID"] for letter in mailbox.letters}) == 1
    assert len(mailbox.letters) == 2


@pytest.mark.parametrize("answer", [(200, b'{"errcode":93000}'), (500, b""), (302, b"")])
def test_a_refusal_is_shown_and_tried_again(cast: Cast, robot: Robot, answer: tuple[int, bytes]) -> None:
    person = str(cast.users["leader"].pk)
    set_contact(person, "wecom", f"http://{robot.address}/send?key=SECRETKEY", [])
    tell([person], sentence="待批准", url="/w/", kind="settlement.checked", key="one")
    good, robot.answer = robot.answer, answer
    deliver()
    item = OutboxItem.objects.get(topic="message.send")
    assert item.done_at is None
    assert item.error
    assert "SECRETKEY" not in item.error + str(item.payload)
    assert Contact.objects.get().failed_at is not None
    robot.answer = good
    deliver()
    assert Contact.objects.get().failed_at is None
    assert len(robot.heard) == 2


@pytest.mark.parametrize(
    ("channel", "target"),
    [
        ("email", "无效"),
        ("email", "a@b\nBcc: c@d.org"),
        ("wecom", "https://127.0.0.1/x"),
        ("wecom", "https://evil.example/x"),
        ("wecom", "https://qyapi.weixin.qq.com@evil.example/x"),
        ("wecom", "http://qyapi.weixin.qq.com/x"),
    ],
)
def test_bad_addresses_are_refused(settings: Any, db: None, channel: str, target: str) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    with pytest.raises(Invalid) as refusal:
        set_contact("somebody", channel, target, [])
    assert refusal.value.field == channel
    assert not Contact.objects.exists()


def test_the_page_keeps_the_choice_and_the_secret(cast: Cast, mailbox: Mailbox, settings: Any) -> None:
    """Typed on the page, sealed in the row, told to the journal without the address, tried by a button."""
    settings.WEBHOOK_HOSTS = ["qyapi.weixin.qq.com"]
    client, url = cast.client("buyer"), "/w/me/notices/"
    wrong = client.post(url, {"email": "不对", "wecom": "", "email_families": ["order"], "idempotency_key": "a" * 32})
    assert wrong.status_code == 422
    assert "这不是有效的电子邮件地址。" in wrong.content.decode()
    assert "不对" in wrong.content.decode()
    robot = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=SECRETKEY"
    fields = {
        "email": "desk@league.example",
        "wecom": robot,
        "email_families": ["order", "reminder"],
        "wecom_families": [],
    }
    assert client.post(url, fields | {"idempotency_key": "b" * 32}).status_code == 302
    contacts = contacts_of(str(cast.users["buyer"].pk))
    assert contacts["wecom"].address == robot
    assert b"SECRETKEY" not in bytes(contacts["wecom"].target)
    assert "order" not in contacts["email"].muted
    assert "payment" in contacts["email"].muted
    entry = JournalEntry.objects.filter(verb="choose_notices").get()
    assert "example.org" not in str(entry.body)
    assert "SECRETKEY" not in str(entry.body)
    assert client.post(f"{url}email/try/").url == f"{url}?tried=email"
    deliver()
    assert "测试通知" in mailbox.letters[0]["Subject"]
    page = client.get(f"{url}?tried=email").content.decode()
    assert "已交给后台发送" in page
    assert "desk@league.example" not in cast.client("leader").get(url).content.decode()
    assert client.post(url, {"email": "", "wecom": "", "idempotency_key": "c" * 32}).status_code == 302
    assert not Contact.objects.exists()
