import re

import pytest

from seikaku.cli.publish import COST_PAGES, MEASUREMENTS, READMES, fill_costs
from seikaku.cloud.money import plan_tables
from seikaku.cloud.money.instances import training_instances
from seikaku.cloud.money.step_fit import read_rows
from seikaku.places import REPOSITORY


@pytest.mark.parametrize("name", COST_PAGES)
def test_a_page_shows_time_and_cost_as_the_plan_has_them(name):
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert "<!-- costs:begin -->\n| " in text
    assert text == fill_costs(name), "run: make docs"


@pytest.mark.parametrize("name", READMES)
def test_a_readme_shows_the_costs(name):
    assert "<!-- costs:begin -->\n| " in (REPOSITORY / name).read_text(encoding="utf-8")


def test_a_users_own_prices_do_not_get_into_documents(tmp_path, monkeypatch):
    shown = plan_tables.plan_rows("ja")
    (tmp_path / "seikaku").mkdir()
    (tmp_path / "seikaku" / "prices.json").write_text("broken", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert plan_tables.plan_rows("ja") == shown


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_costs_stand_beside_the_first_versions_claims(lang):
    header, *rows = plan_tables.cost_rows(read_rows(MEASUREMENTS), lang)
    assert len(rows) == 4 and all(len(row) == len(header) for row in rows)
    assert rows[2][-1].endswith("$4") and rows[0][-1] == "–"
    assert rows[2][2].startswith("$") and not rows[2][2].endswith("*")  # a price of SageMaker's own
    assert rows[2][3].endswith(" *")


def test_every_offered_instance_has_a_row():
    assert [row[0] for row in plan_tables.plan_rows("en")[1:]] == [i.instance_type for i in training_instances()]


@pytest.mark.parametrize(
    ("lang", "step", "run"),
    [
        ("ja", ("学習", "33,290 トークン/秒（62 ms）"), ("全体", "136 秒", "（話者 184 人）`。コマンド全体の時間")),
        ("en", ("training", "33,290 tokens/s (62 ms)"), ("whole run", "136 s", " (184 speakers)`: time of the whole")),
    ],
)
def test_every_measurement_has_a_row(lang, step, run):
    measured = [row for row in read_rows(MEASUREMENTS) if row["kind"] != "claim"]
    shown = plan_tables.measurement_rows(measured, lang)
    assert len(shown) == 1 + len(measured) and all(row[6] for row in shown)
    assert step in {(row[3], row[6]) for row in shown}
    assert (shown[-1][3], shown[-1][6]) == run[:2] and run[2] in shown[-1][7]
    assert len(plan_tables.fit_rows(lang)) == 4


def test_the_tables_of_measurements_are_the_same_in_both_languages():
    measured = read_rows(MEASUREMENTS)
    (_, *japanese), (_, *english) = (plan_tables.measurement_rows(measured, lang) for lang in ("ja", "en"))
    assert [re.findall(r"[\d.,]+\d", " ".join(row[4:7])) for row in japanese] == [
        re.findall(r"[\d.,]+\d", " ".join(row[4:7])) for row in english
    ]
    assert plan_tables.fit_rows("ja")[1:] == plan_tables.fit_rows("en")[1:]
    assert not [cell for row in english for cell in row if re.search("[ぁ-んァ-ヶ一-龠、。（）]", cell)]
