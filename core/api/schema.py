"""What OpenAPI says of each operation (接口说明): read from room, lifecycle, forms and filters when the schema is drawn."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from core.api.asking import asked, form_class_of, property_of
from core.api.listing import QueryForm, filter_fields
from core.api.problems import MEANINGS, PROBLEM, ProblemSerializer
from core.api.telling import camel, teller
from core.lifecycle import Step
from core.rooms import Room

READ_CODES = (400, 401, 403, 404, 429)
VERB_CODES = (400, 401, 403, 404, 409, 413, 415, 422, 428, 429)
KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="编号或永久标识（UUID）")
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": '^(W/)?"[0-9]{1,9}"$'},
    OpenApiParameter.HEADER,
    required=True,
    description="读到的版本，即 ETag；版本变了答 409",
)
ONCE = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,64}$"},
    OpenApiParameter.HEADER,
    required=True,
    description="自己取的唯一标识；48 小时内同一标识再发，只办一次，答复相同；换了内容答 422",
)
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "版本，办理时放进 If-Match"}}


class FileSerializer(serializers.Serializer[Any]):
    """A file of an object."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="文件名")
    size = serializers.IntegerField(help_text="字节数")
    content_type = serializers.CharField(help_text="类型")
    sha256 = serializers.CharField(help_text="内容的 SHA-256")


class FilesSerializer(serializers.Serializer[Any]):
    """The files of an object."""

    results = FileSerializer(many=True)


class AskedSerializer(serializers.Serializer[Any]):
    """What a verb asks about one object."""

    verb = serializers.CharField(help_text="动作")
    label = serializers.CharField(help_text="动作的中文名")  # type: ignore[assignment]  # a field called so
    consequence = serializers.CharField(help_text="办了会怎样")
    version = serializers.IntegerField(help_text="办理时放进 If-Match")
    form = serializers.DictField(help_text="这一件要填的字段（JSON Schema），含可选值和现有内容")


class RoomSchema(AutoSchema):
    """One operation of a room's view; `kind` of the view says which."""

    @property
    def room(self) -> Room:
        """The view's room."""
        view: Any = self.view
        found: Room = view.room
        return found

    @property
    def step(self) -> Step:
        """The view's step, where it has one."""
        view: Any = self.view
        found: Step = view.step
        return found

    @property
    def deed(self) -> str:
        """list, read, files, download, form or verb."""
        view: Any = self.view
        kind: str = view.kind
        return "form" if kind == "verb" and self.method == "GET" else kind

    def get_operation_id(self) -> str:
        """E.g. orders_list, orders_approve, orders_approve_form."""
        room, deed = self.room.slug.replace("-", "_"), self.deed
        if deed not in {"form", "verb"}:
            return f"{room}_{deed}"
        return f"{room}_{self.step.verb}{'_form' * (deed == 'form')}"

    def get_tags(self) -> list[str]:
        """The room's Chinese name."""
        return [str(self.room.label)]

    def get_summary(self) -> str:
        """What a reader of the list of operations sees."""
        words = {"list": "列表", "read": "一件", "files": "附件", "download": "下载附件"}
        if self.deed in words:
            return f"{self.room.label}：{words[self.deed]}"
        return f"{self.room.label}：{self.step.label}{'要填什么' if self.deed == 'form' else ''}"

    def get_description(self) -> str:  # type: ignore[override]  # as the base has it
        """From which states, what follows, who cannot."""
        if self.deed not in {"form", "verb"}:
            return f"只给出您在页面上也能看到的{self.room.label}。"
        statuses = self.room.model.lifecycle.statuses
        lines = [f"可办的状态：{'、'.join(statuses[name].label for name in self.step.source)}。"]
        lines += [self.step.consequence] * bool(self.step.consequence)
        lines += ["要再输一次登录密码，令牌不能办。"] * self.step.password
        if self.deed == "form":
            lines.append("给出这一件要填的字段、可选值和现有内容；不归您办答 403，现在不能办答 409。")
        return "\n\n".join(lines)

    def get_override_parameters(self) -> list[Any]:
        """Key, headers, filters."""
        if self.deed == "list":
            fields = {**filter_fields(self.room), **QueryForm(room=self.room).fields}
            return [
                OpenApiParameter(
                    name, property_of(field), OpenApiParameter.QUERY, description=str(field.label or field.help_text)
                )
                for name, field in fields.items()
            ]
        return [KEY, IF_MATCH, ONCE] if self.deed == "verb" else [KEY]

    def get_request_serializer(self) -> Any:
        """The fields of the verb's form: as JSON, and with files as multipart."""
        schema, files = asked(form_class_of(self.step), self.step)
        return {"multipart/form-data": schema} if files else {"application/json": schema}

    def get_response_serializers(self) -> Any:
        """What is answered, and every refusal as problem JSON."""
        codes = VERB_CODES if self.deed == "verb" else READ_CODES
        codes = (*codes, 409) if self.deed in {"form", "download"} else codes
        refusals = {
            (str(code), PROBLEM): OpenApiResponse(ProblemSerializer, description=MEANINGS[code][1])
            for code in sorted(codes)
        }
        if self.deed == "download":
            return {("200", "*/*"): OpenApiResponse(OpenApiTypes.BINARY, description="文件内容"), **refusals}
        return {"200": self._answer(), **refusals}

    def _answer(self) -> Any:
        match self.deed:
            case "list":
                return page_of(self.room)
            case "files":
                return FilesSerializer
            case "form":
                return AskedSerializer
        return teller(self.room)

    def _get_response_headers_for_code(self, status_code: str, direction: Any = "response") -> dict[str, Any]:
        """The version as ETag; how long to wait."""
        if status_code == "429":
            return {"Retry-After": {"schema": {"type": "integer"}, "description": "几秒后再来"}}
        return dict(ETAG) if status_code == "200" and self.deed in {"read", "form", "verb"} else {}


