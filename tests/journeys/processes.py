"""Made-up years of buying (一批采购过程) for the risk rules: plain, repeatable, with patterns planted in some of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

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
    caps = {"management": D(10), "staff": D(60), "publicity": D(10)}
    return Facts(now=NOW, thresholds=thresholds(), caps=caps, **{k: tuple(v) for k, v in parts.items()})  # type: ignore[arg-type,call-overload]


@dataclass
class Planted:
    """Generated facts, and which rule must find which subject."""

    facts: Facts
    expected: set[tuple[str, str]] = field(default_factory=set)


def generated(size: int, seed: int = 2019) -> Planted:
    """`size` processes over buyers and years, about one in forty with one planted pattern. Ordinary ones break no rule."""
    chance = Random(seed)
    calls: list[Call] = []
    deals: list[Deal] = []
    bills: list[Bill] = []
    dues: list[Due] = []
    records: list[Record] = []
    expected: set[tuple[str, str]] = set()
    for n in range(size):
        base = chance.randint(60_000, 110_000)
        prices = tuple(
            f"{base * (1 + step):.2f}" for step in (0, 0.06 + chance.random() * 0.06, 0.14 + chance.random() * 0.06)
        )
        made = call(
            n, prices, published_at=NOW - timedelta(days=30 + n % 700),
            about=replace(about(n), buyer=f"b{n % max(size // 40, 1)}"), ceiling=D(f"{base * 1.25:.2f}"),
        )  # fmt: skip
        # Each call of its own providers: chronic losers and concentration are planted elsewhere.
        own = tuple(replace(o, provider=f"p{n}-{k}", name=f"机构{n}-{k}") for k, o in enumerate(made.offers))
        made = replace(made, offers=own, won=own[0].provider, won_name=own[0].name)
        contract = deal(n, about=replace(deal(n).about, buyer=made.about.buyer))
        voucher, owed, noted = bill(n), due(n), record(n)
        if n % 40 == 7:
            pattern = PATTERNS[(n // 40) % len(PATTERNS)]
            made, contract, voucher, owed, noted, subject = plant(pattern, made, contract, voucher, owed, noted)
            expected.add((pattern, subject))
        calls.append(made)
        deals.append(contract)
        bills.append(voucher)
        dues.append(owed)
        records.append(noted)
    return Planted(facts(calls=calls, deals=deals, bills=bills, dues=dues, records=records), expected)


PATTERNS = (
    "F01",
    "F02",
    "F06",
    "F07",
    "F08",
    "F09",
    "F20",
    "F28",
    "F30",
    "F31",
    "F36",
    "F39",
    "F40",
    "F41",
    "F42",
    "F46",
)


def plant(pattern: str, made: Call, contract: Deal, voucher: Bill, owed: Due, noted: Record):  # type: ignore[no-untyped-def]
    """The same process with one pattern in it, and what the rule must name."""
    first, *rest = made.offers
    if pattern == "F01":
        made = replace(made, deadline=made.published_at + timedelta(days=9), offers=tuple(
            replace(o, submitted_at=made.published_at + timedelta(days=8)) for o in made.offers
        ))  # fmt: skip
    elif pattern == "F02":
        made = replace(made, offers=(first,))
    elif pattern == "F06":
        made = replace(made, offers=(first, rest[0], replace(rest[1], amount=rest[0].amount)))
    elif pattern == "F07":
        made = replace(
            made, offers=(first, replace(rest[0], submitted_at=made.deadline + timedelta(seconds=1)), rest[1])
        )
    elif pattern == "F08":
        made = replace(made, offers=(first, *(replace(o, out=True, rank=None) for o in rest)))
    elif pattern == "F09":
        low = replace(rest[1], amount=(first.amount or D(0)) - D(500), out=True, rank=None)
        made = replace(made, offers=(first, rest[0], low))
    elif pattern == "F20":
        made = replace(made, ceiling=D("295000.00"))
    elif pattern == "F28":
        made = replace(made, won=rest[0].provider, won_name=rest[0].name, price=rest[0].amount or D(0), reason="")
    elif pattern == "F30":
        contract = replace(contract, filed_on=None)
    elif pattern == "F31":
        contract = replace(contract, supplements=D("10000.01"))
    elif pattern == "F36":
        voucher = replace(voucher, seller=voucher.own_name)
    elif pattern == "F39":
        contract = replace(contract, shares={**contract.shares, "management": D("10000.01")})
    elif pattern == "F40":
        voucher = replace(voucher, usage="gifts", contract=f"own{voucher.number}")
    elif pattern == "F41":
        owed = replace(owed, paid_on=(owed.due_at + timedelta(days=1)).date())
    elif pattern == "F42":
        contract = replace(contract, words="尾款以审计结果为准支付。")
    elif pattern == "F46":
        noted = replace(noted, recorded_at=noted.held_at + timedelta(days=8))
    whose = {
        "F30": contract,
        "F31": contract,
        "F39": contract,
        "F42": contract,
        "F36": voucher,
        "F40": voucher,
        "F41": owed,
        "F46": noted,
    }
    return made, contract, voucher, owed, noted, whose.get(pattern, made).about.subject
