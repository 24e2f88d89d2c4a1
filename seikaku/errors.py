"""The errors that a user may see: what happened (with the value found), and how to mend it.

Texts are Japanese and, where ``both`` gave it, English as well: the door (shell, API, page) chooses by ``in_lang``.
``cli.main`` prints them on two lines and sets the exit code. No error holds conversation text.
"""

_EXTRA_OF_MODULE = {
    "accelerate": "train",
    "boto3": "aws",
    "botocore": "aws",
    "fastapi": "serve",
    "fugashi": "train",
    "httpx": "train",
    "huggingface_hub": "train",
    "ipadic": "train",
    "networkx": "train",
    "onnx": "train",
    "onnxruntime": "onnx",
    "optuna": "train",
    "peft": "train",
    "prometheus_client": "serve",
    "pyarrow": "train",
    "pydantic": "serve",
    "pydantic_core": "serve",
    "python_multipart": "serve",
    "scipy": "train",
    "starlette": "serve",
    "tensorboard": "train",
    "tokenizers": "onnx",
    "torch": "train",
    "transformers": "train",
    "uvicorn": "serve",
}


class Words(str):
    """A text in Japanese that knows itself in English too. It is a plain ``str`` of the Japanese everywhere else.

    What is made of it (joined, formatted, sliced) is Japanese alone: put the two together last, with ``both``.
    """

    __slots__ = ("english",)
    english: str


def both(japanese: str, english: str) -> Words:
    """The same text in both languages, side by side where it is written."""
    text = Words(japanese)
    text.english = english
    return text


def in_lang(text: str, lang: str) -> str:
    """``text`` in ``lang`` ("ja" or "en"); in Japanese where it has no English."""
    return text.english if lang == "en" and isinstance(text, Words) else str(text)


class SeikakuError(Exception):
    """Our fault or the machine's (exit code 1): one line that says what happened, one that says the mend."""

    exit_code = 1

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend


class UserError(SeikakuError):
    """The user's input or call needs a change (exit code 2)."""

    exit_code = 2


class InputFileError(UserError):
    """A conversation file cannot be read: missing, empty, binary, unknown format, broken content."""


class SpeakerError(UserError):
    """The target speaker is not given or not in the conversation."""


class DataError(UserError):
    """A corpus, its archive or its processed form is missing, broken or of another schema."""


class ModelError(UserError):
    """A model folder is missing, incomplete, altered or of another format."""


class TakenError(UserError):
    """Another process writes the same output. ``process`` is its number, as far as it is known."""

    def __init__(self, path: object, process: str) -> None:
        super().__init__(
            both(
                f"ほかのプロセス（{process or '番号不明'}）が {path} に書いています。",
                f"Another process ({process or 'of unknown number'}) is writing {path}.",
            ),
            both(
                "終わるのを待つか、別の出力先を指定してください。",
                "Wait until it ends, or name another output.",
            ),
        )


class TrainingError(SeikakuError):
    """Training cannot go on: memory or disk ran out, or the loss is no number."""


class CloudError(SeikakuError):
    """AWS refused, failed or cannot be reached; ``code`` is AWS's own name for it, empty where it has none."""

    def __init__(self, message: str, mend: str, code: str = "") -> None:
        super().__init__(message, mend)
        self.code = code


class MissingExtraError(UserError):
    """An optional dependency is not installed; the mend is the exact pip command.

    By the folder and not by the name: no package index is known to give the name to us.
    """

    def __init__(self, module: str) -> None:
        extra = _EXTRA_OF_MODULE.get(module.partition(".")[0], "train")
        super().__init__(
            both(
                f"この操作には追加ライブラリ {module} が必要ですが、入っていません。",
                f"This needs the library {module}, which is not installed.",
            ),
            both(
                f"seikaku のリポジトリーのフォルダで pip install '.[{extra}]' を実行してください。",
                f"Run pip install '.[{extra}]' in the folder of seikaku's repository.",
            ),
        )
