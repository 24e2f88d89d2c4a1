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
        "場所 日時 時間 開始 終了 休憩 出勤 退勤 備考 料金 価格 値段 評価 営業時間 定休日 品名 数量 合計 金額"
    ).split()
)
# "Date" or 「場所」 may stand in a talk about a meeting; where half of the lines have such labels it is none.
_MIN_SHARE = 0.5
_MIN_MAIL_HEADS = 3
_CLOCK = re.compile(r"[\d:./ \[\]TZ+-]+")


def are_not_names(counts: Mapping[str, int]) -> bool:
    """Whether at least half of the labelled lines are a log's or a list's, or three heads of a mail are among them."""
    normal: dict[str, int] = {}
    for label, count in counts.items():
        word = _normalise(label)
        normal[word] = normal.get(word, 0) + count
    n_lines = sum(normal.values())
    n_not = sum(count for word, count in normal.items() if word in _LEVELS | _FIELDS | _MAIL_HEADS)
    return len(_MAIL_HEADS & normal.keys()) >= _MIN_MAIL_HEADS or (n_lines > 0 and n_not >= _MIN_SHARE * n_lines)


def _normalise(label: str) -> str:
    """The label's last word in lower case, without the clock that a log writes before its level."""
    text = unicodedata.normalize("NFKC", label).lower().strip()
    words = [word for word in text.split() if not _CLOCK.fullmatch(word)]
    return words[-1] if words else text
