"""A job's inputs: packed once, sent to the addresses that were shown; only a fetched backbone's is known later."""

from types import SimpleNamespace

import pytest

from seikaku.cloud.account.storage import no_progress
from seikaku.cloud.jobs import job_inputs, launch
from seikaku.cloud.jobs.bundle import Bundle
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.job_inputs import EMBEDDED, JobInputs
from seikaku.cloud.jobs.launch import StageOrder


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Processed data and a backbone, the bundles that were built, and the backbones that were asked for."""
    for name, file in (("data", "manifest.json"), ("backbone", "config.json")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("{}")
    noted = SimpleNamespace(data=tmp_path / "data", backbone=tmp_path / "backbone", bundles=[], asked=[])
    bundle = Bundle(b"code", "0" * 64)
    monkeypatch.setattr(
        job_inputs, "build_bundle", lambda *, with_encoder: noted.bundles.append(with_encoder) or bundle
    )
    noted.find = lambda name, base_model: noted.asked.append(name) or base_model or noted.backbone
    return noted


def send(parcel, account):
    return parcel.send(account, lambda line: None, no_progress)


def test_a_backbone_that_must_be_fetched_is_fetched_when_it_is_sent(account, folders):
    parcel = JobInputs(folders.data, "hub/tiny", folders.find, None, None).pack(account.bucket)
    assert parcel.addresses.channels["base_model"] == f"s3://{account.bucket}/base-model/hub--tiny/SHA256/"
    assert folders.asked == []
    sent = send(parcel, account)
    assert folders.asked == ["hub/tiny"]
    assert sent.channels["data"] == parcel.addresses.channels["data"]
    assert sent.bundle_uri == parcel.addresses.bundle_uri
    assert folders.bundles == [False]  # built once
    found = account.client("s3").list_objects_v2(Bucket=account.bucket)["Contents"]
    keys = {f"s3://{account.bucket}/{item['Key']}" for item in found}
    assert sent.channels["base_model"] + "config.json" in keys
    assert {sent.channels["data"] + "manifest.json", sent.bundle_uri} < keys


def test_what_is_here_is_sent_to_the_addresses_that_were_shown(account, folders):
    parcel = JobInputs(folders.data, "hub/tiny", folders.find, folders.backbone, None).pack(account.bucket)
    assert send(parcel, account) == parcel.addresses
    assert folders.asked == ["hub/tiny"]  # once


def test_the_embedded_backbone_travels_with_the_code_alone(account, folders):
    """Even where a folder is named: a dry run shows no channel that the job would not have."""
    parcel = JobInputs(folders.data, EMBEDDED, folders.find, folders.backbone, None).pack(account.bucket)
    assert parcel.addresses.channels.keys() == {"data"}
    assert send(parcel, account) == parcel.addresses
    assert (folders.bundles, folders.asked) == ([True], [])


def test_an_earlier_jobs_backbone_is_not_sent_again(account, folders):
    parcel = JobInputs(folders.data, "hub/tiny", folders.find, None, "s3://b/base-model/tiny/0/").pack(account.bucket)
    assert send(parcel, account).channels["base_model"] == "s3://b/base-model/tiny/0/"
    assert folders.asked == []


def test_a_run_is_planned_before_its_inputs_are_sent_and_keeps_all_else(account, folders):
    parcel = JobInputs(folders.data, "hub/tiny", folders.find, None, None).pack(account.bucket)
    orders = (StageOrder(1, {}, {}), StageOrder(2, {"epochs": 2}, {}))
    planned = launch.plan_run(account, orders, parcel.addresses, Compute(), "image:1", out=folders.data, tuning="")
    run = planned.with_inputs(send(parcel, account))
    assert (run.name, run.job_names) == (planned.name, planned.job_names)
    first, second = (job.plan for job in run.jobs)
    assert list(second.channels) == ["data", "base_model", "stage1"]
    assert first.name in second.channels["stage1"]
    assert first.channels["base_model"] == second.channels["base_model"] != parcel.addresses.channels["base_model"]
