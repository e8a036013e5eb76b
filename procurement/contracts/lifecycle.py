"""A contract (合同): drawn up, its text reviewed, frozen as PDF, signed by both, performed, completed, closed – or ended early."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import contracts as may


def by_news(actor: Actor, contract: object) -> bool:
    """Steps that follow another step, an acceptance or a payment."""
    return actor.is_authenticated


CONTRACT = Lifecycle(
    name="procurement.contract",
    label="合同",
    initial="draft",
    statuses={
        "draft": Status("起草", public=False, note="a buyer's officer draws it up from the award"),
        "legal_review": Status("法律审核", "wait", public=False, note="the drafter hands the text in for review"),
        "signing": Status("待签订", "wait", note="the reviewer passed it: the text is frozen as PDF with its digest"),
        "performing": Status("履约中", "go", note="both sides signed exactly that PDF"),
        "rectifying": Status("整改中", "wait", note="the buyer asks for rectification; work goes on"),
        "paused": Status("已暂停", "stop", note="the buyer pauses it for some days; nothing is delivered meanwhile"),
        "completed": Status("已验收", "done", note="the last milestone was accepted"),
        "closed": Status("已付清", "done", end=True, note="the final payment was recorded"),
        "terminated": Status("已终止", "stop", end=True, note="the leadership ends it; what was done is settled"),
    },
    steps=(
        Step(
            "edit", ("draft",), "", "修改合同", may.can_draw_contract,
            "procurement.contracts.drafting.edit_contract", "procurement.contracts.forms.ContractForm", weight="none",
        ),
        Step(
            "submit", ("draft",), "legal_review", "送法律审核", may.can_draw_contract,
            "procurement.contracts.drafting.submit_contract",
            consequence="送审后由另一位同事审核合同文本，审核通过才定稿。", primary=True,
        ),
        Step(
            "freeze", ("legal_review",), "signing", "审核通过，定稿", may.can_review_contract,
            "procurement.contracts.drafting.freeze_contract", "procurement.contracts.forms.ReviewForm",
            consequence="定稿后生成 PDF 与摘要，双方签的就是这一份。", primary=True,
        ),
        Step(
            "return", ("legal_review",), "draft", "审核退回", may.can_review_contract,
            "procurement.contracts.drafting.return_contract", reason=True,
            consequence="退回起草人修改，改后须重新送审。",
        ),
        Step(
            "revise", ("signing",), "draft", "退回修改", may.can_draw_contract,
            "procurement.contracts.drafting.revise_contract", reason=True,
            consequence="已有的签字全部作废，改后须重新审核、重新定稿、重新签订。",
        ),
        Step(
            "sign", ("signing",), "", "签订", may.can_sign,
            "procurement.contracts.operations.sign_contract", "procurement.contracts.forms.SignForm",
            password=True, primary=True, consequence="双方都签后合同生效，资金随即占用。",
        ),
        Step("take_effect", ("signing",), "performing", "生效", by_news, listed=False),
        Step(
            "file", ("performing", "rectifying", "paused", "completed", "closed", "terminated"), "", "登记备案",
            may.can_file_contract, "procurement.contracts.operations.file_contract",
            "procurement.contracts.forms.FilingForm",
        ),
        Step(
            "rectify", ("performing",), "rectifying", "责令整改", may.can_oversee_delivery,
            "procurement.contracts.operations.rectify_contract", reason=True,
            consequence="承接单位随即收到整改通知；整改期间可以继续服务。",
        ),
        Step(
            "restore", ("rectifying",), "performing", "整改完成", may.can_oversee_delivery,
            "procurement.contracts.operations.restore_contract", reason=True,
        ),
        Step(
            "pause", ("performing", "rectifying"), "paused", "暂停履约", may.can_oversee_delivery,
            "procurement.contracts.operations.pause_contract", "procurement.contracts.forms.PauseForm", reason=True,
            consequence="暂停期间不能开展活动、不能报验；恢复时服务期按规则顺延。",
        ),
        Step(
            "resume", ("paused",), "performing", "恢复履约", may.can_oversee_delivery,
            "procurement.contracts.operations.resume_contract", primary=True,
            consequence="按暂停的实际天数顺延结束日期和尚未到期的付款节点。",
        ),
        Step("resume_rectifying", ("paused",), "rectifying", "恢复整改", by_news, listed=False),
        Step(
            "terminate", ("performing", "rectifying", "paused"), "terminated", "终止合同", may.can_terminate_contract,
            "procurement.contracts.operations.terminate_contract", "procurement.contracts.forms.TerminateForm",
            reason=True, weight="type",
            consequence="终止后只对已完成的部分报验、编制最终结算；没有用完的资金在最终结算办结时退回预算线。",
        ),
        Step("complete", ("performing", "rectifying"), "completed", "全部验收", by_news, listed=False),
        Step("close", ("completed",), "closed", "付清", by_news, listed=False),
        Step("reopen", ("closed",), "completed", "退票重开", by_news, listed=False),
    ),
    line=(
        ("起草", ("draft",)),
        ("审核", ("legal_review",)),
        ("签订", ("signing",)),
        ("履约", ("performing", "rectifying", "paused")),
        ("验收", ("completed",)),
        ("付清", ("closed",)),
    ),
)
