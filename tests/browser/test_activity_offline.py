"""A record made without network: kept on the phone over a closed page, sent once when the network is back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core import clock
from procurement.activities.models import Activity
from tests.cast import PASSWORD, Cast
from tests.journeys.activities import picture, published_activity
from tests.journeys.contracts import signed_contract

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAVED = "已存在本机，联网后自动上传"


def logged_in(page: Page, address: str, login: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_username", login)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/w/**")


def test_recorded_without_network_and_sent_once(browser: Browser, live_server: Any, cast: Cast, tmp_path: Path) -> None:
    contract = signed_contract(cast)
    activity = published_activity(cast, contract)
    url = f"{live_server.url}{activity.get_absolute_url()}record/"
    files = []
    for n in (1, 2):
        files.append(tmp_path / f"{n}.jpg")
        files[-1].write_bytes(picture(n, size=(1800, 1400), quality=95))
    phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai")
    phone.set_default_timeout(10_000)
    faults: list[str] = []
    page = phone.new_page()
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" and "ERR_INTERNET" not in m.text else None)
    with clock.travel(clock.local(activity.ends_at + timedelta(minutes=20))):
        logged_in(page, live_server.url, "provider1")
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        phone.set_offline(True)
        page.set_input_files("input[type=file]", [str(each) for each in files])
        expect(page.locator(".shotx")).to_have_count(2)
        people = page.locator("#id_people_1")
        people.fill("12")
        page.get_by_role("button", name="儿童加 1", exact=True).click()
        expect(people).to_have_value("13")
        page.get_by_role("button", name="存下，恢复网络后提交").click()
        expect(page.locator("[data-queued]")).to_contain_text(SAVED)
        page.close()
        assert Activity.objects.get(pk=activity.pk).status == "published"

        phone.set_offline(False)
        again = phone.new_page()
        again.on("pageerror", lambda fault: faults.append(str(fault)))
        again.goto(f"{live_server.url}/w/activities/")
        expect(again.locator("[data-toast]")).to_contain_text("已上传")
        expect(again.locator("[data-queue-bar]")).to_have_count(0)
        again.reload()
        again.goto(f"{live_server.url}{activity.get_absolute_url()}")
        expect(again.locator("main")).to_contain_text("待核实")
    phone.close()
    assert faults == []
    activity.refresh_from_db()
    assert (activity.status, activity.recordings) == ("recorded", 1)
    assert (activity.counts.get(segment="儿童").people, activity.photos.count()) == (13, 2)


def test_a_refused_record_says_why_and_keeps_the_pictures(
    browser: Browser, live_server: Any, cast: Cast, tmp_path: Path
) -> None:
    activity = published_activity(cast, signed_contract(cast))
    one = tmp_path / "1.jpg"
    one.write_bytes(picture(1))
    phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    phone.set_default_timeout(10_000)
    page = phone.new_page()
    with clock.travel(clock.local(activity.ends_at + timedelta(minutes=20))):
        logged_in(page, live_server.url, "provider1")
        page.goto(f"{live_server.url}{activity.get_absolute_url()}record/")
        page.set_input_files("input[type=file]", str(one))
        expect(page.locator(".shotx")).to_have_count(1)
        page.locator("#id_people_1").fill("9")
        page.get_by_role("button", name="提交记录").click()
        expect(page.locator("main")).to_contain_text("现场照片至少 2 张")
        expect(page.locator("#id_people_1")).to_have_value("9")
        expect(page.locator(".shotx")).to_have_count(1)
    phone.close()
    assert Activity.objects.get(pk=activity.pk).status == "published"
