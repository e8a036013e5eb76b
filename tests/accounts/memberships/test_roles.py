"""Roles given and ended, the buyer's gate, delegations by the page."""

from datetime import date

import pytest

from accounts.memberships import operations
from accounts.memberships.models import Delegation, Membership
from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from accounts.organizations.operations import suspend_organization
from accounts.regions.seed import seed_regions
from accounts.users.models import User
from core import journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox


def test_a_role_is_given_and_ended(cast):
    organization, user = cast.org("buyer"), cast.user("leader")
    membership = operations.grant_role(organization, actor=cast.actor("admin"), user=user, role="archivist")
    assert set(people_with_role(organization.pk, "archivist")) == {str(user.pk), str(cast.user("archivist").pk)}
    with pytest.raises(Conflict):
        operations.grant_role(organization, actor=cast.actor("admin"), user=user, role="archivist")
    for stranger in ("leader", "provider1", "procurer"):
        with pytest.raises(NotAllowed):
            operations.end_role(membership, actor=cast.actor(stranger))
    operations.end_role(membership, actor=cast.actor("admin"), reason="岗位调整")
    assert people_with_role(organization.pk, "archivist") == [str(cast.user("archivist").pk)]
    with pytest.raises(NotNow):
        operations.end_role(membership, actor=cast.actor("admin"))
    for thing in (organization, user):
        ended, given = journal.entries_for(thing)[:2]
        assert (given.verb, ended.verb, ended.reason) == ("grant_role", "end_role", "岗位调整")
        assert given.facts["role"] == "archivist"


@pytest.mark.parametrize(
    ("establishment", "funding", "may"),
    [
        ("administrative", "fiscal_full", True),
        ("public_institution", "fiscal_full", False),
        ("administrative", "fiscal_part", False),
        ("none", "self", False),
    ],
)
def test_who_may_not_buy_gets_no_buyers_role(cast, establishment, funding, may):
    Organization.objects.filter(pk=cast.org("union").pk).update(establishment_type=establishment, funding_type=funding)
    organization = Organization.objects.get(pk=cast.org("union").pk)
    grant = {"actor": cast.actor("admin"), "user": cast.user("street")}
    if may:
        assert operations.grant_role(organization, role="procurement_officer", **grant).role == "procurement_officer"
        return
    for role in ("programme_officer", "procurement_officer", "leader", "cashier"):
        with pytest.raises(Invalid, match="行政编制"):
            operations.grant_role(organization, role=role, **grant)
    assert operations.grant_role(organization, role="expert", **grant).role == "expert"


def test_a_role_of_another_kind_of_organization(cast):
    with pytest.raises(Invalid):
        operations.grant_role(
            cast.org("provider1"), actor=cast.actor("provider1"), user=cast.user("provider1"), role="cashier"
        )


def test_a_head_enrolls_colleagues_and_stays(cast):
    client, organization = cast.client("provider1"), cast.org("provider1")
    address = f"{organization.get_absolute_url()}members/"
    assert client.get("/w/organizations/own/members/").url == address
    typed = {
        "username": "worker-9",
        "name": "赵社工",
        "password": "Worker-2026-x",
        "role": "provider_worker",
        "valid_from": "2026-09-01",
    }
    assert client.post(address, typed).status_code == 302
    assert User.objects.get(username="worker-9").check_password("Worker-2026-x")
    assert "赵社工" in client.get(address).content.decode()

    for change, words in (
        ({"username": "provider2"}, "已有人用"),
        ({"username": "worker-8", "password": "1"}, "10"),
        ({"username": "worker-7", "role": "leader"}, "有效的选项"),
    ):
        response = client.post(address, typed | change)
        assert response.status_code == 422
        assert words in response.content.decode()

    own = Membership.objects.get(user=cast.user("provider1"))
    assert client.post(f"{address}{own.pk}/end/").status_code == 409
    worker = Membership.objects.get(user__username="worker-9")
    assert cast.client("provider2").post(f"{address}{worker.pk}/end/").status_code == 404
    assert client.post(f"{address}{worker.pk}/end/").status_code == 302
    assert cast.client("buyer").get(f"{cast.org('buyer').get_absolute_url()}members/").status_code == 404


