"""The words and small pieces of every page, and what no page may hold (inline script or style)."""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.template.loader import get_template, render_to_string

from core import clock
from core.money import MoneyFormField
from core.templatetags import drawings, ui, words

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def test_money_is_headed_with_its_unit_once() -> None:
    page = "{% load ui %}{% for each in columns %}{{ each|heading }} {% endfor %}"
    columns = [
        {"label": label, "kind": kind} for label, kind in (("金额", "money"), ("限价（元）", "money"), ("场次", "num"))
    ]
    assert Template(page).render(Context({"columns": columns})) == "金额（元） 限价（元） 场次 "


def draw(source: str, **context: Any) -> str:
    """Render a scrap of template with the tags loaded."""
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (Decimal(298000), "298,000.00"),
        (Decimal(-600), "−600.00"),
        (0, "0.00"),
        ("1234567.5", "1,234,567.50"),
        (None, "—"),
        ("", "—"),
    ],
)
def test_money_has_commas_and_two_decimals(amount: Any, said: str) -> None:
    assert words.money_text(amount) == said


def test_headline_figures_are_in_ten_thousands() -> None:
    assert words.wan_text(Decimal(268400)) == "26.84 万元"
    assert words.wan_text(Decimal("9999.99")) == "9,999.99 元"
    assert words.share_text(Decimal(18000), Decimal(285600)) == "6.3%"
    assert words.share_text(1, 0) == "—"


def test_values_are_said_by_their_kind() -> None:
    assert [ui.shown(v) for v in (Decimal(4), 2000, "26.84—29.10", None, "")] == [
        "4.00",
        "2,000",
        "26.84—29.10",
        "—",
        "—",
    ]


def test_capitals_come_from_core_money() -> None:
    assert draw("{{ a|capitals }}", a=Decimal("29263.28")) == "贰万玖仟贰佰陆拾叁元贰角捌分"


def test_days_are_said_from_the_clock() -> None:
    assert words.when_text(clock.local("2026-09-01 14:10")) == "今天 14:10"
    assert words.when_text(clock.local("2026-08-31 16:30")) == "昨天 16:30"
    assert words.when_text(clock.local("2025-08-31 16:30")) == "2025-08-31 16:30"
    assert words.when_text(date(2026, 9, 2)) == "明天"
    assert words.when_text(date(2026, 9, 9)) == "09-09 周三"
    assert words.cn_date_text(date(2026, 11, 3)) == "11 月 3 日"
    assert words.cn_date_text(clock.local("2026-11-26 17:00"), "full") == "2026 年 11 月 26 日（周四）17:00"


def test_a_day_is_shanghais_day_not_utcs() -> None:
    late = clock.local("2026-09-02 00:30")
    assert words.day_of(late.astimezone(tz=__import__("datetime").UTC)) == date(2026, 9, 2)


@pytest.mark.parametrize(
    ("left", "text", "kind"),
    [
        (timedelta(minutes=48), "还剩 48 分钟", "hot"),
        (timedelta(hours=2, minutes=48), "还剩 2 小时 48 分", "hot"),
        (timedelta(hours=23, minutes=10), "还剩 23 小时", "near"),
        (timedelta(days=3, hours=4), "还剩 3 天", "near"),
        (timedelta(days=9), "还剩 9 天", ""),
        (timedelta(hours=-3), "逾期 3 小时", "hot"),
        (timedelta(days=-2), "逾期 2 天", "hot"),
    ],
)
def test_a_deadline_is_a_time_left_and_a_date(left: timedelta, text: str, kind: str) -> None:
    found = words.due_words(clock.now() + left)
    assert found is not None
    assert (found["text"], found["kind"]) == (text, kind)
    assert found["sub"]


def test_a_days_end_is_said_as_the_day() -> None:
    assert words.due_words(date(2026, 9, 9)) == {"text": "还剩 8 天", "sub": "09-09 周三", "kind": ""}
    assert words.due_words(None) is None


