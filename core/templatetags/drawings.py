"""Charts as plain SVG (图): geometry only, so that the same picture stands on the page and in the PDF.

Colors and fonts are attributes, not styles: the page's security policy allows no inline style, and WeasyPrint draws an
SVG without the page's style sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil, floor, log10
from typing import Any, Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core.templatetags.words import money_text, number_text

COLORS: Final = ("#12566a", "#bcd9df", "#8a6414", "#553a8c", "#616b7a")
INK, INK_3, LINE, TRACK = "#1c2430", "#616b7a", "#e3e6e4", "#eceef0"
FONT: Final = "Source Han Sans SC, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"


def stacked_bar(shares: Sequence[float], *, label: str = "", css: str = "") -> SafeString:
    """One bar of up to four shares in percent, from the left: planned, contracted, paid (进度条)."""
    left, parts = 0.0, []
    for kind, share in zip(("", "b", "c", "d"), shares, strict=False):
        width = max(0.0, min(share, 100.0 - left))
        parts.append((kind, _n(left), _n(width)))
        left += width
    rects = format_html_join("", '<rect class="{}" x="{}%" y="0" width="{}%" height="100%"/>', parts)
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="bar {}" {} focusable="false">{}</svg>', css, role, rects)


def horizontal_bars(rows: Sequence[Mapping[str, Any]], *, unit: str = "", label: str = "") -> SafeString:
    """Bars that start at zero, one a row, name left and figure right (横条图).

    rows   [{"label": str, "value": number, "planned": number or nothing}]; a planned value is drawn pale behind
    unit   元 writes two decimals
    label  what a screen reader says first; the rows follow in <desc>
    """
    if not rows:
        return mark_safe("")
    write = money_text if unit == "元" else number_text
    width, value_w, row_h = 640, 132, 30
    name_w = 14 + 12 * max(len(_cut(str(row["label"]))) for row in rows)
    plot = width - name_w - value_w
    top = max(max(_f(row["value"]), _f(row.get("planned"))) for row in rows) or 1.0
    drawn = [mark_safe("")]
    for at, row in enumerate(rows):
        y = at * row_h + 6
        value, planned = _f(row["value"]), _f(row.get("planned"))
        if planned:
            drawn.append(_rect(name_w, y + 3, plot * planned / top, 14, COLORS[1]))
        drawn.append(_rect(name_w, y + (6 if planned else 3), plot * value / top, 8 if planned else 14, COLORS[0]))
        drawn.append(_text(name_w - 10, y + 14, _cut(str(row["label"])), anchor="end", color=INK))
        drawn.append(_text(width, y + 14, write(row["value"]), anchor="end", color=INK, weight="600"))
    drawn.append(_line(name_w, 4, name_w, len(rows) * row_h + 2))
    said = "；".join(f"{row['label']} {write(row['value'])}{unit}" for row in rows)
    return _svg(width, len(rows) * row_h + 8, drawn, label=label, said=said)


def columns(
    rows: Sequence[Mapping[str, Any]], *, series: Sequence[str] = (), label: str = "", unit: str = ""
) -> SafeString:
    """Columns over a zero line, one group a row, one column a series (柱状图).

    rows    [{"label": "1月", "values": [62, 40]}]
    series  the series' names, in the order of the values; planned first (pale), actual second (dark)
    """
    if not rows:
        return mark_safe("")
    width, height, left, base = 570, 196, 44, 170
    steps = axis(max((_f(v) for row in rows for v in row["values"]), default=0.0))
    top = steps[-1] or 1.0
    drawn = []
    for step in steps:
        y = base - (base - 14) * step / top
        drawn.append(_line(left, y, width - 8, y))
        drawn.append(_text(left - 6, y + 4, number_text(_d(step)), anchor="end", size=11, color=INK_3))
    group = (width - 8 - left) / len(rows)
    count = max(len(row["values"]) for row in rows)
    bar = min(22.0, group * 0.74 / max(count, 1) - 2)
    colors = (COLORS[1], COLORS[0], *COLORS[2:]) if count > 1 else COLORS
    for at, row in enumerate(rows):
        middle = left + group * (at + 0.5)
        start = middle - (bar + 2) * len(row["values"]) / 2
        for n, value in enumerate(row["values"]):
            h = (base - 14) * _f(value) / top
            drawn.append(_rect(start + n * (bar + 2), base - h, bar, h, colors[n % len(colors)]))
        drawn.append(_text(middle, 188, str(row["label"]), anchor="middle", size=11, color=INK_3))
    names = list(series) or [""] * count
    said = "；".join(
        f"{row['label']} "
        + "、".join(f"{name}{number_text(v)}{unit}" for name, v in zip(names, row["values"], strict=False))
        for row in rows
    )
    return _svg(width, height, drawn, label=label, said=said)


def dots(marks: Sequence[Any], full: Any, out: Sequence[Any] = ()) -> SafeString:
    """A strip with one dot a judge (打点): marks from 0 to full; a mark listed in `out` is dark and larger."""
    top = _f(full) or 1.0
    strange = {_f(mark) for mark in out}
    drawn = [_line(4, 9, 96, 9, color="#d3d8d6")]
    for mark in marks:
        x, far = 4 + 92 * _f(mark) / top, _f(mark) in strange
        drawn.append(
            format_html(
                '<circle cx="{}" cy="9" r="{}" fill="{}" fill-opacity="{}"/>',
                _n(x), 4 if far else 3, "#7a4e00" if far else "#3b7f92", "1" if far else "0.55",
            )
        )  # fmt: skip
    said = "、".join(number_text(mark) for mark in marks)
    return format_html(
        '<svg class="dots" viewBox="0 0 100 18" role="img" aria-label="{}">{}</svg>', said, _joined(drawn)
    )


def axis(highest: float) -> list[float]:
    """Round steps from zero to at least the highest value, three to six of them."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / 4
    size = 10 ** floor(log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw)
    return [step * n for n in range(ceil(highest / step - 1e-9) + 1)]


