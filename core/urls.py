"""Addresses of the ground floor."""

from django.urls import path

from core.health import healthz, readyz

urlpatterns = [path("healthz", healthz, name="healthz"), path("readyz", readyz, name="readyz")]
