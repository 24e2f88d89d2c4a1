"""What a type checker knows of the package, as a user's program sees it: never run, checked by mypy in `make check`."""

from typing import assert_type

import seikaku

estimates = seikaku.estimate("a.txt", "花子")
assert_type(estimates.traits["openness"].t_score, float | None)
assert_type(seikaku.estimate_speakers([("a", "b")])["a"], seikaku.Estimates)
