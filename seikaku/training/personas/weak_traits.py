"""Weak trait labels from what a persona's texts say of its character, by a lexicon of ours. Pure; no effects.

The personas were generated from hidden trait scores that the data set does not hold, and their sentences paraphrase
them: in words of character (「規律正しい」「社交的」) or outright (「外向性の低さ」「高い誠実性」). For each trait the
cues of both poles are counted over all texts of one persona; the label is +1 or -1 where one pole has at least twice
the cues of the other, 0 where they are mixed or named as moderate, NaN where nothing is said. Off by default: these
are labels of how a language model was told to write, not of people; they serve as an auxiliary target in the
ablation and are never a result.
"""

import math
import re
from collections.abc import Iterable

from seikaku.traits import TRAIT_KEYS

# (low pole, high pole), our own choice of words from the trait definitions.
_CUES: dict[str, tuple[str, str]] = {
    "openness": (
        "保守的 現実的 実用的 実用性 慣れ親しんだ 定番 変化を好まない 前例",
        "創造的 創造性 独創的 想像力 好奇心 探究心 革新的 斬新 実験的 芸術的 抽象的 新しい発見 新しいもの 多様な文化",
    ),
    "conscientiousness": (
        "即興 気まま 行き当たりばったり 無計画 気分次第 衝動的 大ざっぱ 後回し 自由奔放",
        "計画的 組織的 体系的 規律 几帳面 綿密 勤勉 責任感 整理整頓 構造化 構造的 徹底 入念 着実 期限を守",
    ),
    "extraversion": (
        "内向的 内向性 物静か 静かな 静かに 一人で ひとりで 独りで 少人数 単独 控えめな 人混みを避け",
        "社交的 社交性 外向的 活発 にぎやか 賑やか 大勢 仲間と 交流を楽し 積極的に参加 パーティー 盛り上げ",
    ),
    "agreeableness": (
        "競争的 競争心 競争志向 競争 批判的 懐疑的 対抗 厳しい評価 率直",
        "協調的 協力的 思いやり 共感 寄り添 親切 優しい 優しさ 支え合 助け合 調和 気配り 利他的",
    ),
    "neuroticism": (
        "冷静 穏やか 落ち着いた 落ち着き 動じない 楽観的 平静 ストレス耐性 ストレスに強い 情緒の安定 安定した感情",
        "不安 心配 神経質 神経症的 敏感 緊張しやすい 自己批判 感情の波 感情の変動 感情の起伏 陰鬱 落ち込み 動揺 過敏",
    ),
}
_NAMES = {
    "openness": "開放性",
    "conscientiousness": "誠実性",
    "extraversion": "外向性",
    "agreeableness": "協調性",
    "neuroticism": "神経症傾向|神経症(?!的)",
}
_LOW_BEFORE = re.compile(r"(?:低い?|低めの|弱い|控えめな|乏しい)$")
_LOW_AFTER = re.compile(r"^(?:[^、。とや]{0,4})(?:低|控え|抑え|限定|弱|乏し|欠け)")
_MIDDLE_AFTER = re.compile(r"^(?:[^、。とや]{0,3})(?:適度|程よ|ほどよ|中程度|平均|バランス)")


def weak_trait_scores(texts: Iterable[str]) -> tuple[float, ...]:
    """One label a trait in ``TRAIT_KEYS`` order over all ``texts`` of one persona: -1, 0, 1, or NaN (nothing said)."""
    counts = {key: [0, 0, 0] for key in TRAIT_KEYS}  # low, high, moderate
    for text in texts:
        for key in TRAIT_KEYS:
            _count_cues(text, key, counts[key])
    return tuple(_label(*counts[key]) for key in TRAIT_KEYS)


def _count_cues(text: str, key: str, counts: list[int]) -> None:
    for match in _POLE_PATTERNS[key].finditer(text):
        counts[match.lastgroup == "high"] += 1
    for match in _NAME_PATTERNS[key].finditer(text):
        before, after = text[max(0, match.start() - 4) : match.start()], text[match.end() : match.end() + 8]
        if _LOW_BEFORE.search(before) or _LOW_AFTER.match(after):
            counts[0] += 1
        elif _MIDDLE_AFTER.match(after):
            counts[2] += 1
        else:  # to name a trait without more is to claim it
            counts[1] += 1


def _label(low: int, high: int, moderate: int) -> float:
    if not low + high + moderate:
        return math.nan
    if max(low, high) < 2 * min(low, high) or low == high:
        return 0.0
    return 1.0 if high > low else -1.0


def _pole_pattern(low: str, high: str) -> re.Pattern[str]:
    """Longest cue first, so that 「ストレス耐性」 is never read as a shorter cue inside it."""
    groups = {word: pole for pole, words in (("low", low), ("high", high)) for word in words.split()}
    parts = {pole: [w for w in sorted(groups, key=len, reverse=True) if groups[w] == pole] for pole in ("low", "high")}
    return re.compile("|".join(f"(?P<{pole}>{'|'.join(map(re.escape, words))})" for pole, words in parts.items()))


_POLE_PATTERNS = {key: _pole_pattern(*_CUES[key]) for key in TRAIT_KEYS}
_NAME_PATTERNS = {key: re.compile(_NAMES[key]) for key in TRAIT_KEYS}
