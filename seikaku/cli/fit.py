"""`seikaku fit`: train the n-gram model on processed data and write its folder. Effects: prints, writes the folder."""

import json
from pathlib import Path
from typing import Any

import click

from seikaku.cli.evaluate import evaluate_model
from seikaku.cli.options import settings_options
from seikaku.config import NgramConfig, ProtocolConfig
from seikaku.errors import DataError
from seikaku.files import write_json
from seikaku.places import PROCESSED_DATA


@click.command("fit")
@click.option("--data", "data_folder", type=click.Path(path_type=Path), default=PROCESSED_DATA,
              help=f"前処理済みデータのフォルダ（既定: {PROCESSED_DATA}）")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("output/ngram"),
              help="モデルのフォルダ（既定: output/ngram）")  # fmt: skip
@click.option("--evaluation", type=click.Path(dir_okay=False, path_type=Path),
              help="seikaku evaluate --out で書いた結果（省くとここで評価する）")  # fmt: skip
@settings_options("config", NgramConfig, build=NgramConfig)
def command(data_folder: Path, out: Path, evaluation: Path | None, config: NgramConfig) -> None:
    """前処理済みデータ全体で既定モデルを学習し、重み・設定・モデルカードを書きます。

    どのくらい読み取れると言うか、推定を控えるかは、評価で測った本文量ごとの精度から決まります。
    """
    from seikaku.corpora.store import load_corpus
    from seikaku.evaluation.publishing.check_tables import card_tables
    from seikaku.evaluation.publishing.odd_texts import odd_text_rows
    from seikaku.evaluation.publishing.tables import markdown
    from seikaku.evaluation.release import release_model
    from seikaku.model.ngram.card import render_card
    from seikaku.model.ngram.folder import save_model
    from seikaku.training.ridge.ngram import NgramRegressor

    if evaluation is None:
        result = evaluate_model(NgramRegressor(config), data_folder, ProtocolConfig())
        write_json(out / "evaluation.json", result)
    else:
        result = _read_evaluation(evaluation)
    trained = release_model(load_corpus(data_folder), config, result)
    cards = [
        render_card(trained, card_tables(result, lang) | {"odd_texts": markdown(odd_text_rows(trained, lang))}, lang)
        for lang in ("ja", "en")
    ]
    save_model(out, trained, *cards)
    mean_r = result["accuracy"]["mean"]["r"]
    click.echo(f"モデルを書きました: {out}（話者 {trained.calibration.norm.n_speakers} 人、平均 r {mean_r:.2f}）")


def _read_evaluation(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(
            f"評価結果を読めません: {path}", "seikaku evaluate --out で書いたファイルを指定してください。"
        ) from None
