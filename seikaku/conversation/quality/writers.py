"""Two people on one account: one stretch says 俺, another 私. In: texts in their order. Out: a figure. Pure.

Measured on RealPersonaChat (benchmarks/two_writers.py). Of real single writers it warns of 1 in 772 stretches of 20
dialogues, 0 in 203 of 60 and 0 in 184 whole ones. Of two joined writers who call themselves differently it finds 66 %
in 20 dialogues and 94 % in 60 when one follows the other, 59 % and 53 % when they change every five dialogues, none
when they change with every dialogue. Those who call themselves alike, most pairs there, are never found: twenty-one
figures of style (politeness, endings, marks, length) found 40 % of any pairs in 20 dialogues and 23 % in 60, for 2 %
of false alarms and on the speakers to whom they were fitted, so they are left out.
"""

import re
from collections import Counter
from collections.abc import Sequence

MIN_SECOND_USES = 5
MIN_SECOND_SHARE = 0.1  # of the two words: a few are quoted, or said in jest
MAX_SWITCHES = 0.5  # stretches of one word, of as many as chance would make: whoever uses both mixes them

_ONESELF = re.compile("(?P<ore>俺|オレ)|(?P<boku>僕|ボク|ぼく)|(?P<watashi>私(?![立鉄服生用物語])|わたし|あたし)")
_QUOTED = re.compile(r"「[^「」]*」|『[^『』]*』")  # another's words


def measure_alternation(texts: Sequence[str]) -> float:
    """How much rarer than by chance the two commonest words for oneself change, 0 to 1; 0 where one hardly occurs."""
    at_most = Counter(match.lastgroup for match in _ONESELF.finditer("\n".join(texts)))
    if sum(count >= MIN_SECOND_USES for count in at_most.values()) < 2:  # with most people: no more to do
        return 0.0
    said = [word for text in texts if (word := find_oneself(text)) is not None]
    (first, n_first), (second, n_second) = [*Counter(said).most_common(2), ("", 0), ("", 0)][:2]
    if n_second < MIN_SECOND_USES or n_second < MIN_SECOND_SHARE * (n_first + n_second):
        return 0.0
    order = [word for word in said if word in (first, second)]
    n_stretches = 1 + sum(word != after for word, after in zip(order, order[1:], strict=False))
    expected = 1 + 2 * n_first * n_second / (n_first + n_second)
    return max(0.0, 1 - n_stretches / expected)


def find_oneself(text: str) -> str | None:
    """The one word for oneself that ``text`` has outside quotation marks; None for none, or several."""
    if not _ONESELF.search(text):
        return None
    found = {match.lastgroup for match in _ONESELF.finditer(_QUOTED.sub("", text))}
    return found.pop() if len(found) == 1 else None
