"""import_catalog: three encodings, three schemes, again without change, all or nothing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from catalog.categories.models import Category
from catalog.categories.operations import Loaded, import_categories
from core.errors import Invalid

HEADER = "code,name,parent,level,scheme,status,seed_category,note"
ROWS = [
    HEADER,
    "C05010300,未成年人关爱保护服务,C05010000,3,CN-GPC-2022,verified,青年服务,",
    "C,服务,,0,CN-GPC-2022,verified,,",
    "C05000000,社会服务,C,1,CN-GPC-2022,verified,,",
    "C05010000,社会保障服务,C05000000,2,CN-GPC-2022,verified,,",
    'A10,社会工作服务,,1,CN-GPS-CENTRAL,unverified,,"代码凭记忆，待核"',
    "W03,青年服务,,1,SEED-WUHUA-2019,verified,青年服务,",
]
CSV = "\r\n".join(ROWS) + "\r\n"

pytestmark = pytest.mark.django_db


def as_xlsx(rows: list[str]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append([int(cell) if cell.isdigit() else cell for cell in row.replace('"', "").split(",")])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (CSV.encode("utf-8-sig"), "目录.csv"),
        (CSV.encode(), "目录.csv"),
        (CSV.encode("gb18030"), "目录.csv"),
        (as_xlsx(ROWS), "目录.xlsx"),
    ],
    ids=["bom", "utf-8", "gb18030", "xlsx"],
)
def test_every_form_gives_the_same_tree_and_again_changes_nothing(content: bytes, name: str) -> None:
    assert import_categories(content, name=name) == Loaded(added=6, changed=0, unchanged=0)
    child = Category.objects.get(code="C05010300")
    assert (child.parent.code, child.parent.parent.code, child.parent.parent.parent.code) == (
        "C05010000",
        "C05000000",
        "C",
    )
    assert Category.objects.get(code="A10").note == "代码凭记忆，待核"
    assert set(Category.objects.values_list("scheme", flat=True)) == {
        "CN-GPC-2022",
        "CN-GPS-CENTRAL",
        "SEED-WUHUA-2019",
    }
    before = list(Category.objects.values_list("pk", "name", "parent"))
    assert import_categories(content, name=name) == Loaded(added=0, changed=0, unchanged=6)
    assert list(Category.objects.values_list("pk", "name", "parent")) == before


def test_a_changed_name_is_taken_over_in_place() -> None:
    import_categories(CSV.encode(), name="目录.csv")
    kept = Category.objects.get(code="W03").pk
    done = import_categories(CSV.replace("W03,青年服务", "W03,青年发展服务").encode(), name="目录.csv")
    assert done == Loaded(added=0, changed=1, unchanged=5)
    assert Category.objects.get(pk=kept).name == "青年发展服务"


def test_a_residual_class_without_a_name_is_named_after_its_parent_and_marked() -> None:
    import_categories((CSV + "C05019900,,C05010000,3,CN-GPC-2022,verified,,\r\n").encode(), name="目录.csv")
    found = Category.objects.get(code="C05019900")
    assert (found.name, found.status) == ("其他社会保障服务", "unverified")
    assert "待核实" in found.note


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ("W04,,,1,SEED-WUHUA-2019,verified,,", "第 8 行（W04）：「name」是空的"),
        ("W04,维权,,一,SEED-WUHUA-2019,verified,,", "第 8 行（W04）：层级「一」不是数字"),
        ("W04,维权,W99,2,SEED-WUHUA-2019,verified,,", "第 8 行（W04）：上级「W99」不存在"),
        ("W04,维权,W03,1,SEED-WUHUA-2019,verified,,", "第 8 行（W04）：层级 1 不低于上级「W03」的 1"),
        ("W03,又一个,,1,SEED-WUHUA-2019,verified,,", "第 8 行（W03）：与第 7 行重复"),
        ("W04,维权", "第 8 行（W04）：「level、scheme、status」是空的"),
        (f"W04,{'长' * 121},,1,SEED-WUHUA-2019,verified,,", "第 8 行（W04）：「name」超过 120 个字"),
    ],
)
def test_a_broken_row_is_named_and_nothing_is_loaded(broken: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        import_categories((CSV + broken + "\r\n").encode(), name="目录.csv")
    assert sentence in refusal.value.message
    assert not Category.objects.exists()


@pytest.mark.parametrize("content", [b"", b"code,name\n1,2\n", b"\xff\xfe\x00", HEADER.encode(), b"PK\x03\x04nonsense"])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        import_categories(content, name="目录.csv")


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "目录.csv"
    file.write_text(CSV, encoding="utf-8-sig")
    call_command("import_catalog", str(file))
    assert "新增 6 行，更新 0 行，未变 0 行" in capsys.readouterr().out
    file.write_text(CSV + "坏行,,,,,,,\r\n", encoding="utf-8")
    with pytest.raises(CommandError, match="第 8 行"):
        call_command("import_catalog", str(file))
    with pytest.raises(CommandError, match="没有这个文件"):
        call_command("import_catalog", str(tmp_path / "nothing.csv"))
