"""`python -m seikaku.cli.publish`: put the measured tables into the documents. Effects: rewrites between markers.

The only way by which a figure gets into a document: accuracy out of docs/evaluation/*.json, through
`evaluation.publishing`; time and cost out of docs/performance/*.json, through the plan that a user gets. The speeds
that are fitted to the latter go into the package, which a wheel has without docs/.
"""

import json
from dataclasses import asdict

from seikaku.cloud.money import plan_tables, step_fit
from seikaku.cloud.money.step_time import FITS_PATH, load_fits
from seikaku.evaluation.publishing import check_tables, tables
from seikaku.evaluation.publishing.curve_chart import draw_learning_curve
from seikaku.files import open_atomic
from seikaku.places import REPOSITORY

EVALUATIONS = REPOSITORY / "docs" / "evaluation"
MEASUREMENTS = REPOSITORY / "docs" / "performance"
# All dialogues; then what a frozen encoder reads by default, and the n-grams beside it; then LoRA at what its cost
# allows, and two models under the same cap and folds. How each was made: docs/evaluation/README.md.
MODELS = (
    "ngram", "plain-ngram", "frozen-all", "ngram+frozen-all", "constant", "frozen", "ngram+frozen", "ngram-15",
    "lora-stage2-8", "ngram-8", "frozen-8",
)  # fmt: skip
IMAGES = REPOSITORY / "docs" / "images"
CHARTS = {"ja": "learning_curve.svg", "en": "learning_curve.en.svg"}
READMES = {"README.md": "ja", "README.en.md": "en"}
# The pages that show time and cost, with the READMEs.
COST_PAGES = {
    "docs/model.md": "ja",
    "docs/model.en.md": "en",
    "docs/performance.md": "ja",
    "docs/performance.en.md": "en",
    "SAGEMAKER_GUIDE.md": "ja",
    "SAGEMAKER_GUIDE.en.md": "en",
}


def fill_readme(name: str) -> str:
    """The README's text with every table as the result files have it."""
    lang = READMES[name]
    results = [json.loads((EVALUATIONS / f"{model}.json").read_text(encoding="utf-8")) for model in MODELS]
    filled = check_tables.card_tables(results[0], lang) | {"models": tables.markdown(tables.model_rows(results, lang))}
    return tables.fill_markers((REPOSITORY / name).read_text(encoding="utf-8"), filled | _cost_tables(lang))


def fill_costs(name: str) -> str:
    """The text of one of ``COST_PAGES`` with its tables as the plan has them."""
    return tables.fill_markers((REPOSITORY / name).read_text(encoding="utf-8"), _cost_tables(COST_PAGES[name]))


def fit_document() -> dict[str, object]:
    """What assets/cloud/step_time.json holds: the speeds as fitted to the measurements."""
    fits = step_fit.fit_speeds(step_fit.read_rows(MEASUREMENTS))
    return {
        "schema_version": 1,
        "note": "By `make docs`, from docs/performance/*.json.",
        "fits": list(map(asdict, fits)),
    }


def draw_chart(lang: str) -> str:
    """The learning curve of the shipped model, as the result file has it."""
    result = json.loads((EVALUATIONS / f"{MODELS[0]}.json").read_text(encoding="utf-8"))
    return draw_learning_curve(result, lang)


def _cost_tables(lang: str) -> dict[str, str]:
    rows = step_fit.read_rows(MEASUREMENTS)
    found = {"costs": plan_tables.cost_rows(rows, lang), "plans": plan_tables.plan_rows(lang)}
    found |= {"measurements": plan_tables.measurement_rows(rows, lang), "speeds": plan_tables.fit_rows(lang)}
    return {name: tables.markdown(table) for name, table in found.items()}


def main() -> None:
    """Fit the speeds; rewrite the chart and every page that shows figures."""
    with open_atomic(FITS_PATH) as stream:
        stream.write(json.dumps(fit_document(), ensure_ascii=False, indent=2) + "\n")
    load_fits.cache_clear()
    for lang, name in CHARTS.items():
        with open_atomic(IMAGES / name) as stream:
            stream.write(draw_chart(lang))
    for name in (*READMES, *COST_PAGES):
        text = fill_readme(name) if name in READMES else fill_costs(name)
        with open_atomic(REPOSITORY / name) as stream:
            stream.write(text)
        print(f"表を更新しました: {name}")


if __name__ == "__main__":
    main()
