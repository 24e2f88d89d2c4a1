"""Check the corpora and write Parquet: the same as `seikaku preprocess`."""

import sys

from seikaku.cli.main import run

sys.exit(run(["preprocess", *sys.argv[1:]]))
