"""Texts that are nobody's own talk get no confident estimate from the shipped model."""

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.evaluation.publishing.odd_texts import load_samples, odd_text_rows
from seikaku.inference.estimator import Estimator
from seikaku.model.ngram.folder import load_model


def test_one_word_replies_machine_text_translation_and_prose_are_withheld():
    estimator = Estimator(load_model())
    for name, sample in load_samples().items():
        talk = Conversation("架空", tuple(Utterance("話者", text) for text in sample["texts"]))
        found = estimator.estimate([talk], "話者")
        assert found.amount.n_chars > load_model().calibration.floor_chars, name  # not merely too short
        assert {trait.status for trait in found.traits.values()} == {"withheld"}, name


def test_the_table_names_every_text_in_both_languages():
    for lang in ("ja", "en"):
        header, *rows = odd_text_rows(load_model(), lang)
        assert [row[0] for row in rows] == [sample[lang] for sample in load_samples().values()]
        assert {len(row) for row in rows} == {len(header)}
