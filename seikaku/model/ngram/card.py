"""The model card, written at every save, in each language. In: a trained model and tables. Out: Markdown."""

from collections.abc import Mapping

from jinja2 import Environment, StrictUndefined

from seikaku.model.trained import TrainedModel
from seikaku.places import PACKAGE
from seikaku.traits import TRAITS


def render_card(trained: TrainedModel, tables: Mapping[str, str], lang: str = "ja") -> str:
    """The card in ``lang``. ``tables``: Markdown tables by name in that language, from the evaluation."""
    name = {"ja": "card.md.j2", "en": "card.en.md.j2"}[lang]
    template = (PACKAGE / "model" / "templates" / name).read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    return environment.from_string(template).render(model=trained, tables=tables, traits=TRAITS) + "\n"