def test_a_countdown_has_seconds_only_on_its_last_day() -> None:
    assert [p["name"] for p in words.time_left(clock.now() + timedelta(days=3))] == ["days", "hours", "minutes"]
    assert [p["value"] for p in words.time_left(clock.now() + timedelta(hours=2, seconds=16))] == ["02", "00", "16"]
    shown = draw("{% countdown at %}", at=clock.now() - timedelta(seconds=1))
    assert "已截止" in shown
    assert 'role="timer"' in shown


def test_chips_escape_and_mark_ends() -> None:
    assert draw('{% chip "草稿" %}') == '<span class="chip ">草稿</span>'
    assert 'class="chip stop end"' in draw("{% chip c %}", c={"label": "已终止", "kind": "stop", "end": True})
    assert "<b>" not in draw("{% chip t %}", t="<b>x</b>")


def test_icons_are_silent_beside_words_and_named_alone() -> None:
    assert 'aria-hidden="true"' in draw('{% icon "bell" %}')
    assert 'aria-label="通知"' in draw('{% icon "bell" "通知" %}')
    assert "icons.svg#bell" in draw('{% icon "bell" %}')


def test_buttons_are_one_primary_two_others_and_the_rest() -> None:
    actions = [{"verb": v, "label": v, "url": "#", "primary": v == "a"} for v in "abcd"]
    row = ui.arranged(actions)
    assert [a["verb"] for a in row["shown"]] == ["c", "b", "a"]
    assert [a["verb"] for a in row["more"]] == ["d"]
    locked = {"verb": "tally", "label": "汇总评审", "url": "/x/", "primary": True, "locked": True, "reason": "还差两位"}
    page = draw('{% include "components/actions.html" %}{% include "components/reasons.html" %}', actions=[locked])
    assert 'aria-disabled="true"' in page
    assert 'aria-describedby="why-tally"' in page
    assert 'id="why-tally"' in page
    assert "/x/" not in page


def test_the_step_line_is_one_sentence_on_phones() -> None:
    steps = [
        {"n": n + 1, "label": w, "state": s}
        for n, (w, s) in enumerate([("起草", "ok"), ("评审", "on"), ("公示", "todo")])
    ]
    found = ui.step_summary(steps)
    assert (found["now"]["label"], found["n"], found["total"], found["next"]["label"]) == ("评审", 2, 3, "公示")
    assert ui.step_summary([])["now"] is None


