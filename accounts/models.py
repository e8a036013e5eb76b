"""The models of all rooms, re-exported for Django."""

from accounts.authenticators.models import Authenticator, RecoveryCode
from accounts.experts.models import Expert
from accounts.memberships.models import Delegation, Membership
from accounts.organizations.models import BankAccountChange, CreditRecord, Organization, OrganizationDocument
from accounts.pledges.models import PledgeSignature, PledgeText, Training, TrainingAttendance
from accounts.regions.models import Region
from accounts.tokens.models import AccessToken
from accounts.users.models import User

__all__ = [
    "AccessToken",
    "Authenticator",
    "BankAccountChange",
    "CreditRecord",
    "Delegation",
    "Expert",
    "Membership",
    "Organization",
    "OrganizationDocument",
    "PledgeSignature",
    "PledgeText",
    "RecoveryCode",
    "Region",
    "Training",
    "TrainingAttendance",
    "User",
]
