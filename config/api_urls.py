"""The API below /api/v1/: every room that has registered itself, and the schema."""

from importlib import import_module

from django.urls import include, path

import accounts.work_urls
import catalog.urls
import evaluation.urls
import procurement.urls
from core.api.schema import schema
from core.api.views import api_urls

# The rooms register themselves where their pages are defined; importing the addresses above has done so.
# Audit is known by name only, as everywhere below the demonstration.
ROOMS = (accounts.work_urls, catalog.urls, procurement.urls, evaluation.urls, import_module("audit.urls"))

urlpatterns = [
    path("schema/", schema, name="schema"),
    path("ocds/", include("portal.opendata.api")),
    path("", include((api_urls(), "api"))),
]

# As the schema tells them: each verb is an operation of its own.
described = [path("ocds/", include("portal.opendata.api")), path("", include((api_urls(each_verb=True), "api")))]
