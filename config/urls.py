"""The front door: which app answers below which path. A room's own addresses stand in its app."""

from django.urls import include, path

urlpatterns = [
    path("", include("core.urls")),
    path("accounts/", include("accounts.urls")),
    path("w/reports/", include("core.job_pages")),
    path("w/reports/batches/", include("core.batch_pages")),
    path("w/", include("portal.desks.urls")),
    path("w/", include("accounts.work_urls")),
    path("w/", include("catalog.urls")),
    path("w/", include("procurement.urls")),
    path("w/", include("evaluation.urls")),
    path("w/", include("audit.urls")),
    path("q/", include(("procurement.activities.door", "signin"))),
    path("q/o/", include(("procurement.opinions.door", "opinion"))),
    path("api/v1/", include("config.api_urls")),
    path("data/", include("portal.opendata.views")),
    path("", include("portal.public.urls")),
]

handler400 = "core.error_pages.bad_request"
handler403 = "core.error_pages.forbidden"
handler404 = "core.error_pages.not_found"
handler500 = "core.error_pages.server_error"
