"""How to read a report, Japanese and English side by side. In: the norm group. Out: (term, explanation) pairs. Pure."""

from seikaku.model.norm import Norm
from seikaku.report.words.texts import Lang, norm_name

EVIDENCE_NOTE: dict[Lang, str] = {
    "ja": "モデルの推定を動かした言葉であり、性格の証拠ではありません。",
    "en": "These words moved the model's estimate; they are not evidence of personality.",
}

_GUIDE: dict[Lang, tuple[tuple[str, str], ...]] = {
    "ja": (
        (
            "特性と言葉づかい",
            "別のものです。言葉づかいは数えられ、人と比べた位置もほぼ確かです。それが特性について教えることは弱く、"
            "推定の幅は、読む前に誰についても言える幅とあまり変わりません。",
        ),
        (
            "読む前・読んだ後",
            "「読む前」は、文章を読まずに言える幅です（基準集団の 80% の人がいる範囲）。「読んだ後」は、"
            "本人が質問紙に答えた"
            "ときの得点が約 80% の見込みで入る幅です。五つの特性のうち1つほどは外れます。",
        ),
        (
            "見込み",
            "「平均より高い見込み 61%」は、このような推定の人が 100人いれば、自己評定が平均より高い人は 61人ほど、"
            "という"
            "意味です。45〜55% なら「どちらとも言えない」とします。モデルが見ていない人たちで、"
            "文章量ごとに割合が合うかを"
            "確かめ、全員に 50% と答えるより良くない文章量では出しません（数値はモデルカードにあります）。",
        ),
        (
            "読み取りやすさ r",
            "推定と本人の自己評定の相関で、0 は無関係、1 は完全な一致です。このくらいの文章量で測りました。"
            "0.05 未満は「読み取れない」、0.15 未満は「ごく弱く」、0.3 未満は「弱く」、それ以上は「ある程度」です。",
        ),
        (
            "偏差値",
            "基準集団の平均を 50、散らばり（標準偏差）を 10 とした値です。"
            "基準集団は「{norm}」（{n}人）で、日本人全体ではありません。高い・低いに良し悪しはありません。",
        ),
        (
            "推定を動かした言葉",
            "{evidence_note}1つの発話の影響はふつうごくわずかで、数字は偏差値を何点動かしたかを表します。",
        ),
        (
            "向いている文章",
            "本人が自分の言葉で書いた、ふだんの日本語の会話です。音声認識、翻訳、創作やせりふ、引用・転送、仕事の定型文では、"
            "推定がずれます。相手や気分、時期によっても変わります。",
        ),
    ),
    "en": (
        (
            "Traits and language",
            "Two different things. Language can be counted, and its place among others is nearly certain. What it "
            "tells "
            "of a trait is weak: the range after reading is about as wide as the one that holds for anybody.",
        ),
        (
            "Before and after reading",
            "Before: the range that could be stated without any text (where 80% of the norm group are). After: the "
            "range "
            "that holds the speaker's own questionnaire score with a chance of about 80%; about one trait in five "
            "falls "
            "outside.",
        ),
        (
            "Chance",
            "“61% chance of being above the mean”: of 100 people with such an estimate, about 61 rate themselves above "
            "the mean. Between 45% and 55%, neither is said. That the shares agree was checked on people whom the "
            "model "
            "had not seen, by amount of text; where it was no better than saying 50% of everybody, no chance is given "
            "(figures are in the model card).",
        ),
        (
            "Can be read: r",
            "The correlation between estimate and self-report, measured with about this amount of text: 0 is "
            "unrelated, "
            "1 is perfect agreement. Below 0.05 is “not at all”, below 0.15 “very weakly”, below 0.3 “weakly”.",
        ),
        (
            "T-score",
            "The norm group's mean is 50 and its standard deviation 10. The norm group is “{norm}” ({n} people), "
            "not a whole population. Neither high nor low is better.",
        ),
        (
            "Words that moved it",
            "{evidence_note} One utterance usually moves very little; the figure is the shift in T-score points.",
        ),
        (
            "Text that suits",
            "Everyday Japanese conversation in the speaker's own written words. Speech recognition, translation, "
            "fiction, quoted text and business phrases put the estimates off; so do partner, mood and time.",
        ),
    ),
}


def guide(norm: Norm, lang: Lang) -> tuple[tuple[str, str], ...]:
    """How to read the report: (term, explanation) pairs that name the norm group."""
    words = {"norm": norm_name(norm, lang), "n": f"{norm.n_speakers:,}", "evidence_note": EVIDENCE_NOTE[lang]}
    return tuple((term, text.format(**words)) for term, text in _GUIDE[lang])