def _svg(width: int, height: int, drawn: Sequence[SafeString], *, label: str, said: str) -> SafeString:
    return format_html(
        '<div class="chart-w" tabindex="0" role="group" aria-label="{}"><svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img"'
        ' aria-label="{}" font-family="{}"><desc>{}</desc>{}</svg></div>',
        label or "图", width, height, f"{label}：{said}" if label else said, FONT, said, _joined(drawn),
    )  # fmt: skip


def _rect(x: float, y: float, width: float, height: float, color: str) -> SafeString:
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="2" fill="{}"/>',
        _n(x),
        _n(y),
        _n(max(width, 0)),
        _n(height),
        color,
    )


def _line(x1: float, y1: float, x2: float, y2: float, color: str = LINE) -> SafeString:
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="1"/>', _n(x1), _n(y1), _n(x2), _n(y2), color
    )


def _text(x: float, y: float, text: str, *, anchor: str, color: str, size: int = 12, weight: str = "400") -> SafeString:
    return format_html(
        '<text x="{}" y="{}" text-anchor="{}" font-size="{}" font-weight="{}" fill="{}">{}</text>',
        _n(x), _n(y), anchor, size, weight, color, text,
    )  # fmt: skip


def _joined(parts: Sequence[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _cut(label: str, length: int = 11) -> str:
    """A label that fits its room; the whole one stands in <desc>."""
    return label if len(label) <= length else f"{label[: length - 1]}…"


def _f(value: Any) -> float:
    return float(value) if value not in (None, "") else 0.0


def _d(value: float) -> Decimal:
    return Decimal(f"{value:.6f}")


def _n(value: float) -> str:
    """A coordinate with at most one decimal, never in a locale's form."""
    return f"{value:.1f}".removesuffix(".0")
