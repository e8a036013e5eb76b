"""The baseline (基线页): what any page of this platform costs before it says anything of its own.

The same middleware, session and frame as the pages, thirty rows of one query in a plain table. Installed by this module as URLconf.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from config import urls
from procurement.orders.models import Order

ROWS = 30
TABLE = """<table><tr><th>编号</th><th>名称</th><th>地点</th><th>截止</th><th>状态</th></tr>
{% for order in orders %}<tr><td>{{ order.number }}</td><td>{{ order.title }}</td><td>{{ order.place }}</td>
<td>{{ order.bid_deadline|date:"Y-m-d H:i" }}</td><td>{{ order.status }}</td></tr>{% endfor %}</table>"""


def _template(frame: str) -> object:
    return engines["django"].from_string(f'{{% extends "{frame}" %}}{{% block content %}}{TABLE}{{% endblock %}}')


FRAMES: dict[str, object] = {}


def plain(request: HttpRequest, frame: str) -> HttpResponse:
    """Thirty orders as they come by their key."""
    if frame not in FRAMES:
        FRAMES[frame] = _template(frame)
    orders = Order.objects.order_by("pk")[:ROWS]
    return HttpResponse(FRAMES[frame].render({"orders": orders}, request))  # type: ignore[attr-defined]


urlpatterns = [
    path("w/plain/", plain, {"frame": "workspace.html"}),
    path("plain/", plain, {"frame": "public.html"}),
    *urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
