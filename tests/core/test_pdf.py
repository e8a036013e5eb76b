"""Reports are printed from our own files alone, archivable, in Chinese."""

import io
import threading
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from core.pdf import qr_picture, render_pdf, static_bytes


@pytest.fixture
def template(settings: Any, tmp_path: Path) -> Any:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]

    def write(body: str) -> str:
        (tmp_path / "paper.html").write_text(
            f'<!doctype html><html lang="zh-CN"><title>决算</title><body>{body}</body></html>'
        )
        return "paper.html"

    return write


def text_of(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_a_report_is_an_archivable_pdf_in_chinese(template: Any) -> None:
    name = template("<h1>{{ name }}</h1><p>{{ journal_head }}</p>{{ verify_qr }}")
    content = render_pdf(name, {"name": "五华区<团委>"}, journal_head="7 · 7c1e", verify_url="https://example.org/v/1")
    assert content.startswith(b"%PDF-1.7")
    reader = PdfReader(io.BytesIO(content))
    assert "<团委>" in text_of(content)
    assert "7c1e" in text_of(content)
    assert reader.metadata is not None
    assert reader.metadata.title == "决算"
    stated = reader.trailer["/Root"]["/Metadata"].get_data()
    assert b'pdfaid:part="3"' in stated or b":part>3<" in stated
    assert b'pdfaid:conformance="B"' in stated or b":conformance>B<" in stated
    assert "/OutputIntents" in reader.trailer["/Root"]


def test_the_report_frame_prints_with_its_style_sheet() -> None:
    report = {"title": "结算报告", "issuer": "共青团五华区委员会", "number": "五青购结〔2026〕7号"}
    content = render_pdf(
        "reports/base.html", {"report": report}, journal_head="1 · aa", verify_url="https://example.org/v/1"
    )
    text = text_of(content).replace(" ", "")
    assert "五青购结〔2026〕7号" in text
    width, height = PdfReader(io.BytesIO(content)).pages[0].mediabox[2:]
    assert (round(width), round(height)) == (595, 842), "A4, as the style sheet says"


def test_no_file_of_the_machine_gets_into_a_report(template: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET-LINE")
    body = f'<p>在此</p><a rel="attachment" href="file://{secret}">x</a><img src="file://{secret}"><object data="file://{secret}">'
    content = render_pdf(template(body), {})
    assert b"TOP-SECRET-LINE" not in content
    assert not PdfReader(io.BytesIO(content)).attachments
    assert "在此" in text_of(content)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8000/w/",
        "http://example.org/static/css/report.css",
        "file:///etc/passwd",
        "/media/a.pdf",
    ],
)
def test_addresses_that_are_not_our_static_files_are_left_out(template: Any, address: str) -> None:
    assert static_bytes(address) is None
    assert "在此" in text_of(render_pdf(template(f'<p>在此</p><img src="{address}">'), {}))


def test_a_static_file_is_found_by_its_address_and_never_beside_it(settings: Any) -> None:
    assert b"@page" in (static_bytes(f"{settings.SITE_URL}/static/css/report.css") or b"")
    assert static_bytes(f"{settings.SITE_URL}/static/css/none.css") is None
    for beside in ("../../manage.py", "%2e%2e/%2e%2e/manage.py", "..%2f..%2fmanage.py"):
        with pytest.raises(Exception, match=r"outside|located"):
            static_bytes(f"{settings.SITE_URL}/static/{beside}")


def test_a_report_without_its_style_sheet_is_none(template: Any) -> None:
    with pytest.raises(FatalURLFetchingError):
        render_pdf(template('<link rel="stylesheet" href="/static/css/none.css">'), {})


def test_threads_may_print_at_once(template: Any) -> None:
    name, made = template("<p>{{ n }} 号</p>"), []
    threads = [
        threading.Thread(target=lambda n=n: made.append(text_of(render_pdf(name, {"n": n})).strip())) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(text.splitlines()[0] for text in made) == ["0 号", "1 号", "2 号", "3 号"]


def test_a_qr_code_is_a_picture_without_a_file() -> None:
    html = qr_picture('https://example.org/v/1?a="b"')
    assert html.startswith('<img class="qr" alt="https://example.org/v/1?a=&quot;b&quot;" src="data:image/svg+xml')
