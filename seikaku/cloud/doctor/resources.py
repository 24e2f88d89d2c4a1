"""Doctor: the bucket, the two roles, the logs, the container image. Effect: reads them from AWS."""

from collections.abc import Iterator
from typing import Any

from seikaku.cloud.account.images import TRAINING, TRAINING_SUCCESSOR, find_image, find_patch_end, inference_image
from seikaku.cloud.account.registry import is_listed
from seikaku.cloud.account.session import SERVE_ROLE, TRAIN_ROLE
from seikaku.cloud.doctor.checks import DENIED, Check, Patient, error_code
from seikaku.errors import Words, both

_BUCKET, _IMAGE = both("バケット", "Bucket"), both("イメージ", "Image")
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
        line = both(f"バケット {name} がありません。", f"There is no bucket {name}.")
        yield Check(_BUCKET, "failed", line, _make_anew("--bucket"))
        return
    yield Check(_BUCKET, "ok", both(f"バケット {name} に届きます。", f"The bucket {name} can be reached."))
    region = s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1"
    if region != account.region:
        mend = both(
            f"--region {region} にするか、{account.region} のバケットを --bucket で指定してください。",
            f"Choose --region {region}, or name a bucket in {account.region} with --bucket.",
        )
        line = both(
            f"バケットは {region} にあり、ジョブのリージョン {account.region} と違います。",
            f"The bucket is in {region}, and the jobs' region is {account.region}.",
        )
        yield Check(both("バケットのリージョン", "Bucket's region"), "failed", line, mend)
    yield _check_encryption(s3, name)
    yield _check_public_access(s3, name)


def check_roles(patient: Patient) -> Iterator[Check]:
    """Whether the roles exist and SageMaker may take them."""
    account = patient.account
    yield _check_role(account, TRAIN_ROLE, account.train_role_arn, "--role_arn")
    yield _check_role(account, SERVE_ROLE, account.serve_role_arn, "--serve_role_arn")


def check_logs(patient: Patient) -> Iterator[Check]:
    """Whether a job's log can be read: without it nobody sees how it goes."""
    groups = patient.account.client("logs").describe_log_groups(
        logGroupNamePrefix="/aws/sagemaker/TrainingJobs", limit=1
    )
    found = both("ロググループは、最初のジョブのときにできます。", "the first job makes the log group")
    if groups["logGroups"]:
        found = both("ロググループがあります。", "the log group is there")
    line = both(f"学習ジョブのログを読めます（{found}）", f"The log of training jobs can be read ({found.english}).")
    yield Check(both("ログ", "Log"), "ok", line)


def check_image(patient: Patient) -> Iterator[Check]:
    """Whether a training image stands in the region's registry, and whether the images still get patches."""
    account = patient.account
    images = [image for image in map(find_image, (TRAINING_SUCCESSOR, TRAINING)) if image is not None]
    listed = next((image for image in images if is_listed(account, image)), None)
    if listed is None:
        tags = [image.tag for image in images]
        line = both(
            f"学習のコンテナイメージが {account.region} にありません: {'、'.join(tags)}",
            f"{account.region} lacks the container image of training: {', '.join(tags)}",
        )
        mend = both(
            "別の --region を選ぶか、seikaku を新しくしてください。", "Choose another --region, or update seikaku."
        )
        yield Check(_IMAGE, "failed", line, mend)
    else:
        line = both(
            f"学習のコンテナイメージがあります（{listed.repository}:{listed.tag}）。",
            f"The container image of training is there ({listed.repository}:{listed.tag}).",
        )
        yield Check(_IMAGE, "ok", line)
        of_training = both("イメージの修正（学習）", "Patches of the image (training)")
        yield _check_patches(of_training, listed.address(account.region))
    of_serving = both("イメージの修正（推論）", "Patches of the image (inference)")
    yield _check_patches(of_serving, inference_image(account.region))


def _make_anew(flag: str) -> Words:
    return both(
        f"seikaku cloud stack up で作り直すか、{flag} で正しいものを指定してください。",
        f"Make it anew with seikaku cloud stack up, or name the right one with {flag}.",
    )


