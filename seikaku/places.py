"""Where the package's own files lie, and where a user's data do unless a flag says otherwise. No effects."""

from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("seikaku")))
ASSETS = PACKAGE / "assets"
# The checkout around the package (`pip install -e`): examples, the CloudFormation template. A wheel has none of it.
REPOSITORY = PACKAGE.parent
# Below the current folder.
RAW_DATA = Path("data/raw")
PROCESSED_DATA = Path("data/processed")
# Beside a corpus, in its folder: what an encoder made of it, so that whoever deletes the data deletes that as well.
VECTORS = "vectors"
