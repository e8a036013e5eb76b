"""Papers that are now asked for contract by contract: where a case has one contract, its papers are that contract's.

Where it has several nobody can say from the row whose paper was meant: the next count asks each contract, and what was
supplied or excused for all of them stays listed beside.
"""

from collections import defaultdict
from typing import Any

from django.db import migrations

STAGES = ("contract", "delivery", "inspection", "acceptance", "evaluation", "money", "audit")
IN_FORCE = ("performing", "rectifying", "paused", "completed", "closed", "terminated")


def name_the_only_contract(apps: Any, editor: Any) -> None:
    """writes  the contract of the items of each package whose project has exactly one in force"""
    items = apps.get_model("audit", "ArchiveItem").objects.filter(stage__in=STAGES)
    projects = dict(apps.get_model("audit", "ArchivePackage").objects.values_list("project", "pk"))
    found: dict[Any, list[Any]] = defaultdict(list)
    contracts = apps.get_model("procurement", "Contract").objects.filter(
        status__in=IN_FORCE, award__lot__order__project__in=projects
    )
    for project, contract in contracts.values_list("award__lot__order__project", "pk"):
        found[project].append(contract)
    for project, keys in found.items():
        if len(keys) == 1:
            items.filter(package=projects[project]).update(contract=keys[0])


class Migration(migrations.Migration):
    dependencies = [("audit", "0009_archive_item_of_a_contract")]

    operations = [migrations.RunPython(name_the_only_contract, migrations.RunPython.noop)]
