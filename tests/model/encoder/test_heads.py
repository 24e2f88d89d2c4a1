"""Heads: masks, weights, aggregation, and whether a planted signal is learnt. All numbers are made up."""

import math

import numpy as np
import pytest
from planted import build_corpus

torch = pytest.importorskip("torch")

from seikaku.model.encoder.heads import (  # noqa: E402
    AUXILIARY_WEIGHTS,
    EXTRA_WEIGHT,
    AuxiliaryHeads,
    AuxiliaryModel,
    TraitHead,
    TraitModel,
    mean_by_bag,
)
from seikaku.model.encoder.special import SpecialTokens  # noqa: E402
from seikaku.training.speakers.bags import BagCollator, BagDataset, build_labels, label_scale  # noqa: E402
from seikaku.training.speakers.windows import encode_rows, pack_windows  # noqa: E402

WIDTH = 6
NAN = float("nan")


class MeanEmbedding(torch.nn.Module):
    """Stands in for an encoder: the mean of token embeddings."""

    def __init__(self, n_tokens, width):
        super().__init__()
        self.embedding = torch.nn.Embedding(n_tokens, width)

    def forward(self, input_ids, attention_mask):
        mask = attention_mask.unsqueeze(-1).float()
        return (self.embedding(input_ids) * mask).sum(dim=1) / mask.sum(dim=1)


SPECIAL = SpecialTokens(begin=(0,), end=(2,), separator=(2,), pad=1, unknown=-1)


class CharTokenizer:
    """One token a character, as far as trait_windows needs a tokenizer."""

    def __init__(self):
        self.ids = {}

    def __call__(self, texts, **options):
        return {"input_ids": [[self.ids.setdefault(c, len(self.ids) + 3) for c in text] for text in texts]}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def heads():
    return AuxiliaryHeads(WIDTH, 7, 4, age_mean=50.0, age_sd=20.0, weak_traits=True, dropout=0.0)


def auxiliary_labels(**changes):
    labels = {
        "age": torch.tensor([30.0, 70.0]),
        "sex": torch.tensor([0, 1]),
        "industry": torch.tensor([6, 2]),
        "size": torch.tensor([3, 0]),
        "weak_traits": torch.tensor([[1.0, -1, 0, 1, 1], [0, 0, 1, -1, -1]]),
    }
    return labels | changes


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("age", torch.tensor([NAN, NAN])),
        ("sex", torch.tensor([-100, -100])),
        ("industry", torch.tensor([-100, -100])),
        ("size", torch.tensor([-100, -100])),
        ("weak_traits", torch.full((2, 5), NAN)),
    ],
)
def test_a_missing_label_moves_nothing(heads, name, missing):
    loss = heads.loss(heads(torch.randn(2, WIDTH)), auxiliary_labels(**{name: missing}))
    loss.backward()
    assert math.isfinite(loss.item())
    for other, head in heads.heads.items():
        gradient = head.weight.grad.abs().sum().item()
        assert gradient == 0 if other == name else gradient > 0


def test_one_missing_label_leaves_the_other_row_its_gradient(heads):
    pooled = torch.randn(2, WIDTH, requires_grad=True)
    gone = {"sex": torch.tensor([-100, 1]), "industry": torch.tensor([-100, 2]), "size": torch.tensor([-100, 0])}
    labels = auxiliary_labels(age=torch.tensor([NAN, 70.0]), weak_traits=torch.tensor([[NAN] * 5, [1.0] * 5]), **gone)
    heads.loss(heads(pooled), labels).backward()
    assert pooled.grad[0].abs().sum() == 0
    assert pooled.grad[1].abs().sum() > 0


def test_the_masked_mean_is_the_mean_of_the_rest(heads):
    outputs = heads(torch.randn(2, WIDTH))
    first = {name: value[:1] for name, value in outputs.items()}
    gone = {"sex": torch.tensor([0, -100]), "industry": torch.tensor([6, -100]), "size": torch.tensor([3, -100])}
    masked = auxiliary_labels(age=torch.tensor([30.0, NAN]), weak_traits=torch.tensor([[1.0] * 5, [NAN] * 5]), **gone)
    alone = {name: value[:1] for name, value in auxiliary_labels(weak_traits=torch.ones(2, 5)).items()}
    assert heads.loss(outputs, masked).item() == pytest.approx(heads.loss(first, alone).item(), rel=1e-5)


def test_guessing_costs_one_whatever_the_number_of_classes():
    heads = AuxiliaryHeads(WIDTH, 19, 4, age_mean=50.0, age_sd=20.0)
    outputs = {"age": torch.tensor([50.0]), "sex": torch.zeros(1, 2)}
    outputs |= {"industry": torch.zeros(1, 19), "size": torch.zeros(1, 4)}
    labels = {"age": torch.tensor([70.0]), "sex": torch.tensor([1])}
    labels |= {"industry": torch.tensor([18]), "size": torch.tensor([2])}
    assert heads.loss(outputs, labels).item() == pytest.approx(1.0, rel=1e-5)


