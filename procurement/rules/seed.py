"""The starting rules (起始规则): what the law and the national guides say, each with its source and whether it was read.

`verified` is True only where the named text itself was read; everything else shows 「待核实」. A unit changes a value by
adding a row with a later effective_from, never by editing code.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction

from core.clock import ANNOUNCED
from procurement.rules.models import CalendarDay, Parameter


class Rule(NamedTuple):
    """One row: key, meaning, value, unit, source, since, whether the text was read, track."""

    key: str
    label: str
    value: Any
    unit: str
    source: str
    since: date
    verified: bool
    track: str = ""


LAW = date(2014, 8, 31)  # 政府采购法 as amended
REGULATION = date(2015, 3, 1)  # 实施条例, 国务院令第658号
TENDER = date(2017, 10, 1)  # 财政部令第87号
CONSULTATION = date(2014, 12, 31)  # 财库〔2014〕214号
NEGOTIATION = date(2014, 2, 1)  # 财政部令第74号
QUERY = date(2018, 3, 1)  # 财政部令第94号
GUIDE = date(2020, 1, 1)  # 财库〔2019〕69号
OWN = date(2020, 3, 1)  # the unit's own rules, as proposed by the platform until the unit adopts its text
HOUSE = "本单位采购办法（平台建议值）"

STATUTORY = (
    Rule("deadline.D01", "采购意向公开至采购开始，不少于", 30, "d", "财库〔2020〕10号", date(2020, 7, 1), True),
    Rule("deadline.D02", "招标公告期限", 5, "wd", "财政部令第87号第十六条", TENDER, True),
    Rule("deadline.D03", "采购文件提供期限，不少于", 5, "wd", "实施条例第三十一条", REGULATION, True),
    Rule("deadline.D04", "采购文件发出至申报截止，不少于", 20, "d", "政府采购法第三十五条", LAW, True),
    Rule("deadline.D05", "澄清或修改距申报截止，不少于", 15, "d", "实施条例第三十一条", REGULATION, True),
    Rule("deadline.D06", "磋商文件发出至首次响应，不少于", 10, "d", "财库〔2014〕214号第十条", CONSULTATION, True),
    Rule("deadline.D06.documents", "磋商文件发售期限，不少于", 5, "wd", "财库〔2014〕214号第十条", CONSULTATION, True),
    Rule(
        "deadline.D07",
        "谈判、询价文件发出至响应，不少于",
        3,
        "wd",
        "财政部令第74号第二十九条、第四十五条",
        NEGOTIATION,
        True,
    ),
    Rule("deadline.D08", "资格预审申请期限，不少于", 5, "wd", "实施条例第二十一条", REGULATION, True),
    Rule("deadline.D09", "单一来源公示，不少于", 5, "wd", "实施条例第三十八条", REGULATION, True),
    Rule("deadline.D10", "评审结束至报告送采购人", 2, "wd", "实施条例第四十三条", REGULATION, True),
    Rule("deadline.D11", "收到报告至确定成交", 5, "wd", "实施条例第四十三条", REGULATION, True),
    Rule("deadline.D12", "确定成交至发出通知、公告结果", 2, "wd", "实施条例第四十三条", REGULATION, True),
    Rule("deadline.D13", "结果公告期限", 1, "wd", "财政部令第87号第六十九条", TENDER, True),
    Rule("deadline.D14", "询问答复", 3, "wd", "实施条例第五十二条", REGULATION, True),
    Rule("deadline.D15", "提出质疑", 7, "wd", "政府采购法第五十二条、实施条例第五十三条", LAW, True),
    Rule("deadline.D16", "质疑答复", 7, "wd", "政府采购法第五十三条", LAW, True),
    Rule("deadline.D17", "答复期满后投诉", 15, "wd", "政府采购法第五十五条", LAW, True),
    Rule("deadline.D18", "投诉受理审查", 5, "wd", "财政部令第94号第二十一条", QUERY, True),
    Rule("deadline.D19", "投诉处理决定", 30, "wd", "政府采购法第五十六条", LAW, True),
    Rule("deadline.D20", "投诉期间暂停采购，最长", 30, "d", "政府采购法第五十七条", LAW, True),
    Rule("deadline.D21", "成交通知发出至签订合同", 30, "d", "政府采购法第四十六条", LAW, True),
    Rule("deadline.D22", "合同签订至公告", 2, "wd", "实施条例第五十条", REGULATION, True),
    Rule("deadline.D23", "合同签订至备案", 7, "wd", "政府采购法第四十七条", LAW, True),
    Rule("deadline.D24", "退还保证金", 5, "wd", "实施条例第三十三条", REGULATION, True),
    Rule(
        "deadline.D30", "中标候选人公示（限招标投标法项目），不少于", 3, "d", "招标投标法实施条例第五十四条", LAW, True
    ),
    # Nothing is signed while a query may still come: the notice's one day and the seven days after it.
    Rule(
        "deadline.D31",
        "成交结果公示（公告 1 日加质疑 7 日）",
        8,
        "wd",
        "实施条例第五十三条、财政部令第87号第六十九条",
        TENDER,
        False,
    ),
)
STATUTORY_VALUES = (
    Rule(
        "price_weight.open",
        "公开招标价格分权重",
        {"low": 10, "high": 100},
        "percent",
        "财政部令第87号第五十五条",
        TENDER,
        True,
    ),
    Rule(
        "price_weight.consultation",
        "竞争性磋商价格分权重",
        {"low": 10, "high": 30},
        "percent",
        "财库〔2014〕214号第二十四条",
        CONSULTATION,
        True,
    ),
    Rule("panel.minimum", "评审组人数，不少于", 3, "count", "财库〔2014〕214号第十四条", CONSULTATION, True),
    Rule(
        "panel.experts",
        "评审组中专家比例，不低于",
        {"part": 2, "whole": 3},
        "share",
        "财库〔2014〕214号第十四条",
        CONSULTATION,
        True,
    ),
    Rule("bond.bid", "申报保证金，不超过", 2, "percent", "实施条例第三十三条", REGULATION, True),
    Rule("bond.performance", "履约保证金，不超过", 10, "percent", "实施条例第四十八条", REGULATION, True),
)
BOTH = (
    Rule(
        "deadline.D25",
        "交付或验收至付款",
        30,
        "d",
        "保障中小企业款项支付条例（国务院令第728号）第八条",
        date(2020, 9, 1),
        False,
    ),
    Rule(
        "deadline.D25",
        "交付或验收至付款",
        30,
        "d",
        "保障中小企业款项支付条例（国务院令第802号）第九条",
        date(2025, 6, 1),
        True,
    ),
    Rule(
        "deadline.D25.contract",
        "交付或验收至付款，合同约定最长",
        60,
        "d",
        "保障中小企业款项支付条例第九条、第十条",
        date(2020, 9, 1),
        True,
    ),
    Rule(
        "deadline.D26",
        "拖延验收的，付款期限自约定验收期满起算",
        "acceptance_period_end",
        "rule",
        "保障中小企业款项支付条例第十条",
        date(2020, 9, 1),
        True,
    ),
    Rule(
        "deadline.D27",
        "公布上年逾期未付款项",
        "03-31",
        "date",
        "保障中小企业款项支付条例第十八条",
        date(2020, 9, 1),
        True,
    ),
    Rule("deadline.D28", "部门预算、决算批复后公开", 20, "d", "预算法第十四条", date(2015, 1, 1), True),
    Rule(
        "deadline.D29",
        "社会组织年度报告",
        {"supervisor": "03-31", "registrar": "05-31", "foundation": "03-31"},
        "date",
        "社会组织登记管理条例",
        date(2016, 2, 6),
        True,
    ),
    Rule("deadline.D32", "采购文件保存，不少于", 15, "year", "政府采购法第四十二条", LAW, True),
    Rule("deadline.D33", "网络日志留存，不少于", 6, "month", "网络安全法第二十一条", date(2017, 6, 1), True),
    Rule("bids.minimum", "有效申报，不少于", 3, "count", "政府采购法第三十六条", LAW, True),
    Rule("amendment.maximum", "补充合同累计，不超过原合同", 10, "percent", "政府采购法第四十九条", LAW, True),
    Rule(
        "interest.late",
        "逾期付款利率（每日，万分之）",
        5,
        "share",
        "保障中小企业款项支付条例第十七条",
        date(2020, 9, 1),
        True,
    ),
    Rule(
        "threshold.procurement",
        "分散采购限额（服务，区县）",
        "300000.00",
        "yuan",
        "财库〔2019〕69号（全国指导值，云南标准未核）",
        GUIDE,
        False,
    ),
    Rule(
        "threshold.tender",
        "公开招标数额标准（服务）",
        "2000000.00",
        "yuan",
        "财库〔2019〕69号（全国指导值，云南标准未核）",
        GUIDE,
        False,
    ),
    Rule(
        "quality.factors",
        "质量系数（按评价等级）",
        {"优": "1.00", "良": "1.00", "中": "0.95", "差": "0.80"},
        "share",
        HOUSE,
        OWN,
        False,
    ),
    Rule("cost.management", "管理费用占比，不超过", 10, "percent", "公益项目通行做法", OWN, False),
    Rule("cost.staff", "项目人员补贴占比，不超过", 60, "percent", "公益项目通行做法", OWN, False),
    Rule(
        "evaluation.output_share", "评价指标中产出与效益的权重，不低于", 60, "percent", "财预〔2020〕10号", OWN, False
    ),
    Rule(
        "evaluation.grades", "评价等级的最低分", {"优": 90, "良": 80, "中": 60}, "count", "财预〔2020〕10号", OWN, False
    ),
    Rule("acceptance.group", "验收小组，不少于", 2, "count", HOUSE, OWN, False),
    Rule(
        "instalments.50_40_10",
        "分期付款：首期 50%、中期 40%、终期 10%",
        [[50, "首期服务", 40], [40, "中期服务", 80], [10, "终期服务与资料移交", 100]],
        "plan",
        HOUSE,
        OWN,
        False,
    ),
    Rule(
        "instalments.60_30_10",
        "分期付款：首期 60%、中期 30%、终期 10%",
        [[60, "首期服务", 40], [30, "中期服务", 80], [10, "终期服务与资料移交", 100]],
        "plan",
        HOUSE,
        OWN,
        False,
    ),
    Rule("instalments.once", "全部完成后一次付清", [[100, "全部完成", 100]], "plan", HOUSE, OWN, False),
    Rule("final_account.variance", "决算数与调整预算数相差多少须说明", 10, "percent", HOUSE, OWN, False),
    Rule("opinions.least", "问卷满几份才显示结果", 5, "count", HOUSE, OWN, False),
    Rule("inspections.rectify_days", "整改期限", 15, "d", HOUSE, OWN, False),
    Rule("inspections.spot_days", "抽中的检查应在几天内完成", 10, "d", HOUSE, OWN, False),
    Rule("deadline.A01", "审计报告征求意见的答复期限", 10, "d", "参照审计法第四十四条", OWN, False),
    Rule("audit.notice_days", "审计通知书送达至进点，不少于", 3, "d", "参照审计法第四十二条", OWN, False),
    Rule("audit.rectify_days", "审计发现的整改期限，一般", 30, "d", HOUSE, OWN, False),
    Rule("evaluation.deviation", "两名评分人分差须说明的界限（占权重）", 20, "percent", HOUSE, OWN, False),
    Rule("evaluation.rotation", "同一评估机构连续评价同一采购人的年数，提示轮换", 3, "year", HOUSE, OWN, False),
    Rule("evaluation.top_share", "评估机构评出 90 分及以上的占比，提示", 80, "percent", HOUSE, OWN, False),
    Rule("evaluation.follow_up", "验收后跟踪评估的月份", [6, 12], "month", HOUSE, OWN, False),
    Rule("deadline.E02", "跟踪评估到期后完成，不超过", 30, "d", HOUSE, OWN, False),
    Rule("deadline.E01", "评价征求意见的答复期限", 5, "wd", HOUSE, OWN, False),
    Rule("incentives.total_cap", "一年奖励性补助的总额，起草办法时的默认值", "100000.00", "yuan", HOUSE, OWN, False),
    Rule("incentives.provider_cap", "一家社会组织一年的奖励性补助，默认上限", "20000.00", "yuan", HOUSE, OWN, False),
    Rule(
        "incentives.benefit",
        "社会效益、经济效益分项得分率，默认各不低于",
        {"So": 80, "Ec": 80},
        "percent",
        HOUSE,
        OWN,
        False,
    ),
    Rule("deadline.G01", "奖励性补助公示期限", 5, "wd", HOUSE, OWN, False),
    Rule("deadline.G02", "奖励性补助异议的答复期限", 7, "wd", HOUSE, OWN, False),
    Rule("contract.pause_maximum", "合同每次暂停，最长", 90, "d", HOUSE, OWN, False),
    Rule("contract.pause_extends", "合同暂停天数顺延服务期的比例", 100, "percent", HOUSE, OWN, False),
    Rule(
        "contract.years", "合同期限，最长", 3, "year", "政府购买服务管理办法（财政部令第102号）第二十四条", OWN, False
    ),
)
DELIVERY = (
    Rule(
        "minors.check_months",
        "接触未成年人的人员，违法犯罪记录查询有效期",
        12,
        "month",
        "未成年人保护法第六十二条",
        date(2021, 6, 1),
        True,
    ),
    Rule("minors.staff_ratio", "每名带队人员最多带未成年人", 10, "count", HOUSE, OWN, False),
    Rule("activities.photos", "每场活动现场照片，不少于", 2, "count", HOUSE, OWN, False),
    Rule(
        "activities.signin_minutes",
        "签到开放：开始前、结束后（分钟）",
        {"before": 60, "after": 60},
        "count",
        HOUSE,
        OWN,
        False,
    ),
    # What the verifier is asked to look at; a threshold opens a question and never closes a door.
    Rule("leads.photo_distance", "线索：两场照片相差不超过（64 位）", 10, "count", HOUSE, OWN, False),
    Rule("leads.photo_minutes", "线索：照片早于开始或晚于结束（分钟）", 60, "count", HOUSE, OWN, False),
    Rule("leads.photo_meters", "线索：同场照片相距超过（米）", 3000, "count", HOUSE, OWN, False),
    Rule("leads.night", "线索：夜间", {"from": "22:00", "to": "06:00"}, "count", HOUSE, OWN, False),
    Rule("leads.backdating", "线索：活动结束到提交记录，超过", 7, "d", HOUSE, OWN, False),
    Rule("leads.unusual_deviations", "线索：人次高出平均（倍标准差）", 2, "count", HOUSE, OWN, False),
    Rule("leads.unusual_sessions", "线索：与往常比较，至少有（场）", 5, "count", HOUSE, OWN, False),
    Rule("leads.signin_percent", "线索：签到占记录人数低于", 70, "percent", HOUSE, OWN, False),
    Rule("leads.crowding_tail", "线索：服务期最后一段", 20, "percent", HOUSE, OWN, False),
    Rule("leads.crowding_percent", "线索：最后一段占全部场次，不低于", 40, "percent", HOUSE, OWN, False),
    Rule("leads.round_percent", "线索：人次以 0 或 5 结尾，超过", 60, "percent", HOUSE, OWN, False),
    Rule("leads.round_sessions", "线索：看尾数至少有（场）", 10, "count", HOUSE, OWN, False),
)
RISKS = (
    Rule("risk.fence.least", "风险：用历史四分位界限至少要有（个），不足用固定界限", 30, "count", HOUSE, OWN, False),
    Rule("risk.F01.days", "风险 F01：申报期少于", 15, "d", "OCP 风险指标 R003 缺省值", OWN, False),
    Rule("risk.F01.own_days", "风险 F01：本单位办法的订单，申报期少于", 7, "d", HOUSE, OWN, False),
    Rule("risk.F03.fixed", "风险 F03：次低价高出成交价不到", 1, "percent", HOUSE, OWN, False),
    Rule("risk.F04.fixed", "风险 F04：次低价高出成交价达到", 30, "percent", HOUSE, OWN, False),
    Rule("risk.F05.least", "风险 F05：用固定界限时，申报至少（次）", 5, "count", HOUSE, OWN, False),
    Rule(
        "risk.F05.fixed", "风险 F05：用固定界限时，成交率不超过", 5, "percent", "OCDS Cardinal R025 示例值", OWN, False
    ),
    Rule("risk.F10.least", "风险 F10：申报至少（次）", 2, "count", "OCDS Cardinal R038", OWN, False),
    Rule("risk.F10.buyer_least", "风险 F10：用固定界限时，采购人收到的申报至少（份）", 10, "count", HOUSE, OWN, False),
    Rule("risk.F10.fixed", "风险 F10：用固定界限时，被否决的比例达到", 60, "percent", HOUSE, OWN, False),
    Rule("risk.F11.least", "风险 F11：成交至少（次）", 20, "count", "OCDS Cardinal R048", OWN, False),
    Rule("risk.F11.fixed", "风险 F11：用固定界限时，类别达到（个）", 4, "count", HOUSE, OWN, False),
    Rule("risk.F19.near", "风险 F19：贴着限额，达到限额的", 85, "percent", HOUSE, OWN, False),
    Rule("risk.F19.days", "风险 F19：间隔不超过", 90, "d", HOUSE, OWN, False),
    Rule("risk.F20.near", "风险 F20：最高限价达到限额的", 95, "percent", HOUSE, OWN, False),
    Rule("risk.F21.years", "风险 F21：连续（年）", 3, "year", HOUSE, OWN, False),
    Rule("risk.F22.hhi", "风险 F22：集中度（HHI）超过", 25, "percent", HOUSE, OWN, False),
    Rule("risk.F22.share", "风险 F22：最大份额超过", 40, "percent", HOUSE, OWN, False),
    Rule("risk.F22.least", "风险 F22：一年成交至少（个）", 5, "count", HOUSE, OWN, False),
    Rule("risk.F36.serial", "风险 F36：连号发票达到（张）", 3, "count", HOUSE, OWN, False),
    Rule("risk.F38.least", "风险 F38：同一条目至少（份合同）", 8, "count", HOUSE, OWN, False),
    Rule("risk.F44.least", "风险 F44：评价至少（个项目）才看高分占比", 5, "count", HOUSE, OWN, False),
)
EXPENSES = (
    Rule("expenses.grace_days", "合同期满后还可以登记支出", 30, "d", HOUSE, OWN, False),
    Rule("expenses.cap.management", "支出：管理费用占合同金额，不超过", 10, "percent", "公益项目通行做法", OWN, False),
    Rule("expenses.cap.staff", "支出：项目人员补贴占合同金额，不超过", 60, "percent", "公益项目通行做法", OWN, False),
    Rule("expenses.cap.publicity", "支出：宣传占合同金额，不超过", 10, "percent", "公益项目通行做法", OWN, False),
    Rule(
        "expenses.over_cap",
        "支出超过上限时",
        {"管理费用": "不能登记", "项目人员补贴": "提示", "宣传": "提示"},
        "count",
        HOUSE,
        OWN,
        False,
    ),
    Rule(
        "expenses.forbidden",
        "不能列支",
        {"assets": "固定资产", "building": "基建装修", "gifts": "慰问品、礼品", "cash": "现金发放给服务对象"},
        "count",
        "某区购买服务项目经费规定（只见一区）",
        OWN,
        False,
    ),
    Rule("leads.cash_percent", "线索：现金支付占比超过", 5, "percent", HOUSE, OWN, False),
)
OWN_RULES = (
    Rule("deadline.D01", "采购意向公开至采购开始，不少于", 5, "wd", HOUSE, OWN, False, "own"),
    Rule("deadline.D02", "征集公告期限", 5, "wd", HOUSE, OWN, False, "own"),
    Rule("deadline.D03", "征集文件提供期限，不少于", 5, "wd", HOUSE, OWN, False, "own"),
    Rule("deadline.D04", "征集公告发布至申报截止，不少于", 7, "d", HOUSE, OWN, False, "own"),
    Rule("deadline.D05", "更正距申报截止，不少于", 3, "wd", HOUSE, OWN, False, "own"),
    Rule("deadline.D13", "结果公示期限", 5, "wd", HOUSE, OWN, False, "own"),
    Rule("deadline.D15", "公示期内提出异议", 5, "wd", HOUSE, OWN, False, "own"),
    Rule("deadline.D16", "异议答复", 7, "wd", HOUSE, OWN, False, "own"),
    Rule("deadline.D17", "答复后向纪检申诉", 5, "wd", HOUSE, OWN, False, "own"),
    Rule("deadline.D31", "成交结果公示", 5, "wd", HOUSE, OWN, False, "own"),
    Rule(
        "price_weight",
        "价格分权重",
        {"low": 10, "high": 30},
        "percent",
        "参照财库〔2014〕214号第二十四条",
        OWN,
        False,
        "own",
    ),
    Rule(
        "price_weight.selection",
        "比选价格分权重",
        {"low": 10, "high": 30},
        "percent",
        "参照财库〔2014〕214号第二十四条",
        OWN,
        False,
        "own",
    ),
    Rule("panel.minimum", "评审组人数，不少于", 3, "count", HOUSE, OWN, False, "own"),
)
ARCHIVE = (
    Rule("archive.retention.file", "采购文件自采购结束起保存，不少于", 15, "year", "政府采购法第四十二条", LAW, True),
    Rule(
        "archive.retention.voucher",
        "会计凭证自会计年度终了起保管",
        30,
        "year",
        "会计档案管理办法（财政部 国家档案局令第79号）附表",
        date(2016, 1, 1),
        False,
    ),
    Rule(
        "archive.failed_wait", "采购失败后没有再采购，自动建档", 90, "d", "本单位档案管理办法（平台建议值）", OWN, False
    ),
)
RULES = (
    *(r._replace(track="statutory") for r in (*STATUTORY, *STATUTORY_VALUES)),
    *BOTH,
    *DELIVERY,
    *RISKS,
    *EXPENSES,
    *OWN_RULES,
    *ARCHIVE,
)
NOTICES = {2025: "国办发明电〔2024〕8号", 2026: "国办发明电〔2025〕7号"}


@transaction.atomic
def seed_rules() -> None:
    """Put in every starting rule and holiday notice that is missing; what is there stays as it is.

    writes  Parameter and CalendarDay rows, once; safe to repeat
    source  domain.md 2.3–2.5
    """
    Parameter.objects.bulk_create(_rows(RULES), ignore_conflicts=True)
    CalendarDay.objects.bulk_create(
        [CalendarDay(day=day, is_off=True, source=NOTICES[day.year]) for day in sorted(ANNOUNCED.off)]
        + [CalendarDay(day=day, is_off=False, source=NOTICES[day.year]) for day in sorted(ANNOUNCED.working)],
        ignore_conflicts=True,
    )


def seed_when_empty(**kwargs: Any) -> None:
    """A new installation starts with rules; one that grew gets those of the new rooms. Receiver of post_migrate.

    What stands under a key stays as the unit has it: only keys that are not there at all are put in.
    """
    if Parameter._meta.db_table not in connection.introspection.table_names():
        return
    known = set(Parameter.objects.values_list("key", flat=True))
    if not known:
        seed_rules()
        return
    Parameter.objects.bulk_create(_rows([rule for rule in RULES if rule.key not in known]))


def _rows(rules: Iterable[Rule]) -> list[Parameter]:
    return [
        Parameter(
            key=rule.key,
            label=rule.label,
            track=rule.track,
            value=rule.value,
            unit=rule.unit,
            source=rule.source,
            effective_from=rule.since,
            verified=rule.verified,
        )
        for rule in rules
    ]
