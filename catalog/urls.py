"""The catalogue's addresses at work (/w/…)."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from catalog.items.views import edition_urls, item_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("editions/", include((edition_urls, "editions"))),
    path("items/", include((item_urls, "catalog"))),
    path("catalog/", RedirectView.as_view(pattern_name="catalog:list", query_string=True)),
]
