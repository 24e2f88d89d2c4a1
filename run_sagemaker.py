"""Both stages on SageMaker: `seikaku cloud train`. A flag wins, then SEIKAKU_<NAME>, then the three names below."""

import sys

from seikaku.cli.cloud.script import run_with

ROLE_ARN, BUCKET_NAME, REGION = "", "", ""  # a variable of the same name wins; empty: as `stack up` and AWS have them
run = run_with({"ROLE_ARN": ROLE_ARN, "BUCKET_NAME": BUCKET_NAME, "REGION": REGION})
sys.exit(run(["cloud", "train", *sys.argv[1:]]))
