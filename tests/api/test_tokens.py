"""Access tokens: made by a person for a program, shown once, never more than the person may today."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.memberships.models import Membership
from accounts.memberships.operations import end_role
from accounts.tokens.models import AccessToken
from accounts.tokens.operations import make_token, revoke_token
from accounts.tokens.queries import own_identities
from core import clock, journal
from core.errors import Invalid, NotAllowed
from tests.cast import PASSWORD, Cast
from tests.journeys.orders import submitted_order

PAGE = "/w/me/tokens/"
ORDERS = "/api/v1/orders/"


def token_of(cast: Cast, login: str, *, acts: bool = True, days: int = 30) -> tuple[AccessToken, str]:
    """A token of this person in the only identity there is."""
    user = cast.user(login)
    identity = own_identities(user)[0]
    until = clock.today() + timedelta(days=days)
    return make_token(user, actor=cast.actor(login), identity=identity, name="财务系统", acts=acts, expires_on=until)


def program(text: str) -> Client:
    """A program that brings a token, and whose requests would be asked for a CSRF token if they came by session."""
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"})


def typed(cast: Cast, login: str, **changes: str) -> dict[str, str]:
    """The page's form, filled in."""
    form = {
        "name": "财务系统",
        "identity": str(cast.org(login).pk),
        "acts": "read",
        "expires_on": "2026-12-31",
        "password": PASSWORD,
        "idempotency_key": "t1",
    }
    return form | changes


def test_a_token_is_made_on_the_page_and_shown_once(cast: Cast) -> None:
    client = cast.client("finance")
    assert client.get(PAGE).status_code == 200
    for wrong, said in (
        ({"password": "no"}, "密码不对"),
        ({"expires_on": "2026-09-01"}, "到期日要在明天和"),
        ({"expires_on": "2027-09-02"}, "到期日要在明天和"),
        ({"identity": str(cast.org("provider1").pk)}, "有效"),
    ):
        refused = client.post(PAGE, typed(cast, "finance", **wrong))
        assert refused.status_code == 422
        assert said in refused.content.decode()
    assert not AccessToken.objects.exists()

    made = client.post(PAGE, typed(cast, "finance"))
    text = re.search(r"gqt_[\w-]{43}", made.content.decode())
    assert made.status_code == 200
    assert text
    assert "no-store" in made["Cache-Control"]
    token = AccessToken.objects.get()
    assert text[0] not in str(vars(token))
    again = client.post(PAGE, typed(cast, "finance"), follow=True).content.decode()
    assert text[0] not in again
    assert token.prefix in again
    assert "2026-12-31<" in again  # the day that was chosen, not the midnight after it
    assert AccessToken.objects.count() == 1
    entry = journal.entries_for(cast.user("finance"))[0]
    assert (entry.verb, entry.facts["name"], entry.facts["acts"]) == ("make_token", "财务系统", False)
    assert token.prefix not in str(entry.facts)

    answer = program(text[0]).get("/api/v1/payments/")
    assert answer.status_code == 200
    assert "刚刚" in client.get(PAGE).content.decode() or AccessToken.objects.get().last_used_at == clock.now()

    gone = client.post(f"{PAGE}{token.pk}/revoke/")
    assert gone.status_code == 302
    assert program(text[0]).get("/api/v1/payments/").status_code == 401
    assert journal.entries_for(cast.user("finance"))[0].verb == "revoke_token"


def expire(cast: Cast, token: AccessToken) -> None:
    AccessToken.objects.filter(pk=token.pk).update(expires_at=clock.now())


def withdraw(cast: Cast, token: AccessToken) -> None:
    end_role(Membership.objects.get(user=token.user), actor=cast.actor("admin"))


def change_password(cast: Cast, token: AccessToken) -> None:
    token.user.set_password("another-Passw0rd")
    token.user.save()


def deactivate(cast: Cast, token: AccessToken) -> None:
    token.user.is_active = False
    token.user.save()


def revoke(cast: Cast, token: AccessToken) -> None:
    revoke_token(token, actor=cast.actor("leader"))


