"""The tags and filters of every page: `{% load ui %}`. Words come from `words`, SVG pictures from `drawings`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from django import template
from django.forms import BaseForm, BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from core import clock
from core.money import MoneyFormField
from core.money import capitals as capitals_of
from core.paging import CAP
from core.templatetags import drawings, words

register = template.Library()

# --- Words ------------------------------------------------------------------------------------------------------------


@register.filter
def money(amount: Any) -> str:
    """{{ order.ceiling|money }} → 298,000.00"""
    return words.money_text(amount)


@register.filter
def wan(amount: Any) -> str:
    """{{ total|wan }} → 486.23 万元, for headline figures and charts only."""
    return words.wan_text(amount)


@register.filter
def capitals(amount: Any) -> str:
    """{{ payment.amount|capitals }} → 贰万玖仟贰佰陆拾叁元贰角捌分; nothing for no amount."""
    return "" if amount is None or amount == "" else capitals_of(amount)


@register.filter
def share(part: Any, whole: Any = 100) -> str:
    """{{ paid|share:total }} → 56.0%"""
    return words.share_text(part, whole)


@register.filter
def number(value: Any) -> str:
    """{{ quantity|number }} → 2,000"""
    return words.number_text(value)


@register.filter
def counted(value: Any) -> str:
    """{{ count|counted }} → 640, or 1,000+ where counting stopped (core.paging)."""
    return f"{words.number_text(CAP)}+" if isinstance(value, int) and value > CAP else words.number_text(value)


@register.filter
def heading(column: Mapping[str, Any]) -> str:
    """{{ column|heading }} → 金额（元）: what stands over a column, or beside its cell on the phone, money with its unit."""
    label = str(column["label"])
    return f"{label}（元）" if column.get("kind") == "money" and "元" not in label else label


@register.filter
def shown(value: Any) -> str:
    """A figure or cell as it is said: a Decimal is money, an int a count, text stays, nothing is 「—」."""
    if isinstance(value, Decimal):
        return words.money_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return words.number_text(value)
    return words.NOTHING if value is None or value == "" else str(value)


@register.filter
def cn_date(moment: date | datetime | None, style: str = "") -> str:
    """{{ day|cn_date }} → 11 月 23 日; styles "year", "week", "full" as `words.cn_date_text`."""
    return words.cn_date_text(moment, style)


@register.filter
def when(moment: date | datetime | None) -> str:
    """{{ entry.at|when }} → 今天 14:10"""
    return words.when_text(moment)


@register.filter
def day(moment: date | datetime | None) -> str:
    """{{ step.at|day }} → 11-09"""
    return words.short_day(words.day_of(moment)) if moment else ""


@register.filter
def due(deadline: Any) -> Mapping[str, str] | None:
    """A deadline as {text, sub, kind}; what already is such a mapping passes through."""
    return deadline if isinstance(deadline, Mapping) else words.due_words(deadline)


@register.filter
def short_hash(digest: Any) -> str:
    """{{ document.sha256|short_hash }} → 7c1e…55b1"""
    text = digest.hex() if isinstance(digest, bytes | memoryview) else str(digest or "")
    return text if len(text) <= 12 else f"{text[:4]}…{text[-4:]}"


@register.filter
def initial(name: Any) -> str:
    """The sign in a person's round picture: the first character of the name."""
    return str(name or "").strip()[:1] or "客"


# --- Small pieces -----------------------------------------------------------------------------------------------------


@register.simple_tag
@lru_cache(maxsize=1_000)
def icon(name: str, label: str = "") -> SafeString:
    """{% icon "bell" %} → the picture from the sprite; beside a word it says nothing, alone it carries `label`."""
    if not name:
        return mark_safe("")
    said = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="bi bi-{}" {} focusable="false"><use href="{}#{}"></use></svg>',
        name,
        said,
        static("icons.svg"),
        name,
    )


FILE_ICONS: Final = {
    "pdf": dict(icon="file-earmark-pdf"),
    "xlsx": dict(icon="file-earmark-spreadsheet"),
    "csv": dict(icon="file-earmark-spreadsheet"),
    "docx": dict(icon="file-earmark-word"),
    "jpg": dict(icon="file-earmark-image"),
    "jpeg": dict(icon="file-earmark-image"),
    "png": dict(icon="file-earmark-image"),
    "zip": dict(icon="file-earmark-zip"),
}


@register.simple_tag
def file_icon(name: Any) -> SafeString:
    """The icon of a file by the end of its name."""
    ending = str(name or "").rpartition(".")[2].lower()
    return icon(FILE_ICONS.get(ending, dict(icon="file-earmark-text"))["icon"])


