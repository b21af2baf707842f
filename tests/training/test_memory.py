"""Memory that will not suffice is found out before a run begins."""

import pytest

from mtl.runs.train_into import need_of
from mtl.schema.config import TrainConfig
from mtl.training.memory import Memory, Need, check_memory, memory, need
from mtl.training.throughput import Size

GB = 2**30


def _need(rows=1000, tokens=15.0, **settings):
    sizes = {"topic": Size(train=rows, validation=rows // 4, tokens=tokens)}
    return need(sizes, TrainConfig(**settings), layers=6, width=384)


def test_the_bundled_sentences_fit_anywhere(parts, encoder):
    assert need_of(parts, TrainConfig(), encoder).total < GB / 2


def test_more_of_anything_takes_more():
    assert _need(rows=10_000).rows > _need().rows
    assert _need(freeze="heads").weights == _need(freeze="heads").step == 0
    assert _need(freeze="last-4").weights == 2 * _need(freeze="last-2").weights
    assert _need(freeze="full").weights > _need(freeze="last-6").weights
    assert _need(batch_size=1024, freeze="last-2").step > 10 * _need(freeze="last-2").step


def test_a_step_of_long_texts_in_a_large_batch_is_what_does_not_fit():
    # 1,024 texts of 256 tokens in six layers: 8 GB for each hundred bytes of a value.
    wanted = _need(rows=5000, tokens=250, batch_size=1024, freeze="last-6")
    assert wanted.step > 30 * GB
    with pytest.raises(ValueError) as error:
        check_memory(wanted, Memory(16 * GB, 12 * GB), now=True)
    assert f"{error.value}".startswith("This run needs about ")
    assert "of memory, and 11.8 GB are free here: use a smaller batch size, or train" in f"{error.value}"
    with pytest.raises(ValueError, match="and 14.5 GB is the limit here: use a smaller batch size"):
        check_memory(wanted, Memory(16 * GB, 1), now=False)
    check_memory(_need(), Memory(16 * GB, 12 * GB), now=True)
    check_memory(wanted, None, now=True)


def test_the_remedy_is_that_of_the_largest_part():
    assert Need(rows=3, weights=2, step=1).remedy == "take fewer rows"
    assert Need(rows=1, weights=2, step=1).remedy == "train fewer layers"


MEMINFO = "MemTotal:       16777216 kB\nMemFree:  1 kB\nMemAvailable:    8388608 kB\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, Memory(16 * GB, 8 * GB)),
        ({"memory.max": "max\n"}, Memory(16 * GB, 8 * GB)),
        (
            {
                "memory.max": f"{4 * GB}",
                "memory.current": f"{3 * GB}",
                "memory.stat": f"inactive_file {GB}\n",
            },
            Memory(4 * GB, 2 * GB),
        ),
        (
            {
                "memory/memory.limit_in_bytes": f"{2 * GB}",
                "memory/memory.usage_in_bytes": f"{GB}",
                "memory/memory.stat": "cache 1\ntotal_inactive_file 0\n",
            },
            Memory(2 * GB, GB),
        ),
        ({"memory.max": "garbage", "memory.stat": "x"}, Memory(16 * GB, 8 * GB)),
    ],
    ids=["no group", "no limit", "version 2", "version 1", "garbage"],
)
def test_the_smaller_of_machine_and_container_counts(tmp_path, files, expected):
    (tmp_path / "meminfo").write_text(MEMINFO)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert memory(tmp_path, tmp_path / "meminfo") == expected


def test_where_nothing_is_known_nothing_is_refused(tmp_path):
    assert memory(tmp_path, tmp_path / "meminfo") is None
