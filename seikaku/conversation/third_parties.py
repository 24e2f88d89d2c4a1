"""Quotes without third parties: names of those one talks with, numbers, addresses. In: text. Out: text. Pure.

It takes out what has a form. A nickname that is nobody's name in the talk, or a place that is described, stays.
"""

import re
from collections.abc import Callable, Iterable

NAME = "〔名前〕"

_DIGIT = "[0-9０-９]"
_NO_DIGIT_BEFORE, _NO_DIGIT_BEHIND = f"(?<!{_DIGIT})", f"(?!{_DIGIT})"
_DASHES = "‐－−ー―-"
_DASH, _GAP = f"[{_DASHES}]", f"[ {_DASHES}]"
_URL = re.compile(r"(?:https?://|www\.)[!-~]+", re.ASCII | re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", re.ASCII)
_POSTCODE = re.compile(
    rf"〒\s?{_DIGIT}{{3}}{_DASH}?{_DIGIT}{{4}}"
    rf"|{_NO_DIGIT_BEFORE}{_DIGIT}{{3}}{_DASH}{_DIGIT}{{4}}(?!{_DASH}|{_DIGIT})"
)
_SPLIT = f"[ ()（）{_DASHES}]"
_PHONE = re.compile(
    rf"{_NO_DIGIT_BEFORE}(?:[+＋]{_DIGIT}{{1,3}}{_GAP}?)?[(（]?{_DIGIT}{{2,5}}{_SPLIT}{_DIGIT}{{1,4}}{_SPLIT}"
    rf"{_DIGIT}{{3,4}}{_NO_DIGIT_BEHIND}|{_NO_DIGIT_BEFORE}[0０]{_DIGIT}{{9,10}}{_NO_DIGIT_BEHIND}"
)
_DATE = rf"(?:19|20){_DIGIT}{{2}}{_GAP}{_DIGIT}{{1,2}}{_GAP}{_DIGIT}{{1,2}}{_NO_DIGIT_BEHIND}"
_LONG_NUMBER = re.compile(rf"{_NO_DIGIT_BEFORE}(?!{_DATE}){_DIGIT}(?:{_GAP}?{_DIGIT}){{6,}}")
_PREFECTURE = r"(?:北海道|東京都|(?:京都|大阪)府|[一-龥]{2,3}県)"
_HOUSE = rf"{_DIGIT}{{1,4}}(?:(?:丁目|番地|番|号|の|{_DASH}){_DIGIT}{{0,4}}){{1,4}}"
_TOWN = r"[一-龥ァ-ヶ々]{1,8}[市区町村郡][一-龥ァ-ヶ々]{0,16}"
_ADDRESS = re.compile(rf"{_PREFECTURE}{_TOWN}(?:{_HOUSE})?|{_TOWN}{_HOUSE}")
_MARKS = (
    (_URL, "〔URL〕"), (_EMAIL, "〔メール〕"), (_POSTCODE, "〔住所〕"), (_ADDRESS, "〔住所〕"),
    (_PHONE, "〔電話番号〕"), (_LONG_NUMBER, "〔番号〕"),
)  # fmt: skip
_TITLES = "さん|ちゃん|くん|君|様|氏|先生|先輩|部長|課長"
_WITH_TITLE = re.compile(rf"(.+?)(?:{_TITLES})")
_NOT_IN_NAMES = re.compile(r"[^\w\s々ー・.'-]+")


def make_mask(names: Iterable[str]) -> Callable[[str], str]:
    """A function that takes third parties out of a text. ``names``: of the others in the talk, as they are shown."""
    pattern = _match_names(names)

    def mask(text: str) -> str:
        for found, mark in _MARKS:
            text = found.sub(mark, text)
        return pattern.sub(NAME, text) if pattern else text

    return mask


def _match_names(names: Iterable[str]) -> re.Pattern[str] | None:
    """All forms of the names; one of a single character only where a title follows it, since 健 is in 健康, too."""
    forms = {form for name in names for form in _list_forms(name)}
    written = sorted((_write(form) for form in forms), key=len, reverse=True)
    return re.compile("|".join(written), re.IGNORECASE) if written else None


def _list_forms(name: str) -> set[str]:
    cleaned = _NOT_IN_NAMES.sub(" ", name).strip()
    parts = {cleaned, *re.split(r"[\s・]+", cleaned)}
    return {form for part in parts for form in (part, _without_title(part)) if form and not form.isdigit()}


def _without_title(name: str) -> str:
    match = _WITH_TITLE.fullmatch(name)
    return match[1] if match else name


def _write(form: str) -> str:
    written = r"\s*".join(map(re.escape, form.split()))
    if form.isascii():
        return rf"(?<![A-Za-z0-9]){written}(?![A-Za-z0-9])"
    return rf"{written}(?={_TITLES})" if len(form) == 1 else written
