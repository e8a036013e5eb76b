"""The addresses that the schema describes (SPECTACULAR_SETTINGS); none is served from here."""

from django.urls import include, path

from config.api_urls import described

urlpatterns = [path("api/v1/", include(described))]
