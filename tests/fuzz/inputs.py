"""Seeds -> inputs for the import: valid, hostile, damaged and spliced files. Effect: reads fixtures and examples.

An input is made from its seed and, where it is a damaged one, from the fixtures that there are at the time.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from seikaku.conversation.readers import FORMAT_NAMES
from seikaku.conversation.readers.decoding import decode
from tests.fuzz.checks import Input
from tests.fuzz.mutations import RARE, encode, flip_bytes, mutate_name, mutate_text, plant, write_deep
from tests.fuzz.talks import SECRET, write_case

ROOT = Path(__file__).parents[2]
DIALECTS = ROOT / "tests" / "conversation" / "readers" / "dialects"
EXAMPLES = ROOT / "examples"
_OFFICE = (".docx", ".xlsx")
_SHARE_ORDINARY, _SHARE_HOSTILE, _SHARE_DAMAGED_CASE = 0.15, 0.25, 0.15
_SHARE_OFFICE, _SHARE_DEEP, _SHARE_SPLICED = 0.001, 0.001, 0.05
_SHARE_NAMED_FORMAT = 0.15


@dataclass(frozen=True)
class Seedling:
    """A file from which inputs are made, and the texts that lie beside it."""

    name: str
    data: bytes
    text: str
    beside: dict[str, str]


@cache
def load_seedlings() -> tuple[tuple[Seedling, ...], tuple[Seedling, ...]]:
    """All fixtures and examples that are text, and those of Word and Excel; always in one order."""
    paths = sorted(path for path in DIALECTS.rglob("*") if path.is_file() and not path.name.endswith(".expected.json"))
    paths += sorted(path for path in EXAMPLES.iterdir() if path.is_file())
    found: list[Seedling] = []
    for path in paths:
        data = path.read_bytes()
        near = [one for one in (*path.parent.iterdir(), *path.parents[1].iterdir()) if one.is_file()]
        is_of_a_folder = path.is_relative_to(DIALECTS) and len(path.relative_to(DIALECTS).parts) > 2
        beside = {one.name: decode(one.read_bytes(), one.name)[0] for one in near} if is_of_a_folder else {}
        found.append(Seedling(path.name, data, decode(data, path.name)[0][:12_000], beside))
    return tuple(one for one in found if not one.name.endswith(_OFFICE)), tuple(
        one for one in found if one.name.endswith(_OFFICE)
    )


def make_input(seed: int, *, huge: bool = False) -> Input:
    """The input of a seed. ``huge``: up to 100 kB of repeats, to see how long it takes."""
    rng = Random(seed)
    seedlings, office = load_seedlings()
    dice = rng.uniform(_SHARE_ORDINARY + _SHARE_HOSTILE, 1) if huge else rng.random()
    if dice < _SHARE_ORDINARY + _SHARE_HOSTILE:
        case = write_case(rng, hostile=dice >= _SHARE_ORDINARY)
        text = case.text.replace("\n", "\r\n") if rng.random() < 0.1 else case.text
        return Input(text.encode(), case.name, case=case, origin=case.kind)
    dice -= _SHARE_ORDINARY + _SHARE_HOSTILE
    if dice < _SHARE_OFFICE:
        one = rng.choice(office)
        return Input(flip_bytes(rng, one.data), one.name, origin=one.name)
    texts = [one.text for one in seedlings]
    share_huge = 1.0 if huge else RARE
    beside = None
    if dice < _SHARE_OFFICE + _SHARE_DEEP:
        text, name = write_deep(rng), "deep.json"
    elif dice < _SHARE_OFFICE + _SHARE_DEEP + _SHARE_SPLICED:
        text, name = _splice(rng, texts), "spliced.txt"
    elif dice < _SHARE_OFFICE + _SHARE_DEEP + _SHARE_SPLICED + _SHARE_DAMAGED_CASE:
        case = write_case(rng, hostile=rng.random() < 0.5)
        text, name = mutate_text(rng, case.text, texts, share_huge), case.name
    else:
        one = rng.choice(seedlings)
        name = one.name
        text = plant(rng, one.text, SECRET) if rng.random() < 0.4 else one.text
        text = mutate_text(rng, text, texts, share_huge)
        if one.beside:
            near = {
                key: mutate_text(rng, value, texts) if rng.random() < 0.3 else value
                for key, value in one.beside.items()
            }
            beside = near.get
    wanted = rng.choice(FORMAT_NAMES) if rng.random() < (0.5 if huge else _SHARE_NAMED_FORMAT) else None
    return Input(encode(rng, text), mutate_name(rng, name), wanted, beside, origin=name)


def _splice(rng: Random, texts: list[str]) -> str:
    """Pieces of several files, one behind another."""
    pieces = []
    for _ in range(rng.randint(2, 4)):
        lines = rng.choice(texts).split("\n")
        start = rng.randrange(len(lines))
        pieces += lines[start : start + rng.randint(1, 12)]
    return "\n".join(pieces)
