"""Oracle: SHA-256 written out, and the states of torch's generators before and after."""

import hashlib

import torch

from Arch.training.streams import Streams, global_stream


def test_a_stream_is_the_hash_of_seed_run_and_name():
    digest = hashlib.sha256(b"7/2/order").hexdigest()
    assert Streams(7, 2).order == int(digest[:16], 16) // 2


def test_all_streams_differ():
    seeds = [
        seed
        for experiment in range(3)
        for run in range(3)
        for streams in (Streams(experiment, run),)
        for seed in (streams.order, streams.augmentation, streams.initialisation, streams.dropout)
    ]
    assert len(set(seeds)) == 36


def test_seed_and_run_are_not_confused():
    assert Streams(1, 11).order != Streams(11, 1).order


def test_a_global_stream_starts_at_its_seed_and_restores_the_generator():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    with global_stream(3, torch.device("cpu")):
        drawn = torch.rand(4)
    torch.testing.assert_close(torch.random.get_rng_state(), before)
    torch.testing.assert_close(drawn, torch.rand(4, generator=torch.Generator().manual_seed(3)), rtol=0, atol=0)
