"""The starting texts of the pledges (示范文本): what a buyer's first version begins with. source  R49; domain.md 4.1"""

GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "staff": (
        "采购人工作人员",
        (
            "programme_officer",
            "procurement_officer",
            "leader",
            "finance_officer",
            "cashier",
            "funds_reviewer",
            "discipline_officer",
            "archivist",
        ),
    ),
    "expert": ("评审专家", ("expert",)),
}
"""A group, its name, the roles that it binds."""

TEXTS: dict[str, str] = {
    "staff": (
        "一、依法履职，不越权、不推诿；按流程办理立项、采购、检查、验收、结算和支付，如实记录。\n"
        "二、不索取、不收受社会组织和服务对象的礼金、礼品、宴请和其他利益，不为亲友承接项目提供便利。\n"
        "三、不泄露申报、评审和标底等未公开的内容，不干预评审，不指定分包。\n"
        "四、与项目有利害关系的主动回避；不相容的岗位不兼任，不借用他人账号。\n"
        "五、发现低效、浪费和腐败的，及时向纪检报告；接受经审、纪检和群众监督。"
    ),
    "expert": (
        "一、独立、客观、公正评审，对所评的分数和意见负责。\n"
        "二、与申报单位有利害关系的主动回避，如实声明。\n"
        "三、不收受申报单位的任何利益，不私下接触申报单位，不与其他专家串通打分。\n"
        "四、不泄露申报内容、评审情况和其他专家的意见。\n"
        "五、发现违法违规的，及时向采购人纪检报告。"
    ),
}


def group_of(role: str) -> str:
    """The group whose text binds a role, "" for roles that sign none here (providers pledge in bids and contracts)."""
    return next((group for group, (_name, roles) in GROUPS.items() if role in roles), "")
