"""The evaluation protocol: nested, speaker-disjoint, pair-safe. The only source of printed figures."""
