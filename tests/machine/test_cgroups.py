"""Control groups of both versions, as files in the layouts that the kernel documents."""

import pytest

from Arch.machine.cgroups import core_share, memory_limit, out_of_memory_kills


@pytest.fixture
def system(tmp_path):
    def lay_out(membership, **texts):
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text(membership)
        for name, text in texts.items():
            path = tmp_path / "sys/fs/cgroup" / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return lay_out


def test_version_2_uses_the_smallest_limit_of_all_parent_groups(system):
    root = system(
        "0::/a/b\n",
        a__b__cpu_dot_max="max 100000\n",
        a__cpu_dot_max="250000 100000\n",
        cpu_dot_max="400000 100000\n",
        a__b__memory_dot_max="max\n",
        a__memory_dot_max="1048576\n",
    )
    assert core_share(root) == 2.5
    assert memory_limit(root) == 1048576


def test_version_2_counts_kills_in_the_process_s_own_group(system):
    root = system("0::/a\n", a__memory_dot_events="low 0\noom 7\noom_kill 3\n", memory_dot_events="oom 9\noom_kill 8\n")
    assert out_of_memory_kills(root) == 3


def test_version_1_has_a_folder_for_each_controller(system):
    root = system(
        "4:memory:/x\n2:cpu,cpuacct:/x\n",
        memory__x__memory_dot_limit_in_bytes="4096\n",
        memory__x__memory_dot_oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 5\n",
        cpu__x__cpu_dot_cfs_quota_us="150000\n",
        cpu__x__cpu_dot_cfs_period_us="100000\n",
    )
    assert (core_share(root), memory_limit(root), out_of_memory_kills(root)) == (1.5, 4096, 5)


def test_in_a_container_with_hidden_parents_the_mount_itself_is_read(system):
    root = system("4:memory:/docker/1f\n", memory__memory_dot_oom_control="oom_kill 2\n")
    assert out_of_memory_kills(root) == 2


def test_without_limits_or_groups_the_answer_is_none(system, tmp_path):
    root = system("2:cpu:/\n", cpu__cpu_dot_cfs_quota_us="-1\n", cpu__cpu_dot_cfs_period_us="100000\n")
    assert (core_share(root), memory_limit(root), out_of_memory_kills(root)) == (None, None, None)
    assert core_share(tmp_path / "elsewhere") is None
