"""Where a name ends, in lines that put it before the body without a mark of its own. Pure.

A name is known from titles, file names and lines about who joined; else it is learnt as the longest prefix that a
speaker's lines share.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seikaku.conversation.readers.bodies import classify_line_pc_body
from seikaku.errors import Words, both

# A name goes on over a space only if nearly all lines of its first word go on with words that come back.
_MIN_SHARE_OF_LINES = 0.9
_MIN_LINES_TO_LEARN = 4  # with fewer, what goes on may be a name's or not
_MIN_LINES_OF_SECOND_NAME = 3  # "Ken Sato" beside "Ken"
_MIN_SHARE_TOLD = 0.25
# "Ken Sato" beside "Ken", who says much with spaces, too: a word that comes back and is never all that is said.
_MIN_LINES_OF_NAMESAKE = 5
_MIN_RESTS_OF_NAMESAKE = 4
_MIN_LINES_TOLD_OF_NAMESAKE = 3
_MIN_SHARE_OF_NAMESAKE = 0.1
MAX_WORDS_OF_NAME = 6
_MANY_LINES = 4000  # so many lines of a first word tell where its names end as well as all do
_N_NAMES_TOLD = 5


@dataclass(frozen=True, slots=True)
class Names:
    """``sure`` are written somewhere in the file; ``learnt`` are guessed.

    Of those in ``maybe_shorter`` the last words may be the body's; those in ``maybe_longer`` may go on. ``longer``
    holds, for a first word, the names of several words that it begins, with what follows it in them.
    """

    sure: frozenset[str]
    learnt: frozenset[str]
    maybe_shorter: frozenset[str]
    maybe_longer: frozenset[str]
    longer: Mapping[str, Sequence[tuple[str, str]]]
    separator: str = " "

    def find(self, first: str, after: str | None) -> str:
        """The longest name that a line begins with, else its first word, else "" (nothing is behind a name)."""
        if after is None:
            return ""
        for name, more in self.longer.get(first, ()):
            if after.startswith(more):
                return name
        return first


def learn_names(lines: Mapping[str, list[str]], sure: Iterable[str], separator: str = " ") -> Names:
    """Names from what stands behind the clock in every message: its first word -> what follows the separator.

    ``sure`` names need no learning.
    """
    known = frozenset(name for name in sure if name)
    learnt: set[str] = set()
    shorter: set[str] = set()
    longer: set[str] = set()
    pending = [(first, after[:: 1 + len(after) // _MANY_LINES]) for first, after in lines.items()]
    while pending:
        name, after = pending.pop()
        branches = _group_by_first_word(after, separator)
        written = {word for word in branches if f"{name}{separator}{word}" in known}
        pending += [(f"{name}{separator}{word}", branches[word]) for word in sorted(written)]
        n_lines = len(after) - sum(len(branches[word]) for word in written)
        if written:
            n_lines -= sum(rest in written for rest in after)
        if not n_lines:
            continue
        branching = _Branching(n_lines, {word: more for word, more in branches.items() if word not in written})
        may_be_another = branching.find_namesakes({*after})
        namesakes = {
            word: more
            for word, more in may_be_another.items()
            if len(more) >= _MIN_LINES_OF_NAMESAKE and len(set(more)) >= _MIN_RESTS_OF_NAMESAKE
        }
        is_short = name.count(separator) + 1 < MAX_WORDS_OF_NAME - 1
        if namesakes and not branching.all_go_on and is_short:
            pending += [(f"{name}{separator}{word}", more) for word, more in namesakes.items()]
            n_lines -= sum(map(len, namesakes.values()))
            rest = {word: more for word, more in branching.branches.items() if word not in namesakes}
            branching = _Branching(n_lines, rest)
        elif may_be_another and name in known:
            longer.add(name)
        if is_short and name not in known and branching.is_shared:
            longest = branching.branches if branching.all_go_on else branching.repeated
            pending += [(f"{name}{separator}{word}", more) for word, more in longest.items() if word]
            if branching.all_go_on:
                continue
        learnt.add(name)
        if separator in name and name not in known:
            shorter.add(name)
        elif name not in known and not branching.is_shared and branching.may_be_names:
            longer.add(name)
    by_first_word = _group_names(known | learnt, separator)
    return Names(known, frozenset(learnt), frozenset(shorter), frozenset(longer), by_first_word, separator)


def _group_names(names: Iterable[str], separator: str) -> dict[str, list[tuple[str, str]]]:
    """First word -> the names of several words that begin so, the longest first, with the words that follow."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(names, key=len, reverse=True):
        first, space, more = name.partition(separator)
        if space and name.count(separator) < MAX_WORDS_OF_NAME:
            groups.setdefault(first, []).append((name, f"{more}{separator}"))
    return groups


