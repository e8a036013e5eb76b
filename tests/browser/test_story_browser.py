"""One case by clicks, from 立项 to the settlement report, by twelve people at a desk and again on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from audit.journal.models import JournalEntry
from core import clock, outbox
from core.outbox import OutboxItem
from procurement.awards.models import Award
from procurement.bids.models import Bid, Opening
from procurement.contracts.models import Contract
from procurement.orders.models import Order
from procurement.projects.models import Project
from procurement.reviews.models import Review
from procurement.reviews.operations import submit_sheet
from procurement.settlements.models import Settlement
from tests.cast import PASSWORD, Cast
from tests.journeys.bids import content, sealed_bid
from tests.journeys.catalog import an_item
from tests.journeys.projects import approved_line
from tests.journeys.reviews import even_marks, seated_logins

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
CHECK = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter(v => ["serious", "critical"].includes(v.impact))
  .map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + (n.any[0]?.message || "")).join(" | ")}`)"""
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


class Walk:
    """Several people at their own devices; every station is looked at before the next."""

    def __init__(self, browser: Browser, address: str, size: tuple[int, int]) -> None:
        self.browser, self.address, self.size = browser, address, size
        self.pages: dict[str, Page] = {}
        self.faults: list[str] = []

    def person(self, login: str) -> Page:
        """This person's page, logged in through the form the first time."""
        if login not in self.pages:
            context = self.browser.new_context(
                viewport={"width": self.size[0], "height": self.size[1]},
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                reduced_motion="reduce",
            )
            context.set_default_timeout(10_000)
            page = context.new_page()
            page.on("console", lambda m: self.faults.append(f"{page.url}: {m.text}") if m.type == "error" else None)
            page.on("pageerror", lambda fault: self.faults.append(f"{page.url}: {fault}"))
            page.goto(f"{self.address}/accounts/login/")
            page.fill("#id_username", login)
            page.fill("#id_password", PASSWORD)
            page.get_by_role("button", name="登录", exact=True).click()
            page.wait_for_url("**/w/**")
            self.pages[login] = page
        return self.pages[login]

    def go(self, login: str, thing: Any) -> Page:
        """This person opens a page: an address, or an object's."""
        page = self.person(login)
        path = thing if isinstance(thing, str) else thing.get_absolute_url()
        page.goto(f"{self.address}{path}")
        return self.look(page)

    def look(self, page: Page) -> Page:
        """No fault in the console, nothing wider than the screen, nothing that keeps anybody out."""
        assert not self.faults, self.faults
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{page.url} is {over} px too wide"
        page.evaluate(AXE)
        found = page.evaluate(CHECK)
        assert found == [], f"{page.url}: {found}"
        return page

    def press(self, page: Page, name: str) -> Page:
        """Press the button or link of this name in the page's own part, unfolding the menu when it is in there."""
        target = (
            page.locator("main, .actbar").locator("a.btn, a.it, button").filter(has_text=re.compile(rf"^\s*{name}"))
        )
        shown = target.locator("visible=true")
        if not shown.count():
            page.locator("main details.menu summary").first.click()
        shown.first.click()
        page.wait_for_load_state()
        return page

    def ask(self, login: str, thing: Any, name: str) -> Page:
        """Open the object, press the verb's button, look at its page."""
        page = self.go(login, thing)
        return self.look(self.press(page, name))

    def send(self, page: Page) -> Page:
        """Press the page's one submitting button and look at what comes; the form must be gone."""
        before = page.url
        again = page.locator("[data-type-again]")
        if again.count():
            again.fill(str(again.get_attribute("data-type-again")))
        page.locator("main form .verb-f button[type=submit], main form .verb-f button.btn-primary").first.click()
        try:
            page.wait_for_url(lambda url: url != before)
        except PlaywrightTimeout:
            pytest.fail(f"{before} did not go on: {page.locator('main').inner_text()[:1500]}")
        return self.look(page)

    def do(self, login: str, thing: Any, name: str, fill: Callable[[Page], Any] = lambda page: None) -> Page:
        """A deed: open, press, fill in, send."""
        page = self.ask(login, thing, name)
        fill(page)
        return self.send(page)

    def close(self) -> None:
        """Shut all devices."""
        for page in self.pages.values():
            page.context.close()


@pytest.fixture(params=list(SIZES))
def walk(request: pytest.FixtureRequest, browser: Browser, live_server: Any, cast: Cast) -> Iterator[Walk]:
    made = Walk(browser, live_server.url, SIZES[request.param])
    yield made
    made.close()


def at(moment: Any) -> None:
    """Put everybody's clock there; the test's own fixture brings it back."""
    clock.set_travel(moment, tick=False)


