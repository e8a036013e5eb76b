"""Papers that the provider owes are asked of the provider: of the starting list, what stands as it was put in."""

from typing import Any

from django.db import migrations

ASKED_BEFORE = "请承接单位提供，扫描后在本页补交"
ASKED_NOW = "在合同页补交，或者交来扫描"


def ask_the_provider(apps: Any, editor: Any) -> None:
    """Only rows of the list; the night's count brings the packages that still collect up to date."""
    papers = apps.get_model("audit", "RequiredPaper").objects.filter(place=ASKED_BEFORE)
    papers.update(owner="provider_admin", place=ASKED_NOW)


class Migration(migrations.Migration):
    dependencies = [("audit", "0007_archive_checkpoint")]

    operations = [migrations.RunPython(ask_the_provider, migrations.RunPython.noop)]
