"""Doctor: the bucket, the two roles, the logs, the container image. Effect: reads them from AWS."""

from collections.abc import Iterator
from typing import Any

from seikaku.cloud.account.images import TRAINING, TRAINING_SUCCESSOR, find_image, find_patch_end, inference_image
from seikaku.cloud.account.registry import is_listed
from seikaku.cloud.doctor.checks import DENIED, Check, Patient, error_code

_STACK_UP = "seikaku cloud stack up で作り直すか、{flag} で正しいものを指定してください。"
_TRUSTED = "sagemaker.amazonaws.com"


def check_bucket(patient: Patient) -> Iterator[Check]:
    """Whether the bucket exists in the region, is encrypted and is closed to the public."""
    from botocore.exceptions import ClientError

    account, name = patient.account, patient.account.bucket
    s3 = account.client("s3")
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error_code(error) not in {"404", "NoSuchBucket"}:
            raise
        yield Check("バケット", "failed", f"バケット {name} がありません。", _STACK_UP.format(flag="--bucket"))
        return
    yield Check("バケット", "ok", f"バケット {name} に届きます。")
    region = s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1"
    if region != account.region:
        mend = f"--region {region} にするか、{account.region} のバケットを --bucket で指定してください。"
        line = f"バケットは {region} にあり、ジョブのリージョン {account.region} と違います。"
        yield Check("バケットのリージョン", "failed", line, mend)
    yield _check_encryption(s3, name)
    yield _check_public_access(s3, name)


def check_roles(patient: Patient) -> Iterator[Check]:
    """Whether the roles exist and SageMaker may take them."""
    account = patient.account
    yield _check_role(account, "学習のロール", account.train_role_arn, "--role_arn")
    yield _check_role(account, "推論のロール", account.serve_role_arn, "--serve_role_arn")


def check_logs(patient: Patient) -> Iterator[Check]:
    """Whether a job's log can be read: without it nobody sees how it goes."""
    groups = patient.account.client("logs").describe_log_groups(
        logGroupNamePrefix="/aws/sagemaker/TrainingJobs", limit=1
    )
    found = "ロググループがあります。" if groups["logGroups"] else "ロググループは、最初のジョブのときにできます。"
    yield Check("ログ", "ok", f"学習ジョブのログを読めます（{found}）")


def check_image(patient: Patient) -> Iterator[Check]:
    """Whether a training image stands in the region's registry, and whether the images still get patches."""
    account = patient.account
    images = [image for image in map(find_image, (TRAINING_SUCCESSOR, TRAINING)) if image is not None]
    listed = next((image for image in images if is_listed(account, image)), None)
    if listed is None:
        line = f"学習のコンテナイメージが {account.region} にありません: {'、'.join(image.tag for image in images)}"
        yield Check("イメージ", "failed", line, "別の --region を選ぶか、seikaku を新しくしてください。")
    else:
        yield Check("イメージ", "ok", f"学習のコンテナイメージがあります（{listed.repository}:{listed.tag}）。")
        yield _check_patches("イメージの修正（学習）", listed.address(account.region))
    yield _check_patches("イメージの修正（推論）", inference_image(account.region))


def _check_patches(name: str, address: str) -> Check:
    if (end := find_patch_end(address)) is not None:
        return Check(name, "warning", end.line, end.mend)
    return Check(name, "ok", "AWS のセキュリティの修正が続いています。")


def trusts_sagemaker(policy: dict[str, Any]) -> bool:
    """Whether a trust policy lets SageMaker take the role."""
    return any(
        statement.get("Effect") == "Allow"
        and "sts:AssumeRole" in _as_list(statement.get("Action"))
        and isinstance(principal := statement.get("Principal"), dict)
        and _TRUSTED in _as_list(principal.get("Service"))
        for statement in _as_list(policy.get("Statement"))
    )


def _check_role(account: Any, what: str, arn: str, flag: str) -> Check:
    from botocore.exceptions import ClientError

    name = arn.rpartition("/")[2]
    try:
        role = account.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        if error_code(error) in DENIED:
            return Check(what, "skipped", f"{name}: iam:GetRole の権限がないので、信頼関係は確かめていません。")
        if error_code(error) != "NoSuchEntity":
            raise
        return Check(what, "failed", f"{what} {name} がありません。", _STACK_UP.format(flag=flag))
    if trusts_sagemaker(role["AssumeRolePolicyDocument"]):
        return Check(what, "ok", f"{name}: SageMaker が引き受けられます。")
    line = f"{name}: 信頼ポリシーが {_TRUSTED} を許していません。"
    mend = f"IAM のコンソールで、{name} の「信頼関係」に {_TRUSTED} の sts:AssumeRole を加えてください。"
    return Check(what, "failed", line, mend)


def _check_encryption(s3: Any, bucket: str) -> Check:
    from botocore.exceptions import ClientError

    name = "バケットの暗号化"
    try:
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except ClientError as error:
        if error_code(error) in DENIED:
            return Check(name, "skipped", "s3:GetEncryptionConfiguration の権限がないので、確かめていません。")
        if error_code(error) != "ServerSideEncryptionConfigurationNotFoundError":
            raise
        rules = []
    algorithms = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules]
    if any(algorithms):
        return Check(name, "ok", f"既定で暗号化されます（{'、'.join(filter(None, algorithms))}）。")
    mend = "S3 のコンソールで「デフォルトの暗号化」を有効にしてください（seikaku は送るときにも暗号化を指定します）。"
    return Check(name, "warning", "バケットに既定の暗号化がありません。", mend)


def _check_public_access(s3: Any, bucket: str) -> Check:
    from botocore.exceptions import ClientError

    name = "バケットの公開"
    try:
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error_code(error) in DENIED:
            return Check(name, "skipped", "s3:GetBucketPublicAccessBlock の権限がないので、確かめていません。")
        if error_code(error) != "NoSuchPublicAccessBlockConfiguration":
            raise
        block = {}
    wanted = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    if all(block.get(key) for key in wanted):
        return Check(name, "ok", "パブリックアクセスはすべて止めてあります。")
    mend = f"aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration " + ",".join(
        f"{key}=true" for key in wanted
    )
    return Check(name, "failed", "会話の入るバケットが、公開を止める設定になっていません。", mend)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
