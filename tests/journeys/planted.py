"""Made-up years of buying (一批采购过程): a plain, repeatable market with every risk rule's pattern planted in it.

The market: bidders serve one class of service or two, each bids about as often as any other and wins one time in three.
Margins between the two lowest prices and what a person-time costs are normally distributed; one third bid in ten is
thrown out. No ordinary winner repeats an item of a buyer or wins twice from a buyer in a year.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from random import Random

from audit.risks.shapes import About, Bill, Call, Deal, Due, Facts, Graded, Lapse, Offer, Record
from core import clock
from tests.journeys.processes import CATEGORIES, NOW, about, bill, call, deal, due, facts, graded, record

D = Decimal
# One process in this many carries a pattern; there is one buyer and one bidder to as many processes.
SHARE = 40
# Processes to one planting of each pattern that takes several processes.
GROUP = 2_000


@dataclass
class Planted:
    """Generated facts, and which rule must find which subject."""

    facts: Facts
    expected: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Market:
    """What is being made. taken: who won of a buyer what, in which year."""

    chance: Random
    size: int
    calls: list[Call] = field(default_factory=list)
    taken: set[tuple[object, ...]] = field(default_factory=set)
    expected: set[tuple[str, str]] = field(default_factory=set)
    pool: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pool = {category: [] for category in CATEGORIES}
        for n in range(self.size // SHARE):
            first, second = CATEGORIES[n % 5], CATEGORIES[(n + 1) % 5]
            # A bidder of one class stands there twice, so that all bid equally often.
            for category in (first, second if n // 5 % 2 else first):
                self.pool[category].append(f"p{n}")

    def add(self, buyer: str = "", *, year: int = 0, item: str = "", only: str = "", firsts: int = 1) -> Call:
        """One more ordinary call; its first `firsts` bidders have won nothing like it from that buyer before."""
        n, chance = len(self.calls), self.chance
        buyer = buyer or f"b{n % (self.size // SHARE)}"
        item = item or f"W03-{n % 40:02d}"
        published = NOW - timedelta(days=30 + n % 700)
        published = published.replace(year=year) if year else published
        while True:
            category = only or chance.choice(CATEGORIES)
            trio = chance.sample(self.pool[category], 3)
            keys = [
                key for who in trio[:firsts] for key in ((buyer, clock.local(published).year, who), (buyer, item, who))
            ]
            if len(set(trio)) == 3 and self.taken.isdisjoint(keys):
                break
        self.taken.update(keys)
        base = chance.randint(60_000, 110_000)
        second = max(chance.gauss(0.12, 0.02), 0.01)
        prices = [base, base * (1 + second), base * (1 + second + 0.06 + chance.random() * 0.04)]
        made = call(
            n, tuple(f"{price:.2f}" for price in prices), published_at=published, item=item, category=category,
            about=replace(about(n), buyer=buyer), ceiling=D(f"{base * 1.25:.2f}"),
        )  # fmt: skip
        out = not year and chance.random() < 0.1
        own = [replace(o, provider=who, name=f"机构{who}") for o, who in zip(made.offers, trio, strict=True)]
        own[2] = replace(own[2], out=out, rank=None if out else 3)
        made = replace(made, offers=tuple(own), won=own[0].provider, won_name=own[0].name)
        self.calls.append(made)
        return made

    def put(self, rule: str, subject: str) -> None:
        """The rule must find this subject."""
        self.expected.add((rule, subject))

    def win(self, n: int, who: str) -> None:
        """Call n is won by this provider, who bid in the place of its winner."""
        made = self.calls[n]
        first = replace(made.offers[0], provider=who, name=f"机构{who}")
        self.calls[n] = replace(made, offers=(first, *made.offers[1:]), won=who, won_name=first.name)

    def join(self, n: int, who: str, *, out: bool) -> None:
        """This provider bids in call n too, above all others."""
        made = self.calls[n]
        top = max(offer.amount or D(0) for offer in made.offers) + D(1000)
        offer = Offer(who, f"机构{who}", top, made.offers[0].submitted_at, out, None if out else len(made.offers) + 1)
        self.calls[n] = replace(made, offers=(*made.offers, offer))

    def latest(self, who: str) -> str:
        """The subject of a flag on a provider: it belongs to the buyer of the latest call in which it bid."""
        mine = [made for made in self.calls if any(offer.provider == who for offer in made.offers)]
        # Of several published at one moment the last one.
        buyer = max(reversed(mine), key=lambda made: made.published_at).about.buyer
        return f"accounts.organization:{who}@{buyer}"


def loser(market: Market, k: int, ordinary: list[int]) -> None:
    """F05: bids far more often than three quarters of all bidders, and never wins."""
    for n in market.chance.sample(ordinary, 180):
        market.join(n, f"loser{k}", out=False)
    market.put("F05", market.latest(f"loser{k}"))


def thrown(market: Market, k: int, ordinary: list[int]) -> None:
    """F10: two thirds of a bidder's bids are thrown out; a third of the bids that a buyer received."""
    for n, each in enumerate(market.chance.sample(ordinary, 6)):
        market.join(each, f"thrown{k}", out=n < 4)
    market.put("F10", market.latest(f"thrown{k}"))
    for _n in range(6):
        made = market.add(f"strict{k}", year=2025)
        out = replace(made.offers[2], out=True, rank=None)
        market.calls[-1] = replace(made, offers=(*made.offers[:2], out))
    market.put("F10", f"accounts.organization:strict{k}")


