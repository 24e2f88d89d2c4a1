"""`python -m seikaku.cli.publish`: put the measured tables into the READMEs. Effects: rewrites between markers.

The only way by which a figure gets into a README: out of docs/evaluation/*.json, through `evaluation.publishing`.
"""

import json

from seikaku.evaluation.publishing import check_tables, tables
from seikaku.evaluation.publishing.curve_chart import draw_learning_curve
from seikaku.files import open_atomic
from seikaku.places import REPOSITORY

EVALUATIONS = REPOSITORY / "docs" / "evaluation"
# The last three: LoRA at what its cost allows, and two models under the same cap and folds beside it.
MODELS = ("ngram", "plain-ngram", "frozen", "ngram+frozen", "constant", "lora-stage2-8", "ngram-8", "frozen-8")
IMAGES = REPOSITORY / "docs" / "images"
CHARTS = {"ja": "learning_curve.svg", "en": "learning_curve.en.svg"}
READMES = {"README.md": "ja", "README.en.md": "en"}


def fill_readme(name: str) -> str:
    """The README's text with every table as the result files have it."""
    lang = READMES[name]
    results = [json.loads((EVALUATIONS / f"{model}.json").read_text(encoding="utf-8")) for model in MODELS]
    filled = check_tables.card_tables(results[0], lang) | {"models": tables.markdown(tables.model_rows(results, lang))}
    return tables.fill_markers((REPOSITORY / name).read_text(encoding="utf-8"), filled)


def draw_chart(lang: str) -> str:
    """The learning curve of the shipped model, as the result file has it."""
    result = json.loads((EVALUATIONS / f"{MODELS[0]}.json").read_text(encoding="utf-8"))
    return draw_learning_curve(result, lang)


def main() -> None:
    """Rewrite both READMEs and the chart they show."""
    for lang, name in CHARTS.items():
        with open_atomic(IMAGES / name) as stream:
            stream.write(draw_chart(lang))
    for name in READMES:
        text = fill_readme(name)
        with open_atomic(REPOSITORY / name) as stream:
            stream.write(text)
        print(f"表を更新しました: {name}")


if __name__ == "__main__":
    main()
