"""Where a phone export's body of several lines ends: it stands in double quotes, and may hold anything. Pure.

    9:00<TAB>ケン<TAB>"明日の予定
    10:30<TAB>花子<TAB>駅に集合
    よろしくね"

Inner quotes are doubled by some versions and left alone by others, so the lines behind a quote decide with it.
"""

from collections.abc import Callable, Sequence

Split = tuple[int, str, str]  # clock, sender ("" where the app speaks), body

# LINE's longest message has 10,000 characters; doubled quotes and invisible marks come on top.
_MAX_CHARS = 20_000
_MAX_NEAR_MESSAGES = 3


def find_close(
    lines: Sequence[str], start: int, split: Callable[[str], Split | None], begins_part: Callable[[int], bool]
) -> tuple[int, bool]:
    """The line on which the body that opens a quote on line ``start`` ends, and whether that is doubtful.

    ``start`` itself: it is a body of one line that somebody began with a quote. ``begins_part`` tells on
    which lines a later day, or another export, begins.
    """
    scan = _Scan(lines, start, split, begins_part)
    end = scan.find_plain_close()
    return (end, False) if end else scan.run()


class _Scan:
    def __init__(
        self, lines: Sequence[str], start: int, split: Callable[[str], Split | None], begins_part: Callable[[int], bool]
    ) -> None:
        self._lines, self._start, self._split, self._begins_part = lines, start, split, begins_part
        self._clocks: list[int] = []  # of the message, and of lines inside that look like messages

    def find_plain_close(self) -> int:
        """The line that ends the body where nothing can be doubtful, as nearly always; else 0.

        There is one quote at the beginning and one at the end, and no blank line or tab between.
        """
        lines, n_chars = self._lines, 0
        if lines[self._start].count('"') > 1:
            return 0
        for index in range(self._start + 1, len(lines)):
            line = lines[index]
            n_chars += len(line) + 1
            if "\t" in line or n_chars > _MAX_CHARS or not line.strip():
                return 0
            if '"' in line:
                is_end = line.count('"') == 1 and _ends_in_quote(line) and self._ends_message(index)
                return index if is_end else 0
        return 0

    def run(self) -> tuple[int, bool]:
        start = self._start
        message = self._split(self._lines[start])
        assert message is not None
        self._clocks.append(message[0])
        body = message[2]
        n_quotes = body.count('"')
        if n_quotes % 2 == 0 and _ends_in_quote(body) and self._ends_message(start):
            return start, False
        close, doubtful, n_chars = start, False, 0
        for index in range(start + 1, len(self._lines)):
            line = self._lines[index]
            n_chars += len(line) + 1
            own = self._split(line)
            if n_chars > _MAX_CHARS or (self._is_next_opener(own) if own else self._is_next_part(index)):
                break
            if own:
                self._clocks.append(own[0])
            doubtful = doubtful or (not own and close == start and bool(line.strip()))
            n_quotes += line.count('"')
            if not _ends_in_quote(line) or not self._ends_message(index):
                continue
            n_inside = len(self._clocks) - 1
            if n_quotes % 2:
                if not own:  # somebody typed a single quote, if no better end comes
                    close, doubtful = index, n_inside > 0
            elif not own:
                return index, False
            elif self._goes_back(index):
                return index, True
            else:
                # A line like a message, in time, ends in the quote: two single quotes so near are rarer than a paste.
                return (index if n_inside <= _MAX_NEAR_MESSAGES else close), True
        return close, doubtful

    def _ends_message(self, index: int) -> bool:
        """Whether what follows line ``index`` can follow a message: another, the end, or a date."""
        below = index + 1
        while below < len(self._lines) and not self._lines[below].strip():
            below += 1
        if below == len(self._lines) or self._split(self._lines[below]) is not None:
            return True
        return self._begins_part(below)

    def _is_next_part(self, index: int) -> bool:
        """Whether the next day, or another export, begins below a blank line: talk that was pasted is of the past."""
        return not self._lines[index - 1].strip() and bool(self._lines[index].strip()) and self._begins_part(index)

    def _is_next_opener(self, own: Split) -> bool:
        """Whether a line is another message that opens a quote: in time, and not a doubled quote of this one."""
        body = own[2]
        n_leading = len(body) - len(body.lstrip('"'))
        is_one_line = len(body) > 1 and _ends_in_quote(body) and body.count('"') % 2 == 0
        return n_leading % 2 == 1 and not is_one_line and own[0] >= self._clocks[-1]

    def _goes_back(self, index: int) -> bool:
        """Whether the clocks inside cannot be those of messages of their own."""
        below = index + 1
        after = self._split(self._lines[below]) if below < len(self._lines) else None
        clocks = [*self._clocks, after[0]] if after else self._clocks
        return any(later < earlier for earlier, later in zip(clocks, clocks[1:], strict=False))


def _ends_in_quote(text: str) -> bool:
    return text.rstrip().endswith('"')