TICKS: Final = {
    "ok": dict(icon="check-circle-fill"),
    "warn": dict(icon="exclamation-circle-fill"),
    "bad": dict(icon="x-circle-fill"),
    "wait": dict(icon="hourglass-split"),
    "seal": dict(icon="lock-fill"),
    "info": dict(icon="info-circle"),
    "flag": dict(icon="flag-fill"),
}


@register.simple_tag
def tick(kind: str) -> SafeString:
    """The icon of a meaning: ok | warn | bad | wait | seal | flag, else info."""
    return icon(TICKS.get(str(kind or "info"), TICKS["info"])["icon"])


@register.simple_tag
def chip(label: Any, kind: str = "", end: bool = False) -> SafeString:
    """{% chip order.chip %} or {% chip "已签订" "done" %}: dot and word; a square dot marks an end state."""
    if isinstance(label, Mapping):
        label, kind, end = label.get("label", ""), label.get("kind", ""), bool(label.get("end"))
    if not label:
        return mark_safe("")
    return format_html(
        '<span class="chip {}{}">{}</span>', "" if kind == "plain" else kind, " end" if end else "", label
    )


@register.simple_tag
def due_label(deadline: Any, css: str = "") -> SafeString:
    """{% due_label order.closes_at %}: time left, and the day under it; 「—」 without a deadline."""
    found = due(deadline)
    if not found:
        return mark_safe('<span class="mute">—</span>')
    sub = format_html("<small>{}</small>", found["sub"]) if found.get("sub") else ""
    return format_html('<div class="due {} {}">{}{}</div>', found.get("kind", ""), css, found["text"], sub)


@register.simple_tag
def amount(value: Any, unit: str = "元") -> SafeString:
    """{% amount order.ceiling %} → the amount with its small grey unit."""
    return format_html('<span class="money">{}<small>{}</small></span>', words.money_text(value), unit)


@register.simple_tag
def digest(value: Any) -> SafeString:
    """A short digest; the whole one is in the title and can be copied."""
    whole = value.hex() if isinstance(value, bytes | memoryview) else str(value or "")
    return format_html('<span class="hash" title="{}" data-copy="{}">{}</span>', whole, whole, short_hash(whole))


@register.simple_tag
def bar(*shares: Any, label: str = "", css: str = "") -> SafeString:
    """{% bar 56 8 29.5 label="已支付 56%" %}: shares in percent, side by side."""
    return drawings.stacked_bar([float(s or 0) for s in shares], label=label, css=css)


@register.simple_tag
def bar_chart(rows: Sequence[Mapping[str, Any]], unit: str = "", label: str = "") -> SafeString:
    """Horizontal bars as plain SVG, also in PDF; see `drawings.horizontal_bars`."""
    return drawings.horizontal_bars(rows, unit=unit, label=label)


@register.simple_tag
def column_chart(rows: Sequence[Mapping[str, Any]], series: str = "", label: str = "", unit: str = "") -> SafeString:
    """Columns as plain SVG, also in PDF; series "计划,核实"; see `drawings.columns`."""
    return drawings.columns(rows, series=series.split(",") if series else (), label=label, unit=unit)


@register.simple_tag
def dot_strip(marks: Sequence[Any], full: Any, out: Sequence[Any] = ()) -> SafeString:
    """The judges' marks as dots on a strip, for the comparison sheet; see `drawings.dots`."""
    return drawings.dots(marks, full, out)


# --- Larger pieces ----------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def section(context: template.Context, block: Mapping[str, Any]) -> SafeString:
    """Render one block of `core.sections.sections_for` as a card with its title.

    The block's template is the inside of the card and sees its own context over the page's; `aside` in it, if any, stands
    at the right of the title. A template that begins with its own <section> draws the card itself.
    """
    engine = context.template.engine  # type: ignore[union-attr]
    with context.push(**block.get("context", {}), block=block):
        inside = engine.get_template(block["template"]).render(context).strip()
        if not inside or inside.startswith("<section"):
            return mark_safe(inside)
        with context.push(inside=mark_safe(inside)):
            return mark_safe(engine.get_template("components/section.html").render(context))


