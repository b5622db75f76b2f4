"""Stores that go on in a file, and what becomes of a scan whose work folder fails."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedupe.model.settings
from dedupe.api import scan
from dedupe.model.errors import WorkFolderError
from dedupe.model.settings import Config
from dedupe.sketch import load_kernels
from dedupe.store.columns import Store
from dedupe.store.work_folder import WorkFolder
from tests.support.command import FIXTURES

COMPILED = pytest.mark.skipif(
    load_kernels().name == "plain", reason="this much text takes the plain kernels a minute"
)
BATCHES = st.lists(st.integers(0, 40), max_size=12)


@given(BATCHES, st.sampled_from([0, 1, 300, 1 << 20]), st.data())
def test_rows_come_back(sizes, limit, data):
    with WorkFolder() as work:
        store = Store(work, np.uint64, 3, limit)
        total = sum(sizes)
        values = np.arange(total * 3, dtype=np.uint64).reshape(total, 3)
        for begin, size in zip(np.cumsum([0, *sizes]).tolist(), sizes, strict=False):
            store.append(values[begin : begin + size])
        assert store.count == total
        assert store.is_in_memory == (limit == 0 or total * 24 <= limit)
        if total:
            rows = np.array(data.draw(st.lists(st.integers(0, total - 1), max_size=50)), np.int64)
            np.testing.assert_array_equal(store.take(rows), values[rows])
        np.testing.assert_array_equal(store.columns(1, 3), values[:, 1:3].T)


@given(BATCHES, st.sampled_from([0, 1, 300]), st.randoms())
def test_segments_come_back(sizes, limit, random):
    with WorkFolder() as work:
        store = Store(work, np.uint32, limit=limit)
        values = np.arange(sum(sizes), dtype=np.uint32)
        begins = np.cumsum([0, *sizes])[:-1].astype(np.int64)
        for begin, size in zip(begins.tolist(), sizes, strict=True):
            store.append(values[begin : begin + size])
        order = random.sample(range(len(sizes)), len(sizes))
        lengths = np.array(sizes, np.int64)
        found = store.gather(begins[order], lengths[order])
        parts = [values[begins[i] : begins[i] + sizes[i]] for i in order]
        np.testing.assert_array_equal(found, np.concatenate([values[:0], *parts]))


@pytest.mark.parametrize("width", [1, 4, 100, 600, 9_000])
def test_rows_far_apart_and_close_together_are_read_right(width):
    kernels = load_kernels()
    values = np.arange(300 * width, dtype=np.uint64).reshape(300, width)
    random = np.random.default_rng(0)
    with WorkFolder(copy_runs=kernels.copy_runs, read_runs=kernels.read_runs) as work:
        store = Store(work, np.uint64, width, limit=1)
        store.append(values)
        for count in (0, 1, 5, 60, 900):
            rows = random.integers(0, 300, count)
            np.testing.assert_array_equal(store.take(rows), values[rows])


@pytest.mark.parametrize("linkage", ["star", "single"])
def test_a_scan_that_keeps_nothing_in_memory_finds_the_same(monkeypatch, linkage):
    settings = {"linkage": linkage, "keep": ("longest", "first"), "max_bucket": 3}
    whole = scan([FIXTURES / "articles"], Config(**settings))
    monkeypatch.setattr(dedupe.model.settings, "MIN_MEMORY", 1)
    monkeypatch.setattr("dedupe.matching.verification.HASHES_PER_JOB", 1000)
    through_disk = scan([FIXTURES / "articles"], Config(**settings, max_memory=1))
    assert whole.clusters == through_disk.clusters
    assert whole.bridges == through_disk.bridges
    assert whole.search == through_disk.search
    assert whole.run.locators == through_disk.run.locators
    assert len(whole.clusters) > 1


def test_a_work_folder_that_cannot_be_written_in_is_an_error_at_once(tmp_path, dedupe_here):
    missing = tmp_path / "missing"
    found = dedupe_here("scan", FIXTURES / "articles", "--work-dir", missing, code=2)
    assert f"{missing}: no file can be made".encode() in found.stderr
    assert b"--work-dir names another" in found.stderr
    assert found.stdout == b""


def test_a_work_folder_without_permission_is_named(tmp_path, dedupe_here):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        folder = "/proc"  # where not even root makes files
    found = dedupe_here("scan", FIXTURES / "articles", "--work-dir", folder, code=2)
    assert f"{folder}: no file can be made in the work folder".encode() in found.stderr


def make_corpus(path, count=6000, words=300):
    random = np.random.default_rng(0)
    numbers = random.integers(0, 5000, (count, words))
    with path.open("w") as file:
        for i, row in enumerate(numbers.tolist()):
            text = " ".join(f"w{number}" for number in row)
            file.write(json.dumps({"id": f"d{i}", "text": text}) + "\n")


@COMPILED
def test_a_full_disk_is_said_and_nothing_is_left(tmp_path):
    make_corpus(tmp_path / "corpus.jsonl")
    work = tmp_path / "work"
    work.mkdir()
    found = subprocess.run(
        [sys.executable, "-m", "dedupe", "scan", tmp_path / "corpus.jsonl", "--max-memory", "200MB",
         "--work-dir", work, "--output", tmp_path / "report.json", "--format", "json"],
        capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20)),
    )  # fmt: skip
    assert found.returncode == 2, found.stderr
    assert f"{work}: the work folder has no space left" in found.stderr
    assert "Traceback" not in found.stderr
    assert list(work.iterdir()) == []
    assert not (tmp_path / "report.json").exists()


@COMPILED
def test_a_scan_that_is_killed_leaves_no_file(tmp_path):
    make_corpus(tmp_path / "corpus.jsonl")
    work = tmp_path / "work"
    work.mkdir()
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "dedupe", "scan", "-", "--max-memory", "200MB", "--work-dir", work],
        stdin=reader, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(reader)
    with open(writer, "wb") as feed:
        feed.write((tmp_path / "corpus.jsonl").read_bytes() * 3)
        feed.flush()
        # (Some batches are in work.) The scan now waits for more, with its files open.
        descriptors = f"/proc/{process.pid}/fd"
        deadline = time.monotonic() + 60
        while os.path.isdir("/proc/self/fd") and time.monotonic() < deadline:
            targets = [_target(f"{descriptors}/{name}") for name in os.listdir(descriptors)]
            if any(target.startswith(str(work)) for target in targets):
                break
            time.sleep(0.05)
        else:
            targets = []
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert targets, "the scan made no work file"
    assert list(work.iterdir()) == []


def _target(link):
    try:
        return os.readlink(link)
    except OSError:
        return ""


def test_an_error_while_reading_back_is_an_error_of_ours(tmp_path):
    with WorkFolder(str(tmp_path)) as work:
        store = Store(work, np.uint64, limit=1)
        store.append(np.arange(100, dtype=np.uint64))
        (file,) = work._files
        os.ftruncate(file, 80)
        with pytest.raises(WorkFolderError, match="cut off"):
            store.gather(np.array([0]), np.array([100]))
