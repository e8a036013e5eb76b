"""An organization from registration to suspension, and who sees what of it."""

import io
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.memberships.models import Membership
from accounts.organizations import operations
from accounts.organizations.models import Organization, OrganizationDocument
from accounts.organizations.queries import duplicate_signals, visible_organizations
from accounts.tasks import tick
from accounts.users.models import User
from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from tests.cast import USCCS, Cast
from tests.journeys.accounts import FREE_USCC, pdf, registered_provider

TYPED = {
    "uscc": FREE_USCC.lower(),
    "name": "五华区星火社会工作服务中心",
    "provider_kind": "service",
    "address": "大观街道新闻里 1 号",
    "legal_representative": "代表乙",
    "scope": "",
    "bank_name": "",
    "bank_account": "",
    "certificate_expires_on": "2027-08-31",
    "contact_name": "王负责",
    "contact_phone": "0871-65123456",
    "username": "xinghuo",
    "password": "Spark-of-2026",
    "password_again": "Spark-of-2026",
    "agree": "on",
}


def register(client, cast: Cast, **change):
    typed = TYPED | {"region": str(cast.regions["大观街道"].pk), "certificate": pdf()} | change
    return client.post("/accounts/register/", typed)


def test_a_provider_registers_and_is_verified(cast, client):
    assert client.get("/accounts/register/").status_code == 200
    response = register(client, cast)
    organization = Organization.objects.get(uscc=FREE_USCC)
    assert (response.status_code, response.url) == (302, organization.get_absolute_url())
    assert organization.status == "pending"
    assert OrganizationDocument.objects.get(organization=organization).kind == "registration"
    assert Membership.objects.get(organization=organization).role == "provider_admin"
    assert [entry.verb for entry in journal.entries_for(organization)] == ["grant_role", "add_document", "create"]

    page = client.get(response.url).content.decode()
    assert "等采购经办核验" in page
    assert "verify/" not in page
    assert inbox(str(cast.user("procurer").pk)).filter(url=response.url).count() == 1

    officer = cast.client("procurer")
    assert officer.post(f"{response.url}verify/", {"version": organization.version}).status_code == 302
    organization.refresh_from_db()
    assert organization.may_bid
    head = User.objects.get(username="xinghuo")
    assert inbox(str(head.pk)).filter(sentence__contains="已核验通过").exists()


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"uscc": "52530102MJT0000015"}, "uscc", "校验位不对"),
        ({"uscc": "5253010"}, "uscc", "现在是 7 位"),
        ({"uscc": USCCS["provider1"]}, "uscc", "已经登记过"),
        ({"name": "测试社会工作服务中心1号"}, "name", "已经登记过"),
        ({"username": "buyer"}, "username", "已有人用"),
        ({"password": "1234567890", "password_again": "1234567890"}, "password", "数字"),
        ({"password": "short-1", "password_again": "short-1"}, "password", "10"),
        ({"certificate_expires_on": "2026-08-31"}, "certificate_expires_on", "已经过期"),
        ({"certificate": ""}, "certificate", ""),
        ({"agree": ""}, "agree", ""),
    ],
)
def test_a_registration_that_cannot_be_taken_writes_nothing(cast, client, change, field, words):
    before = (Organization.objects.count(), User.objects.count(), Membership.objects.count())
    response = register(client, cast, **change)
    assert response.status_code == 422
    form = response.context["form"]
    assert words in "".join(form.errors[field])
    assert form["legal_representative"].value() == "代表乙"
    assert (Organization.objects.count(), User.objects.count(), Membership.objects.count()) == before


def test_a_picture_in_the_clothes_of_a_pdf(cast, client):
    disguised = io.BytesIO(b"GIF89a not a pdf")
    disguised.name = "登记证书.pdf"
    response = register(client, cast, certificate=disguised)
    assert response.status_code == 422
    assert "内容不是" in response.context["form"].errors["certificate"][0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", ""), (FREE_USCC, "校验位正确"), ("52530102MJTOOOOO1C", "不会是「O」"), (USCCS["provider2"], "已经登记过")],
)
def test_the_code_is_checked_as_typed(cast, client, typed, words):
    response = client.get("/accounts/register/code/", {"uscc": typed})
    assert response.status_code == 200
    assert words in response.content.decode()


