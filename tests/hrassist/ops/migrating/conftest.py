"""Made-up migrations leave nothing to the next test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hrassist.ops.migrating.made_up import as_it_was


@pytest.fixture
def as_before() -> Iterator[None]:
    yield
    as_it_was()