def work() -> None:
    """What the worker does."""
    OutboxItem.objects.filter(done_at__isnull=True).update(due_at=clock.now())
    outbox.relay()


def test_a_case_is_walked_by_clicks(walk: Walk, cast: Cast) -> None:
    item = an_item(cast)
    approved_line(cast, "900000.00")
    project = plan(walk, cast, item.norm_price)
    order = publish(walk, project)
    bid(walk, cast, order)
    opened(walk, order)
    review = judged(walk, cast, order)
    award = decided(walk, review)
    contract = signed(walk, award)
    settlement = settled(walk, contract)
    reported(walk, settlement)
    assert reached() == STATUSES


# What the case passes through, from the list to the last payment; every one of them by somebody's click.
STATUSES = {
    "project": {"draft", "feasibility", "approved", "procuring", "contracted", "closed"},
    "order": {
        "draft", "reviewing", "approved", "published", "opened", "checking", "standstill", "awarded", "contracted",
    },
    "opening": {"waiting", "one_key", "opened"},
    "bid": {
        "draft", "sealed", "opened", "qualified", "responsive", "scored", "recommended", "awarded", "unsuccessful",
    },
    "panel": {"forming", "declaring", "scoring", "consolidated"},
    "review": {"checking", "scoring", "consolidated"},
    "award": {"proposed", "published", "confirmed"},
    "contract": {"draft", "legal_review", "signing", "performing", "completed", "closed"},
    "acceptance": {"reported", "confirming", "accepted"},
    "settlement": {"drawn", "checked", "approved", "paid"},
    "payment": {"requested", "approved", "paid"},
}  # fmt: skip


def reached() -> dict[str, set[str]]:
    """Kind of object -> the statuses into which a request brought it, by the journal."""
    found: dict[str, set[str]] = {}
    for entry in JournalEntry.objects.all():
        body = json.loads(bytes(entry.body))
        if body["to"] and body["request"]:
            found.setdefault(entry.object_key.partition(":")[0].partition(".")[2], set()).add(body["to"])
    return found


def plan(walk: Walk, cast: Cast, price: Decimal) -> Project:
    """立项: one click on the item, the form, the submission; another person approves from the desk."""
    page = walk.go("buyer", "/w/")
    page = walk.go("buyer", "/w/projects/new/")
    page.get_by_role("row").filter(has_text="W03-02").get_by_role("button").click()
    page.wait_for_url("**/edit/")
    walk.look(page)
    page.fill("[name=title]", "王家桥困境儿童陪伴")
    page.select_option("[name=region]", label=page.locator("[name=region] option").nth(1).inner_text())
    for name in ("need", "goals", "feasibility"):
        page.fill(f"[name={name}]", "片区登记困境儿童 45 名，放学后无人照看；每周陪伴五次，街道核实。")
    page.fill("[name=costs-0-quantity]", "100")
    page.locator("[name^=fund_]").first.fill(str(price * 100))
    walk.send(page)
    project = Project.objects.get()
    walk.do("buyer", project, "提交论证")
    page = walk.go("leader", "/w/")
    page.locator(f"a[href='{project.get_absolute_url()}approve/']").first.click()
    walk.look(page)
    page.fill("[name=opinion]", "需求真实，成本合理，同意立项。")
    walk.send(page)
    project.refresh_from_db()
    assert project.status == "approved"
    return project


def publish(walk: Walk, project: Project) -> Order:
    """发订单: from the project in one click; written, reviewed by another, published by the third."""
    page = walk.ask("buyer", project, "发订单")
    page.locator("main form").get_by_role("button", name="发订单").first.click()
    page.wait_for_url(lambda url: "/new/" not in url)
    walk.look(page)
    order = Order.objects.get()
    walk.do("buyer", order, "修改订单", lambda page: page.fill("[name=place]", "王家桥社区青少年活动室"))
    walk.do("buyer", order, "提交审核")
    walk.do("leader", order, "审核通过")
    order.refresh_from_db()
    walk.do("procurer", order, "发布")
    order.refresh_from_db()
    assert order.status == "published"
    return order


