"""A short trial of stage 2 on this machine: the same as `seikaku train --stage 2 --local`."""

import sys

from seikaku.cli.main import run

sys.exit(run(["train", "--stage", "2", "--local", *sys.argv[1:]]))
