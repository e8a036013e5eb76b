"""How the platform says money, days and time left (interface.md 5), as plain functions; `ui` makes them filters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from core import clock

NOTHING: Final = "—"
WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
# A deadline is red this long before its moment and amber this many days before (interface.md 4.4).
HOT: Final = timedelta(hours=6)
NEAR: Final = timedelta(days=4)


def money_text(amount: Any) -> str:
    """An amount in yuan with thousands commas and two decimals: 298,000.00; 「—」 for nothing.

    amount  Decimal, int or text in yuan. Django's own intcomma sets no commas in Chinese.
    """
    value = _number(amount)
    return NOTHING if value is None else f"{value:,.2f}".replace("-", "−")


def wan_text(amount: Any) -> str:
    """An amount in yuan as headline figure: 26.84 万元; below ten thousand in yuan."""
    value = _number(amount)
    if value is None:
        return NOTHING
    if abs(value) < 10_000:
        return f"{money_text(value)} 元"
    return f"{(value / 10_000).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):,} 万元"


def share_text(part: Any, whole: Any = 100) -> str:
    """A share with one decimal: 6.3%. part of whole; 「—」 when there is no whole."""
    value, total = _number(part), _number(whole)
    if value is None or not total:
        return NOTHING
    return f"{(value / total * 100).quantize(Decimal('0.1'), rounding=ROUND_HALF_UP)}%"


def number_text(value: Any) -> str:
    """A count or quantity with thousands commas and no needless zeros: 2,000 · 1.5."""
    number = _number(value)
    if number is None:
        return NOTHING
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day_of(moment: date | datetime) -> date:
    """The day in Shanghai of a moment, or the day itself."""
    return clock.local(moment).date() if isinstance(moment, datetime) else moment


def short_day(day: date, *, weekday: bool = False) -> str:
    """11-25, with the year where it is not this one; 11-25 周三 where the weekday is wanted."""
    text = f"{day:%m-%d}" if day.year == clock.today().year else f"{day:%Y-%m-%d}"
    return f"{text} {WEEKDAYS[day.weekday()]}" if weekday else text


def cn_date_text(moment: date | datetime | None, style: str = "") -> str:
    """A day in Chinese words: 「11 月 23 日」.

    style  "" month and day · "year" with the year · "week" with year and weekday · "full" with year, weekday and time
    """
    if not moment:
        return NOTHING
    day = day_of(moment)
    text = f"{day.month} 月 {day.day} 日"
    if style:
        text = f"{day.year} 年 {text}"
    if style in {"week", "full"}:
        text += f"（{WEEKDAYS[day.weekday()]}）"
    if style == "full" and isinstance(moment, datetime):
        text += f"{clock.local(moment):%H:%M}"
    return text


def when_text(moment: date | datetime | None) -> str:
    """A moment as work pages say it: 今天 14:10 · 昨天 16:30 · 11-19 16:30; a plain day: 明天 · 11-25 周三."""
    if not moment:
        return NOTHING
    day = day_of(moment)
    near = {-1: "昨天", 0: "今天", 1: "明天"}.get((day - clock.today()).days)
    if not isinstance(moment, datetime):
        return near or short_day(day, weekday=True)
    return f"{near or short_day(day)} {clock.local(moment):%H:%M}"


def due_words(deadline: date | datetime | None) -> dict[str, str] | None:
    """A deadline as a time left and a date: {"text", "sub", "kind"}; kind "" | "near" | "hot".

    deadline  aware datetime, or a plain day that counts to its end; None gives None
    Under 24 hours in hours and minutes, else in days.
    """
    if not deadline:
        return None
    moment = deadline if isinstance(deadline, datetime) else clock.end_of_day(deadline)
    left = moment - clock.now()
    # A day's last instant (24:00) is said as the day alone: nobody reads 23:59 as a time somebody chose.
    whole_day = not isinstance(deadline, datetime) or f"{clock.local(moment):%H:%M}" == "23:59"
    sub = when_text(day_of(moment)) if whole_day else when_text(moment)
    if left < timedelta(0):
        return {"text": f"逾期 {_length(-left)}", "sub": f"应于 {sub}", "kind": "hot"}
    kind = "hot" if left < HOT else "near" if left < NEAR else ""
    return {"text": f"还剩 {_length(left)}", "sub": sub, "kind": kind}


def time_left(deadline: datetime) -> list[dict[str, str]]:
    """The parts of a countdown as they stand now: 天 时 分 from a day on, 时 分 秒 below.

    returns  [{"value": "04", "unit": "时", "name": "hours"}, …]; all zero when it is over
    """
    seconds = max(0, int((deadline - clock.now()).total_seconds()))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    clockwise = [
        {"value": f"{hours:02d}", "unit": "时", "name": "hours"},
        {"value": f"{minutes:02d}", "unit": "分", "name": "minutes"},
    ]
    if days:
        return [{"value": str(days), "unit": "天", "name": "days"}, *clockwise]
    return [*clockwise, {"value": f"{seconds:02d}", "unit": "秒", "name": "seconds"}]


def _length(span: timedelta) -> str:
    """A span in the coarsest words that still help: 3 天 · 3 小时 · 48 分钟."""
    if span >= timedelta(days=1):
        return f"{span.days} 天"
    minutes = int(span.total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} 小时 {minutes} 分" if minutes and hours < 6 else f"{hours} 小时"
    return f"{max(minutes, 1)} 分钟"


def _number(value: Any) -> Decimal | None:
    """A Decimal out of what a template hands over; None for nothing and for what is no number."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
