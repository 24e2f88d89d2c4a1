"""The short self-questionnaire: whose words it has, what it works out, that nothing of it is sent, and what it says."""

import json
from collections import Counter

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from seikaku.serving.page.words import load_items, load_words
from seikaku.traits import TRAIT_KEYS, TRAITS

# The key at https://ipip.ori.org/MiniIPIPKey.htm: trait -> (items keyed to it, against it), in the order of the 20.
KEY = {
    "extraversion": ([1, 11], [6, 16]),
    "agreeableness": ([2, 12], [7, 17]),
    "conscientiousness": ([3, 13], [8, 18]),
    "neuroticism": ([4, 14], [9, 19]),
    "openness": ([5], [10, 15, 20]),
}


def test_the_items_are_keyed_as_the_mini_ipip_is():
    found = {key: ([], []) for key in TRAIT_KEYS}
    for number, item in enumerate(load_items(), 1):
        found[item["trait"]][0 if item["keyed"] == 1 else 1].append(number)
    assert found == KEY
    for lang in ("ja", "en"):
        assert max(Counter(item[lang] for item in load_items()).values()) == 1


def test_it_says_whose_items_they_are_and_whose_translation():
    source = load_words()["self_source"]
    assert "IPIP の項目を seikaku が訳したもの" in source["ja"] and "標準化された日本語版ではありません" in source["ja"]
    assert "public domain" in source["en"] and "not a standardised Japanese version" in source["en"]
    for words in (source, load_words()["self_lead"], load_words()["self_no_norm"]):
        assert set(words) == {"ja", "en"}


def answer(page, values):
    for number, value in enumerate(values, 1):
        if value:
            page.run("arguments[0].click()", page.find(f"self-{number}-{value}"))


def expected_means(values):
    means = {}
    for trait, (positive, negative) in KEY.items():
        scores = [values[number - 1] for number in positive] + [6 - values[number - 1] for number in negative]
        means[trait] = sum(scores) / 4
    return means


def rows(page):
    """Trait name -> (own answer, text's estimate) as they stand in the table."""
    found = page.find("self-rows").find_elements(By.TAG_NAME, "tr")
    return {
        row.find_element(By.TAG_NAME, "th").text: tuple(cell.text for cell in row.find_elements(By.TAG_NAME, "td"))
        for row in found
    }


@pytest.fixture
def two_people(page, examples):
    """The page with a report of 花子 and 太郎, the questions opened."""
    page.open().upload(examples / "line_1on1.txt")
    page.choose("花子", "太郎")
    page.agree()
    page.estimate()
    page.find("self").find_element(By.TAG_NAME, "summary").click()
    return page


@pytest.mark.browser
def test_own_answers_stand_beside_the_estimate_and_nothing_is_sent(two_people):
    page = two_people
    results = json.loads(page.save("json"))["results"]
    page.requests()  # reading empties the list
    values = [1 + (3 * number) % 5 for number in range(20)]
    answer(page, values[:19])
    page.find("self-show").click()
    assert "1 つあります" in page.problem("self") and page.focused() == "self-20-1"
    assert not page.shown("self-result")
    answer(page, values)
    page.find("self-show").click()
    assert page.problem("self") == "" and page.focused() == "self-title" and "花子" in page.find("self-title").text
    means = expected_means(values)
    for trait in TRAITS:
        own, text = rows(page)[trait.name_ja]
        estimate = results[0]["traits"][trait.key]
        assert own.startswith(f"{means[trait.key]:.2f}") and "%" not in own
        assert (estimate["t_score"] is None) == text.startswith("–")
        if estimate["t_score"] is not None:
            assert text.startswith(f"{estimate['t_score']:.1f} ({estimate['interval_80']['low_t']:.0f}～")
    said = page.find("self-result").text
    assert "別のものさし" in said and "高いか低いかは言えません" in said
    Select(page.find("self-who")).select_by_visible_text("太郎")
    assert "太郎" in page.find("self-title").text
    page.run("arguments[0].click()", page.find(f"self-5-{6 - values[4] if values[4] != 3 else 1}"))  # it follows
    assert not rows(page)["開放性"][0].startswith(f"{means['openness']:.2f}")
    assert [url for url in page.requests() if url.startswith("http")] == []
    stored = "return [localStorage.length, sessionStorage.length, document.cookie]"
    assert page.run(stored) == [0, 0, ""] and page.console() == []
    assert json.loads(page.save("json"))["results"] == results  # nor is it put into what is saved
    assert "Mini-IPIP" not in page.save("html").decode()


@pytest.mark.browser
def test_answers_stay_with_the_language_and_go_with_the_person(two_people):
    page = two_people
    answer(page, [4] * 20)
    page.find("self-show").click()
    page.speak("en")
    page.until(lambda: "Openness" in page.report(), "no English report")
    assert set(rows(page)) == {trait.name_en for trait in TRAITS} and "own answers" in page.find("self-title").text
    assert page.find("self-1-4").is_selected()
    page.find("self-clear").click()
    assert not page.find("self-1-4").is_selected() and not page.shown("self-result") and page.focused() == "self-1-1"
    answer(page, [4] * 20)
    page.choose("太郎", "No comparison")
    page.agree()
    page.estimate()
    assert not page.find("self-1-4").is_selected() and not page.shown("self-result")
    page.find("self").find_element(By.TAG_NAME, "summary").click()
    assert not page.shown("self-who-field")
