"""Pages of projects and budget lines: reached by address, filled by hand, counted in queries, closed to others."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.organizations.models import Organization
from core import journal
from core.duties import tasks_for
from procurement.budgets.models import Allocation, BudgetLine
from procurement.projects.models import Project, ProjectFile
from tests.cast import Cast
from tests.journeys.catalog import an_item
from tests.journeys.orders import published_order
from tests.journeys.projects import approved_line, approved_project, drafted_project, requested_line, submitted_project


def form_of(project: Project, line: BudgetLine, **changes: Any) -> dict[str, Any]:
    """What a browser would send from the edit page."""
    return {
        "version": project.version,
        "title": "“益厨”困境儿童营养餐",
        "kind": "standard",
        "region": str(project.region_id),
        "beneficiaries": "45 名困境儿童",
        "need": "放学后无人照看。",
        "goals": "每周五天。",
        "feasibility": "有场地。",
        "starts_on": "2026-11-01",
        "ends_on": "2027-06-30",
        "minors": "on",
        "costs-TOTAL_FORMS": "3",
        "costs-INITIAL_FORMS": "1",
        "costs-0-cost_class": "activity",
        "costs-0-name": "营养餐",
        "costs-0-unit": "餐",
        "costs-0-quantity": "4000",
        "costs-0-unit_price": "18.00",
        "costs-1-cost_class": "staff",
        "costs-1-name": "社工补贴",
        "costs-1-unit": "月",
        "costs-1-quantity": "8",
        "costs-1-unit_price": "3,500.00",
        "costs-2-cost_class": "tax",
        "costs-2-name": "去掉的一行",
        "costs-2-unit": "项",
        "costs-2-quantity": "1",
        "costs-2-unit_price": "1",
        "costs-2-DELETE": "on",
        f"fund_{line.pk}": "100,000.00",
        **changes,
    }


def test_an_officer_starts_edits_and_submits_and_the_leader_approves(cast: Cast) -> None:
    item, line = an_item(cast, code="W03-03"), approved_line(cast)
    buyer = cast.client("buyer")
    assert item.name in buyer.get(reverse("projects:create")).content.decode()
    answer = buyer.post(reverse("projects:create"), {"item": str(item.pk), "idempotency_key": "one"})
    project = Project.objects.get()
    url = project.get_absolute_url()
    assert answer.headers["Location"] == f"{url}edit/"
    assert buyer.post(reverse("projects:create"), {"item": str(item.pk), "idempotency_key": "one"}).status_code == 302
    assert Project.objects.count() == 1
    assert "参考单价" in buyer.get(f"{url}edit/").content.decode()
    answer = buyer.post(f"{url}edit/", form_of(project, line))
    assert answer.status_code == 302, answer.content.decode()
    project.refresh_from_db()
    assert (project.planned_amount, project.cost_lines.count()) == (Decimal("100000.00"), 2)
    assert buyer.get(url).status_code == 200
    assert buyer.post(f"{url}submit/", {"version": project.version}).status_code == 302
    leader = cast.client("leader")
    assert any(task.name == "approve_project" for task in tasks_for(cast.actor("leader")))
    assert leader.get(f"{url}approve/").status_code == 200
    project.refresh_from_db()
    answer = leader.post(f"{url}approve/", {"version": project.version, "opinion": "同意立项。"})
    assert answer.headers["Location"] == reverse("projects:detail", args=["五青项〔2026〕1号"])
    page = leader.get(answer.headers["Location"]).content.decode()
    assert "100,000.00" in page
    assert "逐级合计相符，差额 0.00" in page
    assert "安排" in leader.get(answer.headers["Location"] + "funds/").content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"costs-0-unit_price": "18.001"}, "最多两位小数"),
        ({"costs-0-unit_price": "-1"}, "不能低于 0.01"),
        ({"costs-0-quantity": "0"}, "大于或等于"),
        ({"ends_on": "2026-10-01"}, "结束日期早于开始日期"),
        ({"title": ""}, "项目名称"),
    ],
)
def test_bad_input_is_said_in_its_place_and_nothing_typed_is_lost(
    cast: Cast, changes: dict[str, str], sentence: str
) -> None:
    project, line = drafted_project(cast), approved_line(cast)
    answer = cast.client("buyer").post(f"{project.get_absolute_url()}edit/", form_of(project, line, **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "45 名困境儿童" in page
    project.refresh_from_db()
    assert project.version == 1


def test_two_who_edit_are_told_of_each_other(cast: Cast) -> None:
    project, line = drafted_project(cast), approved_line(cast)
    buyer, url = cast.client("buyer"), f"{project.get_absolute_url()}edit/"
    assert buyer.post(url, form_of(project, line)).status_code == 302
    answer = buyer.post(url, form_of(project, line, title="第二个人写的"))
    assert answer.status_code == 409
    assert "第二个人写的" in answer.content.decode()


def test_what_is_anothers_does_not_exist(cast: Cast) -> None:
    draft = drafted_project(cast, title="机密草稿")
    line = requested_line(cast, code="JM-1")
    for login in ("other_buyer", "provider1", "expert1", "admin", "street"):
        client = cast.client(login)
        assert client.get(draft.get_absolute_url()).status_code == 404, login
        assert client.post(f"{draft.get_absolute_url()}submit/").status_code == 404, login
        assert client.get(line.get_absolute_url()).status_code == 404, login
        for room in ("projects", "budgets"):
            page = client.get(reverse(f"{room}:list"))
            assert page.status_code == 200
            assert "机密草稿" not in page.content.decode()
            assert "JM-1" not in page.content.decode()
        assert "机密" not in str(tasks_for(cast.actor(login)))


def test_finance_asks_and_the_district_approves(cast: Cast) -> None:
    finance = cast.client("finance")
    sent = {
        "fiscal_year": "2026",
        "code": "QN-07",
        "name": "青年服务",
        "requested_amount": "300000",
        "source": "fiscal",
        "function_class": "2012999",
        "economic_class": "30227",
    }
    assert finance.get(reverse("budgets:create")).status_code == 200
    assert finance.post(reverse("budgets:create"), sent | {"requested_amount": "-5"}).status_code == 422
    assert finance.post(reverse("budgets:create"), sent).status_code == 302
    assert finance.post(reverse("budgets:create"), sent).status_code == 422
    line = BudgetLine.objects.get()
    assert cast.client("leader").get(f"{line.get_absolute_url()}approve/").status_code == 403
    district = cast.client("district_finance")
    assert any(task.name == "approve_line" for task in tasks_for(cast.actor("district_finance")))
    assert district.get(f"{line.get_absolute_url()}approve/").status_code == 200
    answer = district.post(f"{line.get_absolute_url()}approve/", {"version": 1, "approved_amount": "280000.00"})
    assert answer.status_code == 302
    for address in ("", "ledger/", "history/", "adjust/"):
        assert district.get(line.get_absolute_url() + address).status_code == 200
    assert cast.client("buyer").get(reverse("budgets:create")).status_code == 403


def count(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_lists_ask_the_database_as_often_with_one_row_as_with_thirty(cast: Cast) -> None:
    """Thirty buyers' rows, seen by the district; the number asked is the same, and at most twelve."""
    made = approved_project(cast, quantity=1)
    line = BudgetLine.objects.get()
    district = cast.client("district_finance")
    rooms = [reverse("projects:list"), reverse("budgets:list"), reverse("editions:list"), reverse("catalog:list")]
    for room in rooms:
        district.get(room)
    one = {room: count(district, room) for room in rooms}
    clone_for_thirty_buyers(cast, made, line)
    for room in rooms:
        assert count(district, room) == one[room] <= 12, (room, one)


