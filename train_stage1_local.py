"""A short trial of stage 1 on this machine: the same as `seikaku train --stage 1 --local`."""

import sys

from seikaku.cli.main import run

sys.exit(run(["train", "--stage", "1", "--local", *sys.argv[1:]]))
