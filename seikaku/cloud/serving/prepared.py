"""The model that an endpoint or a batch transform serves: packed, sent. In: its files. Out: its addresses.

Effects: writes a temporary archive, uploads it.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seikaku.cloud.account.images import inference_image
from seikaku.cloud.account.layout import s3_uri
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.storage import upload_file
from seikaku.cloud.serving.endpoint_request import ServedModel
from seikaku.cloud.serving.hosting import Hosting, Serverless
from seikaku.cloud.serving.packing import ARCHIVE_NAME, PackedModel, pack_model
from seikaku.errors import both


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A model with its archive, None where the image brings the model itself; ``own_image``: none of AWS's."""

    archive: PackedModel | None
    image: str
    own_image: bool

    @property
    def n_bytes(self) -> int:
        """The size of the model."""
        return 0 if self.archive is None else self.archive.n_model_bytes

    def serve(self, account: Account, environment: dict[str, str]) -> ServedModel:
        """What the requests say of it."""
        uri = "" if self.archive is None else s3_uri(account.bucket, self.archive.key)
        return ServedModel(self.image, uri, environment)

    def upload(self, account: Account, report: Callable[[str], None]) -> None:
        """Send the archive, unless the bucket has it."""
        if self.archive is not None:
            is_new = upload_file(account, self.archive.path, self.archive.key)
            known = both("モデルは送ってありました。", "The model had been sent before.")
            report(both("モデルを送りました。", "Sent the model.") if is_new else known)


@contextmanager
def prepare_model(account: Account, files: Sequence[Path], image: str, *, is_onnx: bool) -> Iterator[PreparedModel]:
    """Pack the model; ``files`` empty: the embedded one; ``image`` "": AWS's Hugging Face image.

    The archive goes when the block ends.
    """
    with tempfile.TemporaryDirectory(prefix="seikaku-") as scratch:
        archive = None
        if files or not image:
            archive = pack_model(Path(scratch) / ARCHIVE_NAME, files, with_code=not image, is_onnx=is_onnx)
        yield PreparedModel(archive, image or inference_image(account.region), bool(image))


def endpoint_environment(hosting: Hosting, *, own_image: bool) -> dict[str, str]:
    """The variables of an endpoint's container."""
    # Each worker of the Hugging Face image holds the model; without a host of its own there is memory for one.
    one = isinstance(hosting, Serverless) and not own_image
    return container_environment(own_image=own_image, n_workers=1 if one else None)


def container_environment(*, own_image: bool, n_workers: int | None, seconds: int | None = None) -> dict[str, str]:
    """The container's variables: how much it does at once (None: its own default), how long one invocation may take."""
    names = ("SEIKAKU_SERVE_MAX_CONCURRENT", "SEIKAKU_SERVE_TIMEOUT_SECONDS")
    if not own_image:
        names = ("SAGEMAKER_MODEL_SERVER_WORKERS", "SAGEMAKER_MODEL_SERVER_TIMEOUT")
    given = {name: str(value) for name, value in zip(names, (n_workers, seconds), strict=True) if value is not None}
    return given if own_image else {"SAGEMAKER_PROGRAM": "inference.py"} | given