def bid(walk: Walk, cast: Cast, order: Order) -> None:
    """申报: one provider types the whole form, two others have sealed theirs."""
    lot = order.lots.get()
    prices = [str((lot.ceiling * share / 100).quantize(Decimal("0.01"))) for share in (90, 95, 97)]
    for login, price in zip(("provider2", "provider3"), prices[1:], strict=True):
        sealed_bid(order, cast, login, price)
    typed = content(prices[0])
    page = walk.ask("provider1", order, "我要申报")
    walk.press(page, "开始填写")
    page.wait_for_url("**/write/**")
    walk.look(page)
    for name, text in typed["contact"].items():
        page.fill(f"[name=contact-{name}]", text)
    onward(walk, page)
    for name, text in typed["plan"].items():
        page.fill(f"[name=plan-{name}]", text)
    onward(walk, page)
    for name, text in typed["team"][0].items():
        page.fill(f"[name=team-0-{name}]", text)
    onward(walk, page)
    for n, line in enumerate(typed["lines"]):
        if not page.locator(f"[name=lines-{n}-name]").count():
            page.locator("[data-add-line]").click()
        page.select_option(f"[name=lines-{n}-cost_class]", line["cost_class"])
        for name in ("name", "unit", "quantity", "unit_price"):
            page.fill(f"[name=lines-{n}-{name}]", line[name])
    expect(page.locator(".actbar [data-lines-total]")).to_have_text(f"{Decimal(prices[0]):,.2f}")
    onward(walk, page)
    page.set_input_files("[name=file]", {"name": "服务方案.txt", "mimeType": "text/plain", "buffer": "方案".encode()})
    walk.press(page, "上传文件")
    expect(page.locator("main .files")).to_contain_text("服务方案.txt")
    onward(walk, page)
    for box in page.locator("[name^=pledges-]").all():
        box.check()
    onward(walk, page)
    own = Bid.objects.get(organization=cast.org("provider1"))
    if "/submit/" not in page.url:
        page = walk.ask("provider1", own, "检查并提交")
    walk.send(page)
    own.refresh_from_db()
    assert own.status == "sealed"
    walk.go("provider1", f"/w/bids/{own.pk}/receipt/")


def onward(walk: Walk, page: Page) -> None:
    """下一步."""
    before = page.url
    page.locator(".actbar button.btn-primary").click()
    page.wait_for_url(lambda url: url != before)
    walk.look(page)


def opened(walk: Walk, order: Order) -> None:
    """开启: two people of different offices, each at the own device, with the password again."""
    at(order.bid_deadline + timedelta(minutes=2))
    opening = Opening.objects.get(order=order)
    for login in ("procurer", "discipline"):
        page = walk.go(login, opening)
        page.fill("[name=password]", PASSWORD)
        page.locator("main form button.btn-primary").click()
        page.wait_for_load_state()
        expect(page.locator("main")).to_contain_text("已到场")
        walk.look(page)
    opening.refresh_from_db()
    assert opening.status == "opened"


def judged(walk: Walk, cast: Cast, order: Order) -> Review:
    """评审: draw, declare, check, score alone, consolidate."""
    review = Review.objects.get(lot__order=order)
    panel = review.lot.panel
    walk.do("procurer", panel, "抽取专家")
    experts = seated_logins(panel, cast)
    for login in experts:
        page = walk.go(login, f"/w/panels/{panel.pk}/declare/")
        page.locator("[name=answer][value=none]").check()
        walk.send(page)
    for found in Bid.objects.filter(lot=review.lot, status="opened").order_by("letter"):
        page = walk.go("procurer", f"/w/reviews/{review.pk}/check/{found.letter}/")
        for radio in page.locator("main input[type=radio][value=yes]").all():
            radio.check()
        walk.send(page)
    walk.do("procurer", review, "审查完毕，开始评分")
    score(walk, experts[0], review)
    for login in experts[1:]:
        submit_sheet(Review.objects.get(pk=review.pk), actor=cast.actor(login), scores=even_marks(review))
    walk.do("procurer", review, "汇总评审")
    walk.go("procurer", f"/w/reviews/{review.pk}/compare/")
    return Review.objects.get(pk=review.pk)


def score(walk: Walk, login: str, review: Review) -> None:
    """评分表: one expert types every mark of every bid; each is kept as it is typed."""
    for letter, marks in even_marks(review).items():
        page = walk.go(login, f"/w/reviews/{review.pk}/sheet/{letter}/")
        for n, mark in marks.items():
            box = page.locator(f"#p-{n}")
            if not box.is_visible():
                page.locator("details.crit-b").filter(has=page.locator(f"#p-{n}")).locator("summary").click()
            box.fill(mark["points"])
        with page.expect_response(lambda answer: "/draft/" in answer.url and answer.ok):
            page.locator(f"#p-{n}").blur()
        page.wait_for_timeout(50)
        walk.look(page)
    page = walk.go(login, f"/w/reviews/{review.pk}/sheet/submit/")
    page.locator("[name=agreed]").check()
    walk.send(page)


