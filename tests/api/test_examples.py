"""The examples of docs/api are what the API really answers: each story is played, and its page compared (RECORD=1 rewrites)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.api.test_tokens import token_of
from tests.cast import Cast
from tests.journeys.contracts import signed_contract
from tests.journeys.expenses import submitted_expense
from tests.journeys.orders import published_order, submitted_order

PAGES = Path(settings.BASE_DIR) / "docs" / "api"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
SHOWN = ("If-Match", "Idempotency-Key", "ETag", "Content-Type", "WWW-Authenticate", "Idempotent-Replayed")
WORDS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 422: "Unprocessable Content",
    428: "Precondition Required",
}  # fmt: skip


class Story:
    """One page: what is asked and what is answered, with the keys and digests of the day made plain."""

    def __init__(self, title: str, lead: str) -> None:
        self.lines = [f"# {title}", "", lead, ""]
        self.keys: dict[str, str] = {}

    def tell(self, text: str) -> None:
        """A sentence between two requests."""
        self.lines += [text, ""]

    def ask(
        self,
        client: Client,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        brief: Callable[[Any], Any] = lambda told: told,
        **headers: str,
    ) -> Any:
        """One request and its answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            answer: Any = client.get(path, headers=named)
        else:
            answer = client.post(path, json.dumps(body), content_type="application/json", headers=named)
            named["Content-Type"] = "application/json"
        asked = [f"{'GET' if body is None else 'POST'} {path}"]
        if "Authorization" in client.defaults.get("headers", {}) or client.defaults.get("HTTP_AUTHORIZATION"):
            asked.append("Authorization: Bearer gqt_…")
        asked += [f"{name}: {named[name]}" for name in SHOWN if name in named]
        if body is not None:
            asked += ["", json.dumps(body, ensure_ascii=False)]
        told = [f"HTTP/1.1 {answer.status_code} {WORDS[answer.status_code]}"]
        told += [f"{name}: {answer[name]}" for name in SHOWN if name in answer]
        if "json" in answer["Content-Type"]:
            told += ["", json.dumps(brief(answer.json()), ensure_ascii=False, indent=2)]
        else:
            told += ["", "（文件内容）"]
        self.lines += ["```http", *asked, "```", "", "```http", *told, "```", ""]
        return answer

    def text(self) -> str:
        """The page, the same whenever it is played."""
        page = "\n".join(self.lines).rstrip() + "\n"
        page = UUID.sub(lambda found: self.keys.setdefault(found[0], f"…{len(self.keys) + 1:04d}"), page)
        page = re.sub(r'("request_id": ")[0-9a-f]{16}"', r'\1…"', page)
        page = re.sub(r"\b[0-9a-f]{64}\b", "…", page)
        page = re.sub(r"(ocds-\w{6}-)[0-9a-f]{12}(-[0-9a-f]{12})?", r"\1…", page)
        return re.sub(r"gqt_[\w-]{43}", "gqt_…", page)


def program(cast: Cast, login: str, *, acts: bool = True) -> Client:
    """A program with a token of this person."""
    return Client(headers={"Authorization": f"Bearer {token_of(cast, login, acts=acts)[1]}"})


def reading(cast: Cast) -> Story:
    """Log in by token, list with a filter, read one."""
    story = Story("用令牌读取", "在 个人资料 → 访问令牌 建一个令牌，每次请求带上它。只读的令牌就够了。")
    submitted_order(cast, title="困境青少年心理支持", quantity=20)
    published_order(cast, title="新业态青年夜校", quantity=10)
    leader = program(cast, "leader", acts=False)
    story.tell("没有令牌，或令牌不能用：")
    story.ask(Client(), "/api/v1/orders/")
    story.tell("待审核的订单。筛选、分类和排序与列表页相同；没有的筛选会被拒绝，不会被忽略。")
    listed = story.ask(leader, "/api/v1/orders/?state=checking&sort=-bid_deadline&page_size=10")
    story.ask(leader, "/api/v1/orders/?statsu=checking")
    story.tell("一张订单。`ETag` 是版本，办理时要用；令牌只读，所以 `verbs` 是空的。")
    story.ask(leader, f"/api/v1/orders/{listed.json()['results'][0]['id']}/")
    story.tell("不归您看的和没有的，答复一样：")
    story.ask(leader, "/api/v1/orders/五青购〔2026〕99号/")
    return story