def test_only_an_officer_or_the_administrator_verifies(cast):
    organization, head = registered_provider(cast)
    for stranger in ("buyer", "leader", "provider1", "auditor", "street"):
        with pytest.raises(NotAllowed):
            operations.verify_organization(organization, actor=cast.actor(stranger))
    client = cast.client("provider1")
    assert client.get(f"{organization.get_absolute_url()}verify/").status_code == 404
    assert cast.client("buyer").get(f"{organization.get_absolute_url()}verify/").status_code == 403

    stale = Organization.objects.get(pk=organization.pk)
    operations.return_organization(organization, actor=cast.actor("procurer"), reason="证书看不清")
    with pytest.raises(Conflict):
        operations.return_organization(stale, actor=cast.actor("procurer"), reason="证书看不清")
    assert organization.return_reason == "证书看不清"
    with pytest.raises(NotNow):
        operations.suspend_organization(
            organization, actor=cast.actor("procurer"), until=date(2026, 10, 1), reason="不讲诚信"
        )
    own = cast.actor("provider1")
    mine = type(own)(**{**own.__dict__, "organization_id": organization.pk, "user_key": str(head.pk)})
    operations.add_document(organization, actor=mine, kind="annual_check", file=pdf())
    operations.resubmit_organization(organization, actor=mine)
    operations.verify_organization(organization, actor=cast.actor("admin"))
    verbs = [entry.verb for entry in journal.entries_for(organization)]
    assert verbs == ["verify", "resubmit", "add_document", "return", "grant_role", "add_document", "create"]


def test_without_a_certificate_in_force_nobody_is_verified(cast):
    organization, _head = registered_provider(cast)
    OrganizationDocument.objects.update(expires_on=clock.today() - timedelta(days=1))
    with pytest.raises(Invalid, match="登记证书"):
        operations.verify_organization(organization, actor=cast.actor("procurer"))


def test_a_suspension_ends_by_the_clock(cast):
    provider, officer = cast.org("provider1"), cast.actor("procurer")
    for until in (date(2026, 9, 1), date(2030, 1, 1)):
        with pytest.raises(Invalid):
            operations.suspend_organization(provider, actor=officer, until=until, reason="提供虚假材料")
    with pytest.raises(Invalid):
        operations.suspend_organization(provider, actor=officer, until=date(2026, 9, 30), reason=" ")
    operations.suspend_organization(provider, actor=officer, until=date(2026, 9, 30), reason="提供虚假材料")
    assert not provider.may_bid
    with clock.travel("2026-09-30 23:59"):
        tick()
        provider.refresh_from_db()
        assert provider.is_suspended
    with clock.travel("2026-10-01 00:01"):
        assert provider.may_bid, "the clock itself ends it, whether or not the task has run"
        tick()
        provider.refresh_from_db()
        assert provider.status == "verified"
        last = journal.entries_for(provider)[0]
        assert (last.verb, last.actor_name, last.reason) == ("reinstate", "平台", "暂停期满。")


def test_a_bank_account_wants_two_persons_and_a_day(cast):
    provider = cast.org("provider1")
    old, head, finance = provider.bank_account, cast.actor("provider1"), cast.actor("finance")
    with pytest.raises(NotAllowed):
        operations.propose_account(provider, actor=finance, bank_name="新银行", bank_account="6222000099998888")
    with pytest.raises(Invalid):
        operations.propose_account(provider, actor=head, bank_name="新银行", bank_account="6222-abc")
    operations.propose_account(provider, actor=head, bank_name="新银行", bank_account="6222 0000 9999 8888")
    with pytest.raises(NotAllowed):
        operations.confirm_account(provider, actor=head, bank_account="6222000099998888")
    with pytest.raises(NotAllowed):
        operations.confirm_account(provider, actor=cast.actor("provider2"), bank_account="6222000099998888")
    with pytest.raises(Invalid):
        operations.confirm_account(provider, actor=finance, bank_account="6222000099998889")
    operations.confirm_account(provider, actor=finance, bank_account="6222000099998888")
    with clock.travel("2026-09-02 08:59"):
        tick()
        provider.refresh_from_db()
        assert provider.bank_account == old
    with clock.travel("2026-09-02 09:00"):
        tick()
        tick()
        provider.refresh_from_db()
        assert (provider.bank_account, provider.account_change_by) == ("6222000099998888", "")
        assert [e.verb for e in journal.entries_for(provider)][:3] == [
            "apply_account",
            "confirm_account",
            "propose_account",
        ]
        assert "6222000099998888" not in str([e.facts for e in journal.entries_for(provider)])

        operations.propose_account(provider, actor=head, bank_name="他行", bank_account="6222000011110000")
        operations.stop_account(provider, actor=finance, reason="电话核对不符")
    with clock.travel("2026-09-05 09:00"):
        tick()
        provider.refresh_from_db()
        assert provider.bank_account == "6222000099998888"


