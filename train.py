"""Two-stage LoRA training: the same as `seikaku train`."""

import sys

from seikaku.cli.main import run

sys.exit(run(["train", *sys.argv[1:]]))
