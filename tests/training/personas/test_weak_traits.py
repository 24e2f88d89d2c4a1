"""Weak labels from sentences. All sentences are made up."""

import math

import pytest

from seikaku.training.personas.weak_traits import weak_trait_scores
from seikaku.traits import TRAIT_KEYS


def label(key, *texts):
    return weak_trait_scores(texts)[TRAIT_KEYS.index(key)]


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("openness", "好奇心が強く、独創的な作品を作る。", 1),
        ("openness", "慣れ親しんだ定番の道を歩く。", -1),
        ("conscientiousness", "計画的で几帳面に帳簿をつける。", 1),
        ("conscientiousness", "行き当たりばったりの旅をする。", -1),
        ("extraversion", "社交的で、仲間と騒ぐ。", 1),
        ("extraversion", "一人で釣りをし、物静かに過ごす。", -1),
        ("extraversion", "外向性の低さが釣りに向く。", -1),
        ("extraversion", "低い外向性を自覚する。", -1),
        ("extraversion", "外向性は程よく、町内会に出る。", 0),
        ("extraversion", "高い外向性を活かす。", 1),
        ("agreeableness", "思いやりがあり、人に寄り添う。", 1),
        ("agreeableness", "競争心が強く、批判的に見る。", -1),
        ("agreeableness", "協調性は控えめである。", -1),
        ("neuroticism", "心配が絶えず、緊張しやすい。", 1),
        ("neuroticism", "冷静で動じない。ストレス耐性がある。", -1),
        ("neuroticism", "神経症傾向が低く、よく眠る。", -1),
        ("neuroticism", "神経症が高い。", 1),
        ("openness", "独創的だが、保守的でもある。", 0),
    ],
)
def test_cues(key, text, expected):
    assert label(key, text) == expected


def test_the_height_of_one_trait_is_not_that_of_the_next():
    scores = weak_trait_scores(["誠実性が高く、外向性は低い。"])
    assert scores[TRAIT_KEYS.index("conscientiousness")] == 1
    assert scores[TRAIT_KEYS.index("extraversion")] == -1


def test_all_texts_of_a_person_count_together():
    assert label("extraversion", "社交的な店主。", "仲間と歌う。", "少人数の会も好む。") == 1
    assert label("extraversion", "社交的な店主。", "少人数の会を好む。") == 0


def test_nothing_said_is_missing():
    assert all(math.isnan(score) for score in weak_trait_scores(["毎朝、駅まで歩く。"]))
