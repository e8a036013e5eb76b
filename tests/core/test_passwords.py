"""The password again: a wrong one is counted, and the fifth locks, on pages and in the API alike; nothing is done."""

from typing import Any

import pytest
from django.test import Client

from accounts.organizations.models import Organization
from core import journal
from tests.cast import PASSWORD, Cast

BODY = {"bank_name": "昆明银行", "bank_account": "6222000011112222"}


def by_page(client: Client, provider: Organization, password: str) -> Any:
    sent = {**BODY, "version": provider.version, "password": password}
    return client.post(f"/w/organizations/{provider.pk}/propose_account/", sent)


def by_api(client: Client, provider: Organization, password: str) -> Any:
    headers: Any = {"If-Match": f'"{provider.version}"', "Idempotency-Key": "k1"}
    place = f"/api/v1/organizations/{provider.pk}/propose_account/"
    return client.post(place, {**BODY, "password": password}, "application/json", headers=headers)


@pytest.mark.parametrize("ask", [by_page, by_api])
def test_five_wrong_passwords_at_a_step_lock_the_name(cast: Cast, ask: Any) -> None:
    client, provider = cast.client("provider1"), cast.org("provider1")
    for n in range(5):
        answer = ask(client, provider, f"wrong-{n}")
        assert answer.status_code == (422 if n < 4 else 429)
        assert ("密码不对" if n < 4 else "15 分钟") in answer.content.decode()
    assert ask(client, provider, PASSWORD).status_code == 429
    assert Client().post("/accounts/login/", {"username": "provider1", "password": PASSWORD}).status_code == 429
    provider.refresh_from_db()
    assert provider.version == cast.org("provider1").version
    verbs = [entry.verb for entry in journal.entries_for(cast.user("provider1"))]
    assert verbs[:5] == ["lock_out", *["refuse_login"] * 4]
    # Whoever is logged in goes on reading.
    assert client.get("/w/").status_code == 200


def test_the_right_password_is_not_a_log_in(cast: Cast) -> None:
    client, provider = cast.client("provider1"), cast.org("provider1")
    assert by_page(client, provider, "wrong-1").status_code == 422
    assert by_page(client, provider, PASSWORD).status_code == 302
    provider.refresh_from_db()
    assert provider.version > 0
    assert journal.entries_for(cast.user("provider1"))[0].verb == "refuse_login"
