"""Which image training jobs run in: the successor where AWS lists it, else the pinned one; never an error."""

import pytest

from seikaku.cloud.account import images
from seikaku.cloud.account.images import TRAINING, TRAINING_SUCCESSOR, find_image
from seikaku.cloud.account.registry import choose_training_image, is_listed
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings

REGION = "ap-northeast-1"
NOT_LISTED = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}


@pytest.fixture
def account():
    return Account(CloudSettings(region=REGION))


def listed(kind):
    return {"images": [{"imageId": {"imageTag": find_image(kind).tag}}]}


def test_the_successor_is_chosen_where_aws_lists_it(answer, account):
    answer("ecr", ("batch_get_image", listed(TRAINING_SUCCESSOR)))
    assert choose_training_image(account) == find_image(TRAINING_SUCCESSOR).address(REGION)


@pytest.mark.parametrize("told", [NOT_LISTED, "AccessDeniedException", "RepositoryNotFoundException"])
def test_else_the_pinned_one(answer, account, told):
    answer("ecr", ("batch_get_image", told))
    assert choose_training_image(account) == find_image(TRAINING).address(REGION)


def test_without_a_successor_nothing_is_asked(account, monkeypatch):
    known = images._document()
    monkeypatch.setattr(images, "_document", lambda: {**known, TRAINING_SUCCESSOR: None})
    monkeypatch.setattr(Account, "client", lambda *_: pytest.fail("asked"))
    assert choose_training_image(account) == find_image(TRAINING).address(REGION)


def test_it_is_asked_in_the_registry_of_the_region(answer, monkeypatch):
    asked = []

    class Ecr:
        def batch_get_image(self, **which):
            asked.append(which)
            return NOT_LISTED

    monkeypatch.setattr(Account, "client", lambda *_: Ecr())
    image = find_image(TRAINING)
    assert not is_listed(Account(CloudSettings(region="ap-northeast-3")), image)
    assert asked == [{"registryId": "364406365360", "repositoryName": image.repository,
                      "imageIds": [{"imageTag": image.tag}]}]  # fmt: skip
