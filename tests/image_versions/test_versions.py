"""The environments of `make test-image-versions` hold what the images hold: the pinned one, and the one after it."""

import json
from pathlib import Path

import pytest

from seikaku.places import ASSETS

IMAGES = json.loads((ASSETS / "cloud" / "images.json").read_text(encoding="utf-8"))
FILES = {"requirements": "training", "successor": "training_successor"}
NOT_INSTALLED = {"torch", "datasets"}  # too large to install a second time, not used


@pytest.mark.parametrize(("name", "kind"), FILES.items())
def test_the_versions_are_the_images(name, kind):
    text = Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8")
    pinned = dict(line.split("==") for line in text.splitlines() if "==" in line)
    libraries = {name: version for name, version in IMAGES[kind]["libraries"].items() if name not in NOT_INSTALLED}
    assert libraries and {name: pinned.get(name) for name in libraries} == libraries
    assert f"{IMAGES[kind]['repository']}:{IMAGES[kind]['tag']}" in text.splitlines()[0]
