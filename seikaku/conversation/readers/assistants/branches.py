"""A talk that was edited or answered anew is a tree: which of its messages are the talk as it stands. Pure."""

from collections.abc import Mapping, Sequence


def path_to(leaf: str, parents: Mapping[str, object]) -> tuple[list[str], bool]:
    """The ids from the first message down to ``leaf``, and whether the way up is whole.

    ``parents`` gives each message's parent; any other value than a known id, or None, breaks the way, as a circle does.
    """
    path: list[str] = []
    seen: set[str] = set()
    here: object = leaf
    while isinstance(here, str) and here in parents and here not in seen:
        seen.add(here)
        path.append(here)
        here = parents[here]
    return path[::-1], here is None


def newest_leaf(ids: Sequence[str], parents: Mapping[str, object], times: Mapping[str, float]) -> str | None:
    """The message that nothing answers and that is newest; without times the last one; None where there is none."""
    answered = {parent for parent in parents.values() if isinstance(parent, str)}
    leaves = [(times.get(one, float("-inf")), position) for position, one in enumerate(ids) if one not in answered]
    return ids[max(leaves)[1]] if leaves else None
