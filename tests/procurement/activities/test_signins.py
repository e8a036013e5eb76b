"""Sign-in by QR (扫码签到): open round the hours, a pseudonym for each provider, no name, once a person, not too often."""

from __future__ import annotations

import pytest
from django.test import Client

from core import clock
from core.errors import Invalid
from procurement.activities.models import Activity, SignIn
from procurement.activities.queries import signed_in
from procurement.activities.signins import pseudonym_of, sign_in
from tests.cast import Cast
from tests.journeys.activities import planned_activity, published_activity
from tests.journeys.contracts import signed_contract


def test_a_code_counts_once_and_is_kept_as_a_pseudonym(cast: Cast, client: Client) -> None:
    activity = published_activity(cast, signed_contract(cast))
    url = f"/q/{activity.token}/"
    assert client.get("/q/nobody-knows-this/").status_code == 404
    closed = client.post(url, {"code": "8812"})
    assert closed.status_code == 409
    assert "现在不能签到" in client.get(url).content.decode()
    with clock.travel("2026-09-01 16:00"):
        assert "手机号后 4 位" in client.get(url).content.decode()
        assert client.post(url, {"code": "12"}).status_code == 422
        assert "签到成功" in client.post(url, {"code": "ab-8812"}).content.decode()
        assert "签过到" in client.post(url, {"code": "ＡＢ8812"}).content.decode()
        assert client.post(url, {"code": "7733"}).status_code == 200
    assert signed_in(activity) == (2, 2)
    kept = " ".join(SignIn.objects.values_list("pseudonym", flat=True))
    assert "8812" not in kept.upper()[:0] + kept.replace(pseudonym_of(activity.provider_id, "AB8812"), "")
    with clock.travel("2026-09-01 19:01"):
        assert client.post(url, {"code": "9999"}).status_code == 409


def test_the_same_person_next_time_is_no_newcomer(cast: Cast) -> None:
    contract = signed_contract(cast)
    first, second = (published_activity(cast, contract, at=f"2026-09-0{n} 16:30") for n in (2, 3))
    with clock.travel("2026-09-02 16:30"):
        assert sign_in(first, code="8812")
        assert not sign_in(first, code="8812")
    with clock.travel("2026-09-03 16:30"):
        for code in ("8812", "7733"):
            sign_in(second, code=code)
    assert (signed_in(first), signed_in(second)) == ((1, 1), (2, 1))


def test_each_provider_has_pseudonyms_of_its_own(cast: Cast) -> None:
    one, other = cast.org("provider1").pk, cast.org("provider2").pk
    assert pseudonym_of(one, "8812") == pseudonym_of(one, " 88-12 ") != pseudonym_of(other, "8812")
    for wrong in ("123", "", "x" * 13, "----"):
        with pytest.raises(Invalid):
            pseudonym_of(one, wrong)


def test_too_many_tries(cast: Cast, client: Client) -> None:
    activity = published_activity(cast, signed_contract(cast))
    with clock.travel("2026-09-01 16:30"):
        answers = [client.post(f"/q/{activity.token}/", {"code": "1"}).status_code for _n in range(61)]
        assert answers == [422] * 60 + [429]
        assert client.post(f"/q/{activity.token}/", {"code": "8812"}).status_code == 429
    assert not SignIn.objects.exists()


def test_what_is_not_published_has_no_door(cast: Cast, client: Client) -> None:
    activity = planned_activity(cast, signed_contract(cast))
    assert client.get(f"/q/{activity.token}/").status_code == 404


def test_the_sheet_is_the_provider_s(cast: Cast) -> None:
    activity = published_activity(cast, signed_contract(cast))
    base = activity.get_absolute_url()
    page = cast.client("provider1").get(f"{base}qr/").content.decode()
    assert activity.token in page
    picture = cast.client("provider1").get(f"{base}qr.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture.content.startswith(b"<svg")
    for login in ("street", "buyer"):
        assert cast.client(login).get(f"{base}qr/").status_code == 403
        assert activity.token not in cast.client(login).get(base).content.decode()
    assert cast.client("provider2").get(f"{base}qr/").status_code == 404
    assert Activity.objects.get().token == activity.token
