"""Accounts -> speaker names. In: an account's id and the name beside it. Effect: tells the collector of doubles."""

from collections import Counter

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.errors import both


class People:
    """Two accounts of one name stay two; one account of two names keeps the name of the time, and that is told."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._shown: dict[tuple[str, str], str] = {}
        self._owners: dict[str, str] = {}
        self._n_same: Counter[str] = Counter()
        self._latest: dict[str, str] = {}
        self._has_told = False

    def reserve(self, account: str, written: str) -> str:
        """The speaker's name for this account under this name, without a word to the user; empty for nobody."""
        wanted = clean_name(written) or clean_name(account)
        if not wanted or not account:
            return wanted
        shown = self._shown.get((account, wanted))
        if shown is None:
            shown = wanted
            while self._owners.setdefault(shown, account) != account:
                self._n_same[wanted] += 1
                shown = f"{wanted} ({self._n_same[wanted] + 1})"
            self._shown[account, wanted] = shown
        return shown

    def name(self, account: str, written: str) -> str:
        """As ``reserve``, for one who speaks: a double and a new name are told."""
        shown = self.reserve(account, written)
        if not account or not shown:
            return shown
        if not self._has_told and shown != (clean_name(written) or clean_name(account)):
            self._has_told = True
            self._collector.warn(
                both(
                    "同じ名前の別のアカウントがあります。「名前 (2)」のように分けました。",
                    "Several accounts bear one name; they were kept apart, as “name (2)”.",
                )
            )
        earlier = self._latest.get(account)
        if earlier is not None and earlier != shown:
            self._collector.tell_renamed(earlier, shown)
        self._latest[account] = shown
        return shown

    def name_now(self, account: str) -> str:
        """The last name that this account spoke under; empty if it did not speak."""
        return self._latest.get(account, "")


def clean_name(written: str) -> str:
    """A name in one line, without invisible junk."""
    return " ".join(clean_text(written).split())
