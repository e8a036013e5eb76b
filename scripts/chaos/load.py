"""Who writes during the campaign: five people at once, each at the work of their desk, through the front door."""

import random
import re
import threading
import time
from typing import Any

from scripts.chaos.caller import Caller, Deed, Log, Unanswered

# A breath between two deeds: the machine that carries the campaign has two cores for all of it.
BREATH = (0.05, 0.4)
PLEDGES = ("truth", "integrity", "safeguarding", "relations")


class Person(threading.Thread):
    """Somebody who works until the campaign ends; `turn` is what they do over and over."""

    login = ""

    def __init__(self, port: int, facts: dict[str, Any], log: Log, over: threading.Event, seed: int) -> None:
        super().__init__(name=self.login, daemon=True)
        self.caller = Caller(port, self.login, facts["password"], log)
        self.facts, self.over, self.chance = facts, over, random.Random(f"{seed}:{self.login}")
        self.n = 0
        self.fault = ""

    def run(self) -> None:
        """Log in, then work; whatever stops a person is the campaign's fault and told in the end."""
        try:
            self.caller.log_in()
            self.begin()
            while not self.over.is_set():
                self.n += 1
                self.turn()
                self.over.wait(self.chance.uniform(*BREATH))
        except Unanswered as silence:
            self.fault = f"没有得到答复：{silence}"
        except Exception as fault:  # noqa: BLE001 - told in the end
            self.fault = f"{self.login}：{type(fault).__name__} {fault}"

    def begin(self) -> None:
        """What comes before the first turn."""

    def turn(self) -> None:
        """One round of work."""
        raise NotImplementedError

    def version(self, path: str) -> tuple[int, str]:
        """Version and status of an object, over the API."""
        told = self.caller.get(path).json
        return int(told["version"]), str(told["status"])


class Buyer(Person):
    """业务经办: starts a project from a catalogue item (立项), a form page."""

    login = "buyer"

    def turn(self) -> None:
        """One new draft."""
        self.caller.submit("立项", "/w/projects/new/", {"item": self.facts["item"]})


class Provider(Person):
    """单位负责人: enters an expense with its voucher (登记支出), a form with a file; hands it in over the API."""

    login = "provider1"

    def turn(self) -> None:
        """One expense of one yuan, entered and handed in."""
        number = f"{self.chance.randrange(10**19, 10**20)}"
        entered = self.caller.submit(
            "登记支出",
            f"/w/expenses/enter/{self.facts['contract']}/",
            {
                "line": self.facts["line"],
                "allocation": self.facts["allocation"],
                "usage": "materials",
                "amount": "1.00",
                "spent_on": self.facts["today"],
                "payee": f"演练商店 {self.n}",
                "method": "transfer",
                "voucher_kind": "invoice",
                "invoice_number": number,
            },
            file=("papers", f"发票{self.n}.txt", f"发票 {number}\n".encode() * 40),
            extra={"invoice": number},
        )
        if entered.ended == "acknowledged":
            path = f"/api/v1/expenses/{entered.said.rstrip('/').rpartition('/')[2]}/"
            version, status = self.version(path)
            if status == "entered":
                self.caller.act("提交支出", f"{path}submit/", version)


class Finance(Person):
    """财务: accepts what was handed in (认可支出) over the API; asks for a settlement's report and waits for it."""

    login = "finance"
    asked = 0.0

    def turn(self) -> None:
        """What waits, three at most; then a report, unless one is being made."""
        waiting = self.caller.get("/api/v1/expenses/?status=submitted&page_size=3").json
        for row in waiting["results"]:
            self.caller.act("认可支出", f"/api/v1/expenses/{row['id']}/accept/", row["version"])
        page = self.caller.get(f"/w/settlements/{self.facts['settlement']}/").body
        if b"hx-get" in page or time.monotonic() - self.asked < 5:
            return
        self.asked = time.monotonic()
        path = f"/w/reports/ask/procurement.settlement/{self.facts['settlement']}/"
        self.caller.submit("生成报告", path, {"format": self.chance.choice(["pdf", "xlsx", "xlsx"])})


class Bidder(Person):
    """申报单位: writes a bid with autosave (自动保存), submits it and takes it back (递交、替换) over the API."""

    login = "provider4"
    lot = 0

    def begin(self) -> None:
        """我要申报, then everything that a bid must hold."""
        begun = self.caller.submit("开始申报", "/w/bids/new/", {"lot": self.facts["lots"][self.lot]})
        found = re.search(r"/w/bids/([0-9a-f-]{36})/", begun.said)
        if found is None:
            raise RuntimeError(f"no bid: {begun.status} {begun.said[:300]}")
        self.key, self.draft = found[1], 1
        self.page = f"{self.chance.randrange(16**32):032x}"
        self.keep(
            "contact", {"contact-name": "沈圆", "contact-phone": "0871-60001004", "contact-email": "a@example.org"}
        )
        member = {"name": "负责人", "role": "负责人", "certificate": "社会工作师", "months": "6"}
        self.keep("team", {f"team-0-{name}": text for name, text in member.items()})
        line = {"cost_class": "activity", "name": "活动", "unit": "场", "quantity": "1", "unit_price": "100.00"}
        self.keep("lines", {f"lines-0-{name}": text for name, text in {**line, "reason": "参照目录"}.items()})
        self.keep("pledges", {f"pledges-{name}": "on" for name in PLEDGES})

    def keep(self, part: str, fields: dict[str, str]) -> Deed:
        """What autosave.js sends for one part."""
        sent = {**fields, "page": self.page, "draft_version": str(self.draft)}
        path = f"/w/bids/{self.key}/draft/{part}/"
        deed = self.caller.submit(
            "自动保存", path, sent, good=(200,), extra={"bid": self.key, "n": self.n, "part": part}
        )
        if deed.ended == "acknowledged":
            self.draft = int(re.findall(r'"version": (\d+)', deed.said)[0])
        return deed

    def turn(self) -> None:
        """A draft is written on, and every third time handed in; a sealed bid is taken back."""
        path = f"/api/v1/bids/{self.key}/"
        version, status = self.version(path)
        if status == "sealed":
            self.caller.act("替换申报", f"{path}replace/", version)
            self.draft = 1
            return
        texts = ("understanding", "approach", "schedule", "safeguarding", "quality", "sustainability")
        self.keep("plan", {f"plan-{name}": f"演练文字，第 {self.n} 稿。" for name in texts})
        if self.n % 3 == 0:
            self.caller.act("递交申报", f"{path}submit/", version)


class SecondBidder(Bidder):
    """Another organization on another call: writes of two bidders never touch."""

    login = "provider5"
    lot = 1


PEOPLE: tuple[type[Person], ...] = (Buyer, Provider, Finance, Bidder, SecondBidder)
