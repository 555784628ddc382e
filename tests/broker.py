"""The earlier place of tests.support.broker, for scripts that are kept outside the repository."""

from tests.support.broker import *  # noqa: F403 - all of it