def _check_patches(name: Words, address: str) -> Check:
    if (end := find_patch_end(address)) is not None:
        return Check(name, "warning", end.line, end.mend)
    line = both("AWS のセキュリティの修正が続いています。", "AWS still provides security patches.")
    return Check(name, "ok", line)


def trusts_sagemaker(policy: dict[str, Any]) -> bool:
    """Whether a trust policy lets SageMaker take the role."""
    return any(
        statement.get("Effect") == "Allow"
        and "sts:AssumeRole" in _as_list(statement.get("Action"))
        and isinstance(principal := statement.get("Principal"), dict)
        and _TRUSTED in _as_list(principal.get("Service"))
        for statement in _as_list(policy.get("Statement"))
    )


def _check_role(account: Any, what: Words, arn: str, flag: str) -> Check:
    from botocore.exceptions import ClientError

    name = arn.rpartition("/")[2]
    try:
        role = account.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        if error_code(error) in DENIED:
            line = both(
                f"{name}: iam:GetRole の権限がないので、信頼関係は確かめていません。",
                f"{name}: whom it trusts was not looked at, for lack of iam:GetRole.",
            )
            return Check(what, "skipped", line)
        if error_code(error) != "NoSuchEntity":
            raise
        line = both(f"{what} {name} がありません。", f"There is no {name}.")
        return Check(what, "failed", line, _make_anew(flag))
    if trusts_sagemaker(role["AssumeRolePolicyDocument"]):
        return Check(what, "ok", both(f"{name}: SageMaker が引き受けられます。", f"{name}: SageMaker may take it."))
    line = both(
        f"{name}: 信頼ポリシーが {_TRUSTED} を許していません。", f"{name}: its trust policy does not allow {_TRUSTED}."
    )
    mend = both(
        f"IAM のコンソールで、{name} の「信頼関係」に {_TRUSTED} の sts:AssumeRole を加えてください。",
        f"In the IAM console, add sts:AssumeRole of {_TRUSTED} to the trust relationships of {name}.",
    )
    return Check(what, "failed", line, mend)


def _check_encryption(s3: Any, bucket: str) -> Check:
    from botocore.exceptions import ClientError

    name = both("バケットの暗号化", "Bucket's encryption")
    try:
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except ClientError as error:
        if error_code(error) in DENIED:
            return Check(name, "skipped", _not_allowed("s3:GetEncryptionConfiguration"))
        if error_code(error) != "ServerSideEncryptionConfigurationNotFoundError":
            raise
        rules = []
    algorithms = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules]
    if any(algorithms):
        found = list(filter(None, algorithms))
        line = both(f"既定で暗号化されます（{'、'.join(found)}）。", f"Encrypted by default ({', '.join(found)}).")
        return Check(name, "ok", line)
    mend = both(
        "S3 のコンソールで「デフォルトの暗号化」を有効にしてください（seikaku は送るときにも暗号化を指定します）。",
        "Turn default encryption on in the S3 console (seikaku also asks for it with all that it sends).",
    )
    line = both("バケットに既定の暗号化がありません。", "The bucket has no default encryption.")
    return Check(name, "warning", line, mend)


def _check_public_access(s3: Any, bucket: str) -> Check:
    from botocore.exceptions import ClientError

    name = both("バケットの公開", "Bucket's public access")
    try:
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error_code(error) in DENIED:
            return Check(name, "skipped", _not_allowed("s3:GetBucketPublicAccessBlock"))
        if error_code(error) != "NoSuchPublicAccessBlockConfiguration":
            raise
        block = {}
    wanted = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    if all(block.get(key) for key in wanted):
        return Check(name, "ok", both("パブリックアクセスはすべて止めてあります。", "All public access is blocked."))
    mend = f"aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration " + ",".join(
        f"{key}=true" for key in wanted
    )
    line = both(
        "会話の入るバケットが、公開を止める設定になっていません。",
        "The bucket, which conversations go to, is not closed to the public.",
    )
    return Check(name, "failed", line, mend)


def _not_allowed(action: str) -> Words:
    return both(f"{action} の権限がないので、確かめていません。", f"Not looked at, for lack of {action}.")


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
