"""The API below /api/v1/: every room that has registered itself, and the schema."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

import accounts.work_urls
import catalog.urls
import evaluation.urls
import procurement.urls
from core.api import api_urls

# The rooms register themselves where their pages are defined; importing the addresses above has done so.
ROOMS = (accounts.work_urls, catalog.urls, procurement.urls, evaluation.urls)

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("", include((api_urls(), "api"))),
]
