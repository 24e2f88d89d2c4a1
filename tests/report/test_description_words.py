"""What is said of somebody's language: in both languages, with the right unit, and never as a trait."""

import re

import pytest

from seikaku.conversation.description.catalogue import FIGURES, GROUPS
from seikaku.conversation.description.describe import FigurePart, LanguageFigure, describe_language, embedded_norm
from seikaku.conversation.description.placing import Place
from seikaku.conversation.readers import read_conversations
from seikaku.places import REPOSITORY
from seikaku.report.words import description
from seikaku.report.words.description import (
    figure_label,
    figure_meaning,
    figure_need,
    figure_parts,
    figure_place,
    figure_sentence,
    figure_value,
    norm_note,
)
from seikaku.report.words.texts import LANGS
from seikaku.traits import TRAITS

KINDS = {kind.key: kind for kind in FIGURES}
KANA = re.compile("[ぁ-んァ-ヶ一-龠]")


def figure(key, value, place=None, parts=(), n=1000):
    return LanguageFigure(KINDS[key], value, n, place, tuple(FigurePart(*part) for part in parts))


@pytest.mark.parametrize("lang", LANGS)
def test_every_figure_and_group_has_words(lang):
    assert set(description._FIGURES) == set(KINDS)
    assert set(description.GROUPS) == set(GROUPS)
    assert set(description._BASES) >= {kind.basis for kind in FIGURES}
    labels = [figure_label(key, lang) for key in KINDS]
    assert len(set(labels)) == len(labels)
    for key in KINDS:
        assert figure_meaning(key, lang).endswith("。" if lang == "ja" else ".")
        assert figure_value(figure(key, 1.0, parts=[(str(hour), 0.0) for hour in range(24)]), lang)


def test_nothing_is_said_of_a_trait():
    words = [description.ABOUT["ja"].partition("性格")[0]]
    words += [figure_label(key, "ja") + figure_meaning(key, "ja") for key in KINDS]
    forbidden = {trait.name_ja for trait in TRAITS} | {pole for trait in TRAITS for pole in trait.poles("ja")}
    assert not [name for name in forbidden | {"性格"} if name in "".join(words)]
    assert "性格" in description.ABOUT["ja"] and "ありません" in description.ABOUT["ja"]
    assert "no measure of personality" in description.ABOUT["en"]


@pytest.mark.parametrize(
    ("key", "value", "ja", "en"),
    [
        ("messages", 12345, "12,345 件", "12,345"),
        ("characters_per_message", 14.5, "14 字", "14 characters"),
        ("messages_per_day", 3.26, "3.3 件", "3.3"),
        ("messages_in_a_row", 1.84, "1.8 件", "1.8"),
        ("question_share", 0.184, "18%", "18%"),
        ("laugh_share", 0.004, "0.4%", "0.4%"),
        ("laugh_share", 0.0, "0%", "0%"),
        ("reply_seconds", 20, "1 分未満", "less than a minute"),
        ("reply_seconds", 600, "10 分", "10 min"),
        ("reply_seconds", 9000, "2.5 時間", "2.5 h"),
        ("first_person", 2.14, "1,000 字に 2.1 回", "2.1 in 1,000 characters"),
        ("variety", 0.6849, "0.68", "0.68"),
        ("variety", None, "—", "—"),
    ],
)
def test_values(key, value, ja, en):
    assert (figure_value(figure(key, value), "ja"), figure_value(figure(key, value), "en")) == (ja, en)


def test_the_busiest_hours():
    parts = [(str(hour), {23: 0.3, 0: 0.1, 1: 0.2}.get(hour, 0.0)) for hour in range(24)]
    assert figure_value(figure("hours", 23.0, parts=parts), "ja") == "23～2 時（60%）"
    parts = [(str(hour), 0.25 if hour in (21, 22, 23) else 0.0) for hour in range(24)]
    assert figure_value(figure("hours", 21.0, parts=parts), "en") == "21–24 h (75%)"
    assert figure_parts(figure("hours", 21.0, parts=parts), "ja") == ""


def test_a_place_is_counted_from_the_nearer_end():
    many = figure("question_share", 0.18, Place(62.0, 45.0, 78.0, 0.0))
    assert figure_sentence(many, "ja") == (
        "質問の割合 18%：基準集団の 100 人なら多いほうから 38 番目くらい（80% の見込みで、ほかの文章でも 22～55 番目）"
    )
    assert figure_place(many, "en") == (
        "about number 38 from the most of 100 in the norm group (80% range for other text: 22–55)"
    )
    short = figure("characters_per_message", 8.0, Place(20.0, 11.0, 40.0, 0.0))
    assert figure_place(short, "ja").startswith("基準集団の 100 人なら短いほうから 20 番目くらい（")
    assert "11～40 番目" in figure_place(short, "ja")


def test_at_the_outermost_nothing_finer_is_said():
    last = figure("variety", 0.9, Place(95.0, 80.0, 95.0, 0.0))
    assert figure_place(last, "ja").startswith("基準集団の 100 人なら広いほうから 5 番目以内（")
    assert figure_place(last, "en").startswith("among the 5 widest of 100")


def test_a_value_that_many_share_has_no_order():
    assert figure_place(figure("laugh_share", 0.0, Place(30.0, 5.0, 60.0, 0.6)), "ja") == (
        "基準集団の 100 人中 60 人ほどと同じ"
    )


def test_without_a_place_or_a_value():
    assert figure_sentence(figure("emoji_share", 0.25), "ja") == "絵文字の割合 25%"
    few = figure("question_share", None, n=12)
    assert figure_need(few, "ja") == "メッセージ 65 件以上が必要です（いま 12）。"
    assert figure_sentence(few, "en") == "Questions —: Needs 65 messages or more (now 12)."


def test_parts_largest_first_and_none_that_is_nothing():
    endings = figure("final_particles", 0.5, parts=[("よね", 0.05), ("ね", 0.3), ("よ", 0.0)])
    assert figure_parts(endings, "ja") == "ね 30%、よね 5%"
    words = figure("first_person", 2.0, parts=[("私", 12.0), ("僕", 0.0), ("うち", 3.0)])
    assert figure_parts(words, "ja") == "私 12 回、うち 3 回"
    assert figure_parts(words, "en") == "私 12×, うち 3×"
    share = figure("message_share", 0.6, parts=[("even", 0.5)])
    assert figure_parts(share, "ja") == "全員が同じだけ書いたとすると 50%"


@pytest.mark.parametrize("lang", LANGS)
def test_a_whole_talk_in_words(lang):
    norm = embedded_norm()
    talk = read_conversations(REPOSITORY / "examples" / "line_1on1.txt").conversations
    sentences = [figure_sentence(found, lang) for found in describe_language(talk, "花子", norm)]
    assert len(sentences) == len(FIGURES)
    assert not [sentence for sentence in sentences if "None" in sentence or "nan" in sentence]
    assert ("165" in norm_note(norm, lang)) and ("RealPersonaChat" in norm_note(norm, lang))
    if lang == "en":
        quoted = re.compile("[私僕俺笑草自分けどからしえっとまあなんかですますかねよ]+")  # the words that are counted
        assert not [sentence for sentence in sentences if KANA.search(quoted.sub("", sentence))]
