"""The rooms' addresses at work (/w/…): each room under its slug, with that namespace."""

from django.urls import URLPattern, URLResolver, include, path

from evaluation.assessments import views as assessments
from evaluation.frameworks import views as frameworks
from evaluation.incentives import views as incentives
from evaluation.ratings import views as ratings

urlpatterns: list[URLPattern | URLResolver] = [
    path("assessments/", include((assessments.urlpatterns, "assessments"))),
    path("frameworks/", include((frameworks.urlpatterns, "frameworks"))),
    path("incentive-schemes/", include((incentives.scheme_urls, "incentive-schemes"))),
    path("incentives/", include((incentives.incentive_urls, "incentives"))),
    path("ratings/", include((ratings.urlpatterns, "ratings"))),
]
