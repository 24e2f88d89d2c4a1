"""The settings of models, training and evaluation, as ``seikaku.settings`` describes fields. Frozen; no effects."""

from dataclasses import dataclass

from seikaku.errors import UserError, both
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
_FROM_STAGE1 = both("stage 1 から引き継ぐ", "taken over from stage 1")
_FROM_FAMILY = both("土台の種類による", "as the kind of backbone wants")
_EPOCHS = both("エポック数", "Epochs")
_LEARNING_RATE = both("学習率の最大値", "Peak learning rate")
_LORA_DROPOUT = both("LoRA のドロップアウト", "LoRA dropout")


@dataclass(frozen=True, slots=True)
class NgramConfig:
    """How the n-gram model is built and fitted (``training.ridge.ngram`` says what each does)."""

    # fmt: off
    window_chars: int = setting(200, both(
        "窓の長さ（文字）。n-gram が現れる窓の割合を特徴にする",
        "Characters of a window; the features are the shares of windows in which an n-gram occurs"), 1)
    prior_windows: float = setting(1.0, both(
        "割合をコーパス平均へ縮める事前分布の強さ（窓の数）",
        "How strongly a prior draws the shares towards the corpus's means (in windows)"), 0)
    scale_power: float = setting(0.5, both(
        "特徴を標準偏差の何乗で割るか（0: そのまま、1: 標準化）",
        "Features are divided by this power of their standard deviation (0: as they are, 1: standardised)"), 0, 1)
    min_speakers: int = setting(10, both(
        "語彙に入れる n-gram を使った話者の最小人数（少人数だけの表現を重みに残さない）",
        "An n-gram counts if this many speakers use it (no weight is left of what only a few say)"), 1)
    penalty: float = setting(0.5, both(
        "リッジ罰則（特徴の平均二乗ノルムを 1 として）",
        "Ridge penalty (the mean squared norm of the features being 1)"), 1e-3)
    calibration_sizes: tuple[int, ...] = setting((1, 3, 10, 30), both(
        "区間を測る本文量（対話数。「すべて」が加わる）",
        "Amounts of text at which intervals are measured (in dialogues; “all” is added)"), 1)
    parts_per_size: int = setting(4, both(
        "区間を測るとき、話者ごと・本文量ごとに使う部分の最大数",
        "Parts of a speaker's text used to measure intervals, at the most, for each amount"), 1)
    n_inner_folds: int = setting(5, both(
        "傾きと区間を測る内側の分割数（学習話者の中で、話の輪の単位）",
        "Inner folds for slopes and intervals (among the training speakers, by talk community)"), 2)
    style_dialogues: int = setting(10, both(
        "表記・方言・文体・発話の長さだけで動く方向を測る対話数（話者ごと。0: 取り除かない）",
        "Dialogues of a speaker from which the directions are measured that spelling, dialect, style and length of "
        "utterances alone move (0: they are not removed)"), 0)
    # fmt: on

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class ProtocolConfig:
    """The evaluation protocol's sizes. The defaults are the protocol; smaller ones are named in the output."""

    # fmt: off
    n_folds: int = setting(10, both(
        "分割数（話の輪ごと。輪の数より多ければ減らす）",
        "Folds (by talk community; fewer where there are not as many communities)"), 2)
    n_repeats: int = setting(5, both(
        "分割の繰り返し（乱数の種 0, 1, …）", "Repeats of the folds (random seeds 0, 1, …)"), 1)
    amounts: tuple[int, ...] = setting((1, 3, 6, 15), both(
        "本文量ごとの精度を測る対話数（これに「すべて」が加わる）",
        "Amounts of text at which accuracy is measured (in dialogues; “all” is added)"), 1)
    equal_amounts: tuple[int, ...] = setting((15, 30, 60), both(
        "学習・評価とも同じ対話数にそろえる条件",
        "Numbers of dialogues to which training and evaluation are both held"), 1)
    max_dialogues: int = setting(0, both(
        "話者ごとに使う対話の上限（学習も評価も。0: すべて。時間のかかるモデルのため）",
        "Dialogues of a speaker at the most, in training and evaluation (0: all; for models that take long)"), 0)
    n_permutations: int = setting(200, both(
        "ラベルを入れ替えて再学習する帰無分布の回数（区間の幅もここから）",
        "Refits with permuted labels for the null distribution (the intervals' widths come from it too)"), 0)
    skip_refits: bool = setting(False, both(
        "分け方の比較、学習曲線、年齢・性別との比較など、再学習の多い表を省く",
        "Leave out the tables that need many refits: ways of splitting, learning curve, age and sex, and others"))
    keep_careless: bool = setting(False, both(
        "ほぼ全項目を尺度の端で答えた話者も学習に使う",
        "Also train on speakers who answered almost every item at an end of the scale"))
    # fmt: on

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """What the one training loop takes from either stage; the defaults are stage 1's."""

    # fmt: off
    epochs: int = setting(3, _EPOCHS, 1)
    batch_size: int = setting(8, both(
        "1 装置・1 回あたりの件数（stage 1: ペルソナ、stage 2: 一人の話者の窓の束）",
        "Examples a step on each device (stage 1: personas; stage 2: bags of windows, each of one speaker)"), 1)
    gradient_accumulation_steps: int = setting(1, both(
        "この回数ぶんの勾配をためてから更新する", "Steps whose gradients are added up before an update"), 1)
    learning_rate: float = setting(2e-4, _LEARNING_RATE, 1e-8, 1)
    warmup_ratio: float = setting(0.1, both(
        "学習率を上げていく区間の割合（その後は 0 まで直線で下げる）",
        "Share of the training in which the learning rate rises (then it falls to 0 linearly)"), 0, 1)
    weight_decay: float = setting(0.01, both("重み減衰", "Weight decay"), 0, 1)
    attention_dropout: float = setting(0.0, both(
        "注意機構のドロップアウト（BERT の類の事前学習では 0.1。CPU では 0 のほうが 1.5〜2 倍速い）",
        "Attention dropout (BERT and its like were pretrained with 0.1; on a CPU 0 is 1.5 to 2 times as fast)"), 0, 0.9)
    precision: str = setting("auto", both(
        "計算の精度: auto（GPU では bf16 か fp16、CPU では fp32）、fp32、bf16、fp16（AMX のある CPU では bf16 が速い）",
        "Precision of the arithmetic: auto (bf16 or fp16 on a GPU, fp32 on a CPU), fp32, bf16, fp16 (on a CPU with "
        "AMX bf16 is fast)"),
        choices=PRECISIONS, lists_choices=False)  # the text says what each is
    gradient_checkpointing: bool = setting(False, both(
        "計算を増やしてメモリを減らす", "Use less memory at the price of more arithmetic"))
    compile: bool = setting(False, both(
        "torch.compile で層をまとめる（GPU での長い学習向け。初めの数分は遅い）",
        "Fuse layers with torch.compile (for long training on a GPU; the first minutes are slow)"))
    max_steps: int = setting(0, both(
        "更新回数の上限（0: エポック数だけで決める）", "Updates at the most (0: the epochs decide alone)"), 0)
    checkpoint_every_minutes: float | None = setting(None, both(
        "途中保存の間隔（分。エポックの終わりにも保存する）",
        "Minutes between checkpoints (there is one at each epoch's end too)"), 0.01,
        unset=both("保存が時間の 2% を超えない間隔", "as often as takes 2% of the time"))
    checkpoint_every_steps: int = setting(0, both(
        "途中保存の間隔（更新回数。0: 時間だけで決める）", "Updates between checkpoints (0: time decides alone)"), 0)
    patience: int = setting(2, both(
        "検証がこのエポック数だけ続けて良くならなければ終える（0: 終えない）",
        "Stop after this many epochs without a better validation (0: do not stop)"), 0)
    seed: int = setting(0, both("乱数の種", "Random seed"), 0, 2**31 - 1)
    # fmt: on


