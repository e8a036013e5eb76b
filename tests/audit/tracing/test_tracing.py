"""The auditor's desk: down in three clicks, up again, exactly what is on the screen, samples with their papers, views."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.engagements.models import Engagement
from audit.tracing.models import Sample, SavedView
from audit.tracing.operations import conclude_sample, draw_sample, feed_sample, judge_item, save_view
from audit.tracing.queries import FIGURES, entries_behind, outcome_of, traced_lines, traced_vouchers, visible_samples
from audit.tracing.sampling import chosen
from core import journal
from core.errors import Invalid, NotAllowed, NotNow
from procurement.contracts.models import Contract
from procurement.expenses.models import Expense
from procurement.payments.models import Payment
from tests.cast import Cast
from tests.journeys.audits import field_engagement
from tests.journeys.contracts import signed_contract
from tests.journeys.expenses import accepted_expense, submitted_expense
from tests.journeys.settlements import drawn_settlement, paid

READERS = ("auditor", "discipline", "district_finance", "archivist")
OTHERS = ("buyer", "leader", "finance", "street", "provider1", "expert1", "admin")


@pytest.fixture
def contract(cast: Cast) -> Contract:
    """A contract with a paid milestone and three vouchers: 1,200.00 and 300.00 accepted, 90.00 waiting."""
    made = signed_contract(cast)
    accepted_expense(cast, made)
    accepted_expense(cast, made, "300.00", payee="社区食堂", usage="meals")
    submitted_expense(cast, made, "90.00", payee="打印店")
    paid(cast, drawn_settlement(cast, made, 1), "GK-2026-001")
    return made


def links(text: str, pattern: str) -> list[str]:
    return [each.replace("&amp;", "&") for each in re.findall(rf'href="({pattern})"', text)]


def test_from_a_figure_to_the_voucher_in_three_clicks_and_up_again(cast: Cast, contract: Contract) -> None:
    client = cast.client("auditor")
    page = client.get("/w/trace/").content.decode()
    assert "36,800.00" in page
    assert "1,500.00" in page
    for figure in FIGURES:
        first = links(page, rf"/w/trace/lines/[^\"]+/{figure}/")
        assert first, figure
        behind = client.get(first[0]).content.decode()
        assert "合计一致" in behind
        second = links(behind, r"/w/trace/cases/[^\"]+")
        assert second, figure
        case = client.get(second[0]).content.decode()
        assert "GK-2026-001" in case
        third = links(case, r"/w/trace/vouchers/[^\"?]+")
        assert len(third) == 3, figure
    voucher = client.get(third[-1])
    text = voucher.content.decode()
    expense = voucher.context["expense"]
    paper = links(text, r"/w/expenses/[^\"]+/files/[^\"]+")
    assert client.get(paper[0]).status_code == 200
    payment = Payment.objects.get()
    for word in (contract.title, payment.number, "GK-2026-001", expense.allocation.line.name, expense.line.name):
        assert word in text
    for up in links(text, r"/w/(?:trace|contracts|payments|projects)/[^\"]+"):
        assert client.get(up).status_code == 200, up


def test_figures_are_the_sum_of_their_movements(cast: Cast, contract: Contract) -> None:
    for line in traced_lines(cast.actor("auditor")):
        stands = {"planned": line.planned_amount, "contracted": line.contracted_sum, "paid": line.paid_sum}
        for figure, amount in stands.items():
            assert sum(each.amount for each in entries_behind(line, figure)) == amount, figure


def test_strangers_are_refused(cast: Cast, contract: Contract) -> None:
    expense = Expense.objects.first()
    line = expense.allocation.line_id
    pages = (
        "/w/trace/",
        f"/w/trace/lines/{line}/paid/",
        f"/w/trace/cases/{contract.case_key}/",
        "/w/trace/vouchers/",
        f"/w/trace/vouchers/{expense.pk}/",
        "/w/trace/draw/",
    )
    for login in OTHERS:
        client = cast.client(login)
        assert [client.get(url).status_code for url in pages] == [404] * len(pages), login
    for login in READERS:
        client = cast.client(login)
        expected = [200] * 5 + [403 if login == "archivist" else 200]
        assert [client.get(url).status_code for url in pages] == expected, login
    assert not traced_vouchers(cast.actor("other_buyer")).exists()
    client = cast.client("auditor")
    assert client.get(f"/w/trace/lines/{line}/nothing/").status_code == 404
    assert client.get(f"/w/trace/cases/{contract.case_key}/?line=x").status_code == 404
    assert client.get("/w/trace/vouchers/?least=abc&year=99999999999&line=x&spent_on_after=zz").status_code == 200


def test_the_export_is_what_is_on_the_screen(cast: Cast, contract: Contract) -> None:
    client = cast.client("auditor")
    query = "status=accepted&most=500"
    page = client.get(f"/w/trace/vouchers/?{query}")
    assert page.context["count"] == 1
    assert page.context["sum_value"] == Decimal("300.00")
    answer = client.get(f"/w/trace/vouchers/?{query}&export=xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    assert list(header) == [each["label"] for each in page.context["columns"]]
    shown = [[cell["text"] for cell in row["cells"]] for row in page.context["rows"]]
    assert [row[6] for row in rows] == [300]
    assert [row[1] for row in rows] == [row[1] for row in shown]
    told = dict(list(book.worksheets[1].iter_rows(values_only=True))[1:])
    assert "状态 已认可" in told["条件"] or "状态" in told["条件"]
    assert told["行数"] == 1
    entry = journal.entries_for(cast.user("auditor"), 1)[0]
    assert (entry.verb, entry.facts["list"], entry.facts["rows"]) == ("export", "trace.vouchers", 1)
    csv = client.get("/w/trace/?year=2026&export=csv")
    assert "36800.00" in csv.content.decode("utf-8-sig")


def drawn(cast: Cast, login: str = "auditor", **fields: Any) -> Sample:
    actor = cast.actor(login)
    given = {"title": "一季度物资抽查", "method": "monetary", "wanted": 2, "query": "status=accepted"}
    population = fields.pop("population", traced_vouchers(actor).filter(status="accepted"))
    return draw_sample(population, actor=actor, **(given | fields))


@pytest.mark.parametrize("method", ["random", "monetary"])
def test_a_sample_is_judged_and_concluded(cast: Cast, contract: Contract, method: str) -> None:
    sample = drawn(cast, method=method)
    assert (sample.size, sample.total_amount) == (2, Decimal("1500.00"))
    fen = {str(each.pk): int(each.amount * 100) for each in Expense.objects.filter(status="accepted")}
    assert [str(each.expense_id) for each in sample.items.all()] == [
        each.key for each in chosen(method, sample.seed, fen, 2)
    ]
    entry = journal.entries_for(sample, 1)[0]
    assert (entry.facts["seed"], entry.facts["population"]) == (sample.seed, sample.digest)
    items = list(sample.items.all())
    large = next((each for each in items if each.amount == Decimal("1200.00")), None)
    assert large is not None
    assert large.is_certain is (method == "monetary")
    with pytest.raises(NotNow, match="没有核对"):
        conclude_sample(sample, actor=cast.actor("auditor"), conclusion="相符")
    with pytest.raises(NotAllowed):
        judge_item(large, actor=cast.actor("archivist"), result="ok", note="相符")
    with pytest.raises(Invalid) as refusal:
        judge_item(large, actor=cast.actor("auditor"), result="error", note=" ", error_amount=Decimal("1200.01"))
    assert set(refusal.value.errors) == {"note", "error_amount"}
    for each in items:
        judge_item(each, actor=cast.actor("discipline"), result="ok", note="与活动相符")
    judge_item(large, actor=cast.actor("auditor"), result="error", note="少一张小票", error_amount=Decimal("120.00"))
    found = outcome_of(sample)
    assert (found.looked, found.wrong, found.error) == (len(items), 1, Decimal("120.00"))
    assert found.projected == Decimal("120.00")
    sample = Sample.objects.get(pk=sample.pk)
    conclude_sample(sample, actor=cast.actor("auditor"), conclusion="个别凭证不全。")
    with pytest.raises(NotNow):
        judge_item(large, actor=cast.actor("auditor"), result="ok", note="相符")
    assert [entry.verb for entry in journal.entries_for(sample)][:2] == ["conclude", "judge"]


@pytest.mark.parametrize(
    ("fields", "field"), [({"title": " "}, "title"), ({"method": "?"}, "method"), ({"wanted": 3}, "wanted")]
)
def test_a_sample_needs_a_method_and_a_number(
    cast: Cast, contract: Contract, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        drawn(cast, **fields)
    assert list(refusal.value.errors) == [field]


def test_a_sample_is_of_one_buyer_and_not_empty(cast: Cast, contract: Contract) -> None:
    with pytest.raises(Invalid, match="空的"):
        drawn(cast, population=Expense.objects.none())
    with pytest.raises(NotAllowed):
        drawn(cast, "archivist")
    Expense.objects.filter(payee="社区食堂").update(buyer=cast.org("union"))
    with pytest.raises(Invalid, match="一个采购人"):
        drawn(cast, "district_finance")


def test_a_sample_feeds_an_audit_once(cast: Cast, contract: Contract) -> None:
    sample = drawn(cast)
    engagement = field_engagement(cast, contract)
    before = engagement.items.count()
    feed_sample(sample, actor=cast.actor("discipline"), engagement=engagement)
    new = list(engagement.items.filter(origin="sample"))
    assert engagement.items.count() == before + len(new) == before + sample.items.count()
    assert cast.client("auditor").get(new[0].address).status_code == 200
    paper = cast.client("auditor").get(new[0].get_absolute_url()).content.decode()
    assert "发票1.jpg" in paper, "the voucher's own files are offered as evidence"
    with pytest.raises(Invalid, match="还没列入"):
        feed_sample(sample, actor=cast.actor("discipline"), engagement=Engagement.objects.get(pk=engagement.pk))


def test_by_clicks(cast: Cast, contract: Contract) -> None:
    client = cast.client("auditor")
    url = "/w/trace/vouchers/?status=accepted"
    assert "从中抽样" in client.get(url).content.decode()
    form = client.get("/w/trace/draw/?status=accepted").content.decode()
    assert "2 笔" in form
    assert client.get("/w/trace/draw/?spent_on_after=zz").status_code == 422
    sent = {"title": "抽查", "method": "random", "wanted": "2", "idempotency_key": "d"}
    answer = client.post("/w/trace/draw/?status=accepted", sent)
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "重算一致" in page
    assert "核对凭证" in client.get("/w/").content.decode()
    item = Sample.objects.get().items.first()
    work = f"/w/trace/items/{item.pk}/"
    assert client.get(work).status_code == 200
    wrong = {"result": "error", "note": "不符", "error_amount": "", "idempotency_key": "e"}
    assert client.post(work, wrong).status_code == 422
    proof = SimpleUploadedFile("询证函.txt", "回函".encode())
    right = wrong | {"error_amount": "20", "papers": proof, "idempotency_key": "f"}
    assert client.post(work, right).status_code == 302
    assert "询证函.txt" in client.get(answer["Location"]).content.decode()
    assert cast.client("archivist").get(work).status_code == 403
    assert cast.client("finance").get(work).status_code == 404
    assert cast.client("finance").get(answer["Location"]).status_code == 404
    assert cast.client("archivist").get(answer["Location"]).status_code == 200


def test_saved_views_are_one_s_own(cast: Cast, contract: Contract) -> None:
    client = cast.client("auditor")
    query = "usage=meals&status=accepted"
    sent = {"page": "vouchers", "name": "餐饮", "query": query}
    answer = client.post("/w/trace/views/", sent)
    assert answer["Location"] == f"/w/trace/vouchers/?{query}"
    page = client.get(answer["Location"])
    assert [(each["name"], each["on"]) for each in page.context["kept"]] == [("餐饮", True)]
    assert client.post("/w/trace/views/", sent | {"query": "usage=meals"}).status_code == 302
    view = SavedView.objects.get()
    assert view.query == "usage=meals"
    assert client.post("/w/trace/views/", sent | {"page": "nowhere"}).status_code == 404
    assert client.post("/w/trace/views/", sent | {"name": " "}).status_code == 422
    assert not cast.client("discipline").get("/w/trace/vouchers/").context["kept"]
    assert cast.client("discipline").post(f"/w/trace/views/{view.pk}/drop/").status_code == 404
    assert cast.client("buyer").post("/w/trace/views/", sent).status_code == 404
    assert client.post(f"/w/trace/views/{view.pk}/drop/").status_code == 302
    assert not SavedView.objects.exists()
    actor = cast.actor("auditor")
    for n in range(12):
        save_view(actor=actor, page="year", name=f"{n}", query="year=2026")
    with pytest.raises(Invalid):
        save_view(actor=actor, page="year", name="多了", query="year=2026")


def test_pages_ask_the_same_of_one_voucher_and_of_thirty(cast: Cast, contract: Contract) -> None:
    client = cast.client("auditor")
    expense = Expense.objects.filter(status="accepted").first()
    sample = drawn(cast, wanted=1, population=Expense.objects.filter(pk=expense.pk).select_related("buyer__region"))
    pages = [
        "/w/trace/",
        f"/w/trace/lines/{expense.allocation.line_id}/paid/",
        f"/w/trace/cases/{contract.case_key}/",
        "/w/trace/vouchers/?status=accepted",
        sample.get_absolute_url(),
    ]

    def asked(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200, url
        return len(found)

    first = {url: asked(url) for url in pages}
    for n in range(29):
        accepted_expense(cast, contract, f"{10 + n}.00")
    large = drawn(cast, wanted=31, method="random")
    pages[-1] = large.get_absolute_url()
    then = {url: asked(url) for url in pages}
    assert list(then.values()) == list(first.values())
    assert visible_samples(cast.actor("auditor")).count() == 2
