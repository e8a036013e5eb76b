"""What the rules read (风险取数的形状): processes, contracts, vouchers and the like as plain rows; pure.

Bids stand here only when they were opened: nothing that is sealed reaches a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from core import clock

PROVEN, LEAD = "proven", "lead"


@dataclass(frozen=True, slots=True)
class About:
    """What a flag is about: its journal key and name, whose it is, and the provider if there is one.

    day  when it was published, signed or due, in Shanghai: the law of that day holds for it; None where no law asks
    """

    subject: str
    label: str
    buyer: str
    region_path: str
    case: str = ""
    provider: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One opened bid. amount in yuan, None where it could not be read; out: disqualified or not conforming."""

    provider: str
    name: str
    amount: Decimal | None
    submitted_at: datetime | None
    out: bool
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One lot of a published order with what came of it. won: the awarded provider, "" while none."""

    about: About
    method: str
    item: str
    category: str
    ceiling: Decimal
    published_at: datetime
    deadline: datetime
    line: str = ""
    offers: tuple[Offer, ...] = ()
    won: str = ""
    won_name: str = ""
    price: Decimal = Decimal(0)
    reason: str = ""
    decided_at: datetime | None = None
    track: str = "statutory"

    @property
    def valid(self) -> list[Offer]:
        """Offers in the running with an amount, lowest first."""
        return sorted((o for o in self.offers if not o.out and o.amount is not None), key=lambda o: o.amount or 0)


@dataclass(frozen=True, slots=True)
class Deal:
    """One signed contract. people: person-times that were counted; shares: cost class -> yuan of its lines."""

    about: About
    item: str
    amount: Decimal
    original: Decimal
    supplements: Decimal
    signed_at: datetime
    awarded_at: datetime | None
    announced_at: datetime | None
    announce_due_at: datetime | None
    file_due_at: datetime | None
    filed_on: date | None
    words: str = ""
    people: int = 0
    shares: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bill:
    """One accepted or submitted expense, or the provider's invoice for a settlement. contract: its journal key."""

    about: About
    contract: str
    code: str
    number: str
    amount: Decimal
    day: date
    seller: str
    method: str = ""
    usage: str = ""
    own_name: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """One approved settlement with its term. paid_on: None while nothing was paid."""

    about: About
    amount: Decimal
    due_at: datetime
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class Lapse:
    """One rectification that is still open. due_at: when it was to be put right."""

    about: About
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One activity's record."""

    about: About
    held_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Graded:
    """One finished evaluation. points of 100."""

    about: About
    evaluator: str
    evaluator_name: str
    year: int
    points: Decimal


@dataclass(frozen=True)
class Facts:
    """Everything that the rules read, at one moment.

    thresholds  rule parameter -> value in force now;  dated: rule parameter -> (first day, value) of each, oldest first
    """

    now: datetime
    thresholds: Mapping[str, Decimal]
    dated: Mapping[str, Sequence[tuple[date, Decimal]]] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    deals: tuple[Deal, ...] = ()
    bills: tuple[Bill, ...] = ()
    dues: tuple[Due, ...] = ()
    lapses: tuple[Lapse, ...] = ()
    records: tuple[Record, ...] = ()
    graded: tuple[Graded, ...] = ()

    def limit(self, key: str, at: datetime) -> Decimal:
        """The value in force when it happened; the first one for what is older than every value."""
        rows = self.dated.get(key, ())
        if not rows:
            return self.thresholds[key]
        day = clock.local(at).date()
        return next((value for since, value in reversed(rows) if since <= day), rows[0][1])


@dataclass(frozen=True, slots=True)
class Hit:
    """One finding of a rule: about what, in a sentence with its figures, and the figures by name."""

    about: About
    statement: str
    evidence: Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """One rule (规则). level: PROVEN 认定级, the record itself shows the breach; LEAD 线索级, a reason to look.

    cardinal  the R-number of the Open Contracting Partnership's guide, "" for none;  basis: law or practice
    looks     what it looks at, in a sentence for people;  thresholds: the parameters it reads, dated in their table
    since     first day of the text in `basis`: what was published, signed or due before is not held against it
    """

    id: str
    name: str
    level: str
    basis: str
    looks: str
    find: Callable[[Facts], Iterable[Hit]]
    thresholds: tuple[str, ...] = ()
    cardinal: str = ""
    since: date | None = None

    def holds_on(self, day: date | None) -> bool:
        """Whether the rule was in force then; what has no day is of today."""
        return self.since is None or day is None or day >= self.since