def clone_for_thirty_buyers(cast: Cast, project: Project, line: BudgetLine) -> None:
    """Rows as they would stand after thirty buyers did the same; only the lists are looked at."""
    buyer, edition, item = cast.org("buyer"), project.item.edition, project.item
    for n in range(30):
        owner = Organization.objects.get(pk=buyer.pk)
        owner.pk, owner.name, owner.uscc = uuid4(), f"第 {n} 家单位", None
        owner.save(force_insert=True)
        for thing in (edition, item, line, project):
            thing.pk = uuid4()
        edition.buyer = line.buyer = project.buyer = owner
        item.edition = edition
        project.item, project.ocid, project.number = item, f"ocds-{n}", f"第{n}号"
        for thing in (edition, item, line, project):
            thing.save(force_insert=True)
        Allocation.objects.create(line=line, case=str(project.pk), planned_amount=Decimal("1.00"))


def test_the_rules_are_shown_with_source_and_doubt(cast: Cast) -> None:
    approved_line(cast)
    submitted_project(cast)
    page = cast.client("admin").get(reverse("rules:list")).content.decode()
    for words in ("质疑答复", "政府采购法第五十三条", "待核实", "2027 年放假通知尚未录入", "国办发明电〔2025〕7号"):
        assert words in page


def test_papers_are_laid_beside_a_project_and_read_by_those_who_argue_it(cast: Cast) -> None:
    project = drafted_project(cast)
    url, buyer = project.get_absolute_url(), cast.client("buyer")
    survey = SimpleUploadedFile("需求调研.txt", "走访 62 户".encode())
    fake = SimpleUploadedFile("报价.pdf", "不是 PDF".encode())
    refused = buyer.post(f"{url}attach/", {"papers": fake, "version": project.version, "idempotency_key": "a1"})
    assert refused.status_code == 422
    assert "报价.pdf" in refused.content.decode()
    done = buyer.post(f"{url}attach/", {"papers": survey, "version": project.version, "idempotency_key": "a2"})
    assert done.status_code == 302
    file = ProjectFile.objects.get(project=project)
    assert journal.entries_for(project)[0].verb == "attach"
    assert "需求调研.txt" in buyer.get(url).content.decode()
    paper = f"{url}files/{file.document_id}/"
    project.refresh_from_db()
    for login, status in {"buyer": 200, "leader": 200, "other_buyer": 404, "provider1": 404, "street": 404}.items():
        assert cast.client(login).get(paper).status_code == status, login
    assert cast.client("leader").get(f"{url}attach/").status_code == 403


def test_the_notices_at_work(cast: Cast) -> None:
    order = published_order(cast)
    page = cast.client("archivist").get("/w/notices/", {"view": "own", "kind": "tender"}).content.decode()
    assert order.title in page
    assert "征集公告" in page
    assert order.title not in cast.client("other_buyer").get("/w/notices/?view=own").content.decode()
