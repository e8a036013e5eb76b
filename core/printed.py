"""What a paper prints (打印的内容): a frozen dataclass of all that it says, and the digest of that in its foot."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any


class Printed:
    """Mixed into the dataclass of a report."""

    @property
    def data_digest(self) -> str:
        """SHA-256 over all that it says (数据摘要), hex: stands in the foot of the PDF and in the workbook."""
        said: Any = self
        text = json.dumps(asdict(said), ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()
