"""The rooms' addresses at work (/w/…): each room under its slug, with that namespace."""

from django.urls import URLPattern, URLResolver, include, path

from audit.archive import views as archive
from audit.engagements import views as engagements
from audit.risks import views as risks
from audit.tracing import views as tracing

urlpatterns: list[URLPattern | URLResolver] = [
    path("archives/", include((archive.urlpatterns, "archives"))),
    path("engagements/", include((engagements.urlpatterns, "engagements"))),
    path("findings/", include((engagements.finding_urlpatterns, "findings"))),
    path("risks/", include((risks.urlpatterns, "risks"))),
    path("trace/", include((tracing.trace_urlpatterns, "trace"))),
    path("samples/", include((tracing.urlpatterns, "samples"))),
]
