"""The pages that are measured, who reads them, and how long one takes beside the baseline."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from io import BytesIO
from statistics import median, quantiles

from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from procurement.activities.models import Activity
from procurement.awards.models import Award
from procurement.contracts.models import Contract
from procurement.expenses.models import Expense
from procurement.orders.models import Order
from procurement.settlements.models import Settlement
from tests.benchmarks.copies import Population

STRANGER = ""


@dataclass(frozen=True)
class Page:
    """One page. kind: list | detail | desk | case | trace | public; login "" is a stranger."""

    kind: str
    name: str
    login: str
    url: str

    @property
    def baseline(self) -> str:
        """The plain page in the same frame."""
        return "/w/plain/" if self.login else "/plain/"


@dataclass(frozen=True)
class Measured:
    """Ratios to the baseline: the middle one, and the one that one page in twenty exceeds; p50 in milliseconds."""

    p50: float
    p95: float
    milliseconds: float


def pages_of(population: Population) -> list[Page]:
    """The pages, at this size of the population; the objects are the same copies at every size."""
    closed, running = population.copy_of("closed"), population.copy_of("performing")
    order = Order.objects.get(project=closed)
    contract = Contract.objects.get(award__lot__order__project=closed)
    settlement = Settlement.objects.filter(contract=contract).order_by("pk")[0]
    expense = Expense.objects.filter(contract=contract).order_by("pk")[0]
    activity = Activity.objects.filter(contract=contract)[0]
    moving = Contract.objects.get(award__lot__order__project=running)
    line = contract.fundings.all()[0].allocation.line
    award = Award.objects.get(pk=contract.award_id)
    deep = max(population.orders // 50, 2)
    lists = {
        "订单": "/w/orders/",
        "合同": "/w/contracts/",
        "结算": "/w/settlements/",
        "支付": "/w/payments/",
        "活动": "/w/activities/",
    }
    found = [Page("list", f"{name}列表", "buyer", url) for name, url in lists.items()]
    found += [
        Page("list", "订单列表，按状态筛选", "buyer", "/w/orders/?status=published"),
        Page("list", "订单列表，按金额排序", "buyer", "/w/orders/?sort=-ceiling"),
        Page("list", "订单列表，查找一个词", "buyer", "/w/orders/?q=夜校"),
        Page("list", "订单列表，翻到一半", "buyer", f"/w/orders/?page={deep}"),
        Page("list", "合同列表（承接单位）", "provider1", "/w/contracts/"),
        Page("list", "订单列表（财政局）", "district_finance", "/w/orders/"),
        Page("list", "合同列表（财政局）", "district_finance", "/w/contracts/"),
        Page("list", "订单列表（街道）", "street", "/w/orders/"),
        Page("list", "接口：订单", "buyer", "/api/v1/orders/"),
        Page("list", "全站查找", "buyer", "/w/search/?q=夜校"),
        Page("detail", "订单", "buyer", order.get_absolute_url()),
        Page("detail", "成交", "buyer", award.get_absolute_url()),
        Page("detail", "合同", "buyer", contract.get_absolute_url()),
        Page("detail", "结算", "buyer", settlement.get_absolute_url()),
        Page("detail", "支出", "finance", expense.get_absolute_url()),
        Page("detail", "活动", "buyer", activity.get_absolute_url()),
        Page("detail", "合同（承接单位）", "provider1", moving.get_absolute_url()),
        Page("desk", "工作台：业务经办", "buyer", "/w/"),
        Page("desk", "工作台：班子", "leader", "/w/"),
        Page("desk", "工作台：内部财务", "finance", "/w/"),
        Page("desk", "工作台：经审", "auditor", "/w/"),
        Page("desk", "工作台：承接单位", "provider1", "/w/"),
        Page("case", "项目：已办结", "buyer", closed.get_absolute_url()),
        Page("case", "项目：履约中", "buyer", running.get_absolute_url()),
        Page("case", "项目经过", "auditor", f"{closed.get_absolute_url()}history/"),
        Page("trace", "查账：一年", "auditor", "/w/trace/"),
        Page("trace", "查账：凭证", "auditor", "/w/trace/vouchers/"),
        Page("trace", "查账：一个数字", "auditor", f"/w/trace/lines/{line.pk}/paid/"),
        Page("trace", "查账：一个项目", "auditor", f"/w/trace/cases/{closed.pk}/"),
        Page("trace", "查账：一张凭证往上", "auditor", f"/w/trace/vouchers/{expense.pk}/"),
        Page("public", "首页", STRANGER, "/"),
        Page("public", "订单列表（公开）", STRANGER, "/orders/"),
        Page("public", "一个订单", STRANGER, f"/orders/{order.number}/"),
        Page("public", "公告列表（公开）", STRANGER, "/notices/"),
    ]
    return found


class Browser:
    """Requests through the whole WSGI application, in this process, with one person's session."""

    def __init__(self, population: Population, login: str) -> None:
        self.cookies = population.cast.client(login).cookies.output(header="", sep=";") if login else ""
        self.application = WSGIHandler()
        self.factory = RequestFactory(headers={"Accept-Encoding": "gzip", "Cookie": self.cookies.strip()})

    def seconds(self, url: str) -> float:
        """How long one GET takes, until its last byte."""
        # Reading the request once has decoded its path; a server hands it over as it came.
        request = self.factory.get(url)
        environ = request.environ | {"PATH_INFO": request.path_info.encode().decode("latin-1"), "wsgi.input": BytesIO()}
        status = ""

        def start(line: str, headers: object, fault: object = None) -> None:
            nonlocal status
            status = line

        begun = time.perf_counter()
        answer = self.application(environ, start)
        for _part in answer:
            pass
        answer.close()
        taken = time.perf_counter() - begun
        if not status.startswith("200"):
            raise AssertionError(f"{url}: {status}")
        return taken


def measure(population: Population, pages: list[Page], rounds: int) -> dict[Page, Measured]:
    """Every page as often as `rounds` says, each time right after the baseline, so that noise meets both."""
    browsers = {login: Browser(population, login) for login in {page.login for page in pages}}
    taken: dict[Page, list[tuple[float, float]]] = {page: [] for page in pages}
    for page in pages:
        browsers[page.login].seconds(page.baseline)
        browsers[page.login].seconds(page.url)
    gc.collect()
    gc.freeze()
    for _round in range(rounds):
        for page in pages:
            browser = browsers[page.login]
            taken[page].append((browser.seconds(page.baseline), browser.seconds(page.url)))
    gc.unfreeze()
    return {page: _measured(pairs) for page, pairs in taken.items()}


def _measured(pairs: list[tuple[float, float]]) -> Measured:
    plain, own = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    middle = median(own)
    return Measured(middle / median(plain), quantiles(own, n=20)[18] / quantiles(plain, n=20)[18], middle * 1000)
