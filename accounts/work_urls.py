"""Addresses of accounts in the workspace, under /w/."""

from django.urls import include, path

from accounts.authenticators import views as authenticators
from accounts.experts.views import experts
from accounts.memberships import views as memberships
from accounts.organizations import views as organizations
from accounts.pledges import views as pledges
from accounts.tokens import views as tokens
from accounts.users import views as users

urlpatterns = [
    path("me/", memberships.me, name="me"),
    path("me/notices/", users.notices, name="my_notices"),
    path("me/notices/<slug:channel>/try/", users.try_notice, name="try_notice"),
    path("me/second/", authenticators.mine, name="second_factor_mine"),
    path("me/second/begin/", authenticators.begin, name="second_factor_begin"),
    path("me/tokens/", tokens.tokens, name="my_tokens"),
    path("me/tokens/<uuid:key>/revoke/", tokens.revoke, name="revoke_token"),
    path("delegations/", memberships.delegations, name="delegations"),
    path("delegations/<uuid:key>/end/", memberships.stop_delegation, name="end_delegation"),
    path("organizations/<uuid:key>/members/", memberships.members, name="members"),
    path("organizations/<uuid:key>/members/<uuid:membership>/end/", memberships.end_membership, name="end_membership"),
    path(
        "organizations/<uuid:key>/members/<uuid:membership>/password/",
        memberships.reset_member_password,
        name="reset_member_password",
    ),
    path(
        "organizations/<uuid:key>/members/<uuid:membership>/second/",
        authenticators.reset_member,
        name="reset_member_second_factor",
    ),
    path("organizations/", include((organizations.urlpatterns, "organizations"))),
    path("pledges/", include((pledges.pledge_urls, "pledges"))),
    path("trainings/", include((pledges.training_urls, "trainings"))),
    path("experts/", experts, name="experts"),
]
