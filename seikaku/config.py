"""Settings: one field = one flag = one key of a run's JSON. Frozen; the field's text is the flag's help."""

from dataclasses import dataclass, field
from typing import Any


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class NgramConfig:
    """How the n-gram model is built and fitted (``training.ngram_fit`` says what each does)."""

    window_chars: int = _setting(200, "窓の長さ（文字）。n-gram が現れる窓の割合を特徴にする")
    prior_windows: float = _setting(1.0, "割合をコーパス平均へ縮める事前分布の強さ（窓の数）")
    scale_power: float = _setting(0.5, "特徴を標準偏差の何乗で割るか（0: そのまま、1: 標準化）")
    min_speakers: int = _setting(10, "語彙に入れる n-gram を使った話者の最小人数（少人数だけの表現を重みに残さない）")
    penalty: float = _setting(0.5, "リッジ罰則（特徴の平均二乗ノルムを 1 として）")
    calibration_sizes: tuple[int, ...] = _setting((1, 3, 10, 30), "区間を測る本文量（対話数。「すべて」が加わる）")
    parts_per_size: int = _setting(4, "区間を測るとき、話者ごと・本文量ごとに使う部分の最大数")
    n_inner_folds: int = _setting(5, "傾きと区間を測る内側の分割数（学習話者の中で、話者単位）")


@dataclass(frozen=True, slots=True)
class ProtocolConfig:
    """The evaluation protocol's sizes. The defaults are the protocol; smaller ones are named in the output."""

    n_folds: int = _setting(10, "分割数（話者単位）")
    n_repeats: int = _setting(5, "分割の繰り返し（乱数の種 0, 1, …）")
    amounts: tuple[int, ...] = _setting((1, 3, 6, 15), "本文量ごとの精度を測る対話数（これに「すべて」が加わる）")
    equal_amounts: tuple[int, ...] = _setting((15, 30, 60), "学習・評価とも同じ対話数にそろえる条件")
    n_bootstrap: int = _setting(2000, "話者のブートストラップ回数")
    n_permutations: int = _setting(200, "ラベルを入れ替えて再学習する帰無分布の回数")
    keep_careless: bool = _setting(False, "ほぼ全項目を尺度の端で答えた話者も学習に使う")
