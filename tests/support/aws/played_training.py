"""Training jobs that are played: the account and the flags they are asked with, and the run folder that one packs.

Effects: writes files where it is told.
"""

import tarfile
from pathlib import Path

from aws_environment import ACCOUNT_ID, REGION

from seikaku.model.run import folder as run_folder

BUCKET = f"seikaku-{ACCOUNT_ID}"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-train"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
                        "Action": "sts:AssumeRole"}]}  # fmt: skip
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        },
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"},
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"},
    ],
}
TRAIN = ["cloud", "train", "--bucket", BUCKET, "--role_arn", ROLE, "--base_model", "backbone", "--region", REGION]
LOG = "土台: tiny\nstage{0} epoch=1 validation_loss=0.6 validation_mae=0.9\nstage{0} final validation_loss=0.5\n"


def write_files(folder, **files):
    for name, text in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Path(folder)


def pack_run(number, folder, *, altered):
    names = [name for name in run_folder._REQUIRED if name != run_folder.CONFIG_NAME] + ["tokenizer.json"]
    made = write_files(folder / "run", **{name: f"{name} of stage {number}" for name in names})
    known = {"format": run_folder.FORMAT, "format_version": run_folder.FORMAT_VERSION, "stage": number}
    run_folder._write_config(made, known)
    if altered:
        (made / "heads.safetensors").write_text("other bytes")
    packed = folder / "model.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(made, ".")
    return packed


def changing(calls):
    return [call for call in calls if call[1].startswith(("Create", "Put", "Upload", "Update", "Stop", "PUT", "POST"))]