_pages: dict[str, type[serializers.Serializer[Any]]] = {}


def page_of(room: Room) -> type[serializers.Serializer[Any]]:
    """A page of a list, made once a room."""
    if room.slug not in _pages:
        fields = {
            "count": serializers.IntegerField(help_text="一共几条；超过一千条时说 1000"),
            "count_is_capped": serializers.BooleanField(help_text="是否不止 count 条"),
            "next_page": serializers.IntegerField(allow_null=True, help_text="下一页的页码；没有了是 null"),
            "results": teller(room)(many=True),
            "__doc__": f"{room.label}的一页",
        }
        _pages[room.slug] = type(f"{camel(room.slug)}PageSerializer", (serializers.Serializer,), fields)
    return _pages[room.slug]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a token is sent."""

    target_class = "accounts.tokens.backends.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A bearer."""
        return {"type": "http", "scheme": "bearer", "description": "个人资料 → 我的访问令牌"}


def shorten(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Write each refusal once and point to it; named in settings, called when the schema is drawn."""
    shared = result["components"].setdefault("responses", {})
    for operations in result["paths"].values():
        for operation in operations.values():
            for code, answer in operation["responses"].items():
                if PROBLEM in answer.get("content", {}):
                    name = f"Problem{code}"
                    shared.setdefault(name, answer)
                    operation["responses"][code] = {"$ref": f"#/components/responses/{name}"}
    plain: dict[str, Any] = without(result, "x-spec-enum-id")
    return plain


def without(part: Any, name: str) -> Any:
    """The same without an inner mark of the generator."""
    if isinstance(part, dict):
        return {key: without(value, name) for key, value in part.items() if key != name}
    return [without(each, name) for each in part] if isinstance(part, list) else part


class Generator(SchemaGenerator):
    """Draws the schema of settings.API_SCHEMA_URLCONF, whoever asks. Named in settings."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["urlconf"] = kwargs.get("urlconf") or settings.API_SCHEMA_URLCONF
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]


@cache
def drawn() -> bytes:
    """The whole schema as JSON, drawn once a process."""
    generator: Any = Generator(api_version="1.0.0")
    made = generator.get_schema(public=True)
    return json.dumps(made, ensure_ascii=False, default=str).encode()


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The schema for everybody: what may be asked is no secret."""
    return HttpResponse(drawn(), content_type="application/vnd.oai.openapi+json")
