"""The broker that tests start."""

from __future__ import annotations

import pytest

from tests.support.broker_program import may_install


@pytest.mark.parametrize(
    ("environ", "root", "contained", "may"),
    [
        ({}, True, False, False),
        ({}, False, True, False),
        ({}, True, True, True),
        ({"PYSAILOR_TEST_INSTALL": "0"}, True, True, False),
        ({"PYSAILOR_TEST_INSTALL": "1"}, False, False, True),
        ({"CI": "true"}, False, False, True),
    ],
)
def test_no_server_is_installed_unasked(environ: dict[str, str], root: bool, contained: bool, may: bool) -> None:
    assert may_install(environ, root=root, contained=contained) is may
