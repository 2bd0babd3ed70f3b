"""Oracle: the capabilities of the device."""

import pytest
import torch

from Arch.errors import TrainingError
from Arch.training.engine import Engine, choose_engine


def test_auto_chooses_a_gpu_if_there_is_one():
    assert choose_engine("auto", "float32").device.type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "cpu:1", "", "cuda:x"])
def test_an_unknown_device_is_refused_with_a_list_of_known_ones(name):
    with pytest.raises(TrainingError, match="Known: auto, cpu"):
        choose_engine(name, "float32")


def test_tensorfloat32_is_refused_on_a_cpu():
    with pytest.raises(TrainingError, match="NVIDIA GPUs only"):
        choose_engine("cpu", "tensorfloat32")


def test_an_unknown_precision_is_refused():
    with pytest.raises(TrainingError, match="float16"):
        choose_engine("cpu", "float16")


def test_bfloat16_is_used_inside_autocast_only():
    engine = choose_engine("cpu", "bfloat16")
    x = torch.ones(2, 2)
    with engine.autocast():
        assert (x @ x).dtype == torch.bfloat16
    assert (x @ x).dtype == torch.float32


def test_float32_computes_in_float32():
    x = torch.ones(2, 2)
    with choose_engine("cpu", "float32").autocast():
        assert (x @ x).dtype == torch.float32


@pytest.mark.parametrize(("precision", "rounding"), [("float32", "ieee"), ("tensorfloat32", "tf32")])
def test_a_session_on_a_gpu_sets_the_switches_and_restores_them(precision, rounding):
    def switches():
        cudnn = torch.backends.cudnn
        products, convolutions = torch.backends.cuda.matmul.fp32_precision, cudnn.conv.fp32_precision
        return products, convolutions, cudnn.benchmark, cudnn.deterministic

    before = switches()
    with Engine(torch.device("cuda"), precision).session():
        assert switches() == (rounding, rounding, False, True)
    assert switches() == before


def test_on_a_cpu_data_that_do_not_fit_into_memory_are_streamed(data, engine, monkeypatch):
    assert not engine.streams(engine.place_data(data).train)
    monkeypatch.setattr("os.sysconf", lambda name: 1)
    assert engine.streams(engine.place_data(data).train)


def test_data_that_do_not_fit_on_a_gpu_are_streamed(data, monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 0))
    engine = Engine(torch.device("cuda"), "float32")
    assert engine.streams(engine.place_data(data).train)


def test_on_a_gpu_small_batches_are_prepared_in_one_piece():
    gpu, cpu = Engine(torch.device("cuda"), "float32"), Engine(torch.device("cpu"), "float32")
    assert gpu.batches_at_once(128, (3, 32, 32)) == 42  # of 1.5 MiB in 64 MiB
    assert gpu.batches_at_once(256, (3, 224, 224)) == 1
    assert cpu.batches_at_once(128, (3, 32, 32)) == 1


def test_a_run_records_device_threads_and_precision():
    record = choose_engine("cpu", "bfloat16").describe()
    assert record["device"].startswith("cpu (")
    assert record["threads"] == torch.get_num_threads()
    assert record["precision"] == "bfloat16"
