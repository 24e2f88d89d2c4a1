"""What `train` and `tune` share: a job's inputs, brought to the bucket. Effects: S3.

A dry run sends nothing, and shows the addresses that a real one would have used.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seikaku.cloud.account.account import Account
from seikaku.cloud.account.layout import s3_uri
from seikaku.cloud.account.storage import Progress, digest_files, list_files, upload_bytes, upload_folder
from seikaku.cloud.jobs.bundle import build_bundle
from seikaku.cloud.jobs.training_request import BUNDLE_NAME
from seikaku.errors import DataError

EMBEDDED = "embedded"
DATA_FILES = ("manifest.json", "*.parquet")
BACKBONE_FILES = ("*.json", "*.safetensors", "*.model", "*.txt")  # no pickle
_DIGEST_CHARS = 16


@dataclass(frozen=True, slots=True)
class SentInputs:
    """Where a job finds its inputs: channel name -> S3 address, and the code bundle's address."""

    channels: dict[str, str]
    bundle_uri: str


@dataclass(frozen=True, slots=True)
class JobInputs:
    """What to send: processed data, and the backbone by the user's name for it.

    ``base_model``: a folder with its files; ``sent_base_model``: their address, where an earlier job brought them.
    """

    data_folder: Path
    backbone: str
    base_model: Path | None = None
    sent_base_model: str | None = None

    def check(self) -> None:
        """Raise DataError where there is no processed data."""
        if not (self.data_folder / "manifest.json").is_file():
            raise DataError(
                f"前処理済みのデータがありません: {self.data_folder}",
                "python download_datasets.py と python preprocess_data.py を実行するか、--data で指定してください。",
            )

    def describe(self, account: Account) -> SentInputs:
        """The addresses of a dry run; a backbone that would have to be fetched has no hash yet."""
        channels = {"data": s3_uri(account.bucket, self._data_prefix()) + "/"}
        if self.sent_base_model is not None:
            channels["base_model"] = self.sent_base_model
        elif self.base_model is not None or Path(self.backbone).expanduser().is_dir():
            channels["base_model"] = s3_uri(account.bucket, self._base_model_prefix(self._find_base_model())) + "/"
        elif self.backbone != EMBEDDED:
            channels["base_model"] = s3_uri(account.bucket, "base-model", _slug(self.backbone), "SHA256") + "/"
        bundle = build_bundle(with_encoder=self.backbone == EMBEDDED)
        return SentInputs(channels, s3_uri(account.bucket, "code", bundle.sha256, BUNDLE_NAME))

    def send(self, account: Account, report: Callable[[str], None], progress: Progress) -> SentInputs:
        """Bring data, backbone and code to the bucket; what lies there unchanged is not sent again."""
        channels = {
            "data": _send_folder(account, "データ", self.data_folder, self._data_prefix(), DATA_FILES, report, progress)
        }
        if self.sent_base_model is not None:
            channels["base_model"] = self.sent_base_model
        elif self.backbone != EMBEDDED:
            folder = self._find_base_model()
            prefix = self._base_model_prefix(folder)
            channels["base_model"] = _send_folder(account, "土台", folder, prefix, BACKBONE_FILES, report, progress)
        bundle = build_bundle(with_encoder=self.backbone == EMBEDDED)
        uri = upload_bytes(account, bundle.content, f"code/{bundle.sha256}/{BUNDLE_NAME}")
        report(f"コード: {len(bundle.content) / 1e6:.1f} MB（sha256 {bundle.sha256[:12]}…）")
        return SentInputs(channels, uri)

    def _data_prefix(self) -> str:
        return f"data/{digest_files(list_files(self.data_folder, DATA_FILES))[:_DIGEST_CHARS]}"

    def _base_model_prefix(self, folder: Path) -> str:
        digest = digest_files(list_files(folder, BACKBONE_FILES))
        return f"base-model/{_slug(self.backbone)}/{digest[:_DIGEST_CHARS]}"

    def _find_base_model(self) -> Path:
        # Its first import reads the backbone's libraries; and huggingface_hub draws bars of its own over ours.
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        from seikaku.model.encoder.backbone import find_backbone

        return find_backbone(self.backbone, self.base_model).folder


def _send_folder(
    account: Account,
    what: str,
    folder: Path,
    prefix: str,
    patterns: tuple[str, ...],
    report: Callable[[str], None],
    progress: Progress,
) -> str:
    sent = upload_folder(account, folder, prefix, patterns=patterns, progress=progress)
    unchanged = f"、変わっていない {sent.n_unchanged} 個は送らない" if sent.n_unchanged else ""
    report(f"{what}: {sent.n_sent} 個 {sent.n_bytes_sent / 1e6:,.1f} MB を送りました{unchanged} → {sent.uri}")
    return sent.uri


def _slug(name: str) -> str:
    """A hub's name in one piece; of a folder, no more than its own name."""
    return Path(name).name if Path(name).expanduser().is_dir() else name.replace("/", "--")
