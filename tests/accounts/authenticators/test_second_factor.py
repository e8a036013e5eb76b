"""The second factor: who needs it, how it is set up, what a code opens and what it does not, the reset."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_otp.oath import TOTP

from accounts.authenticators.models import DIGITS, STEP, Authenticator, RecoveryCode
from accounts.authenticators.operations import prove, reset_second_factor
from accounts.memberships.operations import grant_role
from accounts.roles import ROLES, second_factor_demanded
from accounts.users.models import User
from core import journal
from core.checks import two_factors_in_production
from core.errors import NotAllowed, NotNow
from core.messages import inbox
from tests.cast import PASSWORD, Cast, make_cast

LOGIN, CODE, SETUP, MINE = "/accounts/login/", "/accounts/second/", "/accounts/second/setup/", "/w/me/second/"


@pytest.fixture(autouse=True)
def demanded(settings: Any) -> None:
    settings.TWO_FACTOR = True


def enter(client: Client, username: str, **more: str) -> Any:
    return client.post(LOGIN, {"username": username, "password": PASSWORD, **more})


def code_of(secret: bytes, *, step: int = 0) -> str:
    """What a phone with this secret shows now, or so many steps later."""
    totp = TOTP(secret, STEP, 0, DIGITS)
    totp.time = time.time() + step * STEP
    return f"{totp.token():0{DIGITS}d}"


def next_code(login: str) -> str:
    """A code that was not taken yet: the phone has been waited for."""
    device = Authenticator.objects.get(user__username=login, confirmed=True)
    Authenticator.objects.filter(pk=device.pk).update(last_t=-1, throttling_failure_timestamp=None)
    return code_of(device.secret)


def wrong(login: str) -> str:
    device = Authenticator.objects.get(user__username=login, confirmed=True)
    near = {code_of(device.secret, step=n) for n in range(-3, 4)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
                if code not in near)  # fmt: skip


def enrolled(login: str, client: Client | None = None) -> tuple[Client, list[str]]:
    """A person who has come in for the first time, and the recovery codes that were shown."""
    client = client or Client()
    assert enter(client, login).url == SETUP
    page = client.get(SETUP).content.decode()
    typed = re.search(r"密钥</span> <span[^>]*>([A-Z2-7 ]+)<", page)
    assert typed
    answer = client.post(SETUP, {"code": code_of(b32decode(typed[1].replace(" ", "")))})
    assert answer.status_code == 200
    codes = re.findall(r"<li>([a-z2-7-]{19})</li>", answer.content.decode())
    assert len(set(codes)) == 10
    return client, codes


def verbs(cast: Cast, login: str) -> list[str]:
    return [entry.verb for entry in journal.entries_for(cast.user(login))]


def told(cast: Cast, login: str) -> str:
    return "\n".join(inbox(str(cast.user(login).pk)).values_list("sentence", flat=True))


def addresses(patterns: Any = None, before: str = "/") -> list[str]:
    """Every address of the platform, with something in the place of each parameter."""
    found = []
    fill = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1", "slug": "x", "str": "x", "path": "x"}
    for one in get_resolver().url_patterns if patterns is None else patterns:
        text = re.sub(r"<(?:(\w+):)?\w+>", lambda hit: fill.get(hit[1] or "str", "x"), str(one.pattern))
        text = before + re.sub(r"[\^$]|\\Z|\(\?P<\w+>[^)]*\)|\\", "", text)
        if isinstance(one, URLResolver):
            found += addresses(one.url_patterns, text)
        elif isinstance(one, URLPattern):
            found.append(text)
    return found


def test_the_password_alone_opens_nothing(cast: Cast) -> None:
    """Between password and code a session is a stranger's at every address, whichever way it got there."""
    stranger, pending, owing = Client(), Client(), Client()
    assert enter(owing, "buyer").url == SETUP
    enrolled("leader")
    assert enter(pending, "leader", next="/w/orders/").url == CODE
    own = {CODE, SETUP, "/accounts/second/setup/code.svg"}
    different, walked = [], 0
    for address in dict.fromkeys(addresses()):
        if address in own or address.startswith("/data/"):
            continue
        expected = stranger.get(address)
        for client in (pending, owing):
            answer = client.get(address)
            walked += 1
            if (answer.status_code, answer.headers.get("Location")) != (
                expected.status_code,
                expected.headers.get("Location"),
            ):
                different.append(address)
    assert different == []
    assert walked > 400
    # Who has a device does not get to see a secret, nor set up another one, with the password alone.
    assert pending.get(SETUP).url == LOGIN
    assert pending.get("/accounts/second/setup/code.svg").status_code == 404
    assert stranger.get(SETUP).url == stranger.get(CODE).url == LOGIN
    assert "_auth_user_id" not in pending.session


