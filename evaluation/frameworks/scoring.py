"""The arithmetic of an evaluation (评分算法): one function a formula, sub-scores, grade. Exact fractions, no database.

Points are Decimal with two places, half up; every intermediate value is an exact fraction, so no order of operations and no
order of entry changes a result. A formula that has nothing to measure answers None: the indicator is 未取得 and falls to
the raters.
source  domain.md 6.1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

Figures = Mapping[str, Decimal | int]
Params = Mapping[str, int]
GRADES: Final = ("优", "良", "中", "差")
WORST: Final = "差"

AXES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "stage": ("过程与结果", {"P": "过程", "O": "结果"}),
    "horizon": ("短期与长远", {"S": "短期", "L": "长远"}),
    "benefit": ("社会与经济", {"So": "社会效益", "Ec": "经济效益", "": "中性"}),
    "block": ("三项内容", {"PM": "计划管理", "SE": "服务成效", "FU": "经费使用"}),
}
"""The three dualities of the letter (R52–R54) and the three blocks of R58; each is a split of the same 100 points."""


class Part(NamedTuple):
    """One figure that a formula wants: its name, its word, its unit; a yes-or-no is 0 or 1 with unit ""."""

    name: str
    label: str
    unit: str = ""
    flag: bool = False


class Scored(NamedTuple):
    """What a formula gives: points of the weight, or None where there is nothing to measure; the working in words."""

    points: Decimal | None
    working: str


@dataclass(frozen=True)
class Formula:
    """One way of scoring.

    words   the formula as the page shows it, w being the weight
    parts   the figures it wants;  within: pairs (part, whole) where the first may not exceed the second
    params  its parameters with their usual values; an indicator may set others
    """

    key: str
    words: str
    parts: tuple[Part, ...]
    reckon: Callable[[Figures, Params], tuple[Fraction | None, str]]
    within: tuple[tuple[str, str], ...] = ()
    params: Mapping[str, int] = field(default_factory=dict)


def half_up(value: Fraction) -> Decimal:
    """A fraction of points with two places, half up. value: not below zero"""
    return Decimal(floor(value * 100 + Fraction(1, 2))).scaleb(-2)


def score(formula: Formula, weight: int, figures: Figures, params: Params | None = None) -> Scored:
    """The points of one indicator.

    weight   the indicator's points, a whole number
    figures  by the formula's part names; not negative
    params   the indicator's own, over the formula's usual ones
    returns  points between 0.00 and the weight, or None where there is nothing to measure; the working
    """
    share, working = formula.reckon(figures, {**formula.params, **(params or {})})
    if share is None:
        return Scored(None, working)
    points = half_up(weight * min(Fraction(1), max(Fraction(0), share)))
    return Scored(points, f"{working} × {weight} = {points}")


def faults(formula: Formula, figures: Figures) -> dict[str, str]:
    """What is wrong with the figures, by part name; empty when nothing is. Missing figures are no fault here."""
    found = {}
    for part in formula.parts:
        value = figures.get(part.name)
        if value is not None and value < 0:
            found[part.name] = _("%(label)s不能小于 0。") % {"label": part.label}
        elif value is not None and part.flag and value not in {0, 1}:
            found[part.name] = _("%(label)s填 1（是）或 0（否）。") % {"label": part.label}
    labels = {part.name: part.label for part in formula.parts}
    for name, whole in formula.within:
        value, most = figures.get(name), figures.get(whole)
        if value is not None and most is not None and value > most:
            found.setdefault(name, _("%(part)s不能多于%(whole)s。") % {"part": labels[name], "whole": labels[whole]})
    return found


def mean_deviation(pairs: Iterable[tuple[Decimal, Decimal]]) -> Decimal | None:
    """How far prices lie from their norms on average, in percent with two places, half up (E1.3).

    pairs    (price, norm) in yuan; pairs without a norm are left out
    returns  mean of |price ÷ norm − 1| × 100, or None without any pair
    """
    shares = [abs(Fraction(price) / Fraction(norm) - 1) for price, norm in pairs if norm > 0]
    return half_up(sum(shares, Fraction(0)) / len(shares) * 100) if shares else None


def deviates(first: Decimal, second: Decimal, weight: int, percent: int) -> bool:
    """Whether two raters lie further apart than so many percent of the weight (偏差)."""
    return abs(first - second) * 100 > weight * percent


def mean(points: Iterable[Decimal]) -> Decimal:
    """The mean of the raters' points, two places, half up."""
    each = [Fraction(one) for one in points]
    return half_up(sum(each, Fraction(0)) / len(each))


def grade(total: Decimal, bounds: Mapping[str, int], *, vetoed: bool = False) -> str:
    """The grade (等级) of a total by the lowest total of each grade; a veto (一票否决) is always 差."""
    if vetoed:
        return WORST
    return next((name for name in GRADES if name in bounds and total >= bounds[name]), WORST)


class Tagged(NamedTuple):
    """One indicator's points with its tags, as sub-scores read it."""

    weight: int
    points: Decimal
    stage: str
    horizon: str
    benefit: str
    block: str