def test_a_section_becomes_a_card_unless_it_is_one(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "plain.html").write_text("<p>{{ word }}{{ outer }}</p>", encoding="utf-8")
    (tmp_path / "own.html").write_text("<section class='card-x'>x</section>", encoding="utf-8")
    (tmp_path / "none.html").write_text("  ", encoding="utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, TEMPLATES]}]
    block = {"title": "标题", "template": "plain.html", "context": {"word": "<i>", "aside": "3 条"}}
    shown = draw("{% section b %}|{{ word }}", b=block, outer="外")
    assert "<h2>标题</h2>" in shown
    assert "&lt;i&gt;外" in shown
    assert shown.endswith("|")
    assert draw("{% section b %}", b={"title": "t", "template": "own.html", "context": {}}).count("card-x") == 1
    assert draw("{% section b %}", b={"title": "t", "template": "none.html", "context": {}}) == ""


class Example(forms.Form):
    amount = MoneyFormField(label="金额")
    note = forms.CharField(label="说明", required=False, widget=forms.Textarea, help_text="一句话")
    grade = forms.ChoiceField(label="等级", choices=[("a", "优"), ("b", "良")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="已核对")
    version = forms.IntegerField(widget=forms.HiddenInput)


def test_fields_carry_label_unit_hint_and_error_for_all_readers() -> None:
    page = str(Example({"amount": "1.234", "version": "3"}))
    assert "还有 3 处要改" in page
    assert re.search(r'<input[^>]*name="amount"[^>]*class="form-control r"', page)
    assert re.search(r'<input[^>]*name="amount"[^>]*aria-invalid="true"', page)
    assert re.search(r'<input[^>]*name="amount"[^>]*aria-describedby="id_amount_error"', page)
    assert 'id="id_amount_error"' in page
    assert "<span>元</span>" in page
    assert '说明<span class="opt">选填</span>' in page
    assert "<legend>等级" in page
    assert page.count('name="version"') == 1


def test_after_a_conflict_both_texts_stand_and_the_newest_version_is_sent() -> None:
    class Current:
        version, amount, note = 4, Decimal("29000.00"), "按合同"

    form = Example({"amount": "29,263.28", "note": "按合同", "grade": "a", "version": "3"})
    assert ui.both_texts(form, Current()) == [{"label": "金额", "mine": "29,263.28", "theirs": "29,000.00"}]
    fields = draw('{% include "components/fields.html" %}', form=form, conflict={"current": Current()})
    assert '<input type="hidden" name="version" value="4">' in fields


def test_a_filter_is_one_search_field_three_selects_and_the_rest() -> None:
    class Filter(forms.Form):
        a = forms.ChoiceField(choices=[("", "全部")])
        q = forms.CharField()
        b = forms.ChoiceField(choices=[("", "全部")])
        c = forms.ChoiceField(choices=[("", "全部")])
        d = forms.ChoiceField(choices=[("", "全部")])

    found = ui.filter_layout(Filter())
    assert found["search"].name == "q"
    assert [f.name for f in found["main"]] == ["a", "b", "c"]
    assert [f.name for f in found["rest"]] == ["d"]


def test_bars_start_at_zero_and_say_their_figures() -> None:
    svg = drawings.horizontal_bars(
        [{"label": "小组活动", "value": Decimal(40800), "planned": Decimal(43200)}, {"label": "<x>", "value": 0}],
        unit="元",
    )
    assert "小组活动 40,800.00元" in svg
    assert "<x>" not in svg
    assert 'fill="#12566a"' in svg
    assert "style=" not in svg
    assert drawings.horizontal_bars([]) == ""
    assert drawings.axis(150) == [0, 50, 100, 150]
    assert drawings.axis(0) == [0.0, 1.0]


def test_a_stacked_bar_never_runs_over() -> None:
    svg = drawings.stacked_bar([70, 50], label="已支付 70%")
    assert 'width="70%"' in svg
    assert 'x="70%" y="0" width="30%"' in svg


def test_a_chart_brings_its_table_and_its_data_as_json() -> None:
    spec = {
        "id": "c1",
        "title": "钱花到哪里",
        "unit": "元",
        "categories": ["青年"],
        "series": [{"name": "已付", "data": [Decimal("1.50")]}],
    }
    page = draw("{% chart spec %}", spec=spec)
    assert 'id="c1" type="application/json"' in page
    assert "看数据表" in page
    assert "1.50" in page


def test_digests_are_shortened_and_kept_whole_for_copying() -> None:
    shown = draw("{% digest d %}", d=bytes(range(32)))
    assert "0001…1e1f" in shown
    assert f'data-copy="{bytes(range(32)).hex()}"' in shown


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_templates_compile_and_hold_no_inline_script_or_style(path: Path) -> None:
    get_template(str(path.relative_to(TEMPLATES)))
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<[^>{]+\sstyle=", text), "style attributes are refused by the page's policy"
    assert not re.search(r"<[^>{]+\son[a-z]+=", text), "so are event attributes"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "and scripts in the page"
    assert "<style" not in text
    assert not re.search(r"\{#[^#\n]*\n", text), "a comment over several lines is shown to readers"


@pytest.mark.parametrize("path", sorted((Path(settings.BASE_DIR) / "static/js").glob("*.js")), ids=lambda p: p.name)
def test_scripts_evaluate_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in ("eval(", "new Function", "innerHTML", "document.write", "setTimeout('", 'setTimeout("'):
        assert word not in text


def test_the_error_page_of_last_resort_needs_no_request() -> None:
    page = render_to_string("errors/500.html", {"request_id": "abc"})
    assert "是我们的问题" in page
    assert "abc" in page
