"""Both stages on SageMaker: `seikaku cloud train`. A flag wins, then the environment, then the three names below."""

import sys
from functools import partial

from seikaku.cli.main import run

ROLE_ARN, BUCKET_NAME, REGION = "", "", ""  # empty: those of `seikaku cloud stack up` and of the AWS settings
run = partial(run, defaults={"cloud": {"train": {"role_arn": ROLE_ARN, "bucket": BUCKET_NAME, "region": REGION}}})
sys.exit(run(["cloud", "train", *sys.argv[1:]]))
