"""Memberships (任职) and delegations (代办): who holds which role where, from when to when."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from accounts.organizations.models import Organization
from accounts.regions.models import Region
from accounts.roles import ROLES
from accounts.users.models import User


class Membership(models.Model):
    """One role of one person in one organization. Ended, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField("角色", max_length=24, choices=list(ROLES.items()))
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)
    granted_by = models.CharField("授予人", max_length=64)

    class Meta:
        app_label = "accounts"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization", "role"], condition=Q(valid_to__isnull=True), name="one_open_membership"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} · {self.get_role_display()}"


class Delegation(models.Model):
    """Work done for a colleague who is away (代办): roles of one organization, for a period, with a reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    from_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_given")
    to_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_received")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    roles = models.JSONField("角色", default=list)
    starts_on = models.DateField("起")
    ends_on = models.DateField("止")
    reason = models.CharField("事由", max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"
