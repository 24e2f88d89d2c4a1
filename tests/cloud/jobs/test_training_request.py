"""CreateTrainingJob requests, whole, and what botocore and the toolkit make of them."""

import json
import re
from pathlib import Path

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from seikaku.cloud.account.images import training_image
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.training_request import (
    METRIC_DEFINITIONS,
    TrainingPlan,
    build_job_definition,
    build_training_request,
)
from seikaku.errors import UserError

GOLDEN = Path(__file__).parents[1] / "golden"
REGION, BUCKET = "ap-northeast-1", "seikaku-123456789012"
KEY = "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555"
LOG = """\
Invoking user script
stage2 epoch=0.5 step=10 train_loss=1.25 learning_rate=1e-05
stage2 epoch=1 validation_loss=0.51 validation_mae=0.7921 validation_mse=1.1 validation_mae_openness=0.1
stage2 epoch=2 validation_loss=4e-1 validation_mae=8e-1 validation_mse=1.2 validation_mae_openness=0.2
stage2 final validation_loss=0.51 validation_mae=0.7921 validation_mse=1.1 validation_mae_openness=0.1
"""


def build_plan(name="seikaku-stage1-20261122-213000-1f", **changes):
    base = f"s3://{BUCKET}"
    given = {
        "name": name,
        "run_name": name,
        "region": REGION,
        "bucket": BUCKET,
        "role_arn": "arn:aws:iam::123456789012:role/seikaku-train",
        "image": training_image(REGION),
        "bundle_uri": f"{base}/code/abc/sourcedir.tar.gz",
        "channels": {"data": f"{base}/data/abc/", "base_model": f"{base}/base-model/tiny/abc/"},
        "hyperparameters": {"stage": 1, "epochs": 3, "learning_rate": 2e-4, "weak_traits": False,
                            "lora_targets": ("query", "value"), "max_tokens": None},
        "compute": Compute(),
        "settings": CloudSettings(),
    }  # fmt: skip
    return TrainingPlan(**given | changes)


PLANS = {
    "spot": build_plan(),
    "several_gpus": build_plan(
        compute=Compute(instance_type="ml.g5.12xlarge", on_demand=True, warm_pool_minutes=30, max_run_hours=2)
    ),
    "vpc_and_key": build_plan(
        "seikaku-stage2-20261122-213000-1f",
        hyperparameters={"stage": 2, "stage1_model_path": "none"},
        compute=Compute(instance_type="ml.m5.xlarge", max_retries=0, max_run_hours=0.5, max_wait_hours=3, volume_gb=50),
        settings=CloudSettings(kms_key=KEY, subnets=("subnet-1", "subnet-2"), security_groups=("sg-1",),
                               network_isolation=True, tags=("owner=A",)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_the_request_is_the_golden_one(name):
    golden = json.loads((GOLDEN / f"training_{name}.json").read_text(encoding="utf-8"))
    assert build_training_request(PLANS[name]) == golden


@pytest.mark.parametrize("name", PLANS)
def test_botocore_and_our_rules_take_it(name):
    request = build_training_request(PLANS[name])
    shape = get_session().get_service_model("sagemaker").operation_model("CreateTrainingJob").input_shape
    assert not ParamValidator().validate(request, shape).has_errors()
    check_request("CreateTrainingJob", request)


def test_our_texts_are_what_the_toolkit_passes_as_flags():
    """The toolkit decodes each text and writes it as a flag again; train.py must read the same value."""
    from sagemaker_training import mapping

    texts = build_training_request(PLANS["spot"])["HyperParameters"]
    decoded = {}
    for name, text in texts.items():
        try:
            decoded[name] = json.loads(text)
        except ValueError:
            decoded[name] = text
    ours = {name: value for name, value in decoded.items() if not name.startswith("sagemaker_")}
    assert mapping.to_cmd_args(ours) == [
        "--epochs", "3", "--learning_rate", "0.0002", "--lora_targets", "query,value", "--stage", "1",
        "--weak_traits", "False"]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("validation_mae", [0.7921, 0.8, 0.7921]), ("validation_loss", [0.51, 0.4, 0.51]),
     ("validation_mse", [1.1, 1.2, 1.1]), ("train_loss", [1.25])],
)  # fmt: skip
def test_metrics_are_found_once_an_epoch_and_the_kept_one_last(metric, expected):
    (definition,) = [item for item in METRIC_DEFINITIONS if item["Name"] == metric]
    assert [float(text) for text in re.findall(definition["Regex"], LOG)] == expected


def test_torchrun_where_there_are_several_gpus():
    def flag(instance_type):
        plan = build_plan(compute=Compute(instance_type=instance_type))
        return build_training_request(plan)["HyperParameters"].get("sagemaker_torch_distributed_enabled")

    assert flag("ml.g4dn.xlarge") is None
    assert flag("ml.g4dn.12xlarge") == "true"
    assert flag("ml.g5.24xlarge") == "true"  # not in our table: torchrun counts the GPUs itself


def test_an_instance_with_its_own_disk_takes_no_key_for_it():
    settings = CloudSettings(kms_key=KEY)
    own = build_training_request(build_plan(settings=settings))
    assert "VolumeKmsKeyId" not in own["ResourceConfig"]
    assert own["OutputDataConfig"]["KmsKeyId"] == KEY
    volume = build_training_request(build_plan(settings=settings, compute=Compute(instance_type="ml.m5.xlarge")))
    assert volume["ResourceConfig"]["VolumeKmsKeyId"] == KEY


def test_a_tuning_job_shares_all_but_name_and_run():
    plan = build_plan(run_name="")
    definition = build_job_definition(plan)
    assert "Environment" not in definition
    assert definition["CheckpointConfig"]["S3Uri"] == f"s3://{BUCKET}/checkpoints/{plan.name}/"
    assert definition.items() <= build_training_request(plan).items()


REFUSED = {
    "warm pool with spot": ({"warm_pool_minutes": 10}, "warm_pool_minutes 10 はスポットと"),
    "a wait on demand": ({"on_demand": True, "max_wait_hours": 20}, "max_wait_hours 20 はスポットのときだけ"),
    "a wait shorter than the run": ({"max_run_hours": 3, "max_wait_hours": 2}, "max_wait_hours 2 が --max_run_hours 3"),
    "no time": ({"max_run_hours": 0}, "--max_run_hours 0 は使えません"),
    "too long": ({"max_run_hours": 1000}, "--max_run_hours 1000 は使えません"),
    "too many retries": ({"max_retries": 31}, "--max_retries 31 は使えません"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_machines_that_cannot_be_had_are_refused(case):
    fields, message = REFUSED[case]
    with pytest.raises(UserError, match=message):
        Compute(**fields)


def test_the_wait_is_twice_the_run_unless_it_is_given():
    assert Compute(max_run_hours=2).max_wait_seconds == 4 * 3600
    assert Compute(max_run_hours=2, max_wait_hours=3).max_wait_seconds == 3 * 3600
    assert Compute(on_demand=True).max_wait_seconds is None


def test_images_are_pinned_and_unknown_regions_refused():
    assert training_image("ap-northeast-1") == (
        "763104351884.dkr.ecr.ap-northeast-1.amazonaws.com/"
        "huggingface-pytorch-training:2.8.0-transformers4.56.2-gpu-py312-cu129-ubuntu22.04"
    )
    assert training_image("ap-east-1").startswith("871362719292.dkr.ecr.ap-east-1.")
    with pytest.raises(UserError, match="リージョン moon-1 の"):
        training_image("moon-1")