def wide(market: Market, k: int, ordinary: list[int]) -> None:
    """F11: twenty-five awards of as many buyers in all five classes."""
    buyers: set[str] = set()
    for n in range(25):
        found = next(
            each
            for each in market.chance.sample(ordinary, len(ordinary))
            if market.calls[each].about.buyer not in buyers and market.calls[each].category == CATEGORIES[n % 5]
        )
        buyers.add(market.calls[found].about.buyer)
        market.win(found, f"wide{k}")
    market.put("F11", market.latest(f"wide{k}"))


def split(market: Market, k: int, ordinary: list[int]) -> None:
    """F19: three calls of one line and class in a year, together over the limit."""
    made = []
    for n in range(3):
        one = market.add(f"split{k}", year=2026, only=CATEGORIES[0])
        published = NOW - timedelta(days=100 - 40 * n)
        market.calls[-1] = replace(
            one, line=f"split{k}", ceiling=D("150000.00"), published_at=published, deadline=published + timedelta(days=20),
            offers=tuple(replace(o, submitted_at=published + timedelta(days=19)) for o in one.offers),
        )  # fmt: skip
        made.append(market.calls[-1])
    market.put("F19", f"{made[0].about.subject}#split")


def locked(market: Market, k: int, ordinary: list[int]) -> None:
    """F21: one item of a buyer goes to the same provider three years running."""
    for year in (2024, 2025, 2026):
        market.add(f"locked{k}", year=year, item="W03-02", only=CATEGORIES[1])
    who = market.calls[-3].won
    for n in (-2, -1):
        market.win(n, who)
    market.put("F21", market.calls[-1].about.subject)


def concentrated(market: Market, k: int, ordinary: list[int]) -> None:
    """F22: five of six awards of a buyer's year go to one provider, each for another item."""
    for _n in range(6):
        market.add(f"few{k}", year=2025, only=CATEGORIES[2])
    who = market.calls[-6].won
    for n in range(-5, -1):
        market.win(n, who)
    market.put("F22", f"accounts.organization:few{k}#2025")


GROUPS: dict[str, Callable[[Market, int, list[int]], None]] = {
    "F05": loser,
    "F10": thrown,
    "F11": wide,
    "F19": split,
    "F21": locked,
    "F22": concentrated,
}
IN_CALL = ("F01", "F02", "F03", "F04", "F06", "F07", "F08", "F09", "F20", "F28")
IN_REST = ("F30", "F31", "F36", "F38", "F39", "F40", "F41", "F42", "F43", "F44", "F46")
SINGLES = (*IN_CALL, *IN_REST)


@dataclass
class Rest:
    """What follows from one process."""

    contract: Deal
    voucher: Bill
    owed: Due
    noted: Record
    lapse: Lapse
    grades: list[Graded]


def rest(n: int, buyer: str, chance: Random) -> Rest:
    """Everything in order: evaluators take turns, and little is put right late."""

    def of(made: About) -> About:
        return replace(made, buyer=buyer)

    plain = deal(n, item=f"W03-{n % 40:02d}", people=round(chance.gauss(1000, 60)))
    year = 2024 + n % 3
    grade = graded(n, year, f"{min(chance.gauss(82, 5), 99):.2f}", f"e{buyer}-{year % 2}")
    lapse = Lapse(about(n, kind="audit.finding"), NOW + timedelta(days=10))
    return Rest(
        replace(plain, about=of(plain.about)), bill(n), due(n), record(n), replace(lapse, about=of(lapse.about)),
        [replace(grade, about=of(grade.about))],
    )  # fmt: skip