def decided(walk: Walk, review: Review) -> Award:
    """公示: proposed, published by the leadership, confirmed when the standstill is over."""
    page = walk.ask("procurer", review, "推荐成交")
    walk.send(page)
    award = Award.objects.get(lot=review.lot)
    walk.do("leader", award, "发布")
    award.refresh_from_db()
    assert award.standstill_ends_at is not None
    walk.go("provider2", Bid.objects.get(lot=review.lot, organization__name__contains="2号"))
    at(award.standstill_ends_at + timedelta(hours=1))
    walk.do("procurer", award, "确认成交")
    award.refresh_from_db()
    assert (award.status, award.bid.organization.name) == ("confirmed", "测试社会工作服务中心1号")
    return award


def signed(walk: Walk, award: Award) -> Contract:
    """合同: drawn up, reviewed, frozen, printed by the worker, signed by both with the password again, filed."""
    walk.do("buyer", award, "起草合同")
    contract = Contract.objects.get()
    walk.do("buyer", contract, "送法律审核")
    walk.do("procurer", contract, "审核通过，定稿", lambda page: page.fill("[name=opinion]", "条款齐全，同意定稿。"))
    work()
    for login in ("provider1", "leader"):
        page = walk.ask(login, contract, "签订")
        page.locator("[name=read]").check()
        page.locator("[name=pledge]").check()
        page.fill("[name=password]", PASSWORD)
        walk.send(page)
    contract.refresh_from_db()
    assert contract.status == "performing"
    walk.do("buyer", contract, "登记备案", lambda page: page.fill("[name=filing_number]", "五财采备〔2026〕1号"))
    return contract


def settled(walk: Walk, contract: Contract) -> Settlement:
    """报验、验收、结算、支付, each by another person: the first milestone, then the last with the final settlement."""

    def delivered(page: Page) -> None:
        page.fill("[name=summary]", "按计划完成，签到表和活动记录已归档。")
        for line in contract.lines.all():
            page.fill(f"[name=line_{line.n}]", str(line.quantity))

    def accepted(page: Page) -> None:
        for radio in page.locator("[name^=standard_][value=yes]").all():
            radio.check()
        page.get_by_label("何静").first.check()
        page.fill("[name=others]", "王桥（社区）")
        page.fill("[name=opinion]", "逐项核对，情况属实。")

    for n, milestone in enumerate(contract.milestones.all(), 1):
        at(clock.local(f"{contract.ends_on - timedelta(days=30 - n)} 10:00"))
        walk.do("provider1", contract, "报验", delivered)
        acceptance = contract.acceptances.get(milestone=milestone)
        walk.do("buyer", acceptance, "验收", accepted)
        walk.do("procurer", acceptance, "确认验收意见")
        walk.do("buyer", contract, "编制结算")
        paid(walk, Settlement.objects.latest("created_at"), f"GK-2026-{n:04d}")
    contract.refresh_from_db()
    assert contract.status == "closed"
    return contract.settlements.get(kind="final")


def paid(walk: Walk, settlement: Settlement, voucher: str) -> None:
    """审核、确认、批准、交发票、申请支付、批准支付、登记凭证: five people's hands."""
    walk.do("finance", settlement, "审核通过")
    walk.do("provider1", settlement, "确认无误")
    amount = str(settlement.payable_amount)
    walk.do("leader", settlement, "批准结算", lambda page: page.fill("[name=amount]", amount))
    walk.do("provider1", settlement, "交发票", lambda page: invoiced(page, voucher))
    walk.do("finance", settlement, "申请支付")
    payment = settlement.payments.get()
    walk.do("leader", payment, "批准支付", lambda page: page.fill("[name=amount]", str(payment.amount)))
    walk.do("cashier", payment, "登记支付凭证", lambda page: page.fill("[name=voucher_number]", voucher))


def invoiced(page: Page, voucher: str) -> None:
    """The number is typed, the rest is filled in; the paper is chosen."""
    page.fill("[name=invoice_number]", f"26530000000000{sum(map(ord, voucher)):06d}")
    page.set_input_files("[name=file]", {"name": "发票.txt", "mimeType": "text/plain", "buffer": b"invoice"})


def reported(walk: Walk, settlement: Settlement) -> None:
    """结算报告: asked, made in the background, fetched."""
    page = walk.go("finance", settlement)
    page.locator("#reports").get_by_role("button", name=re.compile("PDF")).click()
    page.wait_for_load_state()
    expect(page.locator(".job")).to_contain_text("排队中")
    walk.look(page)
    work()
    with page.expect_download() as coming:
        page.locator(".job").get_by_role("link", name="下载文件").click()
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF")
    walk.look(page)
    walk.go("buyer", settlement.contract)
    walk.go("buyer", settlement.contract.award.lot.order.project)
    for path in ("/", "/w/messages/"):
        walk.go("buyer", path)
