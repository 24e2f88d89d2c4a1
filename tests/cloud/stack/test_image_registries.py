"""Every image that is offered, in every region where it is offered, may be pulled by the roles and looked for."""

import fnmatch

import pytest
from cloud_template import PSEUDO, TEMPLATE, load_resources, parse

from seikaku.cloud.account.images import OFFERED, find_image, list_registries

ROLES_POLICY, WATCH_POLICY = "ImagesAndMetricsPolicy", "OperatorWatchPolicy"


def as_list(value):
    return value if isinstance(value, list) else [value]


def allows(policy, action, resource):
    return any(
        action in as_list(statement["Action"])
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in as_list(statement["Resource"]))
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    )


def test_the_template_maps_every_region_and_no_other():
    mapped = parse(TEMPLATE.read_text(encoding="utf-8"))["Mappings"]["ImageRegistries"]
    assert {region: entry["Account"] for region, entry in mapped.items()} == list_registries()


def test_there_is_more_than_one_registry_to_map():
    assert len(set(list_registries().values())) > 5
    assert list_registries()["ap-northeast-3"] != list_registries()["ap-northeast-1"]  # Osaka and Tokyo


@pytest.mark.parametrize("region", list_registries())
def test_every_offered_image_may_be_pulled(region, monkeypatch):
    monkeypatch.setitem(PSEUDO, "AWS::Region", region)
    resources = load_resources()
    images = [image for kind in OFFERED if (image := find_image(kind)) is not None]
    assert images
    for image in images:
        registry, _, rest = image.address(region).partition(".")
        arn = f"arn:aws:ecr:{region}:{registry}:repository/{rest.partition('/')[2].partition(':')[0]}"
        for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"):
            assert allows(resources[ROLES_POLICY], action, arn), (action, arn)
        assert allows(resources[WATCH_POLICY], "ecr:BatchGetImage", arn)
        elsewhere = "763104351884" if registry != "763104351884" else "364406365360"
        assert not allows(resources[ROLES_POLICY], "ecr:BatchGetImage", arn.replace(registry, elsewhere))
