"""The model that an endpoint or a batch transform serves, loaded on this machine first.

Wiring: `seikaku.cloud` knows files and scores, not what a model folder is nor how it estimates. Effects: reads the
folder, prints.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seikaku.cli.language import tell
from seikaku.cloud.serving.trial import TRIAL
from seikaku.errors import UserError, both, in_lang

if TYPE_CHECKING:
    from seikaku.inference.estimator import Estimator


@dataclass(frozen=True)
class LoadedModel:
    """A checked model; ``files`` that make it up, none for the embedded one."""

    estimator: "Estimator"
    files: tuple[Path, ...]
    is_onnx: bool

    def trial_scores(self) -> dict[str, float | None]:
        """This machine's own scores (1 to 7) for the talk of ``TRIAL``, by trait."""
        from seikaku.conversation.turns import Conversation, Utterance

        said = TRIAL["conversation"]["utterances"]
        talk = Conversation("1", tuple(Utterance(item["speaker"], item["text"]) for item in said))
        traits = self.estimator.estimate([talk], TRIAL["speaker"], n_evidence=0).to_dict()["traits"]
        return {key: trait["score_1to7"] for key, trait in traits.items()}


def load_model(folder: Path | None) -> LoadedModel:
    """The model of a folder, None: the embedded one.

    Raises ModelError for a broken model, UserError for one that cannot be served.
    """
    from seikaku.inference.estimator import Estimator

    files, is_onnx = ((), False) if folder is None else _files_of(folder)
    return LoadedModel(Estimator.load(folder, may_download=True), files, is_onnx)


def report_changes() -> Callable[[str], None]:
    """A reporter that tells a line when it differs from the one before."""
    last = ""

    def report(line: str) -> None:
        nonlocal last
        if line != last:
            tell(both(f"  {line}…", f"  {in_lang(line, 'en')}…"))
        last = line

    return report


def _files_of(folder: Path) -> tuple[tuple[Path, ...], bool]:
    """The files that make up the model, and whether it needs ONNX Runtime."""
    from seikaku.model.ngram import folder as ngram_folder
    from seikaku.model.onnx import loading as onnx_folder
    from seikaku.model.run import folder as run_folder

    if (folder / run_folder.CONFIG_NAME).is_file():
        export = f"seikaku export --run {folder} --onnx output/onnx"
        raise UserError(
            both(
                f"{folder} は学習結果のままです（推論に torch と土台が要るので、公開できません）。",
                f"{folder} is a run of training (which needs torch and the backbone, so it cannot be published).",
            ),
            both(
                f"{export} で書き出し、--model output/onnx を指定してください。",
                f"Export it with {export}, and give --model output/onnx.",
            ),
        )
    is_onnx = (folder / onnx_folder.MODEL_NAME).is_file()
    if is_onnx:
        names = [onnx_folder.MODEL_NAME, onnx_folder.TOKENIZER_NAME, onnx_folder.SETTINGS_NAME]
    else:
        names = [ngram_folder.WEIGHTS_NAME, ngram_folder.SETTINGS_NAME]
    return tuple(folder / name for name in names), is_onnx