class _Branching:
    """What goes on behind a name: the words, and whether they come back as the second half of a name does."""

    def __init__(self, n_lines: int, branches: dict[str, list[str]]) -> None:
        self.n_lines = n_lines
        self.branches = branches
        self.repeated = {
            word: more for word, more in branches.items() if len(set(more)) > 1 and word and not _is_label(word)
        }
        n_repeated = sum(len(more) for more in self.repeated.values())
        n_going_on = sum(len(more) for more in branches.values())
        self.all_go_on = n_going_on == n_lines
        enough = 2 if self.all_go_on else _MIN_LINES_OF_SECOND_NAME
        self.is_shared = n_repeated >= max(enough, _MIN_SHARE_OF_LINES * n_going_on)
        is_short = n_lines < _MIN_LINES_TO_LEARN
        self.may_be_names = bool(n_going_on) and (
            is_short or (self.all_go_on and n_repeated > 0) or n_repeated >= max(2, _MIN_SHARE_TOLD * n_going_on)
        )

    def find_namesakes(self, said: set[str]) -> dict[str, list[str]]:
        """The words that may make the name another's, with what follows them. ``said``: all that follows the name."""
        n_lines = max(_MIN_LINES_TOLD_OF_NAMESAKE, _MIN_SHARE_OF_NAMESAKE * self.n_lines)
        return {
            word: more
            for word, more in self.repeated.items()
            if len(more) >= n_lines and len(set(more)) >= _MIN_LINES_TOLD_OF_NAMESAKE and word not in said
        }


def find_uncertain(names: Names, used: Iterable[str]) -> list[str]:
    """The names in ``used`` whose end is a guess."""
    return sorted(name for name in set(used) if name in names.maybe_shorter or name in names.maybe_longer)


def uncertain_names(names: Names, told: Sequence[str]) -> Words | None:
    """What to tell about names whose end is a guess; None where there is none.

    A choice is told by its number of words: what may be the body's stays out of the text.
    """
    if not told:
        return None
    listed = [_choice(name, names) for name in told[:_N_NAMES_TOLD]]
    n_more = len(told) - len(listed)
    return both(
        "話者名の終わりが書かれていないため、行頭の繰り返しから推定しました: "
        + "、".join(listed)
        + (f"、ほか {n_more} 人" if n_more else "")
        + "。スマートフォンから書き出した履歴では確実に分かれます。",
        "Where names end is not written; these were learnt from how lines begin: "
        + ", ".join(choice.english for choice in listed)
        + (f", and {n_more} more" if n_more else "")
        + ". An export from a phone tells names for certain.",
    )


def _choice(name: str, names: Names) -> Words:
    n_words = name.count(names.separator)  # without the last
    if name in names.maybe_shorter:
        return both(
            f"「{name}」（名前ははじめの {'1 語' if n_words == 1 else f'1～{n_words} 語'}だけかもしれません）",
            f"“{name}” (or only {'its first word' if n_words == 1 else f'its first 1 to {n_words} words'})",
        )
    return both(f"「{name}」（次の語までが名前かもしれません）", f"“{name}” (or one word more)")


def _is_label(word: str) -> bool:
    return word == "☎" or classify_line_pc_body(word) is not None


def _group_by_first_word(rests: Iterable[str], separator: str) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for rest in rests:
        if separator in rest:
            word, _, after = rest.partition(separator)
            groups.setdefault(word, []).append(after)
    return groups
