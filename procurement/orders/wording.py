"""What an order is made of at first (订单范本): criteria, qualification rules, milestones, and the words that need care.

Pure data. Source: domain.md 6.2 (scoring template of 100 points, Q1 to Q12) and 0.1.14 (discriminating items).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class CriterionText(NamedTuple):
    """One scoring criterion: name, kind (price | subjective | objective), weight, bands."""

    name: str
    kind: str
    weight: int
    bands: str


class RuleText(NamedTuple):
    """One qualification rule or conformity requirement (★)."""

    code: str
    text: str
    is_conformity: bool = False


CRITERIA: Final = (
    CriterionText("报价", "price", 10, "评审基准价（最低有效报价）÷ 报价 × 10，由平台计算，保留两位小数"),
    CriterionText("需求理解与目标", "subjective", 12, "引用本地数据 4 分；问题分析 4 分；目标可衡量 4 分"),
    CriterionText(
        "服务方案", "subjective", 24, "活动逻辑 8 分；进度与人员匹配 6 分；服务标准响应 6 分；记录与质量办法 4 分"
    ),
    CriterionText("未成年人保护与安全", "subjective", 6, "人员核查、知情同意、意外处置、出行安全，各 1.5 分"),
    CriterionText("项目团队", "subjective", 18, "负责人经验 6 分（按年限分档）；专业证书比例 6 分；专职人月 6 分"),
    CriterionText("同类业绩", "objective", 10, "已通过验收的同类合同，每份 2 分，最多 5 份；不限地区和采购人"),
    CriterionText("成本合理性", "subjective", 8, "各行与参考单价对照 5 分；补贴与管理费用在限内 3 分"),
    CriterionText("创新与可持续", "subjective", 8, "有依据的新办法 3 分；志愿者与社区参与 3 分；项目结束后的安排 2 分"),
    CriterionText("管理与财务能力", "subjective", 4, "财务制度、项目专账、审计报告，按齐全程度分档"),
)

QUALIFICATIONS: Final = (
    RuleText("Q1", "依法登记，统一社会信用代码有效"),
    RuleText("Q2", "服务内容在登记的业务范围内"),
    RuleText("Q3", "最近一次年检合格，未列入活动异常名录"),
    RuleText("Q4", "未列入严重违法失信名单及三类信用记录"),
    RuleText("Q5", "近三年无重大违法记录的声明"),
    RuleText("Q6", "会计制度健全，依法缴纳税收和社会保障资金"),
    RuleText("Q7", "与其他申报单位不是同一法定代表人，没有直接控股或管理关系，未参与本项目设计"),
    RuleText("Q8", "不是公益一类事业单位或财政保障的群团组织"),
    RuleText("Q9", "签署廉洁与未成年人保护承诺；接触未成年人的，有人员违法犯罪记录查询安排"),
    RuleText("Q10", "联合体申报的，提交联合体协议"),
    RuleText("Q11", "报价不超过最高限价"),
    RuleText("Q12", "在截止前密封递交"),
)

CONFORMITIES: Final = (
    RuleText("★1", "响应全部服务水平标准", True),
    RuleText("★2", "服务期限和服务地点符合订单要求", True),
    RuleText("★3", "报价明细完整，合计与报价一致", True),
    RuleText("★4", "没有采购人不能接受的附加条件", True),
)

# Share in percent, name, and when it is due as a part of the service period.
INSTALMENTS: Final = "50_40_10"
"""The plan that a new order starts with; its shares and days are a rule (instalments.50_40_10)."""

# Items that are open to attack as discrimination in the statutory track. Source: 实施条例第二十条; domain.md 0.1.14, 6.2.
CAREFUL: Final = (
    ("评估等级", "社会组织评估等级不能作为评分或资格条件"),
    ("3A", "社会组织评估等级不能作为评分或资格条件"),
    ("4A", "社会组织评估等级不能作为评分或资格条件"),
    ("5A", "社会组织评估等级不能作为评分或资格条件"),
    ("AAA", "信用等级证书不能作为评分条件"),
    ("荣誉", "荣誉称号、获奖不能作为评分条件"),
    ("获奖", "荣誉称号、获奖不能作为评分条件"),
    ("注册资本", "规模条件不能作为评分或资格条件"),
    ("注册资金", "规模条件不能作为评分或资格条件"),
    ("营业收入", "规模条件不能作为评分或资格条件"),
    ("从业人员", "规模条件不能作为评分或资格条件"),
    ("成立年限", "成立年限不能作为评分或资格条件"),
    ("成立满", "成立年限不能作为评分或资格条件"),
    ("本地", "限定本地机构或本地业绩，属于差别待遇"),
    ("本区业绩", "限定本地机构或本地业绩，属于差别待遇"),
    ("本市业绩", "限定本地机构或本地业绩，属于差别待遇"),
    ("分支机构", "要求在本地设立分支机构，属于差别待遇"),
)


def careful_words(texts: list[tuple[str, str]]) -> list[str]:
    """Warnings for texts that the statutory track would call discriminating (差别待遇提示).

    texts    (where, text) pairs, e.g. ("评分项「项目团队」", "…")
    returns  one sentence a finding; 「不限地区」 and 「引用本地数据」 are no findings
    """
    found: dict[str, None] = {}
    for where, text in texts:
        plain = text.replace("引用本地数据", "").replace("不限地区", "")
        for word, why in CAREFUL:
            if word in plain:
                found.setdefault(f"{where}里有「{word}」：{why}。")
    return list(found)
