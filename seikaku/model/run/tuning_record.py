"""The tuning that a run's settings come from, in its record and its card. In: a result of tuning. Effect: disk.

A result is what `seikaku tune` and `seikaku cloud tune` write: ``best`` and ``trials``, each with number, state
(completed, failed, stopped, running), validation_mae (None without a figure), params, and failure (a text, or None).
"""

from collections.abc import Mapping
from typing import Any

from seikaku.files import open_atomic, sha256_of_file, write_json
from seikaku.model.run.card import render_lora_card
from seikaku.model.run.folder import CARD_NAME, CONFIG_NAME, RunFolder


def add_tuning(run: RunFolder, result: Mapping[str, Any]) -> RunFolder:
    """Record ``result`` in the ``run_config.json`` of a stage 2 run, and its table of trials in the card.

    The folder is a whole run at every moment. Raises ModelError when it is none to begin with.
    """
    config = run.verify() | {"tuning": dict(result)}
    others = {name: digest for name, digest in config["files"].items() if name != CARD_NAME}
    card = render_lora_card(config, run.load_metrics(), run.load_calibration())
    write_json(run.path / CONFIG_NAME, config | {"files": others})  # while the card changes, nothing vouches for it
    with open_atomic(run.path / CARD_NAME) as stream:
        stream.write(card)
    write_json(run.path / CONFIG_NAME, config | {"files": others | {CARD_NAME: sha256_of_file(run.path / CARD_NAME)}})
    return run
