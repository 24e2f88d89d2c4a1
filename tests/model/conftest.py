"""A tiny backbone (2 layers, random weights, fictional text) for the tests of the encoder."""

import pytest


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory):
    from tiny_encoder import build_tiny_backbone

    return build_tiny_backbone(tmp_path_factory.mktemp("backbone"))
