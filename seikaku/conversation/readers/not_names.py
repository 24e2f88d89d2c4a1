"""What stands before a colon and is no speaker: levels of a log, heads of a mail, fields of a list or a recipe. Pure.

In: labels with their numbers of lines. Out: whether these are the labels of something that is no talk.
"""

import re
import unicodedata
from collections.abc import Mapping

_LEVELS = frozenset("trace debug info notice warn warning error critical fatal".split())
_MAIL_HEADS = frozenset(
    "from to cc bcc subject date sent reply-to 差出人 宛先 件名 日付 送信日時 受信日時 送信者 返信先".split()
)
_FIELDS = frozenset(
    (
        "name age id key value type title url email tel address price date time note version description status "
        "名前 氏名 年齢 性別 住所 電話 電話番号 メール 生年月日 職業 会社名 部署 材料 作り方 手順 分量 調味料 下準備 "
        "良い点 悪い点 感想 総合 おすすめ度 決定事項 議題 宿題 todo done doing wip fixme question answer 質問 回答 "
        "場所 日時 時間 開始 終了 休憩 出勤 退勤 備考 料金 価格 値段 評価 営業時間 定休日 品名 数量 合計 金額"
    ).split()
)
_NOT_NAMES = _LEVELS | _FIELDS | _MAIL_HEADS
# "Date" or 「場所」 may stand in a talk about a meeting; where half of the lines have such labels it is none.
_MIN_SHARE = 0.5
_MIN_MAIL_HEADS = 3
# A and B talk with each other; Q and A are a list of questions.
_QUESTION, _QUESTION_OR_ANSWER = re.compile(r"q\d{0,3}\.?"), re.compile(r"[qa]\d{0,3}\.?")
_CLOCK = re.compile(r"[\d:./ \[\]TZ+-]+")
# A diary's labels: 1月5日, 2026/1/5, 月曜日, (月). A person may be called 月 or 日, so a bare sign needs its brackets.
_DAY = re.compile(
    r"(?:\d{4}[年/.-])?\d{1,2}[月/.-]\d{1,2}日?(?:[(（][月火水木金土日][)）])?|[(（]?[月火水木金土日]曜日?[)）]?"
    r"|[(（][月火水木金土日][)）]|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}|\d+日目|day ?\d+"
)


def are_not_names(counts: Mapping[str, int]) -> bool:
    """Whether at least half of the labelled lines are a log's or a list's, or three heads of a mail are among them."""
    n_lines = n_not = 0
    heads: set[str] = set()
    labels = [(_words(label), count) for label, count in counts.items()]
    has_questions = any(_QUESTION.fullmatch(words[-1]) for words, _ in labels)
    for words, count in labels:
        n_lines += count
        n_not += count * (words[-1] in _NOT_NAMES or words[0] in _LEVELS or _DAY.fullmatch("".join(words)) is not None)
        n_not += count * (has_questions and _QUESTION_OR_ANSWER.fullmatch(words[-1]) is not None)
        heads |= _MAIL_HEADS & {words[-1]}
    return len(heads) >= _MIN_MAIL_HEADS or (n_lines > 0 and n_not >= _MIN_SHARE * n_lines)


def _words(label: str) -> list[str]:
    """The label's words in lower case, without the clock that a log writes before its level."""
    text = unicodedata.normalize("NFKC", label).lower().strip()
    return [word for word in text.split() if not _CLOCK.fullmatch(word)] or [text]
