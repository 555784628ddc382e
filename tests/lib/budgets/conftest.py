"""The servers that budgets may be kept on."""

from tests.support.servers import postgresql_url, redis_url

__all__ = ["postgresql_url", "redis_url"]
