"""Late interest (逾期利息): what a payment that came too late owes beside itself. Pure arithmetic.

source  保障中小企业款项支付条例第十七条: 合同没有约定利率的，按每日万分之五
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from core.money import yuan


def days_late(due: date, paid: date) -> int:
    """Days from the day after the last day to the day of payment; 0 where it was in time."""
    return max(0, (paid - due).days)


def late_interest(amount: Decimal, days: int, per_ten_thousand: Decimal) -> Decimal:
    """Interest in yuan, rounded half up once: amount × days × rate ÷ 10 000 (每日，万分之几), not compounded."""
    return yuan(amount * days * per_ten_thousand / 10_000)
