"""PDF: printed documents by WeasyPrint, which only this file knows.

Nothing but our own static files and data: is ever fetched (stock WeasyPrint reads file: addresses, and would put
/etc/passwd into a report that names it). Pango is not safe for threads: one lock lets one document be drawn at a time,
and each thread has a font configuration of its own.
"""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import segno
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import clock

STYLE = "css/report.css"
_lock = threading.Lock()
_thread = threading.local()


def render_pdf(
    template: str,
    context: dict[str, Any],
    *,
    journal_head: str = "",
    verify_url: str = "",
    printed_at: datetime | None = None,
    sources: Mapping[str, str] | None = None,
) -> bytes:
    """A template as PDF/A-3b bytes; page numbers and running heads come from its style sheet.

    template      extends reports/base.html; context: its values. css/report.css is its style, read once a thread
    journal_head  the chain's head for the foot
    verify_url    where a reader checks the paper; given to the template with its QR code (`verify_qr`)
    printed_at    aware; by default now. The same values printed as of the same moment are the same bytes
    sources       text by file name, embedded as what the paper was made from (PDF/A-3 relationship Source)
    raises        TemplateDoesNotExist; FatalURLFetchingError when a style sheet of ours is missing
    """
    from weasyprint import HTML, Attachment  # a slow import, wanted only where something is printed

    html = render_to_string(
        template,
        {
            **context,
            "journal_head": journal_head,
            "verify_url": verify_url,
            "verify_qr": qr_picture(verify_url) if verify_url else "",
            "printed_at": printed_at or clock.now(),
        },
    )
    moment = printed_at or clock.now()
    attached = [
        Attachment(string=text, name=name, created=moment, modified=moment, relationship="Source")
        for name, text in (sources or {}).items()
    ]
    with _lock:
        document = HTML(string=html, base_url=_base_url(), url_fetcher=_fetcher_class()())
        content: bytes = document.write_pdf(
            stylesheets=[_style()], font_config=_fonts(), pdf_variant="pdf/a-3b", attachments=attached
        )
    return content


@lru_cache(maxsize=64)
def qr_picture(text: str) -> SafeString:
    """A QR code as an <img> whose picture is SVG in a data: address, so that no file is fetched for it."""
    source = segno.make(text, error="m").svg_data_uri(border=2, scale=3)
    return format_html('<img class="qr" alt="{}" src="{}">', text, source)


def _base_url() -> str:
    return f"{settings.SITE_URL}/"


def _fonts() -> Any:
    """This thread's font configuration: a new one each time doubles the time, a shared one corrupts memory."""
    from weasyprint.text.fonts import FontConfiguration

    if not hasattr(_thread, "fonts"):
        _thread.fonts = FontConfiguration()
    return _thread.fonts


def _style() -> Any:
    """The reports' style sheet, parsed once a thread: fonts belong to the thread. raises  FatalURLFetchingError"""
    from weasyprint import CSS

    if not hasattr(_thread, "style"):
        url = urljoin(urljoin(_base_url(), settings.STATIC_URL), STYLE)
        _thread.style = CSS(url=url, url_fetcher=_fetcher_class()(), font_config=_fonts())
    return _thread.style


def static_bytes(url: str) -> bytes | None:
    """One of our own static files by its full address, hashed name or plain; None for any other address."""
    root = urlsplit(urljoin(_base_url(), settings.STATIC_URL))
    wanted = urlsplit(url)
    if (wanted.scheme, wanted.netloc) != (root.scheme, root.netloc) or not wanted.path.startswith(root.path):
        return None
    name = unquote(wanted.path.removeprefix(root.path))
    if staticfiles_storage.exists(name):
        with staticfiles_storage.open(name) as stream:
            content: bytes = stream.read()
        return content
    found = finders.find(name)
    return Path(str(found)).read_bytes() if found else None


@cache
def _fetcher_class() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):  # weasyprint ships no types
        """data: addresses, and what lies under STATIC_URL of this site, read from disk. Nothing touches the net."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=("data",), allow_redirects=False)

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith(urljoin(_base_url(), settings.STATIC_URL)):
                content = static_bytes(url)
                if content is None:
                    # A report without its style sheet is no report; an address typed by somebody is merely left out.
                    raise FatalURLFetchingError(f"no such static file: {url}")
                # Without its type a style sheet is taken for plain text and left out.
                kind = mimetypes.guess_type(urlsplit(url).path)[0] or "application/octet-stream"
                return URLFetcherResponse(url, body=content, headers={"Content-Type": kind})
            return super().fetch(url, headers)

    return OwnFilesOnly
