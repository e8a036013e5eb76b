"""One person's session over HTTP: logs in, reads, and repeats with the same key what was not answered."""

import http.client
import json
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

ANSWER_SECONDS = 30
# A person gives up sooner; the campaign wants to know how it ended.
PATIENCE_SECONDS = 180
# What says "come again": the server is away, or the balance of the platform is.
AGAIN = {500, 502, 503, 504}


class Unanswered(Exception):
    """Nobody answered for as long as a caller is patient."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Deed:
    """One unsafe request as its caller remembers it: `ended` is acknowledged, refused or unanswered."""

    who: str
    what: str
    key: str
    path: str
    ended: str = "unanswered"
    status: int = 0
    tries: int = 0
    faults: list[int] = field(default_factory=list)
    said: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


class Log:
    """Every deed's end, a line each, written at once: what the caller was told is the campaign's truth."""

    def __init__(self, file: Path) -> None:
        self.deeds: list[Deed] = []
        self._out: IO[str] = file.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def note(self, deed: Deed) -> None:
        """Keep how a deed ended."""
        with self._lock:
            self.deeds.append(deed)
            self._out.write(json.dumps(asdict(deed), ensure_ascii=False) + "\n")
            self._out.flush()


class Caller:
    """A person at a browser, or a program at the API; it takes no answer, or a 5xx, for "send it again"."""

    def __init__(self, port: int, login: str, password: str, log: Log) -> None:
        self.port, self.login, self.password, self.log = port, login, password, log
        self.cookies: dict[str, str] = {}

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, seconds: float = 0
    ) -> Answer:
        """One request on a connection of its own. raises  OSError, http.client.HTTPException"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds or ANSWER_SECONDS)
        try:
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body or None, {"Cookie": cookies, **(headers or {})})
            response = connection.getresponse()
            headers_in = {name.lower(): text for name, text in response.headers.items()}
            answer = Answer(response.status, headers_in, response.read())
            for line in response.headers.get_all("Set-Cookie") or []:
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
        finally:
            connection.close()
        return answer

    def patiently(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, deed: Deed | None = None
    ) -> Answer:
        """Ask until there is an answer that is no fault of the server. raises  Unanswered"""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            status = 0
            try:
                if deed is not None:
                    deed.tries += 1
                answer = self.ask(method, path, body, headers)
                if answer.status not in AGAIN:
                    return answer
                status = answer.status
            except (OSError, http.client.HTTPException):
                pass
            if deed is not None:
                deed.faults.append(status)
            time.sleep(0.4)
        raise Unanswered(f"{self.login}: {method} {path}")

    def log_in(self) -> None:
        """Come in with the password. raises  Unanswered, RuntimeError"""
        self.patiently("GET", "/accounts/login/")
        form = urlencode({"username": self.login, "password": self.password}).encode()
        answer = self.patiently("POST", "/accounts/login/", form, self._form_headers())
        if answer.status != 302:
            raise RuntimeError(f"{self.login} cannot log in: {answer.status}")

    def get(self, path: str) -> Answer:
        """Read a page or an object."""
        return self.patiently("GET", path)

    def submit(
        self,
        what: str,
        path: str,
        fields: dict[str, str],
        *,
        file: tuple[str, str, bytes] | None = None,
        extra: dict[str, Any] | None = None,
        good: tuple[int, ...] = (302,),
    ) -> Deed:
        """Send a page's form with a key of its own. file: field, name, bytes. returns  how it ended, which is logged"""
        key = uuid.uuid4().hex
        fields = {**fields, "idempotency_key": key}
        headers = self._form_headers()
        body = urlencode(fields).encode()
        if file is not None:
            body, headers["Content-Type"] = multipart(fields, file)
        return self._do(Deed(self.login, what, key, path, extra=extra or {}), body, headers, good)

    def act(self, what: str, path: str, version: int, fields: dict[str, Any] | None = None) -> Deed:
        """One verb over the API, with If-Match and Idempotency-Key."""
        key = uuid.uuid4().hex
        headers = {"Content-Type": "application/json", "If-Match": f'"{version}"', "Idempotency-Key": key}
        headers["X-CSRFToken"] = self.cookies.get("csrftoken", "")
        return self._do(Deed(self.login, what, key, path), json.dumps(fields or {}).encode(), headers, (200,))

    def _do(self, deed: Deed, body: bytes, headers: dict[str, str], good: tuple[int, ...]) -> Deed:
        try:
            answer = self.patiently("POST", deed.path, body, headers, deed)
        except Unanswered:
            self.log.note(deed)
            return deed
        deed.status, deed.ended = answer.status, "acknowledged" if answer.status in good else "refused"
        if answer.headers.get("location", "").startswith("/accounts/login/"):
            deed.ended = "refused"
        deed.said = answer.headers.get("location") or answer.body.decode("utf-8", "replace")[:2000]
        self.log.note(deed)
        return deed

    def _form_headers(self) -> dict[str, str]:
        return {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": self.cookies.get("csrftoken", ""),
        }


def multipart(fields: dict[str, str], file: tuple[str, str, bytes]) -> tuple[bytes, str]:
    """A form with one file as a browser sends it: body and content type."""
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    name, label, content = file
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{label}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return "".join(
        parts
    ).encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
