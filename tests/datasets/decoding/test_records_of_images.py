"""The record beside decoded images is checked member by member; the oracle are the images that were written."""

import json

import pytest

from Arch.datasets.decoding.store import decoded
from tests.datasets.decoding.test_store import PIXELS, write


@pytest.mark.parametrize("value", ["1e999", "1" + "0" * 400, "-1", '"x"', "null", "[1]", "true", "{}"])
@pytest.mark.parametrize("member", ["Shape", "Classes", "Digest", "Finished", "Type"])
def test_images_with_a_wrong_record_are_decoded_again(member, value, root):
    decoded(root, "key", write)
    path = root / "decoded" / "key" / "Images.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, member: "@"}).replace('"@"', value))
    images = decoded(root, "key", write)
    assert images.pixels.permute(0, 2, 3, 1).numpy().tolist() == PIXELS.tolist()
    assert images.digest == document["Digest"]
