"""The model that an endpoint or a batch transform serves: loaded here first, packed, sent, and tried with a question.

Effects: reads the folder, writes a temporary archive, uploads it, prints.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seikaku.cloud.account.images import inference_image
from seikaku.cloud.account.layout import s3_uri
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.storage import upload_file
from seikaku.cloud.serving.endpoint_request import ServedModel
from seikaku.cloud.serving.packing import ARCHIVE_NAME, PackedModel, pack_model
from seikaku.errors import CloudError, UserError

if TYPE_CHECKING:
    from seikaku.inference.estimator import Estimator

_TOLERANCE_1TO7 = 0.1  # another processor rounds an 8 bit model otherwise
_SPEAKER = "花子"
# Fictional, by us: about as much as the least text that is ever estimated from, so that every part of the model works.
_TALK = (
    "おはよう。昨日は久しぶりに早く寝たから、今朝はずいぶん気分がいいよ。窓を開けたら、隣の庭の梅がもう咲いていた。",
    "午前中は図書館で、借りたままだった本を返してきた。ついでに新しい棚を眺めていたら、旅行の本ばかり手に取ってしまって。",
    "秋になったら、海の見える町まで電車で行ってみたいんだ。急がないで、各駅停車でゆっくり。途中の駅で降りるのも楽しそう。",
    "そういえば、先週から始めたパン作りは、やっと膨らむようになったよ。最初は石みたいだったけど、三回目でこつが分かった。",
    "来月の発表会のことは、正直に言うと少し心配している。練習はしているけど、人前に立つと頭が真っ白になるから。",
    "でも、みんなが聞きに来てくれると言うし、失敗しても笑い話になると思うことにした。終わったら一緒にお茶を飲もうね。",
    "夕方は雨になるらしいから、洗濯物を早めに取り込んでおくね。傘を忘れないで、気をつけて帰ってきて。",
)
TRIAL: dict[str, Any] = {
    "purpose": "service_development",
    "speaker": _SPEAKER,
    "n_evidence": 0,
    "conversation": {"utterances": [{"speaker": _SPEAKER, "text": text} for text in _TALK]},
}


@dataclass(frozen=True)
class PreparedModel:
    """A checked model with its archive; ``archive`` None where the image brings the model itself."""

    estimator: "Estimator"
    archive: PackedModel | None
    image: str

    @property
    def n_bytes(self) -> int:
        """The size of the model."""
        return 0 if self.archive is None else self.archive.n_model_bytes

    def serve(self, account: Account, environment: dict[str, str]) -> ServedModel:
        """What the requests say of it."""
        uri = "" if self.archive is None else s3_uri(account.bucket, self.archive.key)
        return ServedModel(self.image, uri, environment)

    def upload(self, account: Account) -> None:
        """Send the archive, unless the bucket has it."""
        if self.archive is not None:
            is_new = upload_file(account, self.archive.path, self.archive.key)
            click.echo("モデルを送りました。" if is_new else "モデルは送ってありました。")


@contextmanager
def prepare_model(account: Account, folder: Path | None, image: str) -> Iterator[PreparedModel]:
    """Load and pack the model; ``folder`` None: the embedded one; ``image`` "": AWS's Hugging Face image.

    The archive goes when the block ends. Raises ModelError for a broken model, UserError for one that cannot be served.
    """
    from seikaku.inference.estimator import Estimator

    files, is_onnx = ([], False) if folder is None else _files_of(folder)
    estimator = Estimator.load(folder)
    with tempfile.TemporaryDirectory(prefix="seikaku-") as scratch:
        archive = None
        if files or not image:
            archive = pack_model(Path(scratch) / ARCHIVE_NAME, files, with_code=not image, is_onnx=is_onnx)
        yield PreparedModel(estimator, archive, image or inference_image(account.region))


def container_environment(*, own_image: bool, n_workers: int | None, seconds: int | None = None) -> dict[str, str]:
    """The container's variables: how much it does at once (None: its own default), how long one invocation may take."""
    names = ("SEIKAKU_SERVE_MAX_CONCURRENT", "SEIKAKU_SERVE_TIMEOUT_SECONDS")
    if not own_image:
        names = ("SAGEMAKER_MODEL_SERVER_WORKERS", "SAGEMAKER_MODEL_SERVER_TIMEOUT")
    given = {name: str(value) for name, value in zip(names, (n_workers, seconds), strict=True) if value is not None}
    return given if own_image else {"SAGEMAKER_PROGRAM": "inference.py"} | given


def check_answer(answer: dict[str, Any], estimator: "Estimator | None") -> None:
    """Compare the answer to ``TRIAL`` with this machine's (None: that it is one). Raises CloudError."""
    traits = answer.get("traits", {})
    if estimator is None:
        if not traits:
            raise CloudError("試しの質問への答えに、推定がありません。", "コンテナのログを確かめてください。")
        return
    for key, expected in _expected(estimator).items():
        found = traits.get(key, {}).get("score_1to7")
        if (found is None) != (expected is None) or abs((found or 0) - (expected or 0)) > _TOLERANCE_1TO7:
            raise CloudError(
                f"試しの質問への答えが、この機械での推定と違います（{key}: {found} と {expected}）。",
                "--image の seikaku の版が、この機械のものと同じか確かめてください。",
            )


def report_changes() -> Callable[[str], None]:
    """A reporter that prints a line when it differs from the one before."""
    last = ""

    def report(line: str) -> None:
        nonlocal last
        if line != last:
            click.echo(f"  {line}…")
        last = line

    return report


def _expected(estimator: "Estimator") -> dict[str, float | None]:
    from seikaku.conversation.turns import Conversation, Utterance

    talk = Conversation("1", tuple(Utterance(_SPEAKER, text) for text in _TALK))
    traits = estimator.estimate([talk], _SPEAKER, n_evidence=0).to_dict()["traits"]
    return {key: trait["score_1to7"] for key, trait in traits.items()}


def _files_of(folder: Path) -> tuple[list[Path], bool]:
    """The files that make up the model, and whether it needs ONNX Runtime."""
    from seikaku.model.ngram import folder as ngram_folder
    from seikaku.model.onnx import loading as onnx_folder
    from seikaku.model.run import folder as run_folder

    if (folder / run_folder.CONFIG_NAME).is_file():
        raise UserError(
            f"{folder} は学習結果のままです（推論に torch と土台が要るので、公開できません）。",
            f"seikaku export --run {folder} --onnx output/onnx で書き出し、--model output/onnx を指定してください。",
        )
    is_onnx = (folder / onnx_folder.MODEL_NAME).is_file()
    if is_onnx:
        names = [onnx_folder.MODEL_NAME, onnx_folder.TOKENIZER_NAME, onnx_folder.SETTINGS_NAME]
    else:
        names = [ngram_folder.WEIGHTS_NAME, ngram_folder.SETTINGS_NAME]
    return [folder / name for name in names], is_onnx
