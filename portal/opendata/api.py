"""The open API (开放接口) below /api/v1/ocds/: anonymous, read only, throttled."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import path, reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from core import clock
from core.api.problems import MEANINGS, PROBLEM, ProblemSerializer, problem
from portal.opendata.packages import cursor_of, package, position_of
from portal.opendata.queries import processes, releases_after, releases_of, releases_of_processes
from procurement.notices.ocds import record

MOST, USUAL = 500, 100
CURSOR = OpenApiParameter("after", str, description="上一页给的游标；不带从头开始")
LIMIT = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": MOST}, description=f"一页几条，最多 {MOST}"
)


def answers(*refusals: int) -> dict[Any, Any]:
    """What the schema says an address answers: a package, or why not."""
    told = {
        (str(code), PROBLEM): OpenApiResponse(ProblemSerializer, description=MEANINGS[code][1])
        for code in (*refusals, 429)
    }
    return {"200": OpenApiTypes.OBJECT, **told}


class OpenThrottle(AnonRateThrottle):
    """How often one address may ask."""

    rate = settings.OPEN_DATA_RATE


class OpenView(APIView):
    """Anonymous and read only; other sites' pages may read it, too."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (OpenThrottle,)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Open to pages of other origins: there is nothing here that is not public. 304 where nothing is new."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.has_header("ETag"):
            response = get_conditional_response(request._request, etag=response["ETag"], response=response)
        response["Access-Control-Allow-Origin"] = "*"
        return response


class ReleasesView(OpenView):
    """Every release in the order of publication."""

    @extend_schema(operation_id="ocds_releases", parameters=[CURSOR, LIMIT], responses=answers(400))
    def get(self, request: Request) -> Response:
        """A release package; links.next goes on from here, now or after the next publication, and misses nothing.

        Where nothing is new `releases` is empty and links.next is this very address (decision 0034).
        """
        limit = asked(request)
        position = position_of(request.query_params.get("after", ""))
        if limit is None or position is None:
            return refused(_("游标或页长不对。"))
        found = releases_after(position, limit)
        here = cursor_of(found[-1].position if found else position)
        body = framed(request, at=found[-1].published_at if found else None)
        body["releases"] = [notice.release for notice in found]
        body["links"] = {"next": address(request, "ocds-releases", after=here, limit=limit)}
        return Response(body, headers={"ETag": f'"{position}-{here}"'})


class RecordsView(OpenView):
    """Every contracting process."""

    @extend_schema(operation_id="ocds_records", parameters=[CURSOR, LIMIT], responses=answers(400))
    def get(self, request: Request) -> Response:
        """A record package with releases and what they come to; links.next while there is more."""
        limit = asked(request)
        after = request.query_params.get("after", "")
        if limit is None or len(after) > 64:
            return refused(_("游标或页长不对。"))
        further = processes(after, limit + 1)
        ocids = further[:limit]
        found = releases_of_processes(ocids)
        body = framed(request)
        body["records"] = [record([notice.release for notice in found[ocid]]) for ocid in ocids]
        if len(further) > limit:
            body["links"] = {"next": address(request, "ocds-records", after=ocids[-1], limit=limit)}
        return Response(body)


class RecordView(OpenView):
    """One contracting process."""

    @extend_schema(operation_id="ocds_record", responses=answers(404))
    def get(self, request: Request, ocid: str) -> Response:
        """A record package of one; 404 for what is not published."""
        found = releases_of(ocid)
        if not found:
            return problem(404, _("没有这个过程标识。"))
        body = framed(request, at=found[-1].published_at)
        body["records"] = [record([notice.release for notice in found])]
        return Response(body, headers={"ETag": f'"{found[-1].position}"'})


def asked(request: Request) -> int | None:
    """The page's length; None for nonsense."""
    text = request.query_params.get("limit", str(USUAL))
    return int(text) if text.isdecimal() and 1 <= int(text[:4]) <= MOST and len(text) < 4 else None


def refused(sentence: str) -> Response:
    """Problem JSON, 400."""
    return problem(400, sentence)


def address(request: Request, name: str, **query: object) -> str:
    """An address of this API with its query, absolute."""
    words = "&".join(f"{key}={value}" for key, value in query.items())
    return request.build_absolute_uri(f"{reverse(f'opendata-api:{name}')}?{words}")


def framed(request: Request, at: Any = None) -> dict[str, Any]:
    """The package's frame; at: the latest release's moment, by default now."""
    about = {
        "name": settings.PUBLISHER_NAME,
        "uri": request.build_absolute_uri("/"),
        "policy": request.build_absolute_uri(reverse("opendata:page")),
    }
    return package(about, uri=request.build_absolute_uri(), at=at or clock.now())


app_name = "opendata-api"
urlpatterns = [
    path("releases/", ReleasesView.as_view(), name="ocds-releases"),
    path("records/", RecordsView.as_view(), name="ocds-records"),
    path("records/<str:ocid>/", RecordView.as_view(), name="ocds-record"),
]
