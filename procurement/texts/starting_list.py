"""The contract texts that every buyer starts with (合同文本示范版); better ones are published as versions of their own."""

from __future__ import annotations

from typing import Final, NamedTuple


class Text(NamedTuple):
    """One text: its kind, its name, the catalogue's categories that it suits (parted by 、; "" suits all), its clauses."""

    kind: str
    name: str
    categories: str
    clauses: tuple[tuple[str, str], ...]


COMMON: Final = (
    ("不得转包", "承接单位应自己完成服务，不得转包。需要分包的，事先经采购人书面同意，并对分包部分承担责任。"),
    ("人员", "项目负责人和主要人员按申报文件到岗；更换须经采购人同意，接替人员的条件不低于原来。"),
    (
        "记录与检查",
        "承接单位在每次服务后如实登记，接受采购人、街道社区的现场检查、电话回访和抽查；发现的问题在限期内整改。",
    ),
    ("验收", "由未参与签订的人员组成两人以上的验收小组，按合同数量和服务标准逐项核定，听取服务对象意见。"),
    ("经费", "承接单位单独核算、专款专用，保存凭证；结余按最终结算退回。"),
    ("个人信息", "服务对象的个人信息只用于本项目，合同结束后按约定移交或删除，不得对外提供。"),
    (
        "变更",
        "合同继续履行将损害国家利益和社会公共利益的，双方应当变更、中止或者终止合同。追加的金额累计不超过原合同的百分之十，另签补充协议。",
    ),
    (
        "违约责任",
        "承接单位没有按约定数量、标准或期限提供服务的，按未完成部分核减，并承担由此造成的损失；采购人逾期付款的，按规定支付利息。",
    ),
    ("争议", "双方先行协商；协商不成的，向采购人所在地人民法院起诉。"),
)
CHILDREN: Final = (
    ("未成年人保护", "直接接触未成年人的人员，入职前和每年查询违法犯罪记录，有不得录用情形的不得参加本项目。"),
    (
        "安全",
        "活动前取得监护人同意；外出活动应有名单、保险、带队比例和应急预案，缺一项不得出发。发生意外立即处置，并报告监护人和采购人。",
    ),
)
TEXTS: Final = (
    Text("general", "通用服务合同", "", COMMON),
    Text("casework", "未成年人服务合同", "社会工作、青少年活动、权益保护、权益教育、儿童福利、心理服务", (*CHILDREN, *COMMON)),
    Text(
        "training", "培训与就业服务合同", "就业服务、创业服务、职业培训、干部培训、社区教育",
        (
            ("教学", "师资、课程和场次按申报文件；教师资质和授课内容事先备案，缺课的另行补足。"),
            ("成效", "结业率、就业或经营状况按服务标准统计，所附材料真实可查。"),
            *COMMON,
        ),
    ),
)  # fmt: skip
BY_KIND: Final = {text.kind: text for text in TEXTS}
KINDS: Final = [(text.kind, text.name) for text in TEXTS]


def kind_for(category: str, *, minors: bool) -> str:
    """Which kind of text suits an item: where children are served the one with their clauses, whatever the category."""
    if minors:
        return "casework"
    return next((text.kind for text in TEXTS if category and category in text.categories.split("、")), "general")
