"""Workbooks hold numbers as numbers and run nothing that people typed; tables are read from what offices really send."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from core.errors import Invalid
from core.spreadsheets import (
    DANGEROUS,
    MAX_ROWS,
    Formula,
    Sheet,
    csv_bytes,
    read_table,
    workbook_bytes,
    workbook_response,
)

SHEET = Sheet(
    title="结算/2026",
    header=["名称", "场次", "金额", "日期", "时间", "公开"],
    rows=[
        ["青春同行", 12, Decimal("29263.28"), date(2026, 9, 1), datetime(2026, 9, 1, 1, 30, tzinfo=UTC), True],
        ['=HYPERLINK("http://x","点")', None, Decimal("-0.10"), None, None, False],
        ["合计", Formula("=SUM(B2:B3)", "0"), Formula("=SUM(C2:C3)"), None, None, None],
    ],
    widths=[30],
    totals=True,
)


def opened(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content)).worksheets[0]


def test_a_workbook_counts_with_real_numbers_and_formulas() -> None:
    page = opened(workbook_bytes([SHEET]))
    assert page.title == "结算-2026"
    assert page.freeze_panes == "A2"
    assert page["C2"].value == 29263.28
    assert (page["C2"].number_format, page["C3"].value, page["B2"].value) == ("#,##0.00", -0.1, 12)
    assert (page["C4"].data_type, page["C4"].value, page["C4"].font.bold) == ("f", "=SUM(C2:C3)", True)
    assert (page["D2"].value, page["D2"].number_format) == (datetime(2026, 9, 1), "yyyy-mm-dd")
    assert page["E2"].value == datetime(2026, 9, 1, 9, 30), "Shanghai time"
    assert (page["F2"].value, page["F3"].value, page["B3"].value) == ("是", "否", None)
    assert page.column_dimensions["A"].width == 30
    assert page.auto_filter.ref == "A1:F3", "the sum is no row to filter"


def test_text_is_never_run_and_keeps_every_character() -> None:
    cell = opened(workbook_bytes([SHEET]))["A3"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", '=HYPERLINK("http://x","点")', True)
    rows = list(csv.reader(io.StringIO(csv_bytes(SHEET).decode("utf-8-sig"))))
    assert rows[2][:3] == ['\'=HYPERLINK("http://x","点")', "", "-0.10"]
    assert rows[1] == ["青春同行", "12", "29263.28", "2026-09-01", "2026-09-01 09:30", "是"]


@given(st.text(max_size=40))
def test_whatever_is_typed_becomes_no_formula(text: str) -> None:
    sheet = Sheet("表", ["甲"], [[text]])
    assert opened(workbook_bytes([sheet]))["A2"].data_type in {"s", "n", "inlineStr"}
    assert not list(csv.reader(io.StringIO(csv_bytes(sheet).decode("utf-8-sig"), newline="")))[1][0].startswith(
        DANGEROUS
    )


def test_downloads_carry_their_chinese_name() -> None:
    answer = workbook_response([SHEET], name="结算")
    assert answer["Content-Disposition"].endswith("filename*=UTF-8''%E7%BB%93%E7%AE%97.xlsx")
    plain = workbook_response([SHEET], name="结算", kind="csv")
    assert plain.content.startswith(b"\xef\xbb\xbf")
    assert plain["Content-Type"] == "text/csv; charset=utf-8"


TEXT = '代码,名称,价格\r\nA01, "青年,之家" ,12.50\r\n\r\n,,\r\nA02,志愿服务,\r\n'
ROWS = [{"代码": "A01", "名称": "青年,之家", "价格": "12.50"}, {"代码": "A02", "名称": "志愿服务", "价格": ""}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_offices_use(encoding: str) -> None:
    assert read_table(TEXT.replace(', "', ',"').replace('" ,', '",').encode(encoding), name="目录.csv") == ROWS


def test_xlsx_is_read_as_people_see_it() -> None:
    book = Workbook()
    for row in (
        ["代码", "数量", "价格", "日期", "", None],
        [" A01 ", 3.0, 0.1 + 0.2, datetime(2026, 9, 1), None],
        [None, None, None, None],
        [7, True, 1234567.89, datetime(2026, 9, 1, 9, 30)],
    ):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert read_table(out.getvalue(), name="目录.xlsx") == [
        {"代码": "A01", "数量": "3", "价格": "0.3", "日期": "2026-09-01"},
        {"代码": "7", "数量": "是", "价格": "1234567.89", "日期": "2026-09-01 09:30"},
    ]


def test_what_we_write_we_read() -> None:
    assert read_table(workbook_bytes([SHEET]), name="表.xlsx")[0] == {
        "名称": "青春同行",
        "场次": "12",
        "金额": "29263.28",
        "日期": "2026-09-01",
        "时间": "2026-09-01 09:30",
        "公开": "是",
    }


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "文件是空的"),
        (b"\n\n", "a.csv", "没有列名"),
        (b",,\n1,2,3", "a.csv", "没有列名"),
        ("甲,乙,甲\n".encode(), "a.csv", "列名「甲」出现了两次"),
        ("甲\n1,2\n".encode(), "a.csv", "第 2 行比列名多出内容"),
        ('甲\n"1\n'.encode(), "a.csv", "引号或分隔符不对"),
        (b"\xff\xfe1\x002", "a.csv", "读不出文字"),
        (("甲\n" + "1\n" * (MAX_ROWS + 1)).encode(), "a.csv", "超过 20000 行"),
        (b"PK\x03\x04", "a.xlsx", "内容不是 Excel 文件"),
        ("甲\n1".encode(), "a.xlsx", "内容不是 Excel 文件"),
        (b"%PDF-1.7", "a.pdf", "可以传：Excel（xlsx）、CSV"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(content: bytes, name: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_table(content, name=name)
    assert said in refused.value.message
    assert list(refused.value.errors) == ["file"]
