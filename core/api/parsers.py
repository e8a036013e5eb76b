"""What the API reads: JSON within bounds, and forms with files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

__all__ = ["MultiPartParser", "ObjectParser"]


class ObjectParser(BaseParser):
    """One JSON object of at most DATA_UPLOAD_MAX_MEMORY_SIZE; text that no database can hold is refused here."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The object. raises  RequestDataTooBig · ParseError"""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(most + 1)
        if len(raw) > most:
            raise RequestDataTooBig
        try:
            body = json.loads(raw.decode(), parse_constant=_no_number)
            # A lone half of a surrogate pair can be written in JSON and stored nowhere.
            json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise ParseError(_("请求体不是 UTF-8 编码的 JSON。")) from None
        if not isinstance(body, dict):
            raise ParseError(_("请求体要是一个 JSON 对象。"))
        return body


def _no_number(word: str) -> None:
    raise ValueError(word)
