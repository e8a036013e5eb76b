"""The four refusals (拒绝) an operation may raise; nothing else leaves an operation on purpose.

Each carries a Chinese sentence a person can act on: what happened, why, what to do. Pages show it at its field, the API
answers it as problem JSON. Anything else that escapes an operation is a fault of ours and answers 500.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

__all__ = ["WHOLE_FORM", "Conflict", "Invalid", "NotAllowed", "NotNow", "Refused"]

# The key of sentences that belong to no single field; the same word Django's forms use.
WHOLE_FORM = "__all__"


class Refused(Exception):
    """The base of the four refusals.

    message  one Chinese sentence; may be left out when `errors` speaks
    field    the form field the sentence belongs to, None for the whole form
    errors   sentences by field, for several faults at once; with `message` too, the message leads
    gives    .message (str), .field (str or None), .errors (dict of lists, never empty), .status (HTTP)
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"

    def __init__(
        self,
        message: object = "",
        field: str | None = None,
        *,
        errors: Mapping[str, Iterable[object]] | None = None,
    ) -> None:
        self.field = field
        self.errors: dict[str, list[str]] = {
            name: [str(line) for line in lines] for name, lines in (errors or {}).items()
        }
        text = str(message)
        if not text:
            text = next((lines[0] for lines in self.errors.values() if lines), "") or self.default_message()
        if not self.errors:
            self.errors = {field or WHOLE_FORM: [text]}
        self.message = text
        super().__init__(text)

    @classmethod
    def default_message(cls) -> str:
        """The sentence said when the caller has none."""
        return _("这一步没有办。")

    def __str__(self) -> str:
        return self.message


class Invalid(Refused):
    """What was filled in cannot be taken (填写有误); the person can mend it."""

    status = 422
    code = "invalid"

    @classmethod
    def default_message(cls) -> str:
        return _("有几处需要改正。")


class NotAllowed(Refused):
    """Not this person's to do (无权); another role or organization may."""

    status = 403
    code = "not_allowed"

    @classmethod
    def default_message(cls) -> str:
        return _("这一步不归您办。")


class NotNow(Refused):
    """Not in this state or at this time (时机不对): too early, too late, held, or not offered from here."""

    status = 409
    code = "not_now"

    @classmethod
    def default_message(cls) -> str:
        return _("现在还不能办这一步。")


class Conflict(Refused):
    """Somebody was faster (版本冲突); nothing was written and nothing typed is lost.

    current  what stands now (a model instance or a plain value), so that both texts can be shown; may be None
    """

    status = 409
    code = "conflict"

    def __init__(
        self,
        message: object = "",
        field: str | None = None,
        *,
        errors: Mapping[str, Iterable[object]] | None = None,
        current: Any = None,
    ) -> None:
        super().__init__(message, field, errors=errors)
        self.current = current

    @classmethod
    def default_message(cls) -> str:
        return _("刚刚有人先一步改了这里。请看最新的内容，您填的还在。")
