"""An edition of the guiding catalogue (指导性目录版本): drafted, published, superseded."""

from catalog import permissions as may
from core.actor import by_clock
from core.lifecycle import Lifecycle, Status, Step

EDITION = Lifecycle(
    name="catalog.edition",
    label="目录版本",
    initial="draft",
    statuses={
        "draft": Status("草稿", public=False, note="a programme officer opens it, copying the last edition"),
        "published": Status("已发布", "done", note="the leadership publishes it"),
        "superseded": Status("已被替代", end=True, note="a later edition was published"),
    },
    steps=(
        Step(
            "add_item",
            ("draft",),
            "",
            "增加条目",
            may.can_draft_edition,
            "catalog.items.operations.add_item",
            "catalog.items.forms.ItemForm",
            weight="none",
        ),
        Step(
            "publish",
            ("draft",),
            "published",
            "发布目录",
            may.can_publish_edition,
            "catalog.items.operations.publish_edition",
            consequence="发布后内容不再改动，上一版同时停用。",
            primary=True,
        ),
        Step("supersede", ("published",), "superseded", "被替代", by_clock, listed=False),
    ),
    line=(("起草", ("draft",)), ("发布", ("published",)), ("替代", ("superseded",))),
)
