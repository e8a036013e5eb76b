"""What the browser is told with every kind of answer: nothing inline, nothing framed, nothing sniffed, nothing kept."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from config.logs import RequestIdFilter
from core.documents import serve, store
from tests.cast import Cast
from tests.journeys.activities import picture
from tests.journeys.contracts import signed_contract
from tests.journeys.orders import published_order

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PUBLIC = ["/", "/orders/", "/notices/", "/catalog/", "/money/", "/organizations/", "/v/", "/data/", "/no-such-page/"]
ENTRANCE = ["/accounts/login/", "/accounts/register/"]
WORK = [
    "/w/", "/w/me/", "/w/me/second/", "/w/delegations/", "/w/orders/", "/w/projects/", "/w/budgets/", "/w/organizations/",
    "/w/reports/", "/w/no-such-page/",
]  # fmt: skip
MACHINES = ["/healthz", "/readyz", "/api/v1/schema/", "/api/v1/orders/", "/metrics"]


def unlike(address: str, answer: HttpResponse) -> list[str]:
    """What is missing or wrong in the headers of one answer."""
    wrong = [
        f"{name}: {answer.headers.get(name)}" for name, value in EVERYWHERE.items() if answer.headers.get(name) != value
    ]
    policy = answer.headers.get("Content-Security-Policy", "")
    told = dict(part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip())
    for directive, sources in {
        "default-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }.items():
        if told.get(directive) != sources:
            wrong.append(f"CSP {directive}: {told.get(directive)}")
    if re.search(r"unsafe|\*|https?:", policy):
        wrong.append(f"CSP: {policy}")
    permissions = answer.headers.get("Permissions-Policy", "")
    if "camera=(self)" not in permissions or not {"microphone=()", "geolocation=()"} <= set(permissions.split(", ")):
        wrong.append(f"Permissions-Policy: {permissions}")
    return [f"{address} ({answer.status_code}) {line}" for line in wrong]


def test_every_kind_of_page(cast: Cast) -> None:
    order = published_order(cast, title="新业态青年心理支持", quantity=10)
    stranger, officer, provider = Client(), cast.client("buyer"), cast.client("provider1")
    own = order.get_absolute_url()
    asked = [(stranger, address) for address in [*PUBLIC, *ENTRANCE, *MACHINES, "/w/", f"/orders/{order.number}/"]]
    asked += [(officer, address) for address in [*WORK, *MACHINES, "/", own, f"{own}history/"]]
    asked += [(provider, address) for address in ("/w/", "/w/bids/", own)]
    wrong = []
    for client, address in asked:
        answer = client.get(address)
        wrong += unlike(address, answer)
        cache = answer.headers.get("Cache-Control", "")
        if client is not stranger or address in {*ENTRANCE, "/w/"}:
            # Nothing of a person's desk stays in a browser's or a proxy's cache.
            if "no-store" not in cache or "private" not in cache:
                wrong.append(f"{address} Cache-Control: {cache}")
        elif address in PUBLIC and "no-store" in cache:
            wrong.append(f"{address} is for everybody and may be kept")
    for answer, address in (
        (officer.post("/w/me/", {"phone": "1"}), "422"),
        (officer.get(f"{own}no-such-verb/"), "404"),
    ):
        wrong += unlike(address, answer)
    assert not wrong, "\n".join(wrong)


def test_https_is_promised_for_a_year(db: None, settings: Any) -> None:
    """As config/settings.py has it with HTTPS=1."""
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 31_536_000, True
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    secure = Client().get("/accounts/login/", secure=True)
    assert "max-age=31536000" in secure["Strict-Transport-Security"]
    assert "includeSubDomains" in secure["Strict-Transport-Security"]
    assert secure.cookies["csrftoken"]["secure"]
    plain = Client().get("/accounts/login/")
    assert (plain.status_code, plain.url) == (301, "https://testserver/accounts/login/")
    assert Client().get("/healthz").status_code == 200


def test_a_download_is_neither_sniffed_nor_run(cast: Cast) -> None:
    """The PDF of a contract as its page hands it out; a picture, which a browser would show in a window of its own."""
    contract = signed_contract(cast)
    address = f"{contract.get_absolute_url()}files/{contract.document_id}/"
    image = store(picture(), name="签到.jpg", actor=cast.actor("provider1"), purpose="trial")
    for answer, sandboxed in ((cast.client("provider1").get(address), False), (serve(image), True)):
        assert answer.status_code == 200
        assert answer["X-Content-Type-Options"] == "nosniff"
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert ("sandbox" in policy) is sandboxed
        assert "private" in answer["Cache-Control"]
        assert "filename" in answer["Content-Disposition"]
    assert Client().get("/static/css/tokens.css")["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_a_fault_shows_its_number_and_the_log_has_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The page of a 500 names the request; its log line and the fault's trace carry the same id, and nothing typed."""

    def broken(request: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("accounts.users.views.login_context", lambda: broken(None))
    caplog.handler.addFilter(RequestIdFilter())
    with caplog.at_level("INFO"):
        answer = Client(raise_request_exception=False).get("/accounts/login/?next=/secret-4711/")
    number = answer.headers["X-Request-ID"]
    assert answer.status_code == 500
    assert number in answer.content.decode()
    assert "办理编号" in answer.content.decode()
    lines = [record for record in caplog.records if getattr(record, "request_id", "") == number]
    assert {"platform.request", "django.request"} <= {record.name for record in lines}
    assert "4711" not in "".join(record.getMessage() for record in lines if record.name == "platform.request")
    assert unlike("500", answer) == []