def test_a_forgotten_password(cast, client):
    for _ in range(5):
        client.post("/accounts/login/", {"username": "finance", "password": "no-idea-at-all"})
    membership = Membership.objects.get(user=cast.user("finance"))
    address = f"{cast.org('buyer').get_absolute_url()}members/{membership.pk}/password/"
    typed = {"password": "First-again-26", "reason": "本人当面提出"}
    for stranger in ("leader", "provider1", "other_leader"):
        assert cast.client(stranger).post(address, typed).status_code == 404
    admin = cast.client("admin")
    assert admin.get(address).status_code == 200
    assert admin.post(address, typed | {"password": "1"}).status_code == 422
    assert admin.post(address, typed).status_code == 302
    assert client.post("/accounts/login/", {"username": "finance", "password": "First-again-26"}).status_code == 302
    assert journal.entries_for(cast.user("finance"))[0].verb == "reset_password"
    assert inbox(str(cast.user("finance").pk)).count() == 1

    # A head does not open the account of a person who also works elsewhere.
    operations.grant_role(
        cast.org("provider1"), actor=cast.actor("provider1"), user=cast.user("provider2"), role="provider_worker"
    )
    lent = Membership.objects.get(user=cast.user("provider2"), organization=cast.org("provider1"))
    with pytest.raises(NotAllowed):
        operations.reset_password(lent, actor=cast.actor("provider1"), password="Taken-over-26", reason="试试")


def test_delegating_by_the_page(cast):
    client = cast.client("procurer")
    assert client.get("/w/delegations/").status_code == 200
    typed = {
        "to_user": str(cast.user("buyer").pk),
        "roles": ["procurement_officer"],
        "starts_on": "2026-09-01",
        "ends_on": "2026-09-05",
        "reason": "外出培训",
    }
    for change, field in (
        ({"to_user": str(cast.user("other_buyer").pk)}, "to_user"),
        ({"roles": ["leader"]}, "roles"),
        ({"starts_on": "2026-08-31"}, "starts_on"),
        ({"ends_on": "2026-08-01"}, "ends_on"),
        ({"ends_on": "2027-08-01"}, "ends_on"),
        ({"reason": ""}, "reason"),
    ):
        response = client.post("/w/delegations/", typed | change)
        assert response.status_code == 422
        assert field in response.context["form"].errors
    assert client.post("/w/delegations/", typed).status_code == 302
    assert client.post("/w/delegations/", typed).status_code == 409
    delegation = Delegation.objects.get()
    assert "委托您代办" in inbox(str(cast.user("buyer").pk))[0].sentence

    deputy = cast.client("buyer")
    assert deputy.post("/accounts/switch/", {"membership": str(delegation.pk)}).status_code == 302
    acting = deputy.get("/w/delegations/").wsgi_request.actor
    assert (acting.user_name, acting.on_behalf_of, acting.roles) == ("周敏", "何静", {"procurement_officer"})
    with pytest.raises(NotAllowed):
        operations.create_delegation(
            cast.user("leader"),
            actor=acting,
            roles=["procurement_officer"],
            starts_on=date(2026, 9, 1),
            ends_on=date(2026, 9, 2),
            reason="转托",
        )
    # What the deputy does stands under both names.
    suspend_organization(cast.org("provider1"), actor=acting, until=date(2026, 10, 1), reason="提供虚假材料")
    entry = journal.entries_for(cast.org("provider1"))[0]
    assert (entry.actor_name, entry.on_behalf_of) == ("周敏", "何静")

    assert cast.client("other_buyer").post(f"/w/delegations/{delegation.pk}/end/").status_code == 404
    assert client.post(f"/w/delegations/{delegation.pk}/end/").status_code == 302
    back = deputy.get("/w/delegations/").wsgi_request.actor
    assert (back.on_behalf_of, back.roles) == ("", {"programme_officer"})
    assert [e.verb for e in journal.entries_for(cast.user("procurer"))][:2] == ["end_delegation", "delegate"]


def test_experts_are_for_those_who_draw(cast):
    page = cast.client("procurer").get("/w/experts/?q=专家甲").content.decode()
    assert ("专家甲" in page, "专家乙" in page) == (True, False)
    for login in ("provider1", "expert1", "leader", "auditor"):
        assert cast.client(login).get("/w/experts/").status_code == 404


def test_the_frame_shows_what_a_role_has(cast):
    page = cast.client("procurer").get("/w/experts/")
    groups = {group["title"]: [item["label"] for item in group["items"]] for group in page.context["nav"]}
    assert "评审专家" in groups["专家库"]
    assert "用户与权限" not in groups
    assert [item["on"] for group in page.context["nav"] for item in group["items"]].count(True) == 1
    admin = cast.client("admin").get("/w/organizations/")
    assert "用户与权限" in {group["title"] for group in admin.context["nav"]}
    assert not {"订单", "合同", "我的申报"} & {i["label"] for group in admin.context["nav"] for i in group["items"]}


def test_the_demonstration_has_its_regions(db):
    found = seed_regions()
    assert seed_regions().keys() == found.keys()
    assert found["王家桥社区"].path == "530102/530102009/530102009001"
    assert found["大观街道"].parent == found["五华区"]
