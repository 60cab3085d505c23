"""What every test may use. Corpora are the real inputs beside the checkout; CI has them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

pytest_plugins = ["tests.cups_lab", "tests.tls_server"]

ROOT = Path(__file__).parent.parent
CORPORA = Path(os.environ.get("CORPORA", ROOT.parent / "shared" / "data"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CORPORA.is_dir():
        return
    for item in items:
        if item.get_closest_marker("corpora"):
            item.add_marker(pytest.mark.skip(reason=f"there is no {CORPORA}; name it with CORPORA=DIR"))


@pytest.fixture(autouse=True)
def log_left_as_it_was() -> Iterator[None]:
    """Where a test sends the log, no other test's goes: the stream may be closed by then."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def corpora() -> Path:
    """The folder of real inputs."""
    return CORPORA


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT
