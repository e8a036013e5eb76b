"""Addresses of the ground floor."""

from django.urls import path

from core.health import healthz, readyz
from core.metrics import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
