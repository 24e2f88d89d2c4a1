"""Which utterances a report shows. In: a trait's evidence. Out: the strongest ones in each direction. No effects."""

from seikaku.inference.estimates import Evidence, TraitEstimate


def strongest(estimate: TraitEstimate, n_evidence: int) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
    """Up to ``n_evidence`` utterances that raised and that lowered it, strongest first; none when withheld."""
    if estimate.status == "withheld":
        return (), ()
    ordered = sorted(estimate.evidence, key=lambda item: -abs(item.contribution_t))
    raised = tuple(item for item in ordered if item.contribution_t > 0)
    lowered = tuple(item for item in ordered if item.contribution_t < 0)
    return raised[:n_evidence], lowered[:n_evidence]
