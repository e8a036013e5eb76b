"""The API below /api/v1/: every room that has registered itself, and the schema."""

from importlib import import_module

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

import accounts.work_urls
import catalog.urls
import evaluation.urls
import procurement.urls
from core.api import api_urls

# The rooms register themselves where their pages are defined; importing the addresses above has done so.
# Audit is known by name only, as everywhere below the demonstration.
ROOMS = (accounts.work_urls, catalog.urls, procurement.urls, evaluation.urls, import_module("audit.urls"))

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("ocds/", include("portal.opendata.api")),
    path("", include((api_urls(), "api"))),
]
