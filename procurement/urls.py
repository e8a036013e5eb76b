"""The rooms' addresses at work (/w/…): each room under its slug, with that namespace."""

from django.urls import URLPattern, URLResolver, include, path

from procurement.acceptances import views as acceptances
from procurement.activities import views as activities
from procurement.amendments import views as amendments
from procurement.awards import views as awards
from procurement.bids import hall
from procurement.bids import views as bids
from procurement.budgets import views as budgets
from procurement.challenges import views as challenges
from procurement.contracts import views as contracts
from procurement.expenses import views as expenses
from procurement.final_accounts import views as final_accounts
from procurement.inspections import views as inspections
from procurement.notices import views as notices
from procurement.opinions import views as opinions
from procurement.orders import views as orders
from procurement.panels import views as panels
from procurement.payments import views as payments
from procurement.projects import views as projects
from procurement.reviews import views as reviews
from procurement.rules import views as rules
from procurement.settlements import views as settlements
from procurement.texts import views as texts

urlpatterns: list[URLPattern | URLResolver] = [
    path("rules/", include((rules.urlpatterns, "rules"))),
    path("budgets/", include((budgets.urlpatterns, "budgets"))),
    path("projects/", include((projects.urlpatterns, "projects"))),
    path("notices/", include((notices.urlpatterns, "notices"))),
    path("orders/", include((orders.urlpatterns, "orders"))),
    path("bids/", include((bids.urlpatterns, "bids"))),
    path("openings/", include((hall.urlpatterns, "openings"))),
    path("panels/", include((panels.urlpatterns, "panels"))),
    path("reviews/", include((reviews.urlpatterns, "reviews"))),
    path("awards/", include((awards.urlpatterns, "awards"))),
    path("challenges/", include((challenges.urlpatterns, "challenges"))),
    path("contract-texts/", include((texts.urlpatterns, "contract-texts"))),
    path("contracts/", include((contracts.urlpatterns, "contracts"))),
    path("activities/", include((activities.urlpatterns, "activities"))),
    path("expenses/", include((expenses.urlpatterns, "expenses"))),
    path("inspections/", include((inspections.urlpatterns, "inspections"))),
    path("opinions/", include((opinions.urlpatterns, "opinions"))),
    path("acceptances/", include((acceptances.urlpatterns, "acceptances"))),
    path("amendments/", include((amendments.urlpatterns, "amendments"))),
    path("settlements/", include((settlements.urlpatterns, "settlements"))),
    path("final-accounts/", include((final_accounts.urlpatterns, "final-accounts"))),
    path("payments/", include((payments.urlpatterns, "payments"))),
]
