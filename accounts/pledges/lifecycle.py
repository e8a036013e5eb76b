"""A pledge text (廉洁承诺书) in versions, and a training (廉政教育) that was held."""

from accounts import permissions as may
from core.actor import by_clock
from core.lifecycle import Lifecycle, Status, Step

_O, _F = "accounts.pledges.operations", "accounts.pledges.forms"

PLEDGE_TEXT = Lifecycle(
    name="accounts.pledge_text",
    label="廉洁承诺书",
    initial="draft",
    statuses={
        "draft": Status("草稿", public=False, note="the discipline officer opens it, copying the last version or the starting text"),
        "published": Status("使用中", "done", note="the leadership publishes it; whoever it binds signs before the next deed"),
        "superseded": Status("已被替代", end=True, note="a later version was published"),
    },
    steps=(
        Step(
            "edit", ("draft",), "", "修改", may.can_draft_pledge, f"{_O}.edit_text", f"{_F}.PledgeTextForm", weight="none",
        ),
        Step(
            "publish", ("draft",), "published", "发布承诺书", may.can_publish_pledge, f"{_O}.publish_text", primary=True,
            consequence="发布后，这一组的人签署以前不能办理业务；上一版同时停用，签过的要重签。",
        ),
        Step("supersede", ("published",), "superseded", "被替代", by_clock, listed=False),
    ),
    line=(("起草", ("draft",)), ("使用", ("published",)), ("替代", ("superseded",))),
)

TRAINING = Lifecycle(
    name="accounts.training",
    label="廉政教育",
    initial="held",
    statuses={
        "held": Status("已登记", "done", note="the discipline officer enters it with the attendance sheet"),
        "void": Status("已作废", "stop", end=True, note="entered wrongly; it counts for nobody"),
    },
    steps=(Step("drop", ("held",), "void", "作废", may.can_enter_training, f"{_O}.drop_training", reason=True),),
)
