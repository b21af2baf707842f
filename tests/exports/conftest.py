"""Models to export: trained heads, moved layers, three tasks."""

import pytest

from tests.conftest import POSITIVE, QUESTIONS

TEXTS = (*POSITIVE[:6], *QUESTIONS[:6], "naïve café, 東京! \U0001f600", "x" * 1000, "")


@pytest.fixture(scope="session")
def moved(trained):
    """A model of two tasks whose last two layers moved."""
    trainer, _ = trained(freeze="last-2", epochs=1)
    return trainer.best_model
