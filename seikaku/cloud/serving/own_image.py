"""The project's own container image: built by CodeBuild from this source, found again by the source's hash.

In: a checkout, the stack's repository and project. Out: the image's address. Effects: S3, CodeBuild, ECR.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from seikaku.cloud.account.polling import poll
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.storage import upload_bytes
from seikaku.errors import CloudError, UserError, both
from seikaku.places import REPOSITORY

_FILES = (".dockerignore", "Dockerfile", "LICENSE", "NOTICE", "README.md", "constraints.txt", "pyproject.toml")
_PACKAGE = "seikaku"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say: the same source gives the same bytes
_TAG_CHARS = 16


def find_own_image(account: Account, repository: Path = REPOSITORY) -> str:
    """The address of the image built from this very source, "" where there is none (nor a place, nor a permission)."""
    from botocore.exceptions import ClientError

    place = account.stack_outputs.get("ImageRepository", "")
    if not place or not (repository / "Dockerfile").is_file():
        return ""
    address = f"{place}:{source_tag(repository)}"
    try:
        return address if _is_built(account, address) else ""
    except ClientError:
        return ""


def build_own_image(account: Account, report: Callable[[str], None], repository: Path = REPOSITORY) -> tuple[str, bool]:
    """The image's address, and whether it was built just now.

    Raises UserError where the stack has no place for it, CloudError with AWS's reason where the build fails.
    """
    outputs = account.stack_outputs
    if "ImageProject" not in outputs:
        raise UserError(
            both(
                f"イメージを作る場所がありません（スタック {account.settings.stack} に ImageProject がありません）。",
                f"There is no place to build the image (the stack {account.settings.stack} has no ImageProject).",
            ),
            both(
                "seikaku cloud stack up --image_build を実行してください。", "Run seikaku cloud stack up --image_build."
            ),
        )
    if not (repository / "Dockerfile").is_file():
        raise UserError(
            both(f"Dockerfile がありません: {repository}", f"There is no Dockerfile: {repository}"),
            both(
                "ソースを取得したフォルダの中で pip install -e '.[aws]' して、実行してください。",
                "Run it from the source folder, after pip install -e '.[aws]' there.",
            ),
        )
    tag = source_tag(repository)
    address = f"{outputs['ImageRepository']}:{tag}"
    if _is_built(account, address):
        return address, False
    uri = upload_bytes(account, pack_source(repository), f"code/{tag}/image.zip")
    report(both("ソースを送りました", "sent the source"))
    client = account.client("codebuild")
    started = client.start_build(
        projectName=outputs["ImageProject"],
        sourceTypeOverride="S3",
        sourceLocationOverride=uri.removeprefix("s3://"),
        environmentVariablesOverride=[{"name": "TAG", "value": tag, "type": "PLAINTEXT"}],
    )["build"]
    _wait(client, started["id"], report)
    return address, True


def source_tag(repository: Path) -> str:
    """The source's hash, as a tag."""
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in _members(repository)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:_TAG_CHARS]


def pack_source(repository: Path) -> bytes:
    """What the Dockerfile copies, as a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, path in _members(repository):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED, 6)
    return packed.getvalue()


def _members(repository: Path) -> Iterator[tuple[str, Path]]:
    for name in _FILES:
        yield name, repository / name
    for path in sorted((repository / _PACKAGE).rglob("*")):
        parts = path.relative_to(repository).parts
        is_hidden = any(part.startswith((".", "__pycache__")) for part in parts)
        if path.is_file() and path.suffix != ".pyc" and not is_hidden:
            yield "/".join(parts), path


def _is_built(account: Account, address: str) -> bool:
    registry, _, rest = address.partition(".")
    name, _, tag = rest.partition("/")[2].partition(":")
    answer = account.client("ecr").batch_get_image(
        registryId=registry, repositoryName=name, imageIds=[{"imageTag": tag}]
    )
    return bool(answer.get("images"))


def _wait(client: Any, build_id: str, report: Callable[[str], None]) -> None:
    for answer in poll(lambda: client.batch_get_builds(ids=[build_id])):
        (build,) = answer["builds"]
        if build["buildStatus"] == "SUCCEEDED":
            return
        if build["buildStatus"] != "IN_PROGRESS":
            break
        phase = build.get("currentPhase", "")
        report(both(f"イメージを作っています（{phase}）", f"building the image ({phase})"))
    said = [context.get("message", "") for phase in build.get("phases", []) for context in phase.get("contexts", [])]
    reason, status = " ".join(filter(None, said)), build["buildStatus"]
    group = f"/aws/codebuild/{build_id.partition(':')[0]}"
    raise CloudError(
        both(
            f"イメージを作れませんでした（{status}）: {reason or '理由は示されていません'}",
            f"The image could not be built ({status}): {reason or 'AWS gives no reason'}",
        ),
        both(
            f"CloudWatch Logs の {group} を確かめて、もう一度実行してください。",
            f"Look at {group} in CloudWatch Logs, and run it again.",
        ),
    )
