"""`seikaku fit`: train the n-gram model on processed data and write its folder. Effects: prints, writes the folder."""

import json
from pathlib import Path
from typing import Any

import click

from seikaku.cli.bilingual import lang_option, option, quiet_option, verb
from seikaku.cli.evaluate import data_option, evaluate_model
from seikaku.cli.language import show
from seikaku.cli.options import settings_options
from seikaku.cli.writing import writes
from seikaku.config import NgramConfig, ProtocolConfig
from seikaku.errors import DataError, both
from seikaku.files import write_json


@verb(
    "fit",
    help=both(
        """前処理済みデータ全体で既定モデルを学習し、重み・設定・モデルカードを書きます。

        どのくらい読み取れると言うか、推定を控えるかは、評価で測った本文量ごとの精度から決まります。
        """,
        """Train the default model on all processed data, and write its weights, settings and model cards.

        How well a trait is said to be read, and when an estimate is withheld, comes from the accuracy that the
        evaluation measured at each amount of text.
        """,
    ),
)
@data_option
@option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("output/ngram"),
    help=both("モデルのフォルダ（既定: output/ngram）", "Folder of the model (default: output/ngram)"),
)
@option(
    "--evaluation",
    type=click.Path(dir_okay=False, path_type=Path),
    help=both(
        "seikaku evaluate --out で書いた結果（省くとここで評価する）",
        "Result that seikaku evaluate --out has written (else the evaluation runs now)",
    ),
)
@settings_options("config", NgramConfig, build=NgramConfig)
@lang_option
@quiet_option
def command(data_folder: Path, out: Path, evaluation: Path | None, config: NgramConfig) -> None:
    """Evaluate where that is not done, train on everything, write, and say how well it reads."""
    from seikaku.corpora.store import load_corpus
    from seikaku.evaluation.publishing.check_tables import card_tables
    from seikaku.evaluation.publishing.odd_texts import odd_text_rows
    from seikaku.evaluation.publishing.tables import markdown
    from seikaku.evaluation.release import release_model
    from seikaku.model.ngram.card import render_card
    from seikaku.model.ngram.folder import save_model
    from seikaku.training.ridge.ngram import NgramRegressor

    with writes(out):
        if evaluation is None:
            result = evaluate_model(NgramRegressor(config), data_folder, ProtocolConfig())
            write_json(out / "evaluation.json", result)
        else:
            result = _read_evaluation(evaluation)
        trained = release_model(load_corpus(data_folder), config, result)
        cards = [
            render_card(
                trained, card_tables(result, lang) | {"odd_texts": markdown(odd_text_rows(trained, lang))}, lang
            )
            for lang in ("ja", "en")
        ]
        save_model(out, trained, *cards)
    n_speakers, mean_r = trained.calibration.norm.n_speakers, f"{result['accuracy']['mean']['r']:.2f}"
    show(
        both(
            f"モデルを書きました: {out}（話者 {n_speakers} 人、平均 r {mean_r}）",
            f"Wrote the model: {out} (speakers: {n_speakers}, mean r {mean_r})",
        )
    )


def _read_evaluation(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(
            both(f"評価結果を読めません: {path}", f"The result of the evaluation cannot be read: {path}"),
            both(
                "seikaku evaluate --out で書いたファイルを指定してください。",
                "Name a file that seikaku evaluate --out has written.",
            ),
        ) from None
