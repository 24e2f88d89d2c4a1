"""Fetch the corpora: the same as `seikaku download`."""

import sys

from seikaku.cli.main import run

sys.exit(run(["download", *sys.argv[1:]]))
