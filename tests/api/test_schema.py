"""The API's schema."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command


def test_the_schema_is_drawn_without_a_warning(db: None, tmp_path: Any) -> None:
    """What `manage.py spectacular --validate --fail-on-warn` says of it."""
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))
