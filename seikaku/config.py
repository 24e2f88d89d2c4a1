"""The settings of models, training and evaluation, as ``seikaku.settings`` describes fields. Frozen; no effects."""

from dataclasses import dataclass

from seikaku.errors import UserError
from seikaku.settings import check_ranges, setting, spell

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
EMBEDDED = "embedded"  # as a backbone: the encoder that ships with the package, no folder and no hub id
NO_STAGE1 = "none"  # as stage 1's result: stage 2 starts from the backbone
# Utterances that an estimate names per trait and direction, in a table, and at the most.
N_EVIDENCE = 5
N_EVIDENCE_TABLE = 1
MAX_EVIDENCE = 20

LORA_VARIANTS = ("lora", "rslora", "dora")
ALL_LINEAR = "all-linear"  # PEFT's word for every linear layer
POOLINGS = ("mean", "first", "last")
_FROM_STAGE1 = "stage 1 から引き継ぐ"
_FROM_FAMILY = "土台の種類による"


@dataclass(frozen=True, slots=True)
class NgramConfig:
    """How the n-gram model is built and fitted (``training.ridge.ngram`` says what each does)."""

    window_chars: int = setting(200, "窓の長さ（文字）。n-gram が現れる窓の割合を特徴にする", 1)
    prior_windows: float = setting(1.0, "割合をコーパス平均へ縮める事前分布の強さ（窓の数）", 0)
    scale_power: float = setting(0.5, "特徴を標準偏差の何乗で割るか（0: そのまま、1: 標準化）", 0, 1)
    min_speakers: int = setting(10, "語彙に入れる n-gram を使った話者の最小人数（少人数だけの表現を重みに残さない）", 1)
    penalty: float = setting(0.5, "リッジ罰則（特徴の平均二乗ノルムを 1 として）", 1e-3)
    calibration_sizes: tuple[int, ...] = setting((1, 3, 10, 30), "区間を測る本文量（対話数。「すべて」が加わる）", 1)
    parts_per_size: int = setting(4, "区間を測るとき、話者ごと・本文量ごとに使う部分の最大数", 1)
    n_inner_folds: int = setting(5, "傾きと区間を測る内側の分割数（学習話者の中で、話の輪の単位）", 2)
    style_dialogues: int = setting(
        10, "表記・方言・文体・発話の長さだけで動く方向を測る対話数（話者ごと。0: 取り除かない）", 0
    )

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class ProtocolConfig:
    """The evaluation protocol's sizes. The defaults are the protocol; smaller ones are named in the output."""

    n_folds: int = setting(10, "分割数（話の輪ごと。輪の数より多ければ減らす）", 2)
    n_repeats: int = setting(5, "分割の繰り返し（乱数の種 0, 1, …）", 1)
    amounts: tuple[int, ...] = setting((1, 3, 6, 15), "本文量ごとの精度を測る対話数（これに「すべて」が加わる）", 1)
    equal_amounts: tuple[int, ...] = setting((15, 30, 60), "学習・評価とも同じ対話数にそろえる条件", 1)
    max_dialogues: int = setting(0, "話者ごとに使う対話の上限（学習も評価も。0: すべて。時間のかかるモデルのため）", 0)
    n_permutations: int = setting(200, "ラベルを入れ替えて再学習する帰無分布の回数（区間の幅もここから）", 0)
    skip_refits: bool = setting(False, "分け方の比較、学習曲線、年齢・性別との比較など、再学習の多い表を省く")
    keep_careless: bool = setting(False, "ほぼ全項目を尺度の端で答えた話者も学習に使う")

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """What the one training loop takes from either stage; the defaults are stage 1's."""

    epochs: int = setting(3, "エポック数", 1)
    batch_size: int = setting(8, "1 装置・1 回あたりの件数（stage 1: ペルソナ、stage 2: 一人の話者の窓の束）", 1)
    gradient_accumulation_steps: int = setting(1, "この回数ぶんの勾配をためてから更新する", 1)
    learning_rate: float = setting(2e-4, "学習率の最大値", 1e-8, 1)
    warmup_ratio: float = setting(0.1, "学習率を上げていく区間の割合（その後は 0 まで直線で下げる）", 0, 1)
    weight_decay: float = setting(0.01, "重み減衰", 0, 1)
    attention_dropout: float | None = setting(
        None, "注意機構のドロップアウト（0 にすると CPU では学習が 1.5〜2 倍速い）", 0, 0.9, unset="土台のまま"
    )
    precision: str = setting(
        "auto",
        "計算の精度: auto（GPU では bf16 か fp16、CPU では fp32）、fp32、bf16、fp16（AMX のある CPU では bf16 が速い）",
        choices=PRECISIONS,
        lists_choices=False,  # the text says what each is
    )
    gradient_checkpointing: bool = setting(False, "計算を増やしてメモリを減らす")
    compile: bool = setting(False, "torch.compile で層をまとめる（GPU での長い学習向け。初めの数分は遅い）")
    max_steps: int = setting(0, "更新回数の上限（0: エポック数だけで決める）", 0)
    checkpoint_every_minutes: float = setting(8, "途中保存の間隔（分。エポックの終わりにも保存する）", 0.01)
    checkpoint_every_steps: int = setting(0, "途中保存の間隔（更新回数。0: 時間だけで決める）", 0)
    patience: int = setting(2, "検証がこのエポック数だけ続けて良くならなければ終える（0: 終えない）", 0)
    seed: int = setting(0, "乱数の種", 0, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class Stage1Config(LoopConfig):
    """Stage 1: a multilingual encoder with LoRA learns age, sex and occupation from synthetic personas."""

    backbone: str = setting(
        "FacebookAI/xlm-roberta-large", "土台のエンコーダ。Hugging Face の名前、フォルダ、または embedded（同梱）"
    )
    max_tokens: int = setting(256, "1 つの本文・窓の最大トークン数", 16)
    lora_r: int = setting(16, "LoRA のランク", 1)
    lora_alpha: int = setting(32, "LoRA の倍率 alpha", 1)
    lora_dropout: float = setting(0.1, "LoRA のドロップアウト", 0, 0.9)
    lora_targets: tuple[str, ...] | None = setting(
        None, "LoRA を付ける層（コンマ区切り。attn.Wqkv のような名前の終わりか、all-linear）", unset=_FROM_FAMILY
    )
    lora_variant: str = setting("lora", "LoRA の変種", choices=LORA_VARIANTS)
    lora_layers: int = setting(0, "上から何層に LoRA を付けるか（0: すべての層）", 0)
    pooling: str | None = setting(
        None, "本文を代表するベクトル（mean: 全トークンの平均、first: 先頭、last: 末尾）", choices=POOLINGS,
        unset=_FROM_FAMILY,
    )  # fmt: skip
    text_prefix: str | None = setting(
        None, "各本文の前に置く文字（e5 系の query: など。空文字なら置かない）", unset="土台の名前による"
    )
    max_personas: int = setting(
        200_000, "学習に使うペルソナの人数の上限（all または 0: 全員。100 万人には GPU で数時間かかる）", 0,
        words={"all": 0},
    )  # fmt: skip
    weak_traits: bool = setting(False, "文章の性格語から作った弱いラベルも学ぶ（比較実験用）")

    def __post_init__(self) -> None:
        check_ranges(self)
        _check_targets(self.lora_targets)


# What stage 2 takes over from stage 1's run_config.json where a flag is not given.
INHERITED_FIELDS = (
    "backbone", "max_tokens", "lora_r", "lora_alpha", "lora_dropout", "lora_targets", "lora_variant", "lora_layers",
    "pooling", "text_prefix",
)  # fmt: skip
# What a run's folder of an earlier version does not say.
EARLIER_SETTINGS = {"lora_variant": "lora", "lora_layers": 0, "pooling": "mean", "text_prefix": ""}
# What the adapter was trained with: another value would not fit it.
ADAPTER_FIELDS = ("backbone", "lora_r", "lora_alpha", "lora_targets", "lora_variant", "lora_layers")


@dataclass(frozen=True, slots=True)
class Stage2Config(LoopConfig):
    """Stage 2: the encoder and adapter of stage 1 learn the five traits. None: taken over from stage 1."""

    stage1_model_path: str = setting(
        "output/final_model", "stage 1 の学習結果（none: stage 1 なしで、設定は stage 1 の既定値から始める）"
    )
    backbone: str | None = setting(None, "土台のエンコーダ（stage 1 と同じもの）", unset=_FROM_STAGE1)
    max_tokens: int | None = setting(None, "1 つの窓の最大トークン数", 16, unset=_FROM_STAGE1)
    lora_r: int | None = setting(None, "LoRA のランク（stage 1 と同じ値）", 1, unset=_FROM_STAGE1)
    lora_alpha: int | None = setting(None, "LoRA の倍率 alpha（stage 1 と同じ値）", 1, unset=_FROM_STAGE1)
    lora_dropout: float | None = setting(None, "LoRA のドロップアウト", 0, 0.9, unset=_FROM_STAGE1)
    lora_targets: tuple[str, ...] | None = setting(None, "LoRA を付ける層（stage 1 と同じもの）", unset=_FROM_STAGE1)
    lora_layers: int | None = setting(
        None, "上から何層に LoRA を付けるか（stage 1 と同じ値。下の層の出力は 1 度だけ計算して保存する）", 0,
        unset=_FROM_STAGE1,
    )  # fmt: skip
    lora_variant: str | None = setting(
        None, "LoRA の変種（stage 1 と同じもの）", choices=LORA_VARIANTS, unset=_FROM_STAGE1
    )
    pooling: str | None = setting(None, "本文を代表するベクトル", choices=POOLINGS, unset=_FROM_STAGE1)
    text_prefix: str | None = setting(None, "各本文の前に置く文字", unset=_FROM_STAGE1)
    epochs: int = setting(5, "エポック数", 1)
    learning_rate: float = setting(1e-4, "学習率の最大値", 1e-8, 1)
    windows_per_bag: int = setting(4, "1 つの束に入れる窓の数（窓の平均から推定する）", 1)
    with_partner: bool = setting(False, "相手の発話も印を付けて読ませる（省くと本人の発話だけ）")
    max_dialogues: int = setting(0, "話者ごとに使う対話数の上限（0: すべて）", 0)
    equal_speakers: bool = setting(True, "対話の多い話者も少ない話者も、損失では同じ重みにする")
    huber_delta: float = setting(1.0, "Huber 損失の境目（標準化した得点で）", 1e-3, 100)
    extra_targets: bool = setting(False, "ほかの質問紙の尺度も同時に学ぶ（五特性の補助）")

    def __post_init__(self) -> None:
        check_ranges(self)
        _check_targets(self.lora_targets)


def _check_targets(targets: tuple[str, ...] | None) -> None:
    if targets is None:
        return
    if ALL_LINEAR in targets and len(targets) > 1:
        raise UserError(
            f"--lora_targets {spell(targets)} は使えません（{ALL_LINEAR} はほかの名前と並べられません）。",
            f"--lora_targets {ALL_LINEAR} だけにするか、{ALL_LINEAR} を外してください。",
        )
    if not targets or not all(targets):
        raise UserError(
            f"--lora_targets {spell(targets)!r} は使えません。",
            "--lora_targets query,value のように層の名前を並べてください。",
        )
