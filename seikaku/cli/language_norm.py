"""`python -m seikaku.cli.language_norm DATA OUT`: measure how the norm group writes. Effects: prints, writes OUT.

DATA: a folder of processed data. OUT: a JSON file (the embedded one is assets/language/realpersonachat.json) that holds
nothing of anybody's own: quantiles of all speakers, by amount of text.
"""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from seikaku.conversation.description.placing import LEAST_AGREEMENT, LanguageNorm
from seikaku.corpora.realpersonachat import NORM_NAMES
from seikaku.corpora.store import SpeakerCorpus, load_corpus
from seikaku.errors import SeikakuError
from seikaku.files import write_json
from seikaku.training.fitting.language_norm import NormSource, measure_norm

CORPUS = "RealPersonaChat 1.0.0"
LICENCE = "CC BY-SA 4.0"


def measure_corpus(corpus: SpeakerCorpus, day: str) -> LanguageNorm:
    """The language of the group that T-scores refer to: without careless answerers and those nobody tells apart."""
    is_norm = ~corpus.is_careless & (corpus.kin < 0)
    talks: dict[int, list[Sequence[str]]] = {index: [] for index, own in enumerate(is_norm.tolist()) if own}
    for side in corpus.sides:
        if side.speaker_index in talks:
            talks[side.speaker_index].append(side.texts)
    return measure_norm(list(talks.values()), NormSource(*NORM_NAMES, date=day, corpus=CORPUS, licence=LICENCE))


def main(arguments: Sequence[str]) -> int:
    """Measure, write, and say from which amount each figure has a percentile."""
    if len(arguments) != 2:
        print("使い方: python -m seikaku.cli.language_norm 前処理済みデータのフォルダ 出力する.json", file=sys.stderr)
        return 2
    try:
        norm = measure_corpus(load_corpus(Path(arguments[0])), date.today().isoformat())
    except SeikakuError as error:
        print(f"{error.message}\n{error.mend}", file=sys.stderr)
        return error.exit_code
    write_json(Path(arguments[1]), norm.to_json())
    print(f"言葉の基準集団を書きました: {arguments[1]}（話者 {norm.n_speakers} 人）")
    for key, figure in norm.figures.items():
        enough = figure.amounts[figure.agreement >= LEAST_AGREEMENT]
        said = f"{enough[0]:,.0f} から順位が付きます" if len(enough) else "順位は付きません"
        print(f"  {key}: {said}（一致 {figure.agreement[0]:.2f}〜{figure.agreement[-1]:.2f}）")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
