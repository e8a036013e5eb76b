"""A session that ends in mid-form: what was typed is there again after the log-in, for the same person alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from procurement.orders.models import Order
from tests.cast import PASSWORD, Cast
from tests.journeys.orders import drafted_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLACE = "王家桥社区青少年活动室二楼"


def log_in(page: Page, login: str) -> None:
    page.fill("#id_username", login)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_load_state()


def typed_and_expired(page: Page, live_server: Any, order: Order) -> str:
    """Logged in, the order's form filled, the session ended on the server, the form sent: at the log-in page now."""
    url = f"{live_server.url}{order.get_absolute_url()}edit/"
    page.goto(url)
    log_in(page, "buyer")
    page.fill("[name=place]", PLACE)
    Session.objects.all().delete()
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url("**/accounts/login/**")
    return url


def test_the_same_person_finds_it_again(page: Page, live_server: Any, cast: Cast) -> None:
    order = drafted_order(cast)
    url = typed_and_expired(page, live_server, order)
    assert Order.objects.get(pk=order.pk).version == order.version
    log_in(page, "buyer")
    assert page.url == url
    expect(page.locator("[name=place]")).to_have_value(PLACE)
    expect(page.locator("[data-resumed]")).to_contain_text("您填的内容已放回表单")
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url(lambda now: now != url)
    assert Order.objects.get(pk=order.pk).place == PLACE
    page.goto(url)
    expect(page.locator("[data-resumed]")).to_have_count(0)


def test_nobody_else_does(page: Page, live_server: Any, cast: Cast) -> None:
    order = drafted_order(cast)
    url = typed_and_expired(page, live_server, order)
    log_in(page, "leader")
    assert PLACE not in page.content()
    page.goto(url)
    assert PLACE not in page.content()
    assert page.evaluate("sessionStorage.getItem('resume')") is None
