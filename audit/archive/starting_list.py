"""The papers with which an installation starts (起始归档目录): what, by which rule, who supplies it and where; pure.

`verified` is True only where the named text itself was read. A unit changes the list by adding a row with a later day.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

STAGES: Final = {
    "need": "需求与目录",
    "budget": "预算",
    "project": "立项",
    "order": "订单",
    "opening": "申报与开启",
    "review": "评审",
    "award": "成交",
    "challenge": "质疑",
    "contract": "合同",
    "delivery": "履约",
    "inspection": "检查",
    "acceptance": "验收",
    "evaluation": "评价",
    "money": "结算支付",
    "audit": "审计",
}


OF_EACH_CONTRACT: Final = frozenset(
    {"contract", "delivery", "inspection", "acceptance", "evaluation", "money", "audit"}
)
"""The stages that every contract of a case walks for itself: their papers are asked for contract by contract."""


class Paper(NamedTuple):
    """One row: key, stage, title, owner's role, where it is supplied, source, since, whether the text was read."""

    key: str
    stage: str
    title: str
    owner: str
    place: str
    source: str
    since: date
    verified: bool


LAW = date(2014, 8, 31)  # 政府采购法 as amended
REGULATION = date(2015, 3, 1)  # 实施条例, 国务院令第658号
SERVICES = date(2020, 3, 1)  # 财政部令第102号
DEMAND = date(2021, 7, 1)  # 财库〔2021〕22号
BUDGET = date(2020, 10, 1)  # 预算法实施条例
OWN = date(2020, 3, 1)
FILE = "政府采购法第四十二条"
HOUSE = "本单位档案管理办法（平台建议值）"
GUIDE = "政府采购需求管理办法（财库〔2021〕22号）"
PROVIDER = "provider_admin"
"""The owner of what the provider owes (承接单位): supplied by it on a page of its own, or brought and scanned here."""
BY_PROVIDER = "在合同页补交，或者交来扫描"
BY_SCAN = "扫描后在本页补交"

PAPERS: Final = (
    Paper("catalog", "need", "指导性目录条目", "programme_officer", "服务目录", "政府购买服务管理办法（财政部令第102号）", SERVICES, False),
    Paper("need", "need", "需求说明与绩效目标", "programme_officer", "项目 › 立项", f"{GUIDE}第三十四条", DEMAND, True),
    Paper("budget", "budget", "预算批复与资金安排", "finance_officer", "预算", FILE, LAW, True),
    Paper("plan", "project", "立项申请与可行性论证", "programme_officer", "项目 › 立项", HOUSE, OWN, False),
    Paper("approval", "project", "立项批准", "leader", "项目 › 批准立项", HOUSE, OWN, False),
    Paper("minutes", "project", "班子会议纪要", "programme_officer", BY_SCAN, HOUSE, OWN, False),
    Paper("order", "order", "采购文件（订单）", "procurement_officer", "订单", FILE, LAW, True),
    Paper("tender_notice", "order", "征集公告", "procurement_officer", "公告", "政府采购法第十一条", LAW, False),
    Paper("bids", "opening", "申报文件", "procurement_officer", "开启", FILE, LAW, True),
    Paper("opening", "opening", "开启记录", "procurement_officer", "开启", FILE, LAW, True),
    Paper("draw", "review", "评审专家抽取记录", "procurement_officer", "评审组", "政府采购评审专家管理办法（财库〔2016〕198号）", date(2017, 1, 1), False),
    Paper("declarations", "review", "专家承诺与回避声明", "procurement_officer", "评审组", "实施条例第九条", REGULATION, False),
    Paper("review", "review", "资格审查、评分与评审结果", "procurement_officer", "评审", FILE, LAW, True),
    Paper("failure", "award", "流标、终止的原因与公告", "procurement_officer", "公告", FILE, LAW, True),
    Paper("award", "award", "成交确定", "leader", "结果与公示", FILE, LAW, True),
    Paper("award_notice", "award", "成交结果公告", "procurement_officer", "公告", "实施条例第四十三条", REGULATION, True),
    Paper("challenge", "challenge", "质疑函", "procurement_officer", "质疑", FILE, LAW, True),
    Paper("reply", "challenge", "质疑答复", "procurement_officer", "质疑", "政府采购法第五十三条", LAW, True),
    Paper("contract", "contract", "合同文本", "programme_officer", "合同", FILE, LAW, True),
    Paper("signatures", "contract", "双方签订", "leader", "合同", "电子签名法第十三条、第十四条", date(2019, 4, 23), True),
    Paper("contract_notice", "contract", "合同公告", "procurement_officer", "合同", "实施条例第五十条", REGULATION, True),
    Paper("filing", "contract", "合同备案", "procurement_officer", "合同 › 登记备案", "政府采购法第四十七条", LAW, True),
    Paper("amendment", "contract", "补充协议", "programme_officer", "合同 › 补充协议", "政府采购法第四十九条", LAW, True),
    Paper("termination", "contract", "合同终止的决定与公告", "leader", "合同", "政府采购法第五十条", LAW, False),
    Paper("activities", "delivery", "活动记录与核实", "programme_officer", "活动", f"{GUIDE}第二十四条", DEMAND, False),
    Paper("safeguards", "delivery", "未成年人安全保障材料", PROVIDER, BY_PROVIDER, "未成年人保护法第六十二条", date(2021, 6, 1), True),
    Paper("expenses", "delivery", "专账与支出凭证", PROVIDER, BY_PROVIDER, HOUSE, OWN, False),
    Paper("inspection", "inspection", "中期检查记录", "programme_officer", "检查", HOUSE, OWN, False),
    Paper("rectification", "inspection", "整改与复查", "programme_officer", "检查", HOUSE, OWN, False),
    Paper("acceptance", "acceptance", "验收书", "programme_officer", "验收", "政府采购法第四十一条、第四十二条", LAW, True),
    Paper("opinions", "acceptance", "服务对象意见", "programme_officer", "满意度问卷", "实施条例第四十五条", REGULATION, False),
    Paper("acceptance_notice", "acceptance", "验收结果公告", "programme_officer", "公告", "实施条例第四十五条", REGULATION, False),
    Paper("evaluation", "evaluation", "绩效评价报告", "programme_officer", "绩效评价", "预算法实施条例第二十条", BUDGET, False),
    Paper("incentive", "evaluation", "奖励性补助的申报、公示与支付", "programme_officer", "奖励性补助", HOUSE, OWN, False),
    Paper("settlement", "money", "结算单", "finance_officer", "结算", HOUSE, OWN, False),
    Paper("invoice", "money", "发票", PROVIDER, BY_PROVIDER, "会计档案管理办法（财政部 国家档案局令第79号）", date(2016, 1, 1), False),
    Paper("payment", "money", "支付凭证", "cashier", "支付 › 登记凭证", "会计档案管理办法（财政部 国家档案局令第79号）", date(2016, 1, 1), False),
    Paper("audit_report", "audit", "专项审计报告", "funds_reviewer", "专项审计", "审计法第三十二条（内部审计）", date(2022, 1, 1), False),
    Paper("audit_findings", "audit", "审计整改", "funds_reviewer", "审计发现", "审计法第五十二条", date(2022, 1, 1), False),
)  # fmt: skip
