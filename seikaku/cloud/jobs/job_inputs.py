"""A job's inputs brought to the bucket: processed data, the backbone, the code. Effects: reads files, S3.

They are packed once: a dry run shows the addresses, a real one sends what was packed to them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seikaku.cloud.account.layout import s3_uri
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.storage import Progress, digest_files, list_files, upload_bytes, upload_folder
from seikaku.cloud.jobs.bundle import Bundle, build_bundle
from seikaku.cloud.jobs.training_request import BUNDLE_NAME, InputAddresses
from seikaku.config import EMBEDDED
from seikaku.errors import Words, both

DATA_FILES = ("manifest.json", "*.parquet")
BACKBONE_FILES = ("*.json", "*.safetensors", "*.model", "*.txt")  # no pickle
_DIGEST_CHARS = 16

FindBackbone = Callable[[str, Path | None], Path]  # its name, and a folder with its files if there is one -> its folder


@dataclass(frozen=True, slots=True)
class JobInputs:
    """What to send: processed data, and the backbone by the user's name for it.

    ``base_model``: a folder with its files; ``sent_base_model``: their address, where an earlier job brought them.
    ``find_backbone`` may fetch, so it is asked early only for what is here, and for the rest when it is sent.
    """

    data_folder: Path
    backbone: str
    find_backbone: FindBackbone
    base_model: Path | None
    sent_base_model: str | None

    def pack(self, bucket: str) -> "Parcel":
        """All that can be known before anything is sent; a backbone that would have to be fetched has no hash yet."""
        data_prefix = f"data/{_digest(self.data_folder, DATA_FILES)}"
        channels = {"data": s3_uri(bucket, data_prefix) + "/"}
        backbone = None
        if self.sent_base_model is not None:
            channels["base_model"] = self.sent_base_model
        elif self.backbone != EMBEDDED:
            if self.base_model is not None or _is_folder(self.backbone):
                backbone = self.find_base_model()
            digest = "SHA256" if backbone is None else _digest(backbone, BACKBONE_FILES)
            channels["base_model"] = s3_uri(bucket, self.backbone_prefix(digest)) + "/"
        bundle = build_bundle(with_encoder=self.backbone == EMBEDDED)
        addresses = InputAddresses(channels, s3_uri(bucket, _bundle_key(bundle)))
        return Parcel(self, data_prefix, backbone, bundle, addresses)

    def find_base_model(self) -> Path:
        """The folder with the backbone's files, fetched if need be."""
        return self.find_backbone(self.backbone, self.base_model)

    def backbone_prefix(self, digest: str) -> str:
        """Where the backbone's files lie in the bucket: a hub's name in one piece, of a folder no more than its own."""
        name = Path(self.backbone).name if _is_folder(self.backbone) else self.backbone.replace("/", "--")
        return f"base-model/{name}/{digest}"


@dataclass(frozen=True, slots=True)
class Parcel:
    """Inputs ready to be sent; ``backbone``: the folder with its files, None where it is not to be sent or not here."""

    inputs: JobInputs
    data_prefix: str
    backbone: Path | None
    bundle: Bundle
    addresses: InputAddresses

    def send(self, account: Account, report: Callable[[str], None], progress: Progress) -> InputAddresses:
        """Bring everything to the bucket; what lies there unchanged is not sent again.

        The addresses are those of ``addresses``, except that of a backbone that had to be fetched.
        """
        channels, inputs = dict(self.addresses.channels), self.inputs
        data = both("データ", "data")
        _send_folder(account, data, inputs.data_folder, self.data_prefix, DATA_FILES, report, progress)
        if inputs.sent_base_model is None and inputs.backbone != EMBEDDED:
            folder = self.backbone or inputs.find_base_model()
            prefix = inputs.backbone_prefix(_digest(folder, BACKBONE_FILES))
            backbone = both("土台", "backbone")
            channels["base_model"] = _send_folder(account, backbone, folder, prefix, BACKBONE_FILES, report, progress)
        uri = upload_bytes(account, self.bundle.content, _bundle_key(self.bundle))
        size, digest = f"{len(self.bundle.content) / 1e6:.1f} MB", f"sha256 {self.bundle.sha256[:12]}…"
        report(both(f"コード: {size}（{digest}）", f"code: {size} ({digest})"))
        return InputAddresses(channels, uri)


def _bundle_key(bundle: Bundle) -> str:
    return f"code/{bundle.sha256}/{BUNDLE_NAME}"


def _digest(folder: Path, patterns: tuple[str, ...]) -> str:
    return digest_files(list_files(folder, patterns))[:_DIGEST_CHARS]


def _is_folder(name: str) -> bool:
    return Path(name).expanduser().is_dir()


def _send_folder(
    account: Account,
    what: Words,
    folder: Path,
    prefix: str,
    patterns: tuple[str, ...],
    report: Callable[[str], None],
    progress: Progress,
) -> str:
    sent = upload_folder(account, folder, prefix, patterns=patterns, progress=progress)
    unchanged = both("", "")
    if sent.n_unchanged:
        unchanged = both(
            f"、変わっていない {sent.n_unchanged} 個は送らない", f", not the {sent.n_unchanged} that are unchanged"
        )
    size = f"{sent.n_bytes_sent / 1e6:,.1f} MB"
    report(
        both(
            f"{what}: {sent.n_sent} 個 {size} を送りました{unchanged} → {sent.uri}",
            f"{what.english}: sent {sent.n_sent} files, {size}{unchanged.english} → {sent.uri}",
        )
    )
    return sent.uri
