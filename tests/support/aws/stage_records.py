"""Services that moto lacks, as answers of the right shape. Every figure here is made up and says so.

In: the requests, as sent. Out: answers. No effects.
"""

import json
from collections.abc import Callable
from typing import Any

from stage_wire import AwsAnswer, AwsError, AwsRequest, json_answer

FICTIONAL_USD_PER_HOUR = 0.8765
FICTIONAL_USD = 0.000123
# What an account may use at once. AWS gives new accounts 0 of most GPU instances; this one has been granted two.
_QUOTA_USAGES = (
    "training job usage", "spot training job usage", "training warm pool usage", "endpoint usage",
    "transform job usage",
)  # fmt: skip
_INSTANCES = (
    "ml.g4dn.xlarge", "ml.g4dn.12xlarge", "ml.g5.xlarge", "ml.g5.12xlarge", "ml.g6.xlarge", "ml.g6.12xlarge",
    "ml.g6e.xlarge", "ml.m5.xlarge", "ml.c5.xlarge",
)  # fmt: skip


def _quotas() -> list[dict[str, Any]]:
    names = [f"{instance} for {usage}" for instance in _INSTANCES for usage in _QUOTA_USAGES]
    names += ["Maximum total concurrency that can be allocated across all serverless endpoints"]
    return [
        {
            "ServiceCode": "sagemaker",
            "ServiceName": "Amazon SageMaker",
            "QuotaArn": f"arn:aws:servicequotas:ap-northeast-1:123456789012:sagemaker/L-{number:08X}",
            "QuotaCode": f"L-{number:08X}",
            "QuotaName": name,
            "Value": 10.0 if "serverless" in name else 2.0,
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
        for number, name in enumerate(names, 1)
    ]


def list_quotas(request: AwsRequest) -> AwsAnswer:
    """ListServiceQuotas and ListAWSDefaultServiceQuotas, in pages."""
    asked = request.json()
    begin = int(asked.get("NextToken") or 0)
    end = begin + asked.get("MaxResults", 100)
    found = _quotas()
    more = {"NextToken": str(end)} if end < len(found) else {}
    return json_answer({"Quotas": found[begin:end]} | more)


def get_quota(request: AwsRequest) -> AwsAnswer:
    """GetServiceQuota."""
    code = request.json()["QuotaCode"]
    for quota in _quotas():
        if quota["QuotaCode"] == code:
            return json_answer({"Quota": quota})
    raise AwsError("NoSuchResourceException", f"no quota {code}", 404)


def get_products(request: AwsRequest) -> AwsAnswer:
    """pricing:GetProducts: one made-up price for whatever instance and usage the filters name, or for a few."""
    filters = {item["Field"]: item["Value"] for item in request.json().get("Filters", [])}
    instances = [name] if (name := filters.get("instanceName") or filters.get("instanceType")) else list(_INSTANCES)
    components = [filters["component"]] if "component" in filters else ["Training", "Hosting", "Batch Transform"]
    products = [_product(instance, component, filters) for instance in instances for component in components]
    products += [_service("Train:VolumeUsage.gp2", "GB-Mo", filters)]
    products += [_service(f"ServerlessInf:Mem-{size}GB", "seconds", filters) for size in range(1, 7)]
    return json_answer({"FormatVersion": "aws_v1", "PriceList": [json.dumps(product) for product in products]})


def _product(instance: str, component: str, filters: dict[str, str]) -> dict[str, Any]:
    short = {"Training": "Train", "Hosting": "Host", "Batch Transform": "Tsform"}.get(component, component)
    product = _service(f"{short}:{instance}", "Hrs", filters, FICTIONAL_USD_PER_HOUR)
    product["product"]["productFamily"] = "ML Instance"
    product["product"]["attributes"] |= {"instanceName": instance, "component": component}
    return product


def _service(usage: str, unit: str, filters: dict[str, str], usd: float = FICTIONAL_USD) -> dict[str, Any]:
    price = {
        "unit": unit,
        "description": "a fictional price of the test stage",
        "pricePerUnit": {"USD": f"{usd:.10f}"},
    }
    attributes = {
        "servicecode": "AmazonSageMaker",
        "regionCode": filters.get("regionCode", "ap-northeast-1"),
        "location": "Asia Pacific (Tokyo)",
        "usagetype": f"APN1-{usage}",
    }
    return {
        "product": {"productFamily": "ML Inference", "attributes": attributes, "sku": f"FICTIONAL{usage}"},
        "serviceCode": "AmazonSageMaker",
        "terms": {"OnDemand": {"A.B": {"priceDimensions": {"A.B.C": price}}}},
        "publicationDate": "2026-11-01T00:00:00Z",
    }


def describe_images(request: AwsRequest) -> AwsAnswer:
    """ecr:DescribeImages: every tag that is asked about exists."""
    asked = request.json()
    ids = asked.get("imageIds") or [{"imageTag": "latest"}]
    details = [
        {"registryId": asked.get("registryId", ""), "repositoryName": asked["repositoryName"],
         "imageDigest": "sha256:" + "0" * 64, "imageTags": [item.get("imageTag", "latest")], "imageSizeInBytes": 1}
        for item in ids
    ]  # fmt: skip
    return json_answer({"imageDetails": details})


def batch_get_image(request: AwsRequest) -> AwsAnswer:
    """ecr:BatchGetImage: likewise."""
    asked = request.json()
    images = [
        {"registryId": asked.get("registryId", ""), "repositoryName": asked["repositoryName"], "imageId": item,
         "imageManifest": "{}"}
        for item in asked["imageIds"]
    ]  # fmt: skip
    return json_answer({"images": images, "failures": []})


RECORDS: dict[tuple[str, str], Callable[[AwsRequest], AwsAnswer]] = {
    ("servicequotas", "ListServiceQuotas"): list_quotas,
    ("servicequotas", "ListAWSDefaultServiceQuotas"): list_quotas,
    ("servicequotas", "GetServiceQuota"): get_quota,
    ("pricing", "GetProducts"): get_products,
    ("ecr", "DescribeImages"): describe_images,
    ("ecr", "BatchGetImage"): batch_get_image,
}
