"""The settlement report (结算报告): PDF in official style, workbook with real numbers and formulas."""

from __future__ import annotations

from core.reports import report
from core.spreadsheets import Formula, Sheet
from procurement.permissions.settlements import can_read_report
from procurement.settlements.facts import SettlementReport, report_of
from procurement.settlements.models import Settlement


def sheets(found: SettlementReport) -> list[Sheet]:
    """The workbook: lines with formulas that reckon again, the way to the amount, where the money comes from."""
    last = len(found.rows) + 1
    lines = Sheet(
        title="核定明细",
        header=["序号", "服务内容", "单位", "合同数量", "核定数量", "计入数量", "单价（元）", "金额（元）", "说明"],
        rows=[
            *(
                [
                    row.n,
                    row.name,
                    row.unit,
                    row.contracted,
                    row.accepted,
                    Formula(f"=MIN(D{at},E{at})"),
                    row.unit_price,
                    Formula(f"=ROUND(F{at}*G{at},2)"),
                    row.note,
                ]
                for at, row in enumerate(found.rows, 2)
            ),
            ["", "合计", "", "", "", "", "", Formula(f"=SUM(H2:H{last})"), ""],
        ],
    )
    # From the gross amount on, the signed lines add up to what is payable: the formula says so beside the figure.
    start = next(n for n, each in enumerate(found.operations) if each.value == found.gross)
    signed = [n + 2 for n, each in enumerate(found.operations) if n > start and each.label.startswith("−")]
    steps = [[each.label, each.note, each.value] for each in found.operations]
    total = "+".join([f"C{start + 2}", *(f"C{n}" for n in signed)])
    steps.append(["核对：合计应等于末行", "应退款时为负数的绝对值", Formula(f"=ABS({total})")])
    sources = Sheet(
        title="资金来源",
        header=["预算线", "来源", "限定用途", "合同占用（元）"],
        rows=[
            *([each.name, each.source, each.purpose, each.amount] for each in found.sources),
            ["合计", "", "", Formula(f"=SUM(D2:D{len(found.sources) + 1})")],
        ],
    )
    facts = Sheet(
        title="概况",
        header=["项目", "内容"],
        rows=[
            ["文号", found.number],
            ["合同编号", found.contract_number],
            ["合同名称", found.contract_title],
            ["承接单位", found.addressee],
            ["合同金额（元）", found.contract_amount],
            ["本次应付（元）", found.payable],
            ["大写", f"人民币{found.payable_words}"],
            ["编制", found.drawn_by],
            ["审核", found.checked_by],
            ["批准", found.approved_by],
            ["数据摘要 SHA-256", found.data_digest],
        ],
        widths=(18, 48),
    )
    return [facts, lines, Sheet("怎么算出来的", ["步骤", "依据", "金额（元）"], steps, (24, 40, 18)), sources]


@report(
    "procurement.settlement",
    label="结算报告",
    model="procurement.settlements.models.Settlement",
    template="reports/settlement.html",
    can_ask=can_read_report,
    sheets=sheets,
)
def settlement_report(settlement: Settlement) -> SettlementReport:
    """A settlement's figures for its report; at most eight queries whatever the number of lines."""
    fetched = Settlement.objects.select_related(
        "buyer", "milestone", "acceptance", "contract__provider", "contract__buyer"
    ).get(pk=settlement.pk)
    return report_of(fetched)
