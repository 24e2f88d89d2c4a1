"""The model card, written at every save from one template. In: a trained model and tables. Out: Markdown."""

from collections.abc import Mapping

from jinja2 import Environment, StrictUndefined

from seikaku.model.trained import TrainedModel
from seikaku.places import PACKAGE
from seikaku.traits import TRAITS


def render_card(trained: TrainedModel, tables: Mapping[str, str]) -> str:
    """The card in Japanese with an English summary. ``tables``: Markdown tables by name, from the evaluation."""
    template = (PACKAGE / "model" / "templates" / "card.md.j2").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    return environment.from_string(template).render(model=trained, tables=tables, traits=TRAITS) + "\n"
