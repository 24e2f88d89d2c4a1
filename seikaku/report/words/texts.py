"""What the codes of an estimate mean, Japanese and English side by side: statuses, reasons, warnings, purposes.

In: a code (and its figures) and a language. Out: one plain, non-clinical sentence or label. No effects.
"""

import unicodedata
from typing import Literal

from seikaku.inference.estimates import EstimateWarning, Status
from seikaku.model.norm import Norm

Lang = Literal["ja", "en"]
LANGS: tuple[Lang, ...] = ("ja", "en")

_Words = dict[Lang, str]

# How well a trait can be read, never what was found: ``words.facts`` has that, and keeps the two from contradicting.
STATUS_LABELS: dict[Status, _Words] = {
    "ok": {"ja": "読み取れる", "en": "readable"},
    "low_evidence": {"ja": "手がかり程度", "en": "a hint at most"},
    "withheld": {"ja": "読み取れない", "en": "not readable"},
}

REASON_TEXTS: dict[str, _Words] = {
    "accuracy_uncertain": {
        "ja": "この文章量で読み取れるものが小さいか、確かめた人が少ないので、推定は手がかり程度です。",
        "en": "Little can be read from this much text, or few people were measured: the estimate is a hint at most.",
    },
    "accuracy_too_low": {
        "ja": "この文章量では、推定と本人の自己評定の相関 r が 0.05 に届かず、あてずっぽうと変わりません。",
        "en": "With this much text the estimates' correlation r with self-reports is below 0.05, no better than a "
        "guess.",
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
        "ja": "これほど少ない文章では、精度を確かめていません。",
        "en": "Accuracy was never measured with as little text as this.",
    },
    "not_japanese": {
        "ja": "日本語の文章がほとんどありません。日本語の会話を入れてください。",
        "en": "There is hardly any Japanese text. Please give a Japanese conversation.",
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
    "stickers_only": {
        "ja": "スタンプや絵文字、記号だけの発話がほとんどで、言葉が足りません。",
        "en": "Most of it is stickers, emoji or marks alone, so there are too few words.",
    },
    "templates": {
        "ja": "数字や名前だけが違う定型文がほとんどで、本人の言葉が足りません（自動の通知など）。",
        "en": "Most of it is one template with other numbers or names (such as automatic notices), so too little is in "
        "the speaker's own words.",
    },
    "borrowed": {
        "ja": "引用や歌詞らしい文章が多く、本人の言葉が足りません。",
        "en": "Much of the text looks like quotations or song lyrics, so too little is in the speaker's own words.",
    },
}
# What "accuracy_uncertain" comes from, where the figures tell.
MAY_BE_NOTHING: _Words = {
    "ja": "相関 r の 95%区間が 0 を含むので、ほんとうは何も読み取れていないかもしれません。",
    "en": "The 95% interval of the correlation r holds 0, so it may be that nothing is read at all.",
}
FEW_MEASURED: _Words = {
    "ja": "精度を確かめた人が少ないので、r は実際より良く見えているかもしれません。",
    "en": "Accuracy was measured on few people, so r may look better than it is.",
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
            "ja": "使えた文章は {n_chars:,}字、確かめたのは {floor_chars:,}字以上です。",
            "en": "{n_chars:,} characters could be used; it was measured from {floor_chars:,} on.",
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
    "stickers_only": (
        {
            "ja": "スタンプや絵文字、記号だけの発話が多く含まれています。言葉のある発話だけにすると確かです。",
            "en": "Many messages are stickers, emoji or marks alone. Messages with words work better.",
        },
        None,
    ),
    "templates": (
        {
            "ja": "数字や名前だけが違う定型文が目立ちます。自動で送られた文なら、推定がずれます。",
            "en": "Many messages differ only in numbers or names. If a machine sent them, the estimates are off.",
        },
        None,
    ),
    "borrowed": (
        {
            "ja": "引用、歌詞、貼り付けた文書らしい文章があります。本人の言葉でないと推定がずれます。",
            "en": "Some passages look like quotations, lyrics or pasted documents. The estimates need the speaker's "
            "own words.",
        },
        None,
    ),
    "two_writers": (
        {
            "ja": "「俺」「僕」「私」といった自分の呼び方が、途中でまとまって入れ替わっています。"
            "二人で一つのアカウントを使っているなら、推定はだれのものでもなくなります"
            "（相手によって使い分けているだけなら、問題ありません）。",
            "en": "The word for oneself changes from one stretch to the next (such as ore, boku, watashi). If two "
            "people share the account, the estimates are nobody's; if one person speaks differently to different "
            "people, nothing is wrong.",
        },
        None,
    ),
    "transcribed": (
        {
            "ja": "音声を文字に起こした文章のようです（区切りがない、「えーと」が多い、など）。"
            "精度は手で打った会話で確かめたので、推定がずれることがあります。",
            "en": "This looks like transcribed speech (no pauses, or many fillers, for example). Accuracy was measured "
            "on typed talk, so the estimates may be off.",
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