class SubScore(NamedTuple):
    """One side of one axis: its points of its weight, and rescaled to 100."""

    axis: str
    key: str
    label: str
    weight: int
    points: Decimal
    percent: Decimal


def sub_scores(rows: Iterable[Tagged]) -> list[SubScore]:
    """The sub-scores on the three dualities and the three blocks, each rescaled to 100, in the order of AXES.

    A side without any weight is left out. The points of one axis add up to the total.
    """
    given = list(rows)
    found = []
    for axis, (_name, sides) in AXES.items():
        for key, label in sides.items():
            mine = [row for row in given if getattr(row, axis) == key]
            weight = sum(row.weight for row in mine)
            points = sum((row.points for row in mine), Decimal("0.00"))
            if weight:
                found.append(SubScore(axis, key, label, weight, points, half_up(Fraction(points) / weight * 100)))
    return found


# --- The formulas of domain.md 6.1 ------------------------------------------------------------------------------------


def _say(value: Decimal | int) -> str:
    """A figure without needless zeros."""
    return f"{Decimal(value):,f}".rstrip("0").rstrip(".") if "." in f"{value}" else f"{value:,}"


def _ratio(figures: Figures, part: str, whole: str) -> tuple[Fraction | None, str]:
    if not figures[whole]:
        return None, _("没有可计的基数")
    return Fraction(figures[part]) / Fraction(figures[whole]), f"{_say(figures[part])} ÷ {_say(figures[whole])}"


