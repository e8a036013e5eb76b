"""States of accounts, reached by operations: a certificate, a registered provider."""

import io

from pypdf import PdfWriter

from accounts.memberships.operations import register_provider
from accounts.organizations.models import Organization
from accounts.users.models import User
from tests.cast import Cast

FREE_USCC = "52530102MJT000001C"


def pdf(pages: int = 1) -> io.BytesIO:
    """A small honest PDF, as an upload."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)
    out.seek(0)
    out.name = "登记证书.pdf"
    return out


def registered_provider(cast: Cast, uscc: str = FREE_USCC, **fields: object) -> tuple[Organization, User]:
    """A provider that registered itself and waits for verification, with its head."""
    facts = {"name": f"新登记社会工作站{uscc[-4:]}", "contact_phone": "0871-65000000", "legal_representative": "代表甲"}
    organization = Organization(uscc=uscc, provider_kind="service", region=cast.regions["大观街道"], **(facts | fields))
    user = register_provider(
        organization, username=f"head{uscc[-4:].lower()}", name="新负责人", password="Long-enough-9", certificate=pdf()
    )
    return organization, user
