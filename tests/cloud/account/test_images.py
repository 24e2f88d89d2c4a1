"""AWS's images: their dates come with a source, and who is past one is told in one line with what to do."""

import json
from datetime import date

import pytest

from seikaku.cloud.account import images
from seikaku.cloud.account.images import INFERENCE, OFFERED, TRAINING, TRAINING_SUCCESSOR, find_image, find_patch_end
from seikaku.cloud.jobs.launch import list_patch_ends
from seikaku.places import ASSETS

REGION = "ap-northeast-1"


@pytest.mark.parametrize(
    ("kind", "end"), [(TRAINING, "2026-08-06"), (TRAINING_SUCCESSOR, "2027-04-30"), (INFERENCE, "2026-06-30")]
)
def test_every_image_has_its_last_day_with_a_source(kind, end):
    assert find_image(kind).end_of_patch == date.fromisoformat(end)
    told = json.loads((ASSETS / "cloud" / "images.json").read_text(encoding="utf-8"))[kind]
    assert told["end_of_patch_source"].startswith(("https://aws.github.io/", "github.com/aws/"))


@pytest.mark.parametrize("kind", OFFERED)
def test_the_last_day_itself_is_not_past(kind):
    image = find_image(kind)
    address = image.address(REGION)
    assert find_patch_end(address, image.end_of_patch) is None
    end = find_patch_end(address, date.fromordinal(image.end_of_patch.toordinal() + 1))
    assert f"{image.repository}:{image.tag}" in end.line and str(image.end_of_patch) in end.line
    assert end.mend.endswith("。") and "\n" not in end.line + end.mend


def test_the_mend_is_the_one_of_the_image():
    late = date(2028, 1, 1)
    mends = {kind: find_patch_end(find_image(kind).address(REGION), late).mend for kind in OFFERED}
    assert find_image(TRAINING_SUCCESSOR).tag in mends[TRAINING]
    assert "seikaku cloud image" in mends[INFERENCE]
    assert "seikaku を新しく" in mends[TRAINING_SUCCESSOR]


def test_an_image_of_ones_own_has_no_date_here():
    assert find_patch_end("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/seikaku:1", date(2099, 1, 1)) is None


def test_an_image_without_a_date_is_not_past(monkeypatch):
    told = {"training": {"repository": "r", "tag": "1"}, "registries": {REGION: "123456789012"}}
    monkeypatch.setattr(images, "_document", lambda: told)
    assert find_image(TRAINING_SUCCESSOR) is None
    assert find_patch_end(images.training_image(REGION), date(2099, 1, 1)) is None


def test_what_plan_says(monkeypatch):
    class Day(date):
        today_is = date(2026, 7, 1)

        @classmethod
        def now(cls, zone):
            return cls

        @classmethod
        def date(cls):
            return cls.today_is

    monkeypatch.setattr(images, "datetime", Day)
    (only,) = list_patch_ends(REGION)
    assert "huggingface-pytorch-inference" in only and "2026-06-30" in only and "\n" not in only
    Day.today_is = date(2026, 11, 28)
    training, inference = list_patch_ends(REGION)
    assert "2026-08-06" in training and "huggingface-pytorch-training:2.8.0" in training and inference == only
    Day.today_is = date(2026, 1, 1)
    assert list_patch_ends(REGION) == ()
