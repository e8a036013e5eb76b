"""The first 100 points (起始指标): the evaluation indicators for youth-service projects, as a buyer's first framework.

source  domain.md 6.1 (proposal; structure after the fiscal tree 财预〔2020〕10号 and the letter's three dualities)
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One indicator: level 1 and 2, code, name, weight, stage, horizon, benefit, block, formula, where its figures lie,
    the evidence that must stand beside it."""

    level1: str
    level2: str
    code: str
    name: str
    weight: int
    stage: str
    horizon: str
    benefit: str
    block: str
    formula: str
    source: str
    evidence: str
    params: dict[str, Any] = {}


INDICATORS = (
    Entry("决策", "需求", "E1.1", "需求依据充分", 4, "P", "S", "", "PM", "share", "", "需求调研报告、问卷、座谈记录等应有依据"),
    Entry("决策", "目标", "E1.2", "绩效目标明确可衡量", 3, "P", "S", "", "PM", "share", "", "绩效目标申报表"),
    Entry("决策", "预算", "E1.3", "预算编制合理", 3, "P", "S", "Ec", "FU", "norm", "price_deviation", "项目预算与目录参考价"),
    Entry("过程", "计划管理", "E2.1", "计划执行率", 4, "P", "S", "", "PM", "share", "milestones_on_time", "各节点验收记录"),
    Entry("过程", "计划管理", "E2.2", "人员到位与稳定", 4, "P", "S", "", "PM", "staffing", "", "人员花名册、社保或劳务记录"),
    Entry("过程", "计划管理", "E2.3", "服务记录完整率", 5, "P", "S", "", "PM", "share", "complete_records", "活动记录、签到与照片"),
    Entry("过程", "计划管理", "E2.4", "未成年人与安全保护", 3, "P", "S", "So", "PM", "safeguarding", "", "违法犯罪记录查询、监护人同意书、保险单"),
    Entry("过程", "资金", "E2.5", "预算执行率", 4, "P", "S", "Ec", "FU", "execution", "money_paid", "支付凭证"),
    Entry("过程", "资金", "E2.6", "资金使用合规", 5, "P", "S", "Ec", "FU", "compliance", "money_questioned", "项目专账与票据"),
    Entry("产出", "数量", "E3.1", "活动场次完成率", 6, "O", "S", "So", "SE", "attainment", "sessions", "核实过的活动记录"),
    Entry("产出", "数量", "E3.2", "服务人次完成率", 5, "O", "S", "So", "SE", "attainment", "person_times", "核实过的签到"),
    Entry("产出", "数量", "E3.3", "服务人数（去重）完成率", 4, "O", "S", "So", "SE", "attainment", "people", "服务对象名册（化名）"),
    Entry("产出", "质量", "E3.4", "服务标准达标率", 6, "O", "S", "So", "SE", "share", "standards_met", "验收时逐项核对的标准"),
    Entry("产出", "时效", "E3.5", "按时完成率", 4, "O", "S", "", "SE", "share", "quantities_on_time", "服务期内验收的合同明细"),
    Entry("产出", "成本", "E3.6", "单位成本控制", 5, "O", "S", "Ec", "FU", "unit_cost", "unit_cost", "结算与目录参考价"),
    Entry("效益", "社会效益", "E4.1", "服务对象前后测改善率", 8, "O", "S", "So", "SE", "improvement", "", "前后测量表与统计", {"target": 60}),
    Entry("效益", "社会效益", "E4.2", "个案目标达成率", 5, "O", "S", "So", "SE", "share", "", "个案目标达成量表"),
    Entry("效益", "社会效益", "E4.3", "六个月跟踪保持率", 5, "O", "L", "So", "SE", "share", "", "跟踪回访记录"),
    Entry("效益", "社会效益", "E4.4", "机制与能力沉淀", 4, "O", "L", "So", "SE", "checklist", "", "骨干名单、制度文本、志愿者留存、复制案例"),
    Entry("效益", "经济效益", "E4.5", "资源撬动比", 3, "O", "S", "Ec", "FU", "leverage", "money_matched", "捐赠与实物凭证", {"target": 10}),
    Entry("效益", "经济效益", "E4.6", "长期成果成本", 3, "O", "L", "Ec", "FU", "outcome_cost", "", "就业、创业、复学等成果证明"),
    Entry("效益", "满意度", "E4.7", "服务对象满意度", 5, "O", "S", "So", "SE", "satisfaction", "users_opinion", "服务对象问卷"),
    Entry("效益", "满意度", "E4.8", "需求方（街道社区）满意度", 2, "O", "S", "So", "SE", "satisfaction", "", "街道社区问卷"),
)  # fmt: skip

VETOES = (
    ("V1", "抽查发现虚报服务对象超过样本的 5%"),
    ("V2", "挪用、套取项目资金"),
    ("V3", "隐瞒对未成年人的严重伤害"),
    ("V4", "转包"),
)
