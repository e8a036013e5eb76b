"""Refusals of the API as problem JSON (RFC 9457), each with a Chinese sentence a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import Refused
from core.middleware import request_id

PROBLEM = "application/problem+json"

# What each answer means; the sentences of the four refusals are their own.
MEANINGS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "请求的写法不对。"),
    401: ("not_authenticated", "没有登录，或令牌不能用。"),
    403: ("not_allowed", "这一步不归您办。"),
    404: ("not_found", "没有这样东西，或不归您看。"),
    405: ("method_not_allowed", "这个地址不接受这种方法。"),
    409: ("conflict", "版本已经变了，或现在不能办这一步。"),
    413: ("too_large", "内容太大，没有收下。"),
    415: ("unsupported_media_type", "只收 application/json 和 multipart/form-data。"),
    422: ("invalid", "填写的内容不能用，或同一个 Idempotency-Key 已用于另一项内容。"),
    500: ("fault", "平台出了问题，请把办理编号告诉管理员。"),
    503: ("away", "数据库暂时连不上，请稍后用同一个 Idempotency-Key 重发。"),
    428: ("precondition_required", "请求要带 If-Match（版本）和 Idempotency-Key（重复提交只算一次）。"),
    429: ("too_many_requests", "请求太密，请过一会儿再来。"),
}


class ProblemSerializer(serializers.Serializer[Any]):
    """What every refusal says."""

    title = serializers.CharField(help_text="发生了什么、怎么办，一句话")
    status = serializers.IntegerField(help_text="与 HTTP 状态码相同")
    code = serializers.CharField(help_text="拒绝的种类，供程序判断")
    errors = serializers.DictField(  # type: ignore[assignment]  # a field called so
        child=serializers.ListField(child=serializers.CharField()),
        help_text="按字段列出的问题；与字段无关的在 __all__ 下",
    )
    request_id = serializers.CharField(help_text="办理编号，也在日志和 X-Request-ID 里")


def said(status: int, title: object = "", code: str = "", errors: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of a refusal. title, code: by default what the status means."""
    usual, sentence = MEANINGS.get(status, ("refused", "这一步没有办。"))
    return {
        "title": str(title) or _(sentence),
        "status": status,
        "code": code or usual,
        "errors": {name: [str(line) for line in lines] for name, lines in (errors or {}).items()},
        "request_id": request_id.get(),
    }


def problem(status: int, title: object = "", *, code: str = "", errors: Mapping[str, Any] | None = None) -> Response:
    """A refusal, as a view of the API answers it."""
    return Response(said(status, title, code, errors), status=status, content_type=PROBLEM)


def plain_problem(status: int, title: object = "") -> JsonResponse:
    """The same where no view of the API was reached: an unknown address, a fault of ours."""
    told = said(status, title)
    return JsonResponse(told, status=status, content_type=PROBLEM, json_dumps_params={"ensure_ascii": False})


def told(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every exception of a view of the API as problem JSON; None for a fault of ours (500). Named in settings."""
    if isinstance(exc, Refused):
        return problem(exc.status, exc.message, code=exc.code, errors=exc.errors)
    if isinstance(exc, RequestDataTooBig):
        return problem(413, _("内容太大：一次请求最多 %(most)s MB。") % {"most": settings.MAX_REQUEST_BYTES // 1024**2})
    if isinstance(exc, SuspiciousOperation):
        return problem(400)
    if isinstance(exc, Http404):
        exc = NotFound()
    answer = exception_handler(exc, context)
    if answer is None:
        return None
    own = str(exc.detail) if isinstance(exc, APIException) and exc.default_detail != exc.detail else ""
    answer.data = said(answer.status_code, own if answer.status_code in {400, 401, 403} else "")
    answer.content_type = PROBLEM
    return answer
