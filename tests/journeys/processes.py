"""What the risk rules read, made up one by one (一笔采购的取数): an ordinary call, contract, voucher and the like."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from audit.risks.registry import THRESHOLDS
from audit.risks.shapes import About, Bill, Call, Deal, Due, Facts, Graded, Offer, Record
from core import clock
from procurement.rules.seed import RULES

NOW = clock.local("2026-09-01 09:00")
METHOD, CATEGORIES = "selection", ("职工就业创业", "技能提升培训", "青年服务", "妇女儿童维权", "心理咨询服务")
D = Decimal


def thresholds() -> dict[str, Decimal]:
    """What the platform starts with."""
    found = {rule.key: rule.value for rule in RULES if rule.key in THRESHOLDS and rule.track in {"", "own"}}
    found |= {rule.key: rule.value for rule in RULES if rule.key in THRESHOLDS and rule.key not in found}
    return {key: D(str(value)) for key, value in found.items()}


def about(n: int, buyer: str = "b0", kind: str = "procurement.order", provider: str = "") -> About:
    """Something of a case."""
    return About(f"{kind}:{n:08d}-0000-0000-0000-000000000000", f"项目{n}", buyer, "530102", f"case{n}", provider)


def offers(prices: list[str], at: datetime, first: int = 0) -> tuple[Offer, ...]:
    """Bids of different providers at these prices, handed in a day before `at`; the lowest is first in rank."""
    ranked = sorted(range(len(prices)), key=lambda n: D(prices[n]))
    return tuple(
        Offer(f"p{first + n}", f"机构{first + n}", D(price), at - timedelta(days=1), False, ranked.index(n) + 1)
        for n, price in enumerate(prices)
    )


def call(n: int = 1, prices: tuple[str, ...] = ("100000.00", "108000.00", "115000.00"), **changes: object) -> Call:
    """An ordinary call: three bids some percent apart, the lowest awarded after twenty days."""
    published = changes.pop("published_at", NOW - timedelta(days=200))
    assert isinstance(published, datetime)
    deadline = published + timedelta(days=20)
    made = Call(
        about(n), METHOD, f"W03-{n % 40:02d}", CATEGORIES[n % 5], D("120000.00"), published, deadline, f"line{n}",
        offers(list(prices), deadline, first=(n * 7) % 900), price=D(prices[0]), reason="综合得分第一",
        decided_at=deadline + timedelta(days=3),
    )  # fmt: skip
    made = replace(made, won=made.offers[0].provider, won_name=made.offers[0].name) if made.offers else made
    return replace(made, **changes)  # type: ignore[arg-type]


def deal(n: int = 1, **changes: object) -> Deal:
    """An ordinary contract: signed in ten days, told and filed in time, a tenth of room left."""
    signed = NOW - timedelta(days=100)
    made = Deal(
        about(n, kind="procurement.contract", provider="p1"), "W03-02", D("100000.00"), D("100000.00"), D("0.00"), signed,
        signed - timedelta(days=10), signed, signed + timedelta(days=2), signed + timedelta(days=9),
        (signed + timedelta(days=3)).date(), "验收合格后三十日内支付。审计机关依法进行审计监督。", 1000,
        {"management": D("8000.00"), "staff": D("50000.00"), "publicity": D("5000.00")},
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def bill(n: int = 1, **changes: object) -> Bill:
    """An ordinary voucher with an invoice of its own."""
    made = Bill(
        about(n, kind="procurement.expense", provider="p1"), f"c{n // 10}", "0530", f"{n * 17:08d}", D("1200.00"),
        date(2026, 5, 1) + timedelta(days=n % 90), f"商户{n}", "transfer", "materials", "机构1",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def due(n: int = 1, late: int = 0) -> Due:
    """A settlement paid on its last day, or that many days later."""
    at = NOW - timedelta(days=60)
    return Due(about(n, kind="procurement.settlement"), D("36800.00"), at, (at + timedelta(days=late)).date())


def record(n: int = 1, days: int = 1) -> Record:
    """An activity recorded so many days after it was held."""
    held = NOW - timedelta(days=60)
    return Record(about(n, kind="procurement.activity"), held, held + timedelta(days=days))


def graded(n: int = 1, year: int = 2026, points: str = "85", evaluator: str = "e1") -> Graded:
    """A finished evaluation."""
    return Graded(about(n, kind="evaluation.assessment"), evaluator, f"评估{evaluator}", year, D(points))


def facts(**parts: object) -> Facts:
    """Facts of these parts alone."""
    return Facts(now=NOW, thresholds=thresholds(), **{k: tuple(v) for k, v in parts.items()})  # type: ignore[arg-type,call-overload]
