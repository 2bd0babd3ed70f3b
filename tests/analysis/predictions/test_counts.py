"""Oracles: the measures of whole splits, loops over single samples, and hand-made cases."""

import pytest
import torch

from Arch.analysis.predictions import prediction
from Arch.analysis.predictions.counts import PredictionCounts
from Arch.errors import ShapeError

CPU = torch.device("cpu")


@pytest.fixture
def logits():
    return 2 * torch.randn(83, 7, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def labels():
    return torch.randint(7, (83,), generator=torch.Generator().manual_seed(1))


def counted(logits, labels, batch=10, **keywords):
    counts = PredictionCounts(logits.shape[1], CPU, **keywords)
    for some, their in zip(logits.split(batch), labels.split(batch), strict=True):
        counts.add(some, their)
    return counts


def test_scores_are_those_of_the_whole_split(logits, labels):
    found = counted(logits, labels).scores()
    assert found["accuracy"] == pytest.approx(prediction.top1_accuracy(logits, labels).item(), abs=1e-12)
    assert found["nll"] == pytest.approx(prediction.negative_log_likelihood(logits, labels).item(), abs=1e-12)
    assert found["ece"] == pytest.approx(prediction.expected_calibration_error(logits, labels).item(), abs=1e-12)


def test_brier_score_and_top_five_are_what_loops_give(logits, labels):
    found = counted(logits, labels).scores()
    brier = hits = 0.0
    for row, label in zip(logits.double(), labels.tolist(), strict=True):
        chances = (row.exp() / row.exp().sum()).tolist()
        brier += sum((p - (k == label)) ** 2 for k, p in enumerate(chances))
        hits += label in sorted(range(7), key=lambda k: -row[k].item())[:5]
    assert found["brier"] == pytest.approx(brier / 83, abs=1e-12)
    assert found["top5_accuracy"] == pytest.approx(hits / 83)


def test_confusion_counts_labels_by_predictions(logits, labels):
    confusion = counted(logits, labels).confusion
    expected = torch.zeros(7, 7, dtype=torch.int64)
    for row, label in zip(logits, labels.tolist(), strict=True):
        expected[label, row.argmax()] += 1
    assert torch.equal(confusion, expected)


def test_bins_are_what_a_loop_gives(logits, labels):
    counts = counted(logits, labels, bins=4)
    members = {m: [] for m in range(4)}
    for row, label in zip(logits.double().softmax(1), labels.tolist(), strict=True):
        confidence, predicted = row.max(0)
        (m,) = [m for m in range(4) if m / 4 < confidence <= (m + 1) / 4]
        members[m].append((confidence.item(), float(predicted == label)))
    assert counts.bins.count.tolist() == [len(each) for each in members.values()]
    for m, each in members.items():
        if each:
            assert counts.bins.confidence()[m] == pytest.approx(sum(c for c, _ in each) / len(each), abs=1e-12)
            assert counts.bins.accuracy()[m] == pytest.approx(sum(r for _, r in each) / len(each), abs=1e-12)
        else:
            assert counts.bins.accuracy()[m].isnan()


def test_of_equal_logits_the_first_class_comes_first():
    counts = counted(torch.zeros(6, 6), torch.arange(6))
    assert counts.confusion[:, 0].tolist() == [1] * 6
    assert counts.scores()["top5_accuracy"] == pytest.approx(5 / 6)


def test_five_classes_have_no_top_five():
    assert "top5_accuracy" not in counted(torch.zeros(2, 5), torch.tensor([0, 1])).scores()


def test_a_class_without_samples_has_no_accuracy():
    found = counted(torch.eye(3)[:2], torch.tensor([0, 0])).class_accuracy()
    assert found[0] == 0.5
    assert found[1:].isnan().all()


def test_counts_go_on_from_their_state(logits, labels):
    first, whole = counted(logits[:40], labels[:40]), counted(logits, labels)
    second = PredictionCounts(7, CPU)
    second.load(first.state())
    for some, their in zip(logits[40:].split(10), labels[40:].split(10), strict=True):
        second.add(some, their)
    assert second.scores() == whole.scores()
    assert torch.equal(second.confusion, whole.confusion)


def test_logits_of_another_number_of_classes_are_refused():
    with pytest.raises(ShapeError, match=r"must be \(2, 3\); they are \(2, 4\)"):
        PredictionCounts(3, CPU).add(torch.zeros(2, 4), torch.zeros(2, dtype=torch.int64))