@pytest.mark.parametrize("end", [expire, withdraw, change_password, deactivate, revoke])
def test_a_token_ends_with_whatever_it_rests_on(cast: Cast, end: Callable[[Cast, AccessToken], None]) -> None:
    token, text = token_of(cast, "leader")
    assert program(text).get(ORDERS).status_code == 200
    end(cast, token)
    answer = program(text).get(ORDERS)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'
    # It is refused even beside a session that would do.
    beside = cast.client("leader") if end in (expire, revoke) else cast.client("leader2")
    assert beside.get(ORDERS, headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_a_token_never_gives_more_than_its_roles_of_then_and_of_today(cast: Cast) -> None:
    user, buyer = cast.user("leader"), cast.org("buyer")
    order = submitted_order(cast)
    token, text = token_of(cast, "leader")
    verb = f"{ORDERS}{order.pk}/return/"
    assert "return" in program(text).get(f"{ORDERS}{order.pk}/").json()["verbs"]
    Membership.objects.create(
        user=user, organization=buyer, role="finance_officer", valid_from=clock.today(), granted_by="测试"
    )
    assert not program(text).get("/w/").wsgi_request.user.is_authenticated
    headers: Any = {"If-Match": f'"{order.version}"', "Idempotency-Key": "k"}
    Membership.objects.filter(user=user, role="leader").update(valid_to=clock.today() - timedelta(days=1))
    assert program(text).get(ORDERS).status_code == 401
    Membership.objects.filter(user=user, role="leader").update(valid_to=None)
    done = program(text).post(verb, {"reason": "数量与需求不符。"}, content_type="application/json", headers=headers)
    assert (done.status_code, done.json()["status"]) == (200, "draft")
    # The journal and the page tell what a program did from what its owner did.
    entry = journal.entries_for(order)[0]
    assert (entry.verb, entry.facts["access_token"]) == ("return", str(token.pk))
    assert "（程序，用访问令牌）" in cast.client("leader").get(order.get_absolute_url()).content.decode()


def test_a_reading_token_does_nothing_and_no_token_takes_a_step_with_the_password(cast: Cast) -> None:
    order = submitted_order(cast)
    url = f"{ORDERS}{order.pk}/"
    reader = program(token_of(cast, "leader", acts=False)[1])
    assert reader.get(url).json()["verbs"] == []
    headers: Any = {"If-Match": f'"{order.version}"', "Idempotency-Key": "k"}
    refused = reader.post(f"{url}approve/", {}, content_type="application/json", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    order.refresh_from_db()
    assert order.status == "checking"

    provider = cast.org("provider1")
    owner, program_ = cast.client("provider1"), program(token_of(cast, "provider1")[1])
    place = f"/api/v1/organizations/{provider.pk}/"
    assert "propose_account" in owner.get(place).json()["verbs"]
    assert "propose_account" not in program_.get(place).json()["verbs"]
    body = {"bank_name": "昆明银行", "bank_account": "6222000011112222", "password": PASSWORD}
    headers["If-Match"] = f'"{provider.version}"'
    assert program_.post(f"{place}propose_account/", body, "application/json", headers=headers).status_code == 403
    assert owner.post(f"{place}propose_account/", body, "application/json", headers=headers).status_code == 200


def test_whose_it_is_not(cast: Cast) -> None:
    token, _text = token_of(cast, "leader")
    assert cast.client("buyer").post(f"{PAGE}{token.pk}/revoke/").status_code == 404
    with pytest.raises(NotAllowed):
        revoke_token(token, actor=cast.actor("admin"))
    identity = own_identities(cast.user("leader"))[0]
    until = clock.today() + timedelta(days=2)
    with pytest.raises(NotAllowed):
        make_token(
            cast.user("leader"), actor=cast.actor("buyer"), identity=identity, name="x", acts=True, expires_on=until
        )
    with pytest.raises(Invalid):
        make_token(
            cast.user("buyer"),
            actor=cast.actor("buyer"),
            identity=own_identities(cast.user("provider1"))[0],
            name="x",
            acts=True,
            expires_on=until,
        )


def test_wrong_tokens_are_slowed_down_and_good_ones_are_not(cast: Cast, settings: Any) -> None:
    settings.API_RATES = settings.API_RATES | {"wrong_token": "3/min"}
    good = program(token_of(cast, "leader")[1])
    guesses = [program(f"gqt_{n}").get(ORDERS) for n in range(5)]
    assert [guess.status_code for guess in guesses] == [401, 401, 401, 429, 429]
    assert guesses[-1]["Content-Type"] == "application/problem+json"
    assert 0 < int(guesses[-1]["Retry-After"]) <= 60
    forged = program("gqt_x").get(ORDERS, headers={"X-Forwarded-For": "203.0.113.9"})
    assert forged.status_code == 429
    assert good.get(ORDERS).status_code == 200


def test_a_session_needs_the_csrf_token_and_a_program_does_not(cast: Cast) -> None:
    order = submitted_order(cast)
    verb = f"{ORDERS}{order.pk}/approve/"
    headers: Any = {"If-Match": f'"{order.version}"', "Idempotency-Key": "k"}
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.user("leader"), backend="accounts.users.backends.Backend")
    refused = browser.post(verb, {}, content_type="application/json", headers=headers)
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    done = program(token_of(cast, "leader")[1]).post(verb, {}, content_type="application/json", headers=headers)
    assert done.status_code == 200
