import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class ForgivingRedisCache(RedisCache):
    """A cache that forgets while Redis is away, instead of turning every page into an error."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError as error:
            logger.warning("The cache is away: %s", error)
            return default

    def set(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().set(*args, **kwargs)
        except RedisError as error:
            logger.warning("The cache is away: %s", error)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        try:
            return dict(super().get_many(keys, version))
        except RedisError as error:
            logger.warning("The cache is away: %s", error)
            return {}

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> list[Any]:
        try:
            return list(super().set_many(data, *args, **kwargs))
        except RedisError as error:
            logger.warning("The cache is away: %s", error)
            return list(data)

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        try:
            super().delete_many(keys, version)
        except RedisError as error:
            logger.warning("The cache is away: %s", error)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().add(*args, **kwargs))
        except RedisError as error:
            logger.warning("The cache is away: %s", error)
            return True

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().delete(*args, **kwargs))
        except RedisError as error:
            logger.warning("The cache is away: %s", error)
            return False

    def incr(self, key: Any, *args: Any, **kwargs: Any) -> int:
        """As of a key that is not there: a counter that nobody can read counts nothing."""
        try:
            return int(super().incr(key, *args, **kwargs))
        except RedisError as error:
            logger.warning("The cache is away: %s", error)
            raise ValueError(key) from error
