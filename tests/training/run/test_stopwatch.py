"""The stopwatch; the oracle is a clock that the test advances, on a GPU the wall time."""

import time

import pytest
import torch

from Arch.training.run.stopwatch import Stopwatch, device_watch


def test_a_started_stopwatch_adds_to_the_seconds_of_earlier_sessions():
    ticks = iter([10.0, 12.5, 14.0])
    watch = Stopwatch(100.0, lambda: next(ticks))
    assert watch.seconds == 100.0
    watch.start()
    assert (watch.seconds, watch.seconds) == (102.5, 104.0)


def test_processor_time_does_not_advance_while_the_process_sleeps():
    watch = device_watch(torch.device("cpu"), 5.0)
    watch.start()
    time.sleep(0.2)
    assert 5.0 <= watch.seconds < 5.15


@pytest.mark.gpu
def test_gpu_time_is_the_time_of_the_kernels():
    device = torch.device("cuda", 0)
    watch = device_watch(device, 5.0)
    assert watch.seconds == 5.0
    watch.start()
    begin = time.perf_counter()
    torch.cuda._sleep(10**8)
    torch.cuda.synchronize()
    assert watch.seconds - 5.0 == pytest.approx(time.perf_counter() - begin, rel=0.2)
