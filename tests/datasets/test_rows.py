"""Selected rows. Oracle: indexing."""

import torch

from Arch.datasets.rows import take


def test_taking_rows_is_indexing():
    images = torch.arange(10 * 3 * 5 * 7).view(10, 3, 5, 7).contiguous(memory_format=torch.channels_last)
    rows = torch.tensor([3, 3, 0])
    assert torch.equal(take(images, rows), images[rows])
    assert take(images, rows).is_contiguous(memory_format=torch.channels_last)
