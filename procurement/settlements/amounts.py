"""The arithmetic of a settlement (结算算法): whole fen, half up, no database, no clock.

Quantities are cumulative (累计): what has been delivered of a contract line up to the milestone. So the last milestone's
acceptance says what the whole contract is worth, and no earlier milestone can pay the same session twice.
source  house.md 4b.12, 4b.13
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from core.money import ZERO, yuan

GRADES: Final = ("优", "良", "中", "差")
DEFAULT_FACTORS: Final[Mapping[str, str]] = {"优": "1.00", "良": "1.00", "中": "0.95", "差": "0.80"}
"""What a contract is offered when it wants a factor (未核对的惯例值); a contract that names none has factor 1."""
ONE: Final = Decimal("1.00")


class Cut(NamedTuple):
    """One deduction (扣减): the clause it rests on, the reason, the amount in yuan."""

    clause: str
    reason: str
    amount: Decimal


@dataclass(frozen=True)
class Line:
    """One contract line: quantities are whole numbers, the price in yuan."""

    contracted: int
    accepted: int
    unit_price: Decimal

    @property
    def counted(self) -> int:
        """What counts: never more than was contracted."""
        return min(self.accepted, self.contracted)

    @property
    def amount(self) -> Decimal:
        """Counted quantity × unit price, in yuan."""
        return yuan(self.counted * self.unit_price)


@dataclass(frozen=True)
class Reckoning:
    """A settlement's figures in yuan, in the order in which they are reckoned.

    value      accepted value: Σ min(accepted, contracted) × unit price
    gross      after share or quality factor, and never above the contract
    payable    what is to be paid now; below zero a refund is due (应退款)
    """

    value: Decimal
    factor: Decimal
    gross: Decimal
    deductions: Decimal
    paid: Decimal
    payable: Decimal

    @property
    def refund(self) -> Decimal:
        """What the provider owes back; 0.00 where nothing is."""
        return max(-self.payable, ZERO)


def accepted_value(lines: Iterable[Line]) -> Decimal:
    """Σ min(accepted, contracted) × unit price, in yuan; the order of the lines does not matter."""
    return sum((line.amount for line in lines), ZERO)


def reckon_milestone(
    contract_amount: Decimal,
    lines: Iterable[Line],
    *,
    share: int,
    deductions: Iterable[Decimal] = (),
    paid: Decimal = ZERO,
) -> Reckoning:
    """What one milestone pays: round_half_up(accepted value × share, 2), less its deductions.

    share    percent of the contract that the milestone pays, 0 to 100
    paid     yuan paid before; the milestone never takes the sum above the contract
    returns  the figures; `paid` in them is 0.00, since a milestone does not make up for what was paid before
    """
    value = accepted_value(lines)
    room = max(contract_amount - paid, ZERO)
    gross = min(yuan(value * share / 100), yuan(contract_amount * share / 100), room)
    cut = sum(deductions, ZERO)
    return Reckoning(value, ONE, gross, cut, ZERO, gross - cut)


def reckon_final(
    contract_amount: Decimal,
    lines: Iterable[Line],
    *,
    factor: Decimal = ONE,
    deductions: Iterable[Decimal] = (),
    paid: Decimal = ZERO,
) -> Reckoning:
    """What the whole contract still pays: min(contract, accepted value × factor) − deductions − paid so far.

    factor      quality factor, from `quality_factor`
    deductions  yuan: all of the contract, also those that earlier settlements have taken
    returns     the figures; payable below zero is a refund due
    """
    value = accepted_value(lines)
    gross = min(contract_amount, yuan(value * factor))
    cut = sum(deductions, ZERO)
    return Reckoning(value, factor, gross, cut, paid, gross - cut - paid)


def surplus(reckoned: Reckoning, spent: Decimal) -> Decimal:
    """What the provider earned beyond what it spent (结余), in yuan, never below zero.

    reckoned  the final settlement without the surplus;  spent: the expenses that finance accepted
    source    house.md 4b.14; R45: unspent money is returned
    """
    return max(reckoned.gross - reckoned.deductions - spent, ZERO)


def quality_factor(factors: Mapping[str, str], grade: str) -> Decimal:
    """The factor (质量系数) of a grade by the contract's own table; 1.00 where it names none or no grade was given.

    source  house.md 4b.12: payment waits for no evaluation
    """
    return Decimal(factors[grade]).quantize(ONE) if grade in factors else ONE
