"""The Atom feed of notices (公告订阅)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from portal.public import queries as public
from procurement.notices.models import Notice

MOST = 50


class NoticesFeed(Feed):  # type: ignore[type-arg]  # generic in its stubs alone
    """The latest notices, as they were frozen."""

    feed_type = Atom1Feed
    title = "公告"
    subtitle = "征集、成交、合同、验收等公告"

    def __call__(self, request: HttpRequest, *args: object, **kwargs: object):  # type: ignore[no-untyped-def]
        """The feed, under the name of who runs the platform."""
        self.author_name = settings.PUBLISHER_NAME
        return super().__call__(request, *args, **kwargs)

    def link(self) -> str:
        """The page it follows."""
        return reverse("public:notices")

    def items(self) -> list[Notice]:
        """The latest, newest first."""
        return list(public.notices()[:MOST])

    def item_title(self, item: Notice) -> str:
        """Title."""
        return item.title

    def item_description(self, item: Notice) -> str:
        """The text."""
        return item.body

    def item_pubdate(self, item: Notice) -> datetime:
        """When it was published."""
        return item.published_at

    item_updateddate = item_pubdate

    def item_guid(self, item: Notice) -> str:
        """Its number and digest: another text is another entry."""
        return f"urn:sha256:{item.digest}"

    def item_categories(self, item: Notice) -> list[str]:
        """Its kind."""
        return [item.get_kind_display()]
