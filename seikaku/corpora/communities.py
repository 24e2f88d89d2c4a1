"""Who talks among themselves: communities of the dialogue graph, found without labels. Pure; needs networkx.

Speakers who talk only with each other come to write alike. A test speaker whose companions are trained on is half
known already, even when not one shared dialogue is: whole communities are therefore held out together.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

# Louvain (Blondel et al. 2008, J. Stat. Mech. P10008) on the number of dialogues of each pair. Resolution 2 gives
# RealPersonaChat's development part 19 communities; at 1 the largest holds more speakers than three folds of ten.
RESOLUTION = 2.0
SEED = 0


def find_communities(n_speakers: int, pairs: Iterable[tuple[int, int]], kin: IntArray) -> IntArray:
    """Community 0, 1, … of every speaker, shape (n_speakers,), numbered by their first speaker.

    ``pairs`` holds the two speakers of each dialogue; a partner of -1 is unknown. Speakers with the same number in
    ``kin`` (n_speakers,), -1 for none, count as one and stay together. Who talked with nobody known is a community of
    one.
    """
    import networkx as nx

    node = np.where(kin >= 0, n_speakers + kin, np.arange(n_speakers))
    known = [(int(node[first]), int(node[second])) for first, second in pairs if min(first, second) >= 0]
    n_dialogues = Counter((min(pair), max(pair)) for pair in known)
    graph = nx.Graph()
    graph.add_nodes_from(sorted(set(node.tolist())))
    graph.add_weighted_edges_from((first, second, n) for (first, second), n in sorted(n_dialogues.items()))
    found = nx.community.louvain_communities(graph, resolution=RESOLUTION, seed=SEED)
    members = sorted((np.flatnonzero(np.isin(node, sorted(community))).tolist() for community in found), key=min)
    label = np.empty(n_speakers, np.int64)
    for number, community in enumerate(members):
        label[community] = number
    return label
