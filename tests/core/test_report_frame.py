"""The frame of official documents: red head, number, foot and page number on every page, chart drawn as vectors."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from core.pdf import render_pdf

BODY = """{% extends "reports/base.html" %}{% load ui %}
{% block body %}<h2>一、核定数量与金额</h2>
<table><thead><tr><th>内容</th><th>金额（元）</th></tr></thead><tbody>
{% for row in rows %}<tr><td class="l">{{ row.label }}</td><td class="r">{{ row.value|money }}</td></tr>{% endfor %}
</tbody></table><p>本次应付 {{ due|money }} 元（人民币{{ due|capitals }}）。</p>
<figure>{% bar_chart rows|slice:":5" unit="元" %}</figure>{% endblock %}"""


def test_every_page_carries_foot_and_number(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "sample.html").write_text(BODY, encoding="utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    rows = [{"label": f"第 {n} 项", "value": Decimal("1200.50") * n} for n in range(1, 61)]
    context = {
        "issuer": "共青团昆明市五华区委员会",
        "number": "五青购结〔2026〕7号",
        "title": "最终结算报告",
        "addressee": "五华区益心青少年事务社会工作服务中心",
        "issued_on": date(2026, 11, 23),
        "data_digest": "a41f" + "0" * 56 + "93c2",
        "rows": rows,
        "due": Decimal("29263.28"),
    }
    content = render_pdf(
        "sample.html", context, journal_head="第 41 条 a41f03c7", verify_url="http://127.0.0.1:8000/v/"
    )
    pages = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    assert len(pages) > 1
    first, whole = pages[0], "".join(pages)
    for word in (
        "共青团昆明市五华区委员会",
        "五青购结〔2026〕7号",
        "最终结算报告",
        "五华区益心青少年事务社会工作服务中心：",
    ):
        assert word in first.replace("\n", "")
    for n, page in enumerate(pages, start=1):
        assert "a41f…93c2" in page
        assert "第 41 条" in page
        assert f"— {n} —" in page
        assert "内容" in page or "附件" in page or n == len(pages), "the table's head is repeated"
    assert "贰万玖仟贰佰陆拾叁元贰角捌分" in whole.replace("\n", "")
    assert "2026 年 11 月 23 日" in whole
    assert "72,030.00" in whole
