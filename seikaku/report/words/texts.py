"""All words of the reports, Japanese and English side by side, keyed by the codes of an estimate.

In: a code (and its figures) and a language. Out: one plain, non-clinical sentence or label. No effects.
"""

import unicodedata
from typing import Literal

from seikaku.inference.estimates import EstimateWarning, Status
from seikaku.model.norm import Norm

Lang = Literal["ja", "en"]
LANGS: tuple[Lang, ...] = ("ja", "en")

_Words = dict[Lang, str]

STATUS_LABELS: dict[Status, _Words] = {
    "ok": {"ja": "推定できます", "en": "estimated"},
    "low_evidence": {"ja": "参考程度", "en": "tentative"},
    "withheld": {"ja": "控えました", "en": "withheld"},
}

REASON_TEXTS: dict[str, _Words] = {
    "accuracy_uncertain": {
        "ja": "この文章量でどのくらい確かに推定できるかが、まだはっきりしていません。",
        "en": "How accurate the model is here, with this amount of text, is not settled.",
    },
    "accuracy_too_low": {
        "ja": "この文章量では、あてずっぽうより確かな推定ができませんでした。",
        "en": "With this amount of text the model cannot do better than a guess.",
    },
    "unlike_norm": {
        "ja": "言葉づかいが基準集団の会話とかなり違うため、測った精度がそのまま当てはまるとは言えません。",
        "en": "The wording is quite unlike the norm group's, so the measured accuracy may not hold here.",
    },
    "unusual_writing": {
        "ja": "発話の長さや文の書き方が、精度を確かめた人たちの誰ともほとんど重なりません"
        "（ごく短い発話、機械の文章、翻訳など）。",
        "en": "Messages are written as hardly anybody writes on whom accuracy was measured (for example very short, "
        "machine-written or translated ones).",
    },
    "too_little_text": {
        "ja": "推定には文章がまだ足りません。会話を足すと推定できることがあります。",
        "en": "There is not enough text yet. Adding more conversation may help.",
    },
    "not_japanese": {
        "ja": "日本語の文章が少ないため推定できません。日本語の会話を入れてください。",
        "en": "There is too little Japanese text. Please give a Japanese conversation.",
    },
    "repetitive": {
        "ja": "同じ言葉の繰り返しが多く、推定の手がかりが足りません。",
        "en": "The text repeats the same words, which leaves too little to go on.",
    },
    "copy_paste": {
        "ja": "同じ文の貼り付けが多く、本人の言葉が足りません。",
        "en": "Much of the text is the same passage pasted again, so too little is in the speaker's own words.",
    },
    "code_or_urls": {
        "ja": "プログラムや URL が多く、会話の文章が足りません。",
        "en": "Much of the text is program code or web addresses, so there is too little conversation.",
    },
}
_UNKNOWN_REASON: _Words = {
    "ja": "推定に使えない理由がありました（コード: {code}）。",
    "en": "The text could not be used for a reason with the code {code}.",
}

# code -> the sentence, and a second one that is added when the warning brings its figures.
WARNING_TEXTS: dict[str, tuple[_Words, _Words | None]] = {
    "short_text": (
        {
            "ja": "精度を確かめた最小の文章量に届いていません。",
            "en": "This is less text than accuracy was ever measured with.",
        },
        {
            "ja": "使えた文章は {n_chars:,}字で、{floor_chars:,}字以上が必要です。",
            "en": "{n_chars:,} characters could be used; {floor_chars:,} or more are needed.",
        },
    ),
    "unlike_norm": (
        {
            "ja": "言葉づかいが基準集団の会話とかなり違うため、推定がずれることがあります。",
            "en": "The wording is quite unlike the norm group's conversations, so the estimates may be off.",
        },
        {
            "ja": "モデルが知っている表現は {known_share:.0%}でした。",
            "en": "The model knows {known_share:.0%} of the expressions.",
        },
    ),
    "unusual_writing": (
        {
            "ja": "発話の長さや文の書き方が、精度を確かめた人たちの端にあります。そのぶん推定を平均に近づけました。",
            "en": "Message length or way of writing is at the edge of what accuracy was measured on; the estimates "
            "were drawn towards the mean for it.",
        },
        {
            "ja": "平均からのずれの {kept:.0%} を残しています。",
            "en": "{kept:.0%} of the distance from the mean is left.",
        },
    ),
    "not_japanese": (
        {"ja": "日本語の文章が少なめです。推定がずれることがあります。", "en": "There is little Japanese text."},
        None,
    ),
    "repetitive": (
        {
            "ja": "同じ言葉の繰り返しが目立ちます。推定がずれることがあります。",
            "en": "The same words are repeated a lot, so the estimates may be off.",
        },
        None,
    ),
    "copy_paste": (
        {
            "ja": "同じ文の貼り付けや転送らしい文章があります。本人の言葉でないと推定がずれます。",
            "en": "Some passages look pasted or forwarded. The estimates need the speaker's own words.",
        },
        None,
    ),
    "code_or_urls": (
        {
            "ja": "プログラムや URL が多く含まれています。会話の文章だけにすると確かになります。",
            "en": "There is a lot of program code or web addresses. Plain conversation works better.",
        },
        None,
    ),
}
_UNKNOWN_WARNING: _Words = {
    "ja": "推定を読むときに注意が必要です（コード: {code}）。",
    "en": "Please read the estimates with care (code {code}).",
}

