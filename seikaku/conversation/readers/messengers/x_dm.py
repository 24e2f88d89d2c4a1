"""Direct messages of an X (Twitter) archive: ``direct-messages.js``, ``direct-messages-group.js``. Pure.

The archive holds ids only; the owner's name comes from ``account.js`` where it came along. Times are UTC and become
Japan time; messages stand newest first, and are turned round.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.japan_time import as_utc
from seikaku.conversation.readers.json_text import load_json
from seikaku.conversation.readers.markup import tidy
from seikaku.conversation.readers.messengers.json_values import dict_at, id_at, lacks, list_at, text_at
from seikaku.conversation.readers.messengers.people import People, clean_name
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

COMPANIONS = frozenset(
    "account.js profile.js manifest.js direct-message-headers.js direct-message-group-headers.js".split()
)
_START = re.compile(r"\s{0,20}window\.YTD\.direct_messages?(?:_group)?\.part\d{1,4}\s{0,5}=\s{0,5}(?=\[)")
_ACCOUNT = re.compile(r"\s{0,20}window\.YTD\.account\.part\d{1,4}\s{0,5}=\s{0,5}(?=\[)")
_SHORT = re.compile(r"https://t\.co/\w{1,30}", re.ASCII)

_ARCHIVE = both("window.YTD.direct_messages で始まります", "it begins with window.YTD.direct_messages")


def judge(source: Source) -> Judgement:
    """Whether it begins as X's archive does."""
    return Judgement(0.99, (_ARCHIVE,)) if _START.match(source.text) else NOT_THIS


def parse(source: Source) -> Collector:
    """Read all talks of the file. Raises InputFileError where it is broken."""
    start = _START.match(source.text)
    if start is None:
        raise lacks(source, "window.YTD.direct_messages", "X")
    talks = load_json(
        source, source.text[start.end() :].rstrip().removesuffix(";"), source.text.count("\n", 0, start.end()) + 1
    )
    if not isinstance(talks, list):
        raise lacks(source, "[…]", "X")
    collector = Collector(source)
    people = People(collector)
    me, my_name = _read_account(source.beside("account.js"))
    if me:
        people.reserve(me, my_name)
    line = 0
    for talk in talks:
        conversation = dict_at(talk, "dmConversation")
        conversation_id = collector.unused_id(id_at(conversation, "conversationId") or source.stem)
        numbered = list(enumerate(list_at(conversation, "messages"), start=line + 1))
        line += len(numbered)
        if _is_newest_first([one for _, one in numbered]):
            numbered.reverse()
        for number, message in numbered:
            _add(collector, people, message, conversation_id, number, {me: my_name})
    if me and (spoken := people.name_now(me)):
        collector.tell_me(spoken)
    collector.warn(_without_names(has_account=bool(me)))
    return collector


def _add(
    collector: Collector, people: People, item: object, conversation_id: str, line: int, names: Mapping[str, str]
) -> None:
    message = dict_at(item, "messageCreate")
    if not message:
        reaction = isinstance(item, dict) and "reactionCreate" in item
        collector.drop("reaction" if reaction else "system", line=line)
        return
    account = id_at(message, "senderId")
    speaker = people.name(account, names.get(account, ""))
    text, removed = _read_text(message)
    if not speaker:
        collector.drop("no_speaker", line=line)
    elif not text and list_at(message, "mediaUrls"):
        collector.drop(_reason_of_media(list_at(message, "mediaUrls")[0]), speaker, line)
    else:
        moment = as_utc(collector, message.get("createdAt"))
        collector.add(speaker, text, moment, conversation_id, line=line, removed=removed)


def _read_text(message: Mapping[str, Any]) -> tuple[str, Counter[str]]:
    """The words without the short addresses that X writes for links and media."""
    text, n_links = _SHORT.subn(" ", text_at(message, "text"))
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return (tidy(text), Counter(url=n_links)) if n_links else (text, Counter())


def _reason_of_media(address: object) -> str:
    return "video" if isinstance(address, str) and "video" in address else "photo"


def _is_newest_first(items: list[Any]) -> bool:
    times = [time for one in items if (time := text_at(dict_at(one, "messageCreate"), "createdAt"))]
    return len(times) > 1 and times[0] > times[-1]


def _read_account(text: str | None) -> tuple[str, str]:
    """The owner's id and name; empty where ``account.js`` did not come along or is broken."""
    start = _ACCOUNT.match(text or "")
    if not text or not start:
        return "", ""
    try:
        found = json.loads(text[start.end() :].rstrip().removesuffix(";"))
    except (ValueError, RecursionError):
        return "", ""
    account = dict_at(found[0], "account") if isinstance(found, list) and found else {}
    name = clean_name(text_at(account, "accountDisplayName")) or clean_name(text_at(account, "username"))
    return id_at(account, "accountId"), name


def _without_names(*, has_account: bool) -> Any:
    if has_account:
        return both(
            "X のアーカイブには相手の名前がなく、話者は ID です。",
            "X's archive does not hold the names of others: they appear as ids.",
        )
    return both(
        "X のアーカイブのこのファイルには名前がなく、話者は ID です。"
        "account.js と一緒に入れると自分の名前だけわかります。",
        "This file of X's archive holds no names: speakers are ids. Add account.js with it to see which one is you.",
    )


READER = Reader("x-dm", both("X（旧 Twitter）の DM", "direct messages of X (Twitter)"), judge, parse, COMPANIONS)
