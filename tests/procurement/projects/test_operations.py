"""Projects: from an item in one click to the leadership's word; money set aside and given back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core import journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.money import ZERO
from core.separation import DutyRecord
from procurement.budgets.models import Allocation, LedgerEntry
from procurement.budgets.queries import ledger_of_case
from procurement.projects.models import Project
from procurement.projects.operations import (
    approve_project,
    draft_project,
    edit_project,
    reject_project,
    return_project,
    submit_project,
    terminate_project,
)
from procurement.projects.queries import visible_projects
from tests.cast import Cast
from tests.journeys.catalog import an_item, draft_edition
from tests.journeys.projects import approved_line, approved_project, drafted_project, submitted_project


def edited(project: Project, **changes: Any) -> dict[str, Any]:
    """What the form would send for this project, with changes."""
    fields = (
        "title",
        "kind",
        "region",
        "need",
        "beneficiaries",
        "goals",
        "feasibility",
        "starts_on",
        "ends_on",
        "minors",
    )
    costs = [
        {name: getattr(line, name) for name in ("cost_class", "name", "unit", "quantity", "unit_price")}
        for line in project.cost_lines.all()
    ]
    fundings = {f.line: f.amount for f in project.fundings.all()}
    return {name: getattr(project, name) for name in fields} | {"costs": costs, "fundings": fundings} | changes


def test_one_click_fills_a_draft_from_the_item(cast: Cast) -> None:
    item = an_item(cast)
    project = draft_project(item, actor=cast.actor("buyer"))
    assert (project.status, project.title, project.minors) == ("draft", item.name, True)
    assert project.planned_amount == item.norm_price
    assert project.ocid.startswith("ocds-213czf-")
    assert project.region_path == "530102"
    assert [e.verb for e in journal.entries_for(project)] == ["create"]
    assert DutyRecord.objects.get(case_key=project.case_key).duty == "write_plan"


def test_a_project_begins_only_in_ones_own_edition_in_force(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        draft_project(an_item(cast), actor=cast.actor("other_buyer"))
    with pytest.raises(NotAllowed):
        draft_project(an_item(cast), actor=cast.actor("leader"))
    draft = draft_edition(cast, "union")
    with pytest.raises(NotNow):
        draft_project(draft.items.first(), actor=cast.actor("other_buyer"))


def test_submitting_sets_money_aside_and_the_number_comes_with_approval(cast: Cast) -> None:
    project = submitted_project(cast)
    line = approved_line(cast)
    assert (project.status, project.number, line.planned_amount) == ("feasibility", None, Decimal("160000.00"))
    entry = ledger_of_case(project.case_key).get()
    assert (entry.kind, entry.amount, entry.planned_after) == ("plan", Decimal("160000.00"), Decimal("160000.00"))
    assert entry.reference == project.journal_key
    done = approve_project(project, actor=cast.actor("leader"), opinion="同意。")
    assert (done.status, done.number, done.approved_by_name) == ("approved", "五青项〔2026〕1号", "陈立")
    assert [e.verb for e in journal.entries_for(done)] == ["approve", "submit", "create"]
    second = approved_project(cast, title="第二个项目", quantity=10)
    assert second.number == "五青项〔2026〕2号"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"need": " "}, "need"),
        ({"feasibility": ""}, "feasibility"),
        ({"costs": []}, "costs"),
        ({"fundings": {}}, "fundings"),
    ],
)
def test_what_is_missing_is_said_at_its_field(cast: Cast, changes: dict[str, Any], field: str) -> None:
    project = drafted_project(cast)
    edit_project(project, actor=cast.actor("buyer"), **edited(project, **changes))
    with pytest.raises(Invalid) as refusal:
        submit_project(project, actor=cast.actor("buyer"))
    assert field in refusal.value.errors
    assert not Allocation.objects.exists()


def test_cost_and_funding_must_be_equal_and_the_gap_is_named(cast: Cast) -> None:
    project = drafted_project(cast)
    edit_project(
        project,
        actor=cast.actor("buyer"),
        **edited(project, fundings={approved_line(cast): Decimal("159000.00")}),
    )
    with pytest.raises(Invalid, match=r"相差 1,000\.00 元"):
        submit_project(project, actor=cast.actor("buyer"))


def test_a_line_that_is_used_up_names_the_other_claims(cast: Cast) -> None:
    submitted_project(cast, title="先来的项目", quantity=300)
    project = drafted_project(cast, quantity=100)
    with pytest.raises(Invalid) as refusal:
        submit_project(project, actor=cast.actor("buyer"))
    assert "先来的项目 480,000.00 元" in refusal.value.message
    assert "还剩 20,000.00 元" in refusal.value.message
    assert Project.objects.get(pk=project.pk).status == "draft"


def test_another_buyers_line_is_refused(cast: Cast) -> None:
    project = drafted_project(cast)
    foreign = approved_line(cast, organization="union")
    with pytest.raises(Invalid, match="不是本单位"):
        edit_project(project, actor=cast.actor("buyer"), **edited(project, fundings={foreign: Decimal("160000.00")}))
    assert Project.objects.get(pk=project.pk).fundings.get().line.buyer_id == project.buyer_id


def test_returned_and_rejected_and_ended_projects_give_everything_back(cast: Cast) -> None:
    leader = cast.actor("leader")
    project = return_project(submitted_project(cast), actor=leader, reason="请补充场地意见。")
    line = approved_line(cast)
    line.refresh_from_db()
    assert (project.status, line.planned_amount) == ("draft", ZERO)
    again = submit_project(project, actor=cast.actor("buyer"))
    reject_project(again, actor=leader, reason="与去年重复。")
    ended = approved_project(cast, title="要终止的")
    terminate_project(ended, actor=leader, reason="需求消失。")
    line.refresh_from_db()
    assert line.planned_amount == ZERO
    kinds = list(LedgerEntry.objects.filter(allocation__case=project.case_key).values_list("kind", flat=True))
    assert kinds == ["plan", "release_plan", "plan", "release_plan"]
    with pytest.raises(Invalid, match="理由"):
        return_project(submitted_project(cast, title="再来"), actor=leader, reason=" ")


def test_strangers_wrong_time_and_the_writer_are_refused(cast: Cast) -> None:
    draft = drafted_project(cast)
    with pytest.raises(NotAllowed):
        submit_project(draft, actor=cast.actor("procurer"))
    with pytest.raises(NotAllowed):
        submit_project(draft, actor=cast.actor("other_buyer"))
    with pytest.raises(NotNow):
        approve_project(draft, actor=cast.actor("leader"), opinion="同意")
    waiting = submit_project(draft, actor=cast.actor("buyer"))
    with pytest.raises(NotAllowed):
        approve_project(waiting, actor=cast.actor("other_leader"), opinion="同意")
    with pytest.raises(NotNow):
        edit_project(waiting, actor=cast.actor("buyer"), **edited(waiting))


def test_who_wrote_the_plan_may_not_review_it_in_another_role(cast: Cast) -> None:
    project = submitted_project(cast)
    DutyRecord.objects.create(
        case_key=project.case_key, person_key=cast.actor("leader").user_key, person_name="陈立", duty="write_plan"
    )
    with pytest.raises(NotAllowed, match="编写项目方案"):
        approve_project(project, actor=cast.actor("leader"), opinion="同意")
    assert approve_project(project, actor=cast.actor("leader2"), opinion="同意").status == "approved"


def test_a_stale_project_is_a_conflict_and_moves_no_money(cast: Cast) -> None:
    project = drafted_project(cast)
    stale = Project.objects.get(pk=project.pk)
    edit_project(project, actor=cast.actor("buyer"), **edited(project, title="改过的"))
    with pytest.raises(Conflict):
        submit_project(stale, actor=cast.actor("buyer"))
    assert not Allocation.objects.exists()


def test_buyers_do_not_see_each_other_and_places_see_what_is_approved(cast: Cast) -> None:
    draft = drafted_project(cast, title="草稿")
    done = approved_project(cast, title="已立项", quantity=10)
    seen = {
        login: set(visible_projects(cast.actor(login)))
        for login in ("leader", "other_buyer", "street", "provider1", "admin")
    }
    assert seen == {"leader": {draft, done}, "other_buyer": set(), "street": {done}, "provider1": set(), "admin": set()}
    assert set(visible_projects(cast.actor("district_finance"))) == {done}
