"""A norm group's language is measured from what fictional writers with known habits write."""

import json
import random

import numpy as np
import pytest

from seikaku.conversation.description.describe import describe_language
from seikaku.conversation.description.placing import LEAST_AGREEMENT, LanguageNorm
from seikaku.conversation.turns import Conversation, Utterance
from seikaku.errors import DataError, in_lang
from seikaku.training.fitting.language_norm import LEAST_SPEAKERS, NormSource, measure_norm

SOURCE = NormSource("架空の書き手", "fictional writers", "2026-01-01", "made up", "none")
WORDS = "猫 山道 電車 うどん 手紙 図書館 朝顔 ピアノ 洗濯物 散歩".split()
N_SPEAKERS = 32


def write(laugh_share, n_messages, source):
    """Messages of a writer who laughs in a given share of them."""
    return [source.choice(WORDS) + ("だよ笑" if source.random() < laugh_share else "です") for _ in range(n_messages)]


@pytest.fixture(scope="module")
def speakers():
    """Speaker i laughs in i of 32 messages; seven talks of 20 messages each."""
    source = random.Random(0)
    return [[write(i / N_SPEAKERS, 20, source) for _ in range(7)] for i in range(N_SPEAKERS)]


@pytest.fixture(scope="module")
def norm(speakers):
    return measure_norm(speakers, SOURCE)


def test_it_says_whom_it_was_measured_on(norm):
    assert (norm.name_ja, norm.name_en, norm.n_speakers) == ("架空の書き手", "fictional writers", N_SPEAKERS)
    assert (norm.date, norm.corpus, norm.licence) == ("2026-01-01", "made up", "none")


def test_amounts_are_those_of_which_there_are_two_parts(norm):
    figure = norm.figures["laugh_share"]
    assert figure.amounts.tolist() == [
        20,
        40,
        60,
    ]  # whole talks: 15 messages are one of 20; of 120 there is one part only


def test_a_steady_habit_agrees_and_an_accident_does_not(norm):
    laughs, questions = norm.figures["laugh_share"], norm.figures["question_share"]
    assert laughs.agreement[-1] > 0.9
    assert laughs.agreement[0] < laughs.agreement[-1]
    assert questions.agreement.max() == 0  # nobody asks


def test_quantiles_are_those_of_the_habits(norm):
    quantiles = norm.figures["laugh_share"].quantiles[-1]
    assert quantiles == pytest.approx(np.arange(5, 100, 5) / 100, abs=0.08)
    assert norm.figures["laugh_share"].quantiles[0][0] <= quantiles[0]


def test_a_new_writer_stands_where_the_habit_is(norm):
    talk = Conversation("架空", tuple(Utterance("花子", text) for text in write(0.75, 120, random.Random(1))))
    figures = {figure.key: figure for figure in describe_language([talk], "花子", norm)}
    place = figures["laugh_share"].place
    assert place.low < 75 < place.high
    assert figures["laugh_share"].percentile == pytest.approx(75, abs=12)
    assert figures["question_share"].place is None


def test_other_text_of_the_same_writer_stands_in_the_range_four_times_in_five(norm):
    source = random.Random(2)
    hits = []
    for _ in range(200):
        share = source.random()
        first, second = (np.mean(["笑" in text for text in write(share, 60, source)]) for _part in range(2))
        place, again = norm.place("laugh_share", float(first), 60), norm.place("laugh_share", float(second), 60)
        hits.append(place.low - 0.5 <= again.percentile <= place.high + 0.5)
    assert 0.7 < np.mean(hits) < 0.95


def test_nothing_of_a_talk_and_nobodys_name_is_in_it(norm):
    written = json.dumps(norm.to_json(), ensure_ascii=False)
    assert LanguageNorm.from_json(json.loads(written)).to_json() == norm.to_json()
    assert not [word for word in WORDS if word in written]
    assert not {"messages", "characters", "first_person/私"} & set(norm.figures)


def test_a_log_of_years_is_cut_into_runs(speakers):
    logs = [[[text for talk in talks for text in talk]] for talks in speakers]
    figure = measure_norm(logs, SOURCE).figures["laugh_share"]
    assert figure.amounts.tolist() == [30, 60]
    assert figure.agreement[-1] > 0.9 > LEAST_AGREEMENT


def test_the_same_speakers_give_the_same_norm(speakers):
    few = [talks[:2] for talks in speakers]
    assert measure_norm(few, SOURCE).to_json() == measure_norm(few, SOURCE).to_json()


@pytest.mark.parametrize("n_speakers", [0, LEAST_SPEAKERS - 1])
def test_too_few_speakers(speakers, n_speakers):
    with pytest.raises(DataError) as caught:
        measure_norm(speakers[:n_speakers], SOURCE)
    assert str(n_speakers) in caught.value.message
    assert str(LEAST_SPEAKERS) in in_lang(caught.value.mend, "en")


def test_speakers_who_wrote_too_little():
    with pytest.raises(DataError):
        measure_norm([[["はい"] * 20] for _ in range(N_SPEAKERS)], SOURCE)
