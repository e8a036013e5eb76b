"""Who acts: the actor of a request, the switch, and what a colleague's absence lends."""

from datetime import date

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.memberships.middleware import ACTING, ActorMiddleware
from accounts.memberships.models import Delegation, Membership
from core import clock
from core.actor import ANYONE, Actor
from tests.cast import Cast


def acting(cast: Cast, login: str, chosen: object = "") -> Actor:
    """The actor that the middleware puts on a request of this person."""
    request = RequestFactory().get("/w/")
    request.user = cast.user(login)
    request.session = {ACTING: str(chosen)}
    ActorMiddleware(lambda _: HttpResponse())(request)
    return request.actor


def test_roles_are_those_in_force_today(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        actor = acting(cast, "provider1")
    assert actor == cast.actor("provider1")
    with django_assert_num_queries(2):
        actor = acting(cast, "buyer")
    assert actor == cast.actor("buyer")

    Membership.objects.create(
        user=cast.user("buyer"),
        organization=cast.org("buyer"),
        role="archivist",
        region=cast.regions["大观街道"],
        valid_from=date(2026, 9, 2),
        valid_to=date(2026, 9, 30),
        granted_by="测试",
    )
    assert not acting(cast, "buyer").has("archivist")
    with clock.travel("2026-09-30 23:59"):
        actor = acting(cast, "buyer")
        assert actor.roles == {"programme_officer", "archivist"}
        assert actor.region_path == "530102/530102001"
    with clock.travel("2026-10-01 00:00"):
        assert not acting(cast, "buyer").has("archivist")


def test_a_stranger_costs_no_query(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert response.wsgi_request.actor == ANYONE


def test_switching_to_another_organization(cast):
    union = cast.org("other_buyer")
    Membership.objects.create(
        user=cast.user("buyer"), organization=union, role="leader", valid_from=date(2026, 9, 1), granted_by="测试"
    )
    client = cast.client("buyer")
    response = client.post("/accounts/switch/", {"membership": str(union.pk)})
    assert (response.status_code, response.url) == (302, "/w/")
    actor = client.get("/healthz").wsgi_request.actor
    assert (actor.organization_name, actor.roles) == ("五华区总工会", {"leader"})

    foreign = client.post("/accounts/switch/", {"membership": str(cast.org("provider1").pk)})
    assert foreign.status_code == 403


def test_delegation_gives_and_loses_the_role(cast):
    """何静 is away from the 3rd to the 5th: 周敏 acts for her, under her own name and with the other's beside it."""
    delegation = Delegation.objects.create(
        from_user=cast.user("procurer"),
        to_user=cast.user("buyer"),
        organization=cast.org("buyer"),
        roles=["procurement_officer", "leader"],
        starts_on=date(2026, 9, 3),
        ends_on=date(2026, 9, 5),
        reason="外出培训",
    )
    assert acting(cast, "buyer", delegation.pk) == cast.actor("buyer")
    with clock.travel("2026-09-03 08:00"):
        lent = acting(cast, "buyer", delegation.pk)
        # 何静 holds no leader's role, so she cannot lend one; the own role stays in the own identity.
        assert (lent.roles, lent.on_behalf_of, lent.user_name) == ({"procurement_officer"}, "何静", "周敏")
        assert acting(cast, "buyer").on_behalf_of == ""
        Membership.objects.filter(user=cast.user("procurer")).update(valid_to=date(2026, 9, 2))
        assert acting(cast, "buyer", delegation.pk).roles == {"programme_officer"}
        Membership.objects.filter(user=cast.user("procurer")).update(valid_to=None)
        Delegation.objects.update(ended_at=clock.now())
        assert acting(cast, "buyer", delegation.pk).roles == {"programme_officer"}
        Delegation.objects.update(ended_at=None)
    with clock.travel("2026-09-06 00:00"):
        assert acting(cast, "buyer", delegation.pk).roles == {"programme_officer"}


@pytest.mark.parametrize("login", ["buyer", "provider1", "expert1", "admin"])
def test_a_single_identity_needs_no_choice(cast, login):
    assert acting(cast, login) == cast.actor(login)
