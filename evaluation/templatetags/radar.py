"""The radar (雷达图) of sub-scores as plain SVG: the same picture on the page and in the PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, pi, sin
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core.templatetags.drawings import COLORS, FONT, INK, INK_3, LINE

register = template.Library()
WIDTH, HEIGHT, RADIUS = 640, 380, 132
RINGS = (25, 50, 75, 100)


@register.simple_tag
def radar_chart(rows: Sequence[Mapping[str, Any]], label: str = "") -> SafeString:
    """Spokes from 0 to 100, the first one upwards, clockwise.

    rows   [{"label": str, "value": number 0 to 100}], three or more; fewer draw nothing
    label  what a screen reader says first; the rows follow in <desc>
    """
    if len(rows) < 3:
        return mark_safe("")
    count = len(rows)
    grid = format_html_join(
        "",
        '<polygon points="{}" fill="none" stroke="{}" stroke-width="1"/>',
        ((_shape([ring] * count), LINE) for ring in RINGS),
    )
    spokes = format_html_join(
        "",
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="1"/>',
        ((*_at(n, 0, count), *_at(n, 100, count), LINE) for n in range(count)),
    )
    area = format_html(
        '<polygon points="{}" fill="{}" fill-opacity="0.35" stroke="{}" stroke-width="2"/>',
        _shape([float(row["value"]) for row in rows]), COLORS[1], COLORS[0],
    )  # fmt: skip
    dots = format_html_join(
        "", '<circle cx="{}" cy="{}" r="3" fill="{}"/>',
        ((*_at(n, float(row["value"]), count), COLORS[0]) for n, row in enumerate(rows)),
    )  # fmt: skip
    words = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="{}" font-size="13" fill="{}">{}<tspan font-weight="600"> {}</tspan></text>',
        (
            (*_at(n, 112, count), _anchor(n, count), INK, row["label"], f"{row['value']:.2f}")
            for n, row in enumerate(rows)
        ),
    )
    scale = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="start" font-size="10" fill="{}">{}</text>',
        ((f"{WIDTH / 2 + 4:.1f}", f"{HEIGHT / 2 - RADIUS * ring / 100 + 4:.1f}", INK_3, ring) for ring in RINGS),
    )
    said = "；".join(f"{row['label']} {row['value']:.2f}" for row in rows)
    return format_html(
        '<div class="chart-w" tabindex="0" role="group" aria-label="{}"><svg class="chart" xmlns="http://www.w3.org/2000/svg"'
        ' viewBox="0 0 {} {}" role="img" aria-label="{}" font-family="{}"><desc>{}</desc>{}{}{}{}{}{}</svg></div>',
        label or "雷达图", WIDTH, HEIGHT, f"{label}：{said}", FONT, said, grid, spokes, area, dots, words, scale,
    )  # fmt: skip


def _at(n: int, percent: float, count: int) -> tuple[str, str]:
    """Where a value lies on its spoke."""
    angle = 2 * pi * n / count - pi / 2
    reach = RADIUS * percent / 100
    return f"{WIDTH / 2 + reach * cos(angle):.1f}", f"{HEIGHT / 2 + reach * sin(angle):.1f}"


def _shape(values: Sequence[float]) -> str:
    return " ".join(",".join(_at(n, value, len(values))) for n, value in enumerate(values))


def _anchor(n: int, count: int) -> str:
    """Words stand outside the circle."""
    side = cos(2 * pi * n / count - pi / 2)
    return "middle" if abs(side) < 0.1 else "start" if side > 0 else "end"
