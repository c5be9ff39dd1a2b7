"""Fixtures: the store of these tests is embedded."""

import pytest


@pytest.fixture
def database_url(embedded_url: str) -> str:
    """What is tested here is the same on every engine."""
    return embedded_url