def in_call(rule: str, made: Call) -> Call:
    """The same call with one pattern in it."""
    first, second, third = made.offers
    price = first.amount or D(0)
    if rule == "F01":
        offers = tuple(replace(o, submitted_at=made.published_at + timedelta(days=8)) for o in made.offers)
        return replace(made, deadline=made.published_at + timedelta(days=9), offers=offers)
    if rule == "F20":
        return replace(made, ceiling=D("295000.00"))
    if rule == "F28":
        return replace(made, won=second.provider, won_name=second.name, price=second.amount or D(0), reason="")
    if rule == "F04":
        low = (price * D("0.70")).quantize(D("0.01"))
        return replace(made, offers=(replace(first, amount=low), second, third), price=low)
    late = made.deadline + timedelta(seconds=1)
    changed = {
        "F02": (first,),
        "F03": (first, replace(second, amount=price + D(300)), third),
        "F06": (first, second, replace(third, amount=second.amount)),
        "F07": (first, replace(second, submitted_at=late), third),
        "F08": (first, replace(second, out=True, rank=None), replace(third, out=True, rank=None)),
        "F09": (first, second, replace(third, amount=price - D(500), out=True, rank=None)),
    }
    return replace(made, offers=changed[rule])


def in_rest(rule: str, made: Rest) -> tuple[Rest, About]:
    """What follows with one pattern in it, and what the rule must name."""
    contract, voucher = made.contract, made.voucher
    changed: dict[str, Deal] = {
        "F30": replace(contract, filed_on=None),
        "F31": replace(contract, supplements=D("10000.01")),
        "F38": replace(contract, people=400),
        "F39": replace(contract, shares={**contract.shares, "management": D("10000.01")}),
        "F42": replace(contract, words="尾款以审计结果为准支付。"),
    }
    if rule in changed:
        return replace(made, contract=changed[rule]), contract.about
    if rule == "F36":
        return replace(made, voucher=replace(voucher, seller=voucher.own_name)), voucher.about
    if rule == "F40":
        gift = replace(voucher, usage="gifts", contract=f"own{voucher.number}")
        return replace(made, voucher=gift), voucher.about
    if rule == "F41":
        owed = replace(made.owed, paid_on=(made.owed.due_at + timedelta(days=1)).date())
        return replace(made, owed=owed), owed.about
    if rule == "F43":
        return replace(made, lapse=replace(made.lapse, due_at=NOW - timedelta(days=1))), made.lapse.about
    if rule == "F44":
        (one,) = made.grades
        who = f"same{one.about.subject}"
        kept = [replace(one, evaluator=who, year=year) for year in (2024, 2025, 2026)]
        return replace(made, grades=kept), replace(one.about, subject=f"accounts.organization:{who}@{one.about.buyer}")
    return replace(
        made, noted=replace(made.noted, recorded_at=made.noted.held_at + timedelta(days=8))
    ), made.noted.about


def generated(size: int, seed: int = 2019) -> Planted:
    """`size` processes, at least GROUP, in which every rule's pattern is planted: one process in forty, and some groups."""
    market = Market(Random(seed), size)
    grown = size - 18 * (size // GROUP)
    singles: dict[int, str] = {}
    for n in range(grown):
        rule = SINGLES[n // SHARE % len(SINGLES)] if n % SHARE == 7 else ""
        market.add(firsts=2 if rule == "F28" else 1)
        if rule:
            singles[n] = rule
    ordinary = [n for n in range(grown) if n not in singles]
    for k in range(size // GROUP):
        for plant in GROUPS.values():
            plant(market, k, ordinary)
    parts = [rest(n, made.about.buyer, market.chance) for n, made in enumerate(market.calls)]
    for n, rule in singles.items():
        named = market.calls[n].about
        if rule in IN_CALL:
            market.calls[n] = in_call(rule, market.calls[n])
        else:
            parts[n], named = in_rest(rule, parts[n])
        market.put(rule, named.subject)
    return Planted(
        facts(
            calls=market.calls,
            deals=[part.contract for part in parts],
            bills=[part.voucher for part in parts],
            dues=[part.owed for part in parts],
            records=[part.noted for part in parts],
            lapses=[part.lapse for part in parts],
            graded=[grade for part in parts for grade in part.grades],
        ),
        market.expected,
    )