def test_set_up_then_a_code_at_each_log_in(cast: Cast) -> None:
    client = Client()
    assert enter(client, "buyer", next="/w/me/").url == SETUP
    picture = client.get("/accounts/second/setup/code.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture["Cache-Control"]
    assert client.post(SETUP, {"code": "12345"}).status_code == 422
    assert client.get("/w/me/").status_code == 302
    client, codes = enrolled("buyer", client)
    assert client.get("/w/me/").status_code == 200
    assert verbs(cast, "buyer") == ["enroll_second_factor", "create"]
    assert "已启用两步验证" in told(cast, "buyer")

    again = Client()
    assert enter(again, "buyer", next="/w/me/").url == CODE
    assert "密码对了" in again.get(CODE).content.decode()
    device = Authenticator.objects.get(user=cast.user("buyer"))
    # The code that set it up is taken; a code is taken once.
    assert (
        again.post(CODE, {"code": code_of(device.secret, step=device.last_t - int(time.time()) // STEP)}).status_code
        == 422
    )
    assert again.post(CODE, {"code": next_code("buyer")}).url == "/w/me/"
    assert again.get("/w/me/").status_code == 200
    assert again.get(CODE).url == LOGIN
    assert verbs(cast, "buyer")[0] == "refuse_code"
    assert len(codes) == 10


def test_neither_secret_nor_recovery_code_lies_in_the_database(cast: Cast) -> None:
    _client, codes = enrolled("buyer")
    secret = Authenticator.objects.get(user=cast.user("buyer")).secret
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            texts += [bytes(cell).hex() if isinstance(cell, bytes | memoryview) else str(cell)
                      for row in cursor.fetchall() for cell in row]  # fmt: skip
    everything = "\n".join(texts).lower()
    assert secret.hex() not in everything
    assert codes[0] not in everything
    assert codes[0].replace("-", "") not in everything


def test_a_recovery_code_opens_once(cast: Cast) -> None:
    _client, codes = enrolled("leader")
    first, second = Client(), Client()
    enter(first, "leader")
    assert first.post(CODE, {"code": codes[3].upper().replace("-", " ")}).url == "/w/"
    assert verbs(cast, "leader")[0] == "use_recovery_code"
    assert "还剩 9 个" in told(cast, "leader")
    enter(second, "leader")
    assert second.post(CODE, {"code": codes[3]}).status_code == 422
    assert RecoveryCode.objects.filter(spent_at__isnull=False).count() == 1
    # Nobody else's device or code is of use.
    Authenticator.objects.update(throttling_failure_timestamp=None)
    _other, others = enrolled("buyer")
    assert second.post(CODE, {"code": others[0]}).status_code == 422


def test_under_another_platform_key_recovery_codes_still_open(cast: Cast, settings: Any, tmp_path: Path) -> None:
    """What a restore without keys/seal.key leaves: no code fits, nothing breaks."""
    _client, codes = enrolled("leader")
    code = next_code("leader")
    key = tmp_path / "another.key"
    key.touch(mode=0o600)
    key.write_text("ab" * 32, "ascii")
    settings.SEAL_KEY_FILE = key
    client = Client()
    enter(client, "leader")
    assert client.post(CODE, {"code": code}).status_code == 422
    assert client.post(CODE, {"code": codes[0]}).url == "/w/"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["device", "recovery"])
def test_of_two_at_once_one_gets_in(kind: str) -> None:
    """A code read over somebody's shoulder and sent in the same moment."""
    cast = make_cast()
    _client, codes = enrolled("buyer")
    code = codes[0] if kind == "recovery" else next_code("buyer")
    user = User.objects.get(username="buyer")
    together = Barrier(2)

    def answer(_n: int) -> bool:
        try:
            together.wait(30)
            return prove(user, code).taken
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(answer, range(2))) == [False, True]
    assert verbs(cast, "buyer")[0] in {"refuse_code", "use_recovery_code"}


def test_wrong_codes_cost_time_and_lock_the_name(cast: Cast) -> None:
    enrolled("buyer")
    client = Client()
    enter(client, "buyer")
    for n in range(4):
        Authenticator.objects.update(throttling_failure_timestamp=None)
        assert client.post(CODE, {"code": wrong("buyer")}).status_code == 422, n
    device = Authenticator.objects.get(user=cast.user("buyer"))
    assert device.throttling_failure_count == 4
    # Now even the right code has to wait; waiting is no failure.
    waiting = client.post(CODE, {"code": code_of(device.secret, step=1)})
    assert "秒再试" in waiting.content.decode()
    assert Authenticator.objects.get(pk=device.pk).throttling_failure_count == 4
    # Not for ever: who has learned the password must not keep the owner out.
    for _n in range(30):
        device.throttle_increment(commit=False)
    _allowed, why = device.verify_is_allowed()
    assert (why["locked_until"] - device.throttling_failure_timestamp).total_seconds() == 512
    Authenticator.objects.update(throttling_failure_timestamp=None)
    assert client.post(CODE, {"code": wrong("buyer")}).status_code == 429
    assert "请 15 分钟后再试" in client.post(CODE, {"code": next_code("buyer")}).content.decode()
    assert enter(Client(), "buyer").status_code == 429
    assert verbs(cast, "buyer").count("refuse_code") == 5
    assert verbs(cast, "buyer").count("lock_out") == 1
    assert "refuse_login" not in verbs(cast, "buyer")
    assert wrong("buyer") not in "".join(AccessAttempt.objects.values_list("post_data", flat=True))


def test_the_password_s_word_holds_ten_minutes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolled("buyer")
    late, changed = Client(), Client()
    for client in (late, changed):
        enter(client, "buyer")
    user = User.objects.get(username="buyer")
    user.set_password("another-Passw0rd")
    user.save()
    assert changed.get(CODE).url == LOGIN
    user.set_password(PASSWORD)
    user.save()
    enter(late, "buyer")
    assert late.get(CODE).status_code == 200
    moment = time.time() + 601
    monkeypatch.setattr("accounts.authenticators.pending.time.time", lambda: moment)
    assert late.get(CODE).url == LOGIN


def test_the_administrator_resets_a_lost_device(cast: Cast) -> None:
    owner, codes = enrolled("buyer")
    admin, _codes = enrolled("admin")
    membership = cast.user("buyer").memberships.get()
    members = f"/w/organizations/{membership.organization_id}/members/"
    address = f"{members}{membership.pk}/second/"
    assert address in admin.get(members).content.decode()
    assert owner.get(address).status_code == 404
    assert admin.get(address).status_code == 200
    assert admin.post(address, {"reason": ""}).status_code == 422
    assert admin.post(address, {"reason": "手机丢失，已核对身份证"}).url == members
    assert owner.get("/w/me/").status_code == 302, "open sessions end"
    entry = journal.entries_for(cast.user("buyer"))[0]
    assert (entry.verb, entry.reason, entry.actor_name) == ("reset_second_factor", "手机丢失，已核对身份证", "管理")
    assert "重置了您的两步验证" in told(cast, "buyer")
    fresh = Client()
    assert enter(fresh, "buyer").url == SETUP
    assert fresh.post(CODE, {"code": codes[0]}).url == LOGIN
    with pytest.raises(NotNow):
        reset_second_factor(User.objects.get(username="buyer"), actor=cast.actor("admin"), reason="再来")
    with pytest.raises(NotAllowed):
        reset_second_factor(User.objects.get(username="admin"), actor=cast.actor("admin"), reason="自己")
    with pytest.raises(NotAllowed):
        reset_second_factor(User.objects.get(username="admin"), actor=cast.actor("leader"), reason="不归他")
    # The only administrator is helped by who runs the machine.
    call_command("reset_second_factor", "admin", reason="唯一的管理员换了手机")
    assert verbs(cast, "admin")[0] == "reset_second_factor"
    assert admin.get("/w/me/").status_code == 302
    with pytest.raises(CommandError):
        call_command("reset_second_factor", "admin", reason="又一次")


def test_who_needs_none_may_switch_it_on_and_off(cast: Cast) -> None:
    client, elsewhere = Client(), Client()
    assert enter(client, "provider1").url == enter(elsewhere, "provider1").url == "/w/"
    assert "还没有启用" in client.get(MINE).content.decode()
    assert client.post("/w/me/second/begin/").url == SETUP
    device = Authenticator.objects.get(user=cast.user("provider1"))
    codes = re.findall(
        r"<li>([a-z2-7-]{19})</li>", client.post(SETUP, {"code": code_of(device.secret)}).content.decode()
    )
    assert client.get("/w/me/").status_code == 200
    assert elsewhere.get("/w/me/").status_code == 302, "sessions without the second factor end"
    assert enter(Client(), "provider1").url == CODE
    assert client.post("/w/me/second/begin/").status_code == 409
    assert client.get(SETUP).url == MINE

    ask = {"deed": "end", "password": PASSWORD, "code": codes[0]}
    assert client.post(MINE, ask | {"password": "wrong"}).status_code == 422
    assert client.post(MINE, ask | {"code": "000000x"}).status_code == 422
    Authenticator.objects.update(throttling_failure_timestamp=None)
    renewed = client.post(MINE, ask | {"deed": "codes"})
    fresh = re.findall(r"<li>([a-z2-7-]{19})</li>", renewed.content.decode())
    assert len(fresh) == 10
    assert client.post(MINE, ask | {"code": codes[1]}).status_code == 422, "the old ones are void"
    assert client.post(MINE, ask | {"deed": "move", "code": next_code("provider1")}).url == SETUP
    waiting = Authenticator.objects.get(user=cast.user("provider1"), confirmed=False)
    assert client.post(SETUP, {"code": code_of(waiting.secret)}).status_code == 200
    assert Authenticator.objects.get(user=cast.user("provider1")).pk == waiting.pk, "the old phone opens nothing more"
    assert client.post(MINE, ask | {"code": next_code("provider1")}).url == MINE
    assert enter(Client(), "provider1").url == "/w/"
    assert verbs(cast, "provider1")[:3] == ["end_second_factor", "enroll_second_factor", "refuse_code"]


def test_staff_cannot_switch_it_off(cast: Cast) -> None:
    client, codes = enrolled("finance")
    assert "不能关闭" in client.get(MINE).content.decode()
    assert client.post(MINE, {"deed": "end", "password": PASSWORD, "code": codes[0]}).status_code == 422
    assert User.objects.get(username="finance").second_factor_at is not None


def test_a_session_ends_when_a_role_demands_more(cast: Cast) -> None:
    client = Client()
    assert enter(client, "expert1").url == "/w/"
    assert client.get("/api/v1/orders/").status_code == 200
    grant_role(cast.org("buyer"), actor=cast.actor("admin"), user=cast.user("expert1"), role="leader")
    assert client.get("/api/v1/orders/").status_code == 401
    assert client.get("/w/me/").url == "/accounts/login/?next=/w/me/"
    assert enter(client, "expert1").url == SETUP


def test_the_demonstration_is_excepted_where_it_plays(cast: Cast, settings: Any) -> None:
    User.objects.filter(username="buyer").update(is_demo=True)
    assert django_settings.DEMO
    assert enter(Client(), "buyer").url == "/w/"
    settings.TWO_FACTOR = False
    assert enter(Client(), "leader").url == "/w/"
    settings.DEMO = False
    assert [fault.id for fault in two_factors_in_production()] == ["core.E004"]
    settings.TWO_FACTOR = True
    assert two_factors_in_production() == []


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_told(role: str) -> None:
    """Written by hand from 等保 and from the duties: who works for a buyer or an office of the district."""
    staff = {
        "programme_officer", "procurement_officer", "leader", "finance_officer", "cashier", "funds_reviewer",
        "discipline_officer", "district_finance", "region_officer", "archivist", "system_admin",
    }  # fmt: skip
    assert second_factor_demanded([role]) is (role in staff)
