"""What every test may use. Corpora are the real inputs beside the checkout; CI has them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

pytest_plugins = ["tests.cups_lab", "tests.tls_server"]

ROOT = Path(__file__).parent.parent
CORPORA = Path(os.environ.get("CORPORA", ROOT.parent / "shared" / "data"))
LONGEST_FIRST = (  # files that take a minute or more: begun last, they leave one worker busy and the others idle
    *("test_story", "test_codes_on_paper", "test_story_cups", "test_decisions", "test_pipeline", "test_proof"),
    *("test_images_command", "test_printing_faults", "test_taking_back", "test_campaign_kill", "test_kill"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONGEST_FIRST)
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