@register.filter
def arranged(actions: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """Buttons as a page shows them: at most one primary (last), two secondary before it, the rest under 「更多」.

    returns  {"shown": [...], "more": [...], "reasons": [locked ones with a reason]}
    A locked action keeps its place, so that the next step is seen together with what clears it.
    """
    every = list(actions or ())
    lead = next((a for a in every if a.get("primary")), None)
    others = [a for a in every if a is not lead]
    secondary, more = others[:2], others[2:]
    shown = [*reversed(secondary), lead] if lead else list(reversed(secondary))
    return {
        "shown": shown,
        "more": more,
        "reasons": [a for a in shown if a and a.get("locked") and a.get("reason")],
    }


@register.filter
def step_summary(steps: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """The step line in one sentence for phones: {"now", "n", "total", "next"}; now is the last done step at the end."""
    line = list(steps or ())
    at = next((n for n, step in enumerate(line) if step["state"] in {"on", "stop"}), None)
    if at is None:
        at = max((n for n, step in enumerate(line) if step["state"] == "ok"), default=0)
    return {
        "now": line[at] if line else None,
        "n": at + 1,
        "total": len(line),
        "next": line[at + 1] if at + 1 < len(line) else None,
    }


@register.inclusion_tag("components/countdown.html")
def countdown(deadline: datetime, size: str = "", reload: bool = False) -> dict[str, Any]:
    """{% countdown order.closes_at size="xl" reload=True %}: by the server's clock; reload opens the page anew at zero."""
    parts = words.time_left(deadline)
    return {
        "parts": parts,
        "size": size,
        "reload": reload,
        "over": deadline <= clock.now(),
        "deadline": deadline.isoformat(),
        "now": clock.now().isoformat(),
        "said": "".join(f"{part['value'].lstrip('0') or '0'} {part['unit']} " for part in parts).strip(),
    }


@register.inclusion_tag("components/chart.html")
def chart(spec: Mapping[str, Any]) -> dict[str, Any]:
    """{% chart spec %}: an ECharts figure with its data table (看数据表).

    spec  {"id", "title", "categories": [...], "series": [{"name", "data": [...]}]} and, where wanted, "kind" bar | line |
          stack, "unit", "answer", "says", "axis", "links" (one address a category), "low"
    """
    rows = [
        {"label": label, "values": [line["data"][n] for line in spec["series"]]}
        for n, label in enumerate(spec["categories"])
    ]
    return {"chart": spec, "rows": rows}


@register.simple_tag
def server_now() -> str:
    """The server's moment in ISO form, for clocks that tick on the page."""
    return clock.now().isoformat()


@register.filter
def filter_layout(form: BaseForm | None) -> dict[str, Any]:
    """A list's filter as one search field, at most three selects beside it, and the rest under 「更多」."""
    fields = list(form.visible_fields()) if form is not None else []
    search = next((f for f in fields if field_kind(f) == "input" and _is_text(f)), None)
    others = [f for f in fields if f is not search]
    main = [f for f in others if field_kind(f) == "select"][:3]
    return {"search": search, "main": main, "rest": [f for f in others if f not in main]}


@register.filter
def both_texts(form: BaseForm, current: Any) -> list[dict[str, str]]:
    """What was typed and what stands now, field by field, where they differ (双方内容): {label, mine, theirs}."""
    rows = []
    for field in form.visible_fields():
        if not hasattr(current, field.name) or field_kind(field) == "file":
            continue
        mine, theirs = str(field.value() or ""), shown(getattr(current, field.name))
        if mine.replace(",", "") != theirs.replace(",", ""):
            rows.append({"label": str(field.label), "mine": mine or words.NOTHING, "theirs": theirs})
    return rows


def _is_text(field: BoundField) -> bool:
    return getattr(field.field.widget, "input_type", "") in {"text", "search"}


# --- Fields -----------------------------------------------------------------------------------------------------------

CONTROLS: Final = {"select": "form-select", "checkbox": "form-check-input", "radio": "form-check-input"}


@register.filter
def field_kind(field: BoundField) -> str:
    """What a field looks like: check | radios | checks | file | select | textarea | input | hidden."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    kinds = {"checkbox": "check", "radio": "radios", "file": "file", "select": "select"}
    kind = getattr(widget, "input_type", "")
    if kind == "checkbox" and getattr(widget, "allow_multiple_selected", False):
        return "checks"
    return kinds.get(kind, "textarea" if not kind and not hasattr(widget, "widgets") else "input")


@register.filter
def field_unit(field: BoundField) -> str:
    """The unit after an input: the widget's data-unit, 元 for money."""
    return str(field.field.widget.attrs.get("data-unit", "元" if isinstance(field.field, MoneyFormField) else ""))


@register.filter
def field_layout(field: BoundField) -> str:
    """How radio choices lie: the widget's data-layout (few | auto | p3 | p4)."""
    return str(field.field.widget.attrs.get("data-layout", "few"))


@register.simple_tag
def control(field: BoundField, css: str = "", **attributes: Any) -> SafeString:
    """{% control field %}: the field's widget with the platform's classes; aria attributes are Django's own."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "")
    own = str(widget.attrs.get("class", ""))
    base = CONTROLS.get(kind, "form-control")
    right = "r" if widget.attrs.get("inputmode") == "decimal" else ""
    classes = " ".join(part for part in (base, right, own, css) if part)
    extra = {name.replace("_", "-"): value for name, value in attributes.items() if value not in (None, "")}
    return field.as_widget(attrs={"class": classes, **extra})