def test_the_stated_weights_are_the_weights(heads):
    outputs = {"age": torch.tensor([50.0]), "sex": torch.zeros(1, 2), "industry": torch.zeros(1, 7)}
    outputs |= {"size": torch.zeros(1, 4), "weak_traits": torch.zeros(1, 5)}
    labels = {"age": torch.tensor([50.0]), "sex": torch.tensor([-100]), "industry": torch.tensor([3])}
    labels |= {"size": torch.tensor([-100]), "weak_traits": torch.full((1, 5), NAN)}
    share = AUXILIARY_WEIGHTS["industry"] / sum(AUXILIARY_WEIGHTS.values())
    assert heads.loss(outputs, labels).item() == pytest.approx(share, rel=1e-5)


def test_age_begins_at_the_training_mean_in_years(heads):
    ages = heads(torch.randn(50, WIDTH))["age"]
    assert ages.shape == (50,)
    assert abs(ages.mean().item() - 50) < 5


def test_the_auxiliary_model_gives_loss_first_and_then_predictions(heads):
    model = AuxiliaryModel(MeanEmbedding(10, WIDTH), heads)
    ids = torch.randint(3, 10, (2, 5))
    outputs = model(input_ids=ids, attention_mask=torch.ones_like(ids), **auxiliary_labels())
    assert list(outputs) == ["loss", "age", "sex", "industry", "size", "weak_traits"]
    assert "loss" not in model(input_ids=ids, attention_mask=torch.ones_like(ids))


def test_mean_by_bag_is_each_bags_mean():
    pooled = torch.randn(6, WIDTH)
    bag = torch.tensor([0, 2, 1, 2, 0, 2])
    means = mean_by_bag(pooled, bag)
    for index in range(3):
        assert torch.allclose(means[index], pooled[bag == index].mean(dim=0))


@pytest.fixture
def trait_model():
    model = TraitModel(MeanEmbedding(10, WIDTH), TraitHead(WIDTH, 2, dropout=0.0))
    model.head.set_label_scale([4.0] * 7, [0.5] * 7)
    return model


def trait_batch(labels):
    ids = torch.tensor([[3, 4, 5], [6, 7, 8], [3, 5, 9]])
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "bag": torch.tensor([0, 0, 1]), "labels": labels}


def test_missing_targets_move_nothing(trait_model):
    labels = torch.tensor([[3.0, 5, NAN, 4, 6, NAN, NAN], [2.0, 3, NAN, 4, 5, NAN, 1.0]])
    trait_model(**trait_batch(labels))["loss"].backward()
    gradient = trait_model.head.linear.weight.grad.abs().sum(dim=1)
    assert (gradient[[2, 5]] == 0).all()
    assert (gradient[[0, 1, 3, 4, 6]] > 0).all()


def test_a_batch_without_any_label_has_no_loss(trait_model):
    loss = trait_model(**trait_batch(torch.full((2, 7), NAN)))["loss"]
    loss.backward()
    assert loss.item() == 0
    assert trait_model.head.linear.weight.grad.abs().sum() == 0


def test_further_targets_have_the_stated_weight(trait_model):
    logits = torch.zeros(1, 7)
    traits_only = torch.tensor([[4.5] * 5 + [NAN] * 2])
    extras_only = torch.tensor([[NAN] * 5 + [4.5] * 2])
    assert trait_model.loss(logits, traits_only).item() == pytest.approx(1.0)
    assert trait_model.loss(logits, extras_only).item() == pytest.approx(EXTRA_WEIGHT)


def test_a_bag_of_weight_zero_moves_nothing(trait_model):
    logits = torch.randn(2, 7, requires_grad=True)
    trait_model.loss(logits, torch.full((2, 7), 5.0), torch.tensor([0.0, 1.0])).backward()
    assert logits.grad[0].abs().sum() == 0
    assert logits.grad[1].abs().sum() > 0


def test_the_feature_scale_standardises_the_vectors():
    head = TraitHead(WIDTH, dropout=0.0)
    vectors = 100 + torch.randn(64, WIDTH) * 0.01
    head.set_feature_scale(vectors)
    assert head(vectors).mean(dim=0).abs().max() < 1e-2  # no common part is left
    assert torch.isfinite(head(vectors)).all()


def test_a_target_without_variance_is_refused():
    with pytest.raises(ValueError, match="without variance"):
        TraitHead(WIDTH).set_label_scale([4.0] * 5, [1.0, 1, 0, 1, 1])


def test_the_scales_travel_with_the_weights(trait_model):
    other = TraitModel(MeanEmbedding(10, WIDTH), TraitHead(WIDTH, 2))
    other.load_state_dict(trait_model.state_dict())
    assert other.head.label_sd.tolist() == [0.5] * 7


def test_the_planted_signal_is_learnt_in_a_few_steps():
    corpus, tokenizer = build_corpus(n_speakers=16, n_dialogues=96), CharTokenizer()
    windows = pack_windows(encode_rows(corpus.sides, tokenizer, SPECIAL, with_partner=False), max_tokens=256)
    labels = build_labels(corpus)
    data, collate = BagDataset(windows, labels, windows_per_bag=4), BagCollator(windows.pad_id)
    model = TraitModel(MeanEmbedding(len(tokenizer.ids) + 3, 32), TraitHead(32, dropout=0.0))
    model.head.set_label_scale(*label_scale(labels, np.arange(16)))
    batch = collate([data[index] for index in range(len(data))])
    constant = model.loss(torch.zeros(len(data), 5), batch["labels"]).item()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(40):
        optimizer.zero_grad()
        loss = model(**batch)["loss"]
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.6 * constant
