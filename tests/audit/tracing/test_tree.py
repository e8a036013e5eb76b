"""The year's money as a tree: each row equals what stands below it, down to an activity and a voucher, and says so where not."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.tracing.figures import Node, tree
from procurement.contracts.models import Contract
from procurement.settlements.models import Settlement
from tests.cast import Cast
from tests.journeys.activities import counted_activity
from tests.journeys.contracts import signed_contract
from tests.journeys.expenses import accepted_expense
from tests.journeys.projects import approved_line
from tests.journeys.settlements import drawn_settlement, paid

ADDRESS = "/w/trace/tree/"


@pytest.fixture
def contract(cast: Cast) -> Contract:
    """A contract with two paid milestones, an accepted voucher and a verified activity."""
    made = signed_contract(cast)
    counted_activity(cast, made)
    accepted_expense(cast, made)
    for n in (1, 2):
        paid(cast, drawn_settlement(cast, made, n), f"GK-2026-00{n}")
    return made


def walked(cast: Cast) -> dict[str, Node]:
    """Every node of the year, by opening one after the other."""
    found: dict[str, Node] = {}
    waiting = [""]
    while waiting:
        at = waiting.pop()
        rows, trail = tree(cast.actor("auditor"), 2026, at.split("/") if at else [])
        assert trail[-1].key == at
        for node in rows:
            if node.key not in found:
                found[node.key] = node
                waiting.append(node.key)
    return found


def test_every_row_equals_what_stands_below_it(cast: Cast, contract: Contract) -> None:
    nodes = walked(cast)
    assert {node.step for node in nodes.values()} >= {"year", "line", "contract", "payment", "part", "proof"}
    for key, node in nodes.items():
        assert node.same in (True, None), node
        if node.step in ("year", "line", "contract", "payment"):
            children = [each.amount for name, each in nodes.items() if name and name.rpartition("/")[0] == key]
            assert sum(amount for amount in children if amount is not None) == node.amount, node
    whole = sum(each.payable_amount for each in Settlement.objects.filter(status="paid"))
    assert nodes[""].amount == whole > 0


def test_each_link_opens_and_the_proof_is_beside_it(cast: Cast, contract: Contract) -> None:
    client, seen = cast.client("auditor"), set()
    waiting = [ADDRESS]
    while waiting:
        url = waiting.pop()
        answer = client.get(url)
        assert answer.status_code == 200, url
        text = answer.content.decode()
        assert "逐级合计相符" in text
        found = {
            ADDRESS + each.replace("&amp;", "&") for each in re.findall(r'href="(\?year=2026&amp;at=[^"#]+)', text)
        }
        waiting += found - seen
        seen |= found
    last = {kind: next(link for link in seen if re.search(rf"(%2F|/){kind}[0-9a-f-]{{36}}$", link)) for kind in "ae"}
    for kind, words in {"a": ("街道核实", "自动核对"), "e": ("收款方", "发票")}.items():
        text = client.get(last[kind]).content.decode()
        for word in (*words, "日志第"):
            assert word in text


def test_a_difference_is_told_at_its_row(cast: Cast, contract: Contract) -> None:
    settlement = Settlement.objects.filter(status="paid").order_by("created_at")[0]
    Settlement.objects.filter(pk=settlement.pk).update(deduction_amount=settlement.deduction_amount + 1)
    wrong = [node for node in walked(cast).values() if node.same is False]
    assert [(node.step, node.thing.payment.settlement_id) for node in wrong] == [("payment", settlement.pk)]
    split = wrong[0].key.rpartition("/")[0]
    text = cast.client("auditor").get(ADDRESS, {"year": 2026, "at": split}).content.decode()
    assert "1 处与下级不符" in text


def test_who_and_nonsense(cast: Cast, contract: Contract) -> None:
    for login, status in {
        "auditor": 200,
        "discipline": 200,
        "buyer": 404,
        "provider1": 404,
        "other_buyer": 404,
    }.items():
        assert cast.client(login).get(ADDRESS).status_code == status, login
    assert Client().get(ADDRESS).status_code == 302
    client = cast.client("auditor")
    for at in ("x", "a/b/c/d/e/f/g", "%00"):
        assert client.get(ADDRESS, {"at": at}).status_code == 404, at
    assert client.get(ADDRESS, {"year": "abcd"}).status_code == 200
    assert client.get(ADDRESS, {"year": "1999"}).status_code == 200


def test_a_long_year_asks_no_more(cast: Cast, contract: Contract) -> None:
    client = cast.client("auditor")
    deepest = max((key for key, node in walked(cast).items() if node.step == "part"), key=len)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ADDRESS, {"year": 2026, "at": deepest}).status_code == 200
        return len(queries)

    asked()
    few = asked()
    for n in range(30):
        approved_line(cast, "1000.00", code=f"T-{n}")
    for n in range(3):
        more = signed_contract(cast, n=40 + n)
        paid(cast, drawn_settlement(cast, more, 1), f"GK-2026-1{n}")
    assert asked() == few <= 25
