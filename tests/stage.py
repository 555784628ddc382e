"""The earlier place of tests.support.stage, for scripts that are kept outside the repository."""

from tests.support.stage import *  # noqa: F403 - all of it
