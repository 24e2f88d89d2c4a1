"""Slack's mark-up in a message -> the writer's words, and what was taken out. Pure.

``<@U1>``, ``<#C1|name>``, ``<!here>``, ``<url|label>``, ``&amp;``, ``:emoji:``, quotes and code.
"""

import re
from collections import Counter

from seikaku.conversation.readers.markup import remove_markup, tidy

_MENTION = re.compile(r"<[@#!][^<>\n]{1,200}>:?")
_LINK = re.compile(r"<((?:https?|mailto|tel|ftp|slack)[:][^<>|\n]{1,4000})(?:\|([^<>\n]{0,1000}))?>")
_EMOJI = re.compile(r":(?![\d:]+:)[a-z0-9_+'-]{1,60}:(?::skin-tone-\d:)?|(?<![^\s:]):[^\s:<>&]{1,60}:(?![^\s:])")
_LIKE_AN_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S*|[\w.+-]{1,100}@[\w.-]{1,100}|[\w-]{1,60}(?:\.[\w-]{1,60}){1,8}(?:/\S*)?"
)
_UPLOADED = re.compile(r"<@[^<>\n]{1,200}> (?:uploaded|shared) a file: <[^<>\n]{1,4000}>(?: and commented: )?")


def read_text(text: str, *, is_upload: bool = False) -> tuple[str, Counter[str]]:
    """The words of one message, and how many of what were taken out. Of an upload the app's own words go first."""
    removed: Counter[str] = Counter()
    if is_upload:
        text = _UPLOADED.sub("", text, count=1)
    text, n_links = _LINK.subn(_label, text)
    text, n_mentions = _MENTION.subn(" ", text)
    text, marked = remove_markup(text)
    text, n_emoji = _EMOJI.subn(" ", text)
    for reason, count in (("url", n_links), ("mention", n_mentions), ("other_media", n_emoji)):
        if count:
            removed[reason] += count
    removed += marked
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return tidy(text) if removed else text, removed


def _label(match: re.Match[str]) -> str:
    """The words that the writer put on a link; none where they are an address themselves."""
    label = (match[2] or "").strip()
    return label if label and not _LIKE_AN_ADDRESS.fullmatch(label) else " "