NOT_FOR: dict[Lang, tuple[str, ...]] = {
    "ja": (
        "採用・人事評価、与信、保険、捜査や取り締まりの判断には使えません。",
        "医学的・心理学的な診断ではありません。",
        "本人の同意なしに、ほかの人を判断するために使わないでください。",
    ),
    "en": (
        "Not for decisions in hiring or staff appraisal, credit, insurance or policing.",
        "Not a medical or psychological diagnosis.",
        "Not for judging another person without their consent.",
    ),
}

EVIDENCE_NOTE: _Words = {
    "ja": "モデルの推定を動かした発話であり、性格の証拠ではありません。",
    "en": "These utterances moved the model's estimate; they are not evidence of personality.",
}

_GUIDE: dict[Lang, tuple[tuple[str, str], ...]] = {
    "ja": (
        (
            "偏差値",
            "基準集団の平均を 50、散らばり（標準偏差）を 10 とした値です。"
            "基準集団は「{norm}」（{n}人）で、日本人全体ではありません。高い・低いに良し悪しはありません。",
        ),
        (
            "80%区間",
            "本人が質問紙に答えたときの得点が、約 80% の見込みで入る幅です。5つの特性のうち1つほどは外れます。"
            "区間が平均（50）を含むときは、高いとも低いとも言えません。平均的だという意味でもありません。",
        ),
        (
            "精度 r",
            "推定と本人の自己評定の相関で、0 は無関係、1 は完全な一致です。"
            "このくらいの文章量で測った値と、その 95% 区間を示します。",
        ),
        (
            "影響した発話",
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
            "T-score",
            "The norm group's mean is 50 and its standard deviation 10. The norm group is “{norm}” ({n} people), "
            "not a whole population. Neither high nor low is better.",
        ),
        (
            "80% interval",
            "The range that holds the speaker's own questionnaire score with a chance of about 80%; about one trait in "
            "five falls outside. If it holds the mean (50), neither higher, lower nor average can be said.",
        ),
        (
            "Accuracy r",
            "The correlation between estimate and self-report: 0 is unrelated, 1 is perfect agreement. It was measured "
            "with about this amount of text and is shown with its 95% interval.",
        ),
        (
            "Utterances that moved it",
            "{evidence_note} One utterance usually moves very little; the figure is the shift in T-score points.",
        ),
        (
            "Text that suits",
            "Everyday Japanese conversation in the speaker's own written words. Speech recognition, translation, "
            "fiction, quoted text and business phrases put the estimates off; so do partner, mood and time.",
        ),
    ),
}


def status_label(status: Status, lang: Lang) -> str:
    """The short word for a status."""
    return STATUS_LABELS[status][lang]


def reason_text(code: str, lang: Lang) -> str:
    """One sentence for a reason code; an unknown code gives a general sentence that names it."""
    return REASON_TEXTS.get(code, _UNKNOWN_REASON)[lang].format(code=code)


def warning_text(warning: EstimateWarning, lang: Lang) -> str:
    """The sentence for a warning, with its figures where they are there; an unknown code is named."""
    if warning.code not in WARNING_TEXTS:
        return _UNKNOWN_WARNING[lang].format(code=warning.code)
    sentence, figures = WARNING_TEXTS[warning.code]
    if figures is None:
        return sentence[lang]
    try:
        with_figures = figures[lang].format(**warning.values)
    except (KeyError, ValueError):  # a newer model may bring other figures: the sentence alone still holds
        return sentence[lang]
    return sentence[lang] + joiner(lang) + with_figures


def guide(norm: Norm, lang: Lang) -> tuple[tuple[str, str], ...]:
    """How to read the report: (term, explanation) pairs that name the norm group."""
    words = {"norm": norm_name(norm, lang), "n": f"{norm.n_speakers:,}", "evidence_note": EVIDENCE_NOTE[lang]}
    return tuple((term, text.format(**words)) for term, text in _GUIDE[lang])


def norm_name(norm: Norm, lang: Lang) -> str:
    """The norm group's name in ``lang``."""
    return norm.name_ja if lang == "ja" else norm.name_en


def joiner(lang: Lang) -> str:
    """What stands between two sentences: nothing in Japanese, a space in English."""
    return "" if lang == "ja" else " "


def colon(lang: Lang) -> str:
    """The colon between a label and what it labels."""
    return "：" if lang == "ja" else ": "


def format_range(low: str, high: str, lang: Lang) -> str:
    """Two formatted numbers as a range in the habit of ``lang``."""
    return f"{low}～{high}" if lang == "ja" else f"{low}–{high}"


def single_line(text: str) -> str:
    """``text`` from outside on one line, without control and direction characters (they disturb terminal and page)."""
    visible = (" " if character.isspace() else character for character in text)
    return " ".join("".join(c for c in visible if not unicodedata.category(c).startswith("C")).split())
