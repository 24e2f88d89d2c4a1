"""Where a backbone's files are. In: its name. Out: a checked local folder. Effect: a hub id may be downloaded."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from seikaku.config import EMBEDDED
from seikaku.errors import ModelError, both
from seikaku.files import sha256_of_file

TOKENIZER_NAMES = ("tokenizer.json", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model", "vocab.txt")

_HUB_FILES = ["*.json", "*.safetensors", "*.model", "*.txt"]  # no pickle
_HUB_IGNORED = ["onnx/*", "openvino/*"]
_TIMEOUT_SECONDS = 10
_MEND = both(
    "手元の土台のフォルダか、Hugging Face の名前（例: FacebookAI/xlm-roberta-large）か、embedded を指定してください。",
    "Name a local backbone folder, one on Hugging Face (such as FacebookAI/xlm-roberta-large), or embedded.",
)


@dataclass(frozen=True, slots=True)
class BackboneFiles:
    """A backbone by the user's name for it; ``folder`` has its configuration, weights and tokenizer."""

    name: str
    folder: Path


def find_backbone(name: str, copy: Path | None = None, *, may_download: bool = True) -> BackboneFiles:
    """The local files of "embedded", a local folder or a hub id (downloaded when they are not in the cache).

    ``copy``: a folder that already holds the files of what ``name`` names; ``may_download``: whether the hub may be
    asked at all. Raises ModelError: no such folder or hub id, no network, or a file that is missing.
    """
    if name == EMBEDDED:
        from seikaku.model.encoder.embedded import ASSET_FOLDER

        return BackboneFiles(name, ASSET_FOLDER)
    path = Path(name).expanduser()
    if copy is not None:
        folder = copy
    elif path.is_dir():
        folder = path
    elif _looks_like_path(name):
        raise ModelError(both(f"土台のフォルダがありません: {name}", f"There is no backbone folder: {name}"), _MEND)
    else:
        folder = _download(name, may_download=may_download)
    _check(name, folder)
    return BackboneFiles(name, folder)


def weights_digest(files: BackboneFiles) -> str:
    """Names what the encoder computes: a hash over its configuration and weights, whatever the folder is called."""
    paths = sorted([files.folder / "config.json", *files.folder.glob("*.safetensors")])
    return hashlib.sha256("".join(f"{path.name} {sha256_of_file(path)}\n" for path in paths).encode()).hexdigest()


def _looks_like_path(name: str) -> bool:
    return name.startswith((".", "/", "~")) or name.endswith("/") or name.count("/") > 1 or "\\" in name


def _check(name: str, folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise ModelError(
            both(
                f"土台のフォルダに config.json がありません: {name}",
                f"The backbone's folder has no config.json: {name}",
            ),
            _MEND,
        )
    if not list(folder.glob("*.safetensors")):
        raise ModelError(
            both(
                f"土台 {name} に safetensors の重みがありません。",
                f"The backbone {name} has no weights as safetensors.",
            ),
            both(
                "safetensors 形式の土台を指定してください（安全のため pickle 形式は読みません）。",
                "Name a backbone in safetensors (pickle is not read, to be safe).",
            ),
        )
    if not any((folder / file).is_file() for file in TOKENIZER_NAMES):
        raise ModelError(
            both(
                f"土台 {name} に tokenizer がありません（{'、'.join(TOKENIZER_NAMES)} のどれもない）。",
                f"The backbone {name} has no tokenizer (none of {', '.join(TOKENIZER_NAMES)}).",
            ),
            both(
                "tokenizer のファイルも同じフォルダに置いてください。", "Put the tokenizer's files in the same folder."
            ),
        )


def _download(name: str, *, may_download: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        is_reached = may_download and _is_reached(name)
        return Path(
            snapshot_download(
                name,
                allow_patterns=_HUB_FILES,
                ignore_patterns=_HUB_IGNORED,
                etag_timeout=_TIMEOUT_SECONDS,
                local_files_only=not is_reached,
            )
        )
    except HFValidationError:
        raise ModelError(
            both(f"土台の名前として正しくありません: {name}", f"That cannot be the name of a backbone: {name}"), _MEND
        ) from None
    except ModelError:
        raise
    except Exception as error:  # the errors of whichever HTTP library huggingface_hub uses, or "not in the cache"
        if not may_download:
            raise ModelError(
                both(
                    f"このモデルの土台 {name} が手元にありません（推定はネットワークを使いません）。",
                    f"The backbone {name} of this model is not on this machine (estimating uses no network).",
                ),
                both(
                    "モデルの作り手を信頼できるなら、一度だけ --allow_download を付け、Hugging Face から取得して"
                    "ください（Python では seikaku.Estimator.load(フォルダ, may_download=True)）。",
                    "If you trust who made the model, fetch it from Hugging Face once, with --allow_download (in "
                    "Python: seikaku.Estimator.load(folder, may_download=True)).",
                ),
            ) from error
        raise ModelError(
            both(
                f"土台 {name} を取得できません（Hugging Face につながらず、手元のキャッシュにもありません）。",
                f"The backbone {name} cannot be fetched (Hugging Face is out of reach, and it is not in the cache).",
            ),
            both(
                "ネットワークと HF_HUB_OFFLINE を確かめるか、--backbone embedded（同梱）を使ってください。",
                "Check the network and HF_HUB_OFFLINE, or use --backbone embedded, which ships with seikaku.",
            ),
        ) from error


def _is_reached(name: str) -> bool:
    """Ask the hub with a short timeout, which the download itself does not set for its first question."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    try:
        HfApi().model_info(name, timeout=_TIMEOUT_SECONDS)
    except HFValidationError:
        raise
    except GatedRepoError:
        raise ModelError(
            both(
                f"土台 {name} は利用の承認が要ります（gated モデル）。",
                f"The backbone {name} needs an approval (it is a gated model).",
            ),
            both(
                "Hugging Face で承認を受け、HF_TOKEN を設定してください。",
                "Get the approval on Hugging Face and set HF_TOKEN.",
            ),
        ) from None
    except RepositoryNotFoundError:
        raise ModelError(
            both(
                f"土台 {name} は Hugging Face に見つかりません（綴り違いか、非公開）。",
                f"The backbone {name} is not on Hugging Face (misspelt, or private).",
            ),
            _MEND,
        ) from None
    except Exception:  # no connection, a timeout, offline mode: the cache may have it
        return False
    return True