def acting(cast: Cast) -> Story:
    """Ask what a verb wants, do it, repeat it, do it with what is stale, wrong or another's."""
    story = Story(
        "用令牌办理", "办一步要带两个请求头：`If-Match` 是读到的版本，`Idempotency-Key` 是自己取的、一件事一个的标识。"
    )
    order = submitted_order(cast, title="困境青少年心理支持", quantity=20)
    url = f"/api/v1/orders/{order.pk}/"
    leader = program(cast, "leader")
    story.tell("读一张订单，`verbs` 是现在能办的：")
    version = story.ask(leader, url)["ETag"]
    story.tell("退回要填什么：")
    story.ask(leader, f"{url}return/")
    story.tell("理由没有填：")
    story.ask(leader, f"{url}return/", {"reason": ""}, If_Match=version, Idempotency_Key="return-1")
    story.tell("版本是旧的，什么都没有写：")
    story.ask(leader, f"{url}approve/", {}, If_Match='"1"', Idempotency_Key="approve-1")
    story.tell("审核通过：")
    story.ask(leader, f"{url}approve/", {}, If_Match=version, Idempotency_Key="approve-2")
    story.tell("没有收到答复，再发一遍：答复相同，只办一次。")
    story.ask(leader, f"{url}approve/", {}, If_Match=version, Idempotency_Key="approve-2")
    story.tell("同一个标识换了内容：")
    story.ask(leader, f"{url}return/", {"reason": "补充需求调研"}, If_Match=version, Idempotency_Key="approve-2")
    story.tell("不归您办的：")
    story.ask(program(cast, "cashier"), f"{url}publish/", {}, If_Match='"3"', Idempotency_Key="publish-1")
    story.tell("漏了请求头：")
    story.ask(leader, f"{url}return/", {"reason": "补充需求调研"})
    return story


def following(cast: Cast) -> Story:
    """Follow the open data, and bring a file home."""
    story = Story("跟踪公开数据、下载附件", "公开数据不用登录。`links.next` 接着上次读到的地方，不漏也不重。")
    published_order(cast, title="新业态青年夜校", quantity=10)

    def release(package: dict[str, Any]) -> dict[str, Any]:
        kept = ("ocid", "id", "date", "tag")
        shown = [{name: one[name] for name in kept} | {"…": "…"} for one in package["releases"]]
        return {"version": package["version"], "releases": shown, "links": package["links"]}

    first = story.ask(Client(), "/api/v1/ocds/releases/?limit=1", brief=release).json()
    story.tell("下一次从 `links.next` 读起；没有新的，`releases` 是空的，过一会儿再读同一个地址。")
    then = first["links"]["next"].partition("testserver")[2]
    while (package := Client().get(then).json())["releases"]:
        then = package["links"]["next"].partition("testserver")[2]
    story.ask(Client(), then, brief=release)

    expense = submitted_expense(cast, signed_contract(cast))
    provider = program(cast, "provider1", acts=False)
    story.tell("一笔支出的凭证：先列出，再下载；下载后按 `sha256` 核对。")
    files = story.ask(provider, f"/api/v1/expenses/{expense.pk}/files/").json()["results"]
    story.ask(provider, f"/api/v1/expenses/{expense.pk}/files/{files[0]['id']}/")
    return story


@pytest.mark.parametrize("play", [reading, acting, following])
def test_the_page_tells_what_is_answered(cast: Cast, play: Callable[[Cast], Story]) -> None:
    page, text = PAGES / f"{play.__name__}.md", play(cast).text()
    if os.environ.get("RECORD"):
        page.write_text(text, "utf-8")
    assert page.read_text("utf-8") == text
