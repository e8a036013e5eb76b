"""The programme as pure arithmetic of words: every scope is there, every promise has its item."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from audit.engagements.programme import CaseFacts, Line, Settled, Standard, Stone, Usage, programme_of

DAY = date(2026, 9, 1)
counts = st.integers(0, 5)


def facts(standards: int = 0, lines: int = 0, stones: int = 0, settled: int = 0, usages: int = 0) -> CaseFacts:
    return CaseFacts(
        contract="/w/contracts/1/", starts_on=DAY, ends_on=DAY, announced_on=None, announce_due=DAY, filed_on=None,
        file_due=None, sessions=3, person_times=90, inspections=1, rectified=0, still_open=1, asked=3, satisfied=None,
        paid=Decimal("100.00"), accepted=Decimal("40.00"),
        standards=[Standard(f"标准{n}", "不低于 75%", "抽查", None) for n in range(standards)],
        lines=[Line(f"明细{n}", "场", 10, 9, 8, Decimal("10.00")) for n in range(lines)],
        stones=[Stone(f"节点{n}", DAY, None) for n in range(stones)],
        settled=[Settled(f"结算{n}", Decimal("1.00"), Decimal("1.00"), "GK", DAY) for n in range(settled)],
        usages=[Usage("餐饮", 2, Decimal("3.00")) for _n in range(usages)],
    )  # fmt: skip


@given(counts, counts, counts, counts, counts)
def test_every_promise_has_its_item(standards: int, lines: int, stones: int, settled: int, usages: int) -> None:
    found = programme_of(facts(standards, lines, stones, settled, usages))
    origins = [each.origin for each in found]
    wanted = {"standard": standards, "line": lines, "milestone": stones, "settlement": settled, "expenses": usages}
    assert {name: origins.count(name) for name in wanted} == wanted
    assert [each.scope for each in found] == sorted(
        (each.scope for each in found), key=["process", "tasks", "funds"].index
    )
    assert {each.scope for each in found} == {"process", "tasks", "funds"}
    assert all(each.title and each.expected and each.method for each in found)


def test_a_worked_example() -> None:
    found = {each.origin: each for each in programme_of(facts(lines=1))}
    assert found["line"].expected == "合同 10 场，10.00 元"
    assert found["line"].recorded == "街道核实 9，验收核定 8"
    assert found["account"].recorded == "到账 100.00 元，认可支出 40.00 元，结余 60.00 元"
    assert found["formalities"].recorded == "公告 无记录，备案 无记录"
