"""What several tests share: the real encoder, loaded once."""

import pytest

from mtl.loading import load_encoder


@pytest.fixture(scope="session")
def encoder():
    return load_encoder()
