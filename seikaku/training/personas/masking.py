"""Takes a persona's own name, age and sex out of its text, where they stand in so many words. Pure; no effects.

A model that reads 「74歳」 or 「花子」 needs nothing else to tell age or sex, and learns nothing about how people live
and talk. What takes the place of what goes, so that the sentence still reads:

- 「この人」 for the persona's own name, as its summary begins with it (「架空 花子は」)
- 「〇歳」「〇代」 for a number with 歳 or 才, for 20代 (not 四代 or 十代目), 還暦 and its like, アラフォー
- 「〇年生まれ」 for 1980年生まれ, 昭和50年代生まれ
- words without sex for 男性, 女性, 男子, 女子, 男の子, 彼, 彼女, 主婦, サラリーマン, OL
- 「配偶者」 for 夫 and 妻 standing alone, which tell the other one's sex

What stays: every other number (年数, 時刻, 回数), 彼ら (which the corpus uses for one person of either sex), kin
(父, 娘), and what only hints at age: 退職, シニア, 戦後, a hobby. That is content, and to learn from it is the task.
"""

import re

_NUMBER = r"[0-9０-９〇一二三四五六七八九十百]+"
_ERA = r"(?:西暦|明治|大正|昭和|平成|令和)?"
# In this order: a year of birth before an age, the longer word before the shorter.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (
            rf"{_ERA}(?:[0-9０-９]+|[〇一二三四五六七八九十]+|元)年代?(?=[^、。]{{0,8}}?(?:生まれ|生れ))",
            "〇年",
        ),
        (rf"(?:{_NUMBER}\s*(?:[〜～~－\-–]|から)\s*)?{_NUMBER}\s*[歳才]", "〇歳"),
        (r"(?<![0-9０-９第])(?:[1-9１-９][0０]|[二三四五六七八九]?十)\s*代(?![目続当])", "〇代"),
        (r"還暦|古希|古稀|喜寿|傘寿|米寿|卒寿|白寿", "〇歳"),
        (r"アラサー|アラフォー|アラフィフ|アラ還", "〇代"),
        (r"男の子|女の子", "子ども"),
        (r"男性|女性|男子|女子", "人"),
        (r"彼女(?!ら)|彼(?![ら女岸方])", "この人"),
        (r"彼女ら", "彼ら"),
        (r"(?:専業)?主[婦夫]", "家事専業"),
        (r"サラリーマン|(?<![A-Za-z])OL(?![A-Za-z])", "会社員"),
        (r"(?<![一-龥々])(?:夫|妻)(?![一-龥々])", "配偶者"),
    )
)
_NAME_AT_START = re.compile(r"([^\s、。]{1,5})[ 　]([^\s、。]{1,5}?)(?=[はがのもを、])")


def find_name(summary: str) -> tuple[str, str] | None:
    """(Surname, given name) with which a persona's summary begins, or None."""
    match = _NAME_AT_START.match(summary)
    return (match[1], match[2]) if match else None


def mask_person(text: str, name: tuple[str, str] | None) -> str:
    """``text`` without the persona's ``name``, age and sex as the module's docstring lists them."""
    if name:
        text = _name_pattern(*name).sub("この人", text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def _name_pattern(surname: str, given: str) -> re.Pattern[str]:
    # The generator sometimes misspells its own surname at the start of a text; a given name of one character
    # is also an ordinary word, so it must have a surname before it.
    before = rf"(?:^[^\s、。]{{1,5}}[ 　]|{re.escape(surname)}[ 　]?)"
    optional = "?" if len(given) > 1 else ""
    return re.compile(rf"{before}{optional}{re.escape(given)}|{re.escape(surname)}(?=さん|氏|様)")
