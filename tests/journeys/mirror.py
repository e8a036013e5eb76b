"""A second house beside the first: another buyer, street, evaluator and providers with people of their own."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from accounts.memberships.models import Membership
from accounts.organizations.models import Organization
from accounts.users.models import User
from core import journal
from core.actor import SYSTEM
from tests.cast import PEOPLE, Cast

# Organizations that are there once, for both houses.
SHARED = {"finance_bureau", "platform", "union"}
USCCS = {
    "provider1": "525301020000000054",
    "provider2": "51530102000000006A",
    "provider3": "535301020000000077",
    "provider4": "531000005000198080",
}


def mirrored(cast: Cast) -> Cast:
    """The same parts played by others: `mirror.actor("buyer")` works for another buyer, in another street.

    District finance, the platform and the experts are the same people in both houses.
    """
    twin = Cast(
        organizations=dict(cast.organizations),
        regions={**cast.regions, "大观街道": cast.regions["华山街道"]},
        users=dict(cast.users),
    )
    for key, organization in cast.organizations.items():
        if key not in SHARED:
            copy = Organization.objects.get(pk=organization.pk)
            copy.pk, copy.audit_n, copy.audit_head = uuid4(), 0, b""
            copy.name, copy.short_name = f"{organization.name}（二）", f"{organization.short_name}二"
            copy.uscc = USCCS.get(key, copy.uscc)
            copy.number_prefix = "五妇" if key == "buyer" else ""
            copy.region = cast.regions["华山街道"] if key == "street" else copy.region
            copy.save(force_insert=True)
            twin.organizations[key] = copy
    for login, (key, role, name) in PEOPLE.items():
        if key not in SHARED:
            user = User(username=f"{login}_twin", name=f"{name}二")
            user.set_unusable_password()
            user.save()
            journal.record(user, "create", actor=SYSTEM)
            Membership.objects.create(
                user=user,
                organization=twin.organizations[key],
                role=role,
                valid_from=date(2026, 1, 1),
                granted_by="测试",
            )
            twin.users[login] = user
    return twin
