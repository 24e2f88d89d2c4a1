"""How unlike the norm group's chats a text is, in words. In: ``Unlikeness``. Out: a sentence, and its groups. Pure."""

from seikaku.model.typicality import Unlikeness
from seikaku.report.words.summary import join_names
from seikaku.report.words.texts import Lang

_GROUPS: dict[str, dict[Lang, str]] = {
    "register": {"ja": "言い回し", "en": "phrasing"},
    "length": {"ja": "発話の長さ", "en": "length of messages"},
    "script": {"ja": "文字の種類", "en": "script"},
    "vocabulary": {"ja": "言葉の種類と繰り返し", "en": "vocabulary"},
}
_USUAL: dict[Lang, str] = {
    "ja": "基準集団の雑談の書き方として、ふつうの範囲です（雑談 100件のうち {n}は、これよりふつうから離れています）。",
    "en": "As the norm group's chats go, the writing is within the usual ({n} of 100 chats are less usual).",
}
_RARE: dict[Lang, str] = {
    "ja": "基準集団の雑談の書き方としては、めずらしいものです（これよりふつうから離れた雑談は 100件のうち {n}）。"
    "おもに違うのは{groups}です。",
    "en": "As the norm group's chats go, the writing is rare ({n} of 100 chats are less usual), mainly in {groups}.",
}
_UNSEEN: dict[Lang, str] = {
    "ja": "基準集団の雑談には、このような書き方はほとんどありません。おもに違うのは{groups}です。",
    "en": "Hardly any of the norm group's chats is written like this, mainly because of {groups}.",
}
_BY_GROUP: dict[Lang, str] = {
    "ja": "種類ごとの、これよりふつうから離れている雑談（100件のうち）：{groups}",
    "en": "Chats of 100 that are less usual, by kind: {groups}",
}
_FEW: dict[Lang, str] = {"ja": "1件未満", "en": "fewer than 1"}


def say_unlikeness(unlikeness: Unlikeness, lang: Lang) -> str:
    """Whether the writing is usual, rare or unseen among the norm group's chats, and what makes it so."""
    form = _USUAL if unlikeness.kept >= 1.0 else _RARE if unlikeness.kept > 0.0 else _UNSEEN
    names = [name_group(key, lang) for key in unlikeness.reasons]
    listed = join_names(names, lang) if names else ""  # what is usual has no reasons
    return form[lang].format(n=_count(unlikeness.overall.less_usual, lang), groups=listed)


def say_unlike_groups(unlikeness: Unlikeness, lang: Lang) -> str:
    """How many of 100 chats are less usual in each kind of figure."""
    listed = [f"{name_group(key, lang)} {_count(rarity.less_usual, lang)}" for key, rarity in unlikeness.groups.items()]
    return _BY_GROUP[lang].format(groups=("、" if lang == "ja" else ", ").join(listed))


def name_group(key: str, lang: Lang) -> str:
    """What a group of figures is called; its key where there is no word for it."""
    return _GROUPS[key][lang] if key in _GROUPS else key


def _count(of_100: float, lang: Lang) -> str:
    if of_100 < 1:
        return _FEW[lang]
    return f"{of_100:.0f}{'件' if lang == 'ja' else ''}"
