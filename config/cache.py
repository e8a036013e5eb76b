"""The cache on Redis, which may be away: then this process remembers for itself, and no page fails for it.

What lies in the cache is never the only copy: figures that are a minute old, and how often a place has tried a door.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

log = logging.getLogger(__name__)
# So long nobody asks again: a host that does not even refuse costs each asking its whole timeout.
REST_SECONDS = 2.0


class Cache(RedisCache):
    """Redis; while it is away, this process's own memory."""

    asked_again_at = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.beside = LocMemCache("beside-redis", params)


def _either(name: str) -> Callable[..., Any]:
    """The method of that name: of Redis, or of the memory beside it."""
    of_redis = getattr(RedisCache, name)

    def method(cache: Cache, *arguments: Any, **options: Any) -> Any:
        if time.monotonic() >= Cache.asked_again_at:
            try:
                return of_redis(cache, *arguments, **options)
            except (redis.ConnectionError, redis.TimeoutError) as fault:
                Cache.asked_again_at = time.monotonic() + REST_SECONDS
                log.warning("cache: no Redis (%s); remembering here", type(fault).__name__)
        beside: BaseCache = cache.beside
        return getattr(beside, name)(*arguments, **options)

    method.__name__, method.__doc__ = name, of_redis.__doc__
    return method


for _name in (
    "add",
    "get",
    "set",
    "touch",
    "delete",
    "get_many",
    "has_key",
    "incr",
    "set_many",
    "delete_many",
    "clear",
):
    setattr(Cache, _name, _either(_name))
