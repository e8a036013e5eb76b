"""What a person sees where an address does not take what was sent."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import Cast
from tests.journeys.projects import approved_line

READER = {"accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize(
    ("address", "way_on"),
    [
        ("/w/archives/五青档〔2026〕1号/bags/1/file/", "/w/archives/"),
        ("/w/trace/views/", "/w/"),
        ("/w/trace/views/3f0e7a5c-0000-4000-8000-000000000000/drop/", "/w/"),
        ("/accounts/logout/", "/w/"),
    ],
)
def test_an_address_for_a_button_opened_as_a_page(cast: Cast, address: str, way_on: str) -> None:
    client = cast.client("auditor")
    answer = client.get(address, headers=READER)
    page = answer.content.decode()
    assert answer.status_code == 405
    assert "POST" in answer["Allow"]
    assert "这个地址不能直接打开" in page
    assert f'<a class="btn btn-primary" href="{way_on}' in page
    assert "办理编号" in page
    # A fragment is not dressed, a program asks for no page, and the API has its own words.
    assert client.get(address, headers=READER | {"hx-request": "true"}).content == b""
    assert client.get(address).content == b""


def test_a_step_of_others_leads_back_to_the_object(cast: Cast) -> None:
    budget = approved_line(cast)
    answer = cast.client("auditor").get(f"{budget.get_absolute_url()}adjust/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "这一步不归您办" in page
    assert f'<a class="btn btn-primary" href="{budget.get_absolute_url()}">回到这一件</a>' in page


def test_a_page_to_look_at_takes_nothing() -> None:
    answer = Client().post("/data/", headers=READER)
    assert answer.status_code == 405
    assert "这一页只能看" in answer.content.decode()
    api = Client().post("/api/v1/ocds/releases/", headers={"accept": "text/html, */*"})
    assert (api.status_code, api["Content-Type"]) == (405, "application/problem+json")
