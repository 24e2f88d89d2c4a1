"""What is known of a run survives the terminal: written whole, read back the same."""

import dataclasses
import json
from pathlib import Path

import pytest

from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs import launch
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.records import JobRecord, Records, RunRecord
from seikaku.cloud.jobs.training_request import TrainingPlan, build_training_request
from seikaku.errors import UserError


def build_run(name="seikaku-train-a", created="2026-11-22T21:30:00+00:00"):
    plan = TrainingPlan(
        name=f"{name}-1",
        run_name=f"{name}-1",
        region="ap-northeast-1",
        bucket="bucket",
        role_arn="arn:aws:iam::123456789012:role/seikaku-train",
        image="image",
        bundle_uri="s3://bucket/code/a/sourcedir.tar.gz",
        channels={"data": "s3://bucket/data/a/"},
        hyperparameters={"stage": 1, "lora_targets": ("query", "value"), "learning_rate": 1e-4, "weak_traits": True},
        compute=Compute(max_run_hours=2, max_wait_hours=3),
        settings=CloudSettings(subnets=("subnet-1",), security_groups=("sg-1",), tags=("owner=A",)),
    )
    jobs = (JobRecord(1, plan, ("seikaku-earlier",)), JobRecord(2, dataclasses.replace(plan, name=f"{name}-2")))
    return RunRecord(name, "ap-northeast-1", Path("output/sagemaker"), jobs, created)


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path / "cloud")


def test_what_was_written_asks_for_the_same_jobs(records):
    run = build_run()
    records.save(run)
    found = records.require("")
    assert (found.name, found.out, found.job_names) == (run.name, run.out, run.job_names)
    for ours, theirs in zip(run.jobs, found.jobs, strict=True):
        assert build_training_request(ours.plan) == build_training_request(theirs.plan)


def test_a_run_is_found_by_its_name_by_any_of_its_jobs_or_as_the_newest(records):
    records.save(build_run("seikaku-train-a", "2026-11-22T21:30:00+00:00"))
    records.save(build_run("seikaku-train-b", "2026-11-23T21:30:00+00:00"))
    records.save(build_run("seikaku-train-c", "2026-11-21T21:30:00+00:00"))
    (records.folder / "seikaku-endpoint.json").write_text('{"format": "other"}')
    assert [run.name[-1] for run in records.load_all()] == ["b", "a", "c"]
    for name, expected in (("", "b"), ("seikaku-train-c", "c"), ("seikaku-train-a-2", "a"), ("seikaku-earlier", "b")):
        assert records.require(name).name[-1] == expected


def test_what_is_not_there_is_said_so(records):
    assert records.load_all() == []
    with pytest.raises(UserError, match="実行の記録がありません"):
        records.require("")
    with pytest.raises(UserError, match="実行 seikaku-x の記録がありません"):
        records.require("seikaku-x")


def test_a_record_of_another_version_is_refused(records):
    records.save(build_run())
    (path,) = records.folder.iterdir()
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"format_version": 99}))
    with pytest.raises(UserError, match="別の版の seikaku が書いた記録です"):
        records.load_all()


def test_the_cost_is_that_of_what_is_still_to_do():
    run = dataclasses.replace(build_run(), region="us-west-2")
    both = launch.estimate_run(run).upper_usd
    run = run.with_job(dataclasses.replace(run.jobs[0], is_fetched=True))
    assert launch.estimate_run(run).upper_usd == pytest.approx(both / 2) == pytest.approx(2 * 0.7364)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"max_run_hours": 8}, (8, 0, False)), ({"on_demand": True}, (2, 0, True)), ({"volume_gb": 50}, (2, 3, False)),
     ({"max_run_hours": 8, "max_wait_hours": 9}, (8, 9, False))],
)  # fmt: skip
def test_a_changed_machine_keeps_no_wait_that_does_not_fit(changes, expected):
    changed = launch.change_compute(Compute(max_run_hours=2, max_wait_hours=3), changes)
    assert (changed.max_run_hours, changed.max_wait_hours, changed.on_demand) == expected