@dataclass(frozen=True, slots=True)
class Stage1Config(LoopConfig):
    """Stage 1: a multilingual encoder with LoRA learns age, sex and occupation from synthetic personas."""

    # fmt: off
    backbone: str = setting("FacebookAI/xlm-roberta-large", both(
        "土台のエンコーダ。Hugging Face の名前、フォルダ、または embedded（同梱）",
        "Backbone encoder: a name on Hugging Face, a folder, or embedded (it ships with seikaku)"))
    max_tokens: int = setting(256, both("1 つの本文・窓の最大トークン数", "Tokens of a text or window at the most"), 16)
    lora_r: int = setting(16, both("LoRA のランク", "LoRA rank"), 1)
    lora_alpha: int = setting(32, both("LoRA の倍率 alpha", "LoRA alpha, its factor"), 1)
    lora_dropout: float = setting(0.1, _LORA_DROPOUT, 0, 0.9)
    lora_targets: tuple[str, ...] | None = setting(None, both(
        "LoRA を付ける層（コンマ区切り。attn.Wqkv のような名前の終わりか、all-linear）",
        "Layers that get LoRA (with commas between: ends of names such as attn.Wqkv, or all-linear)"),
        unset=_FROM_FAMILY)
    lora_variant: str = setting("lora", both("LoRA の変種", "LoRA variant"), choices=LORA_VARIANTS)
    lora_layers: int = setting(0, both(
        "上から何層に LoRA を付けるか（0: すべての層）", "How many layers from the top get LoRA (0: all)"), 0)
    pooling: str | None = setting(None, both(
        "本文を代表するベクトル（mean: 全トークンの平均、first: 先頭、last: 末尾）",
        "Vector that stands for a text (mean: of all tokens; first; last)"), choices=POOLINGS, unset=_FROM_FAMILY)
    text_prefix: str | None = setting(None, both(
        "各本文の前に置く文字（e5 系の query: など。空文字なら置かない）",
        "What is put before each text (such as query: of the e5 family; nothing where empty)"),
        unset=both("土台の名前による", "as the backbone's name says"))
    max_personas: int = setting(200_000, both(
        "学習に使うペルソナの人数の上限（all または 0: 全員。100 万人には GPU で数時間かかる）",
        "Personas to train on at the most (all or 0: all of them; a million takes hours on a GPU)"), 0,
        words={"all": 0})
    weak_traits: bool = setting(False, both(
        "文章の性格語から作った弱いラベルも学ぶ（比較実験用）",
        "Also learn weak labels made of the texts' trait words (for comparison)"))
    # fmt: on

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

    # fmt: off
    stage1_model_path: str = setting("output/final_model", both(
        "stage 1 の学習結果（none: stage 1 なしで、設定は stage 1 の既定値から始める）",
        "Stage 1's run (none: start without stage 1, from the defaults of its settings)"))
    backbone: str | None = setting(None, both(
        "土台のエンコーダ（stage 1 と同じもの）", "Backbone encoder (that of stage 1)"), unset=_FROM_STAGE1)
    max_tokens: int | None = setting(None, both(
        "1 つの窓の最大トークン数", "Tokens of a window at the most"), 16, unset=_FROM_STAGE1)
    lora_r: int | None = setting(None, both(
        "LoRA のランク（stage 1 と同じ値）", "LoRA rank (that of stage 1)"), 1, unset=_FROM_STAGE1)
    lora_alpha: int | None = setting(None, both(
        "LoRA の倍率 alpha（stage 1 と同じ値）", "LoRA alpha, its factor (that of stage 1)"), 1, unset=_FROM_STAGE1)
    lora_dropout: float | None = setting(None, _LORA_DROPOUT, 0, 0.9, unset=_FROM_STAGE1)
    lora_targets: tuple[str, ...] | None = setting(None, both(
        "LoRA を付ける層（stage 1 と同じもの）", "Layers that get LoRA (those of stage 1)"), unset=_FROM_STAGE1)
    lora_layers: int | None = setting(None, both(
        "上から何層に LoRA を付けるか（stage 1 と同じ値。下の層の出力は 1 度だけ計算して保存する）",
        "How many layers from the top get LoRA (as in stage 1; the lower ones run once and are kept)"),
        0, unset=_FROM_STAGE1)
    lora_variant: str | None = setting(None, both(
        "LoRA の変種（stage 1 と同じもの）", "LoRA variant (that of stage 1)"),
        choices=LORA_VARIANTS, unset=_FROM_STAGE1)
    pooling: str | None = setting(None, both(
        "本文を代表するベクトル", "Vector that stands for a text"), choices=POOLINGS, unset=_FROM_STAGE1)
    text_prefix: str | None = setting(None, both(
        "各本文の前に置く文字", "What is put before each text"), unset=_FROM_STAGE1)
    epochs: int = setting(5, _EPOCHS, 1)
    learning_rate: float = setting(1e-4, _LEARNING_RATE, 1e-8, 1)
    windows_per_bag: int = setting(4, both(
        "1 つの束に入れる窓の数（窓の平均から推定する）", "Windows of a bag (the estimate is made of their mean)"), 1)
    with_partner: bool = setting(False, both(
        "相手の発話も印を付けて読ませる（省くと本人の発話だけ）",
        "Also read the partner's utterances, marked as such (else the speaker's own alone)"))
    max_dialogues: int = setting(0, both(
        "話者ごとに使う対話数の上限（0: すべて）", "Dialogues of a speaker at the most (0: all)"), 0)
    equal_speakers: bool = setting(True, both(
        "対話の多い話者も少ない話者も、損失では同じ重みにする",
        "Speakers weigh the same in the loss, however many dialogues they have"))
    huber_delta: float = setting(1.0, both(
        "Huber 損失の境目（標準化した得点で）", "Threshold of the Huber loss (on standardised scores)"), 1e-3, 100)
    extra_targets: bool = setting(False, both(
        "ほかの質問紙の尺度も同時に学ぶ（五特性の補助）",
        "Also learn the scales of other questionnaires (to help the five traits)"))
    # fmt: on

    def __post_init__(self) -> None:
        check_ranges(self)
        _check_targets(self.lora_targets)


def _check_targets(targets: tuple[str, ...] | None) -> None:
    if targets is None:
        return
    if ALL_LINEAR in targets and len(targets) > 1:
        raise UserError(
            both(
                f"--lora_targets {spell(targets)} は使えません（{ALL_LINEAR} はほかの名前と並べられません）。",
                f"--lora_targets cannot be {spell(targets)} ({ALL_LINEAR} stands alone).",
            ),
            both(
                f"--lora_targets {ALL_LINEAR} だけにするか、{ALL_LINEAR} を外してください。",
                f"Give --lora_targets {ALL_LINEAR} alone, or leave {ALL_LINEAR} out.",
            ),
        )
    if not targets or not all(targets):
        raise UserError(
            both(f"--lora_targets {spell(targets)!r} は使えません。", f"--lora_targets cannot be {spell(targets)!r}."),
            both(
                "--lora_targets query,value のように層の名前を並べてください。",
                "Give names of layers, such as --lora_targets query,value.",
            ),
        )