def _share(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    return _ratio(figures, "part", "whole")


def _attainment(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    found, working = _ratio(figures, "actual", "target")
    return found, working if found is None else f"min(1, {working})"


def _norm(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    return 1 - min(Fraction(1), Fraction(figures["deviation"]) / 100), f"(1 − {_say(figures['deviation'])}%)"


def _staffing(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    in_place, first = _ratio(figures, "months", "promised")
    replaced, second = _ratio(figures, "replaced", "key")
    if in_place is None or replaced is None:
        return None, first if in_place is None else second
    return min(Fraction(1), in_place) * (1 - min(Fraction(1), replaced)), f"min(1, {first}) × (1 − {second})"


def _safeguarding(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    if figures["unreported"]:
        return Fraction(0), _("有严重事件未报告，不得分：0")
    if not figures["whole"]:
        return None, _("没有可计的基数")
    valid = figures["part"] >= figures["whole"]
    told = f"{_say(figures['part'])}/{_say(figures['whole'])}"
    return Fraction(valid), _("%(told)s 齐全有效：1") % {"told": told} if valid else _("%(told)s，不齐：0") % {
        "told": told
    }


def _execution(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    ratio, working = _ratio(figures, "paid", "budget")
    if ratio is None:
        return None, working
    if ratio > 1:
        return Fraction(bool(figures["approved"])), _("%(told)s 超支，%(how)s") % {
            "told": working, "how": _("已批准：1") if figures["approved"] else _("未经批准：0"),
        }  # fmt: skip
    return _falling(ratio * 100, params["full"], params["zero"], working)


def _compliance(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    if figures["fraud"]:
        return Fraction(0), _("有弄虚作假，不得分：0")
    ratio, working = _ratio(figures, "questioned", "spent")
    if ratio is None:
        return None, working
    return max(Fraction(0), 1 - ratio * params["factor"]), f"(1 − {working} × {params['factor']})"


def _unit_cost(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    ratio, working = _ratio(figures, "cost", "norm")
    if ratio is None:
        return None, working
    return _falling(ratio * 100, 100, params["zero"], working)


def _improvement(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    ratio, working = _ratio(figures, "improved", "measured")
    if ratio is None:
        return None, working
    return ratio * 100 / params["target"], f"min(1, {working} ÷ {params['target']}%)"


def _checklist(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    return Fraction(figures["met"]) / params["items"], f"{_say(figures['met'])} ÷ {params['items']}"


def _leverage(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    if not figures["fiscal"]:
        return None, _("没有可计的基数")
    brought = Fraction(figures["cash"]) + Fraction(figures["in_kind"])
    words = f"min(1, ({_say(figures['cash'])} + {_say(figures['in_kind'])}) ÷ {_say(figures['fiscal'])}"
    return brought / Fraction(figures["fiscal"]) * 100 / params["target"], f"{words} ÷ {params['target']}%)"


def _outcome_cost(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    if not figures["benchmark"]:
        return None, _("没有可计的基数")
    if not figures["outcomes"]:
        return Fraction(0), _("没有长期成果：0")
    words = f"min(1, {_say(figures['benchmark'])} ÷ ({_say(figures['cost'])} ÷ {_say(figures['outcomes'])}))"
    if not figures["cost"]:
        return Fraction(1), words
    return Fraction(figures["benchmark"]) * Fraction(figures["outcomes"]) / Fraction(figures["cost"]), words


def _satisfaction(figures: Figures, params: Params) -> tuple[Fraction | None, str]:
    ratio, working = _ratio(figures, "satisfied", "asked")
    if ratio is None:
        return None, working
    if figures["asked"] < min(Fraction(params["sample"]), Fraction(figures["people"])):
        told = {"asked": _say(figures["asked"]), "sample": params["sample"]}
        return Fraction(0), _("样本 %(asked)s 份，不足 %(sample)s 份也不是全部，不计分：0") % told
    return _falling(ratio * 100, params["full"], params["zero"], working)


def _falling(percent: Fraction, full: int, zero: int, working: str) -> tuple[Fraction, str]:
    """Whole at `full` percent and better, nothing at `zero` and worse, a straight line between."""
    span = Fraction(percent - zero) / (full - zero)
    told = half_up(percent)
    if span >= 1:
        return Fraction(1), _("%(working)s = %(told)s%%，达到 %(full)s%%：1") % {
            "working": working, "told": told, "full": full,
        }  # fmt: skip
    if span <= 0:
        return Fraction(0), _("%(working)s = %(told)s%%，到 %(zero)s%% 为零：0") % {
            "working": working, "told": told, "zero": zero,
        }  # fmt: skip
    return span, f"({told}% − {zero}%) ÷ ({full}% − {zero}%)"


FORMULAS: Final[Mapping[str, Formula]] = {
    each.key: each
    for each in (
        Formula(
            "share", "符合数 ÷ 应有数 × w",
            (Part("part", "符合数"), Part("whole", "应有数")), _share, (("part", "whole"),),
        ),
        Formula(
            "norm", "w × (1 − min(1, 各项单价与参考价偏离幅度的平均值))",
            (Part("deviation", "平均偏离幅度", "%"),), _norm,
        ),
        Formula(
            "staffing", "w × min(1, 到位人月 ÷ 承诺人月) × (1 − 更换的骨干 ÷ 骨干)",
            (
                Part("months", "到位人月", "人月"), Part("promised", "承诺人月", "人月"),
                Part("replaced", "更换的骨干", "人"), Part("key", "骨干", "人"),
            ), _staffing, (("replaced", "key"),),
        ),
        Formula(
            "safeguarding", "记录查询、同意书、保险全部有效得 w；有严重事件未报告得 0",
            (Part("part", "有效份数"), Part("whole", "应有份数"), Part("unreported", "有严重事件未报告", flag=True)),
            _safeguarding, (("part", "whole"),),
        ),
        Formula(
            "execution", "支付 ÷ 预算在 90%—100% 得 w；向下至 60% 线性为 0；超支未经批准得 0",
            (Part("paid", "已支付", "元"), Part("budget", "预算", "元"), Part("approved", "超支经过批准", flag=True)),
            _execution, params={"full": 90, "zero": 60},
        ),
        Formula(
            "compliance", "w × (1 − 存疑金额 ÷ 支出 × 5)，不低于 0；弄虚作假得 0",
            (Part("questioned", "存疑金额", "元"), Part("spent", "支出", "元"), Part("fraud", "有弄虚作假", flag=True)),
            _compliance, (("questioned", "spent"),), {"factor": 5},
        ),
        Formula(
            "attainment", "w × min(1, 完成 ÷ 目标)", (Part("actual", "完成"), Part("target", "目标")), _attainment,
        ),
        Formula(
            "unit_cost", "单位成本不高于参考价得 w；至参考价的 1.3 倍线性为 0",
            (Part("cost", "单位成本", "元"), Part("norm", "参考价", "元")), _unit_cost, params={"zero": 130},
        ),
        Formula(
            "improvement", "w × min(1, 改善比例 ÷ 目标比例)",
            (Part("improved", "改善人数", "人"), Part("measured", "前后测人数", "人")),
            _improvement, (("improved", "measured"),), {"target": 60},
        ),
        Formula(
            "checklist", "四项清单（骨干、制度、志愿者留存、可复制），每项占 w 的四分之一",
            (Part("met", "符合项数", "项"),), _checklist, params={"items": 4},
        ),
        Formula(
            "leverage", "w × min(1, (配套现金 + 实物折价) ÷ 财政资金 ÷ 目标比例)",
            (Part("cash", "配套现金", "元"), Part("in_kind", "实物折价", "元"), Part("fiscal", "财政资金", "元")),
            _leverage, params={"target": 10},
        ),
        Formula(
            "outcome_cost", "w × min(1, 基准单位成果成本 ÷ 实际单位成果成本)",
            (
                Part("benchmark", "基准单位成果成本", "元"), Part("cost", "支出", "元"),
                Part("outcomes", "保持住的长期成果", "个"),
            ), _outcome_cost,
        ),
        Formula(
            "satisfaction", "满意 90% 及以上得 w；至 60% 线性为 0；样本不少于 30 份或为全部",
            (Part("satisfied", "满意", "人"), Part("asked", "有效样本", "份"), Part("people", "应调查的总数", "人")),
            _satisfaction, (("satisfied", "asked"), ("asked", "people")), {"full": 90, "zero": 60, "sample": 30},
        ),
    )
}  # fmt: skip