def test_two_open_changes_are_refused_by_the_database(cast):
    provider = cast.org("provider1")
    provider.account_changes.create(bank_name="甲", bank_account="1" * 10, proposed_by_key="a", proposed_by_name="甲")
    with pytest.raises(IntegrityError), transaction.atomic():
        provider.account_changes.create(
            bank_name="乙", bank_account="2" * 10, proposed_by_key="b", proposed_by_name="乙"
        )


def test_the_verified_name_stays(cast):
    provider, head = cast.org("provider1"), cast.actor("provider1")
    with pytest.raises(Invalid):
        operations.edit_profile(provider, actor=head, name="改个名字")
    with pytest.raises(NotAllowed):
        operations.edit_profile(provider, actor=cast.actor("provider2"), address="别处")
    operations.edit_profile(provider, actor=head, address="人民中路 1 号", contact_phone="0871-65000000")
    assert journal.entries_for(provider)[0].facts == {"fields": ["address", "contact_phone"]}


def test_doubles_are_shown_to_the_verifier_alone(cast):
    provider = cast.org("provider1")
    operations.edit_profile(provider, actor=cast.actor("provider1"), contact_phone="0871-65000000")
    organization, _head = registered_provider(cast, contact_phone="0871-65000000")
    assert duplicate_signals(organization) == [("联系电话相同", provider)]
    url = organization.get_absolute_url()
    assert "可能重复或关联" in cast.client("procurer").get(url).content.decode()
    assert "可能重复或关联" not in cast.client("buyer").get(url).content.decode()


def test_a_provider_sees_only_its_own(cast):
    seen = {login: set(visible_organizations(cast.actor(login))) for login in ("provider1", "expert1", "evaluator")}
    assert seen["provider1"] == {cast.org("provider1")}
    assert seen["evaluator"] == {cast.org("evaluator")}
    assert cast.org("provider1") not in seen["expert1"]
    everything = Organization.objects.count()
    for login in ("buyer", "other_procurer", "auditor", "district_finance", "admin"):
        assert visible_organizations(cast.actor(login)).count() == everything
    assert set(visible_organizations(cast.actor("street"))) == {cast.org("street")}

    client, other = cast.client("provider1"), cast.org("provider2")
    for address in (
        other.get_absolute_url(),
        f"{other.get_absolute_url()}members/",
        f"{other.get_absolute_url()}suspend/",
    ):
        assert client.get(address).status_code == 404
    listing = client.get("/w/organizations/?export=csv").content.decode("utf-8-sig")
    assert "测试社会工作服务中心1号" in listing
    assert "测试社会工作服务中心2号" not in listing


def test_papers_open_for_those_who_judge_them(cast):
    organization, _head = registered_provider(cast)
    document = organization.documents.get().document_id
    address = f"{organization.get_absolute_url()}files/{document}/"
    assert cast.client("procurer").get(address).status_code == 200
    assert cast.client("provider1").get(address).status_code == 404
    assert cast.client("street").get(address).status_code == 404
    wrong = f"{cast.org('provider1').get_absolute_url()}files/{document}/"
    assert cast.client("procurer").get(wrong).status_code == 404


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_asks_the_same_however_long(cast, rows, django_assert_max_num_queries):
    for n in range(rows):
        region = cast.regions["大观街道"] if n % 2 else cast.regions["华山街道"]
        Organization.objects.create(name=f"社工站{n:02}", kind="provider", region=region, status="pending")
    client = cast.client("admin")
    client.get("/w/organizations/")
    with django_assert_max_num_queries(12):
        response = client.get("/w/organizations/?view=pending")
    assert f"共 {rows} 条" in response.content.decode()
