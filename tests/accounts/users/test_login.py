"""Coming in: log-in, lock-out, the demonstration's log-ins, the password, the session."""

import logging

import pytest
from django.test import Client

from accounts.users.models import User
from core import journal
from tests.cast import PASSWORD

LOGIN = "/accounts/login/"


def enter(client: Client, username: str, password: str, **more: str):
    return client.post(LOGIN, {"username": username, "password": password, **more})


def test_after_log_in_one_is_where_one_was_going(cast, client):
    response = client.get("/w/me/")
    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/w/me/")
    response = enter(client, "buyer", PASSWORD, next="/w/me/")
    assert (response.status_code, response.url) == (302, "/w/me/")
    page = client.get("/w/me/").content.decode()
    assert "周敏" in page
    assert "业务经办" in page
    # Another site is not a place to go back to.
    assert enter(Client(), "buyer", PASSWORD, next="https://example.com/").url == "/w/"
    assert client.get("/accounts/logout/").status_code == 405
    client.post("/accounts/logout/")
    assert client.get("/w/me/").status_code == 302


def test_five_wrong_passwords_lock_the_name(cast, client):
    for _ in range(4):
        response = enter(client, "buyer", "wrong-Passw0rd")
        assert response.status_code == 200
        assert "用户名或密码不对" in response.content.decode()
    for guess in ("wrong-Passw0rd", PASSWORD, "wrong-again-1"):
        response = enter(client, "buyer", guess)
        assert response.status_code == 429
        assert "请 15 分钟后再试" in response.content.decode()
    # A guess from elsewhere meets the same lock; another name does not.
    assert enter(Client(REMOTE_ADDR="10.9.8.7"), "buyer", PASSWORD).status_code == 429
    assert enter(Client(), "leader", PASSWORD).status_code == 302

    verbs = [entry.verb for entry in journal.entries_for(cast.user("buyer"))]
    assert verbs == ["lock_out", "refuse_login", "refuse_login", "refuse_login", "refuse_login", "create"]
    assert "wrong-Passw0rd" not in str([entry.facts for entry in journal.entries_for(cast.user("buyer"))])


def test_a_name_nobody_has_is_logged_without_the_name(cast, client, caplog):
    with caplog.at_level(logging.WARNING):
        response = enter(client, "no-such-person", "whatever-123")
    assert response.status_code == 200
    assert "no such name" in caplog.text
    assert "no-such-person" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("accounts"))


def test_demonstration_log_ins_work_nowhere_else(cast, client, settings):
    User.objects.filter(username="buyer").update(is_demo=True)
    settings.DEMO = True
    page = client.get(LOGIN).content.decode()
    assert settings.DEMO_PASSWORD in page
    assert "业务经办 周敏" in page
    assert enter(client, "buyer", PASSWORD).status_code == 302
    assert client.get("/w/me/").status_code == 200

    settings.DEMO = False
    assert client.get("/w/me/").status_code == 302, "an open session ends too"
    response = enter(Client(), "buyer", PASSWORD)
    assert (response.status_code, "用户名或密码不对" in response.content.decode()) == (200, True)
    assert settings.DEMO_PASSWORD not in client.get(LOGIN).content.decode()


@pytest.mark.parametrize(
    ("new", "words"), [("short-1A", "10"), ("123456789012", "数字"), ("password1234", "常见"), ("other-One-22", "")]
)
def test_the_password_is_changed_by_the_rules(cast, new, words):
    client = Client()
    enter(client, "buyer", PASSWORD)
    other = Client()
    enter(other, "buyer", PASSWORD)
    typed = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    response = client.post("/accounts/password/", typed)
    user = User.objects.get(username="buyer")
    if words:
        assert words in response.content.decode()
        assert user.check_password(PASSWORD)
    else:
        assert response.url == "/accounts/password/done/"
        assert client.get(response.url).status_code == 200
        assert user.check_password(new)
        assert journal.entries_for(user)[0].verb == "change_password"
        assert other.get("/w/me/").status_code == 302


def test_the_own_telephone(cast):
    client = cast.client("buyer")
    assert client.post("/w/me/", {"phone": "12"}).status_code == 422
    assert client.post("/w/me/", {"phone": "13800000000"}).status_code == 302
    assert User.objects.get(username="buyer").phone == "13800000000"
    assert journal.entries_for(cast.user("buyer"))[0].facts == {"fields": ["phone"]}


def test_staying_logged_in(cast, client):
    assert client.head("/accounts/alive/").status_code == 403
    assert cast.client("buyer").head("/accounts/alive/").status_code == 204
