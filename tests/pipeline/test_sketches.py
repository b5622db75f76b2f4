"""Sketches that stay: matched at any threshold, as if the corpus had been scanned anew."""

import random

import msgspec
import pytest

from dedupe.engines.local import reuse_sketches, run_locally
from dedupe.matching.banding import banding_of
from dedupe.matching.search import match_sketches
from dedupe.model.documents import CorpusItems, SkippedDocument
from dedupe.model.errors import ConfigError
from dedupe.model.progress import Progress
from dedupe.model.settings import Config
from dedupe.pipeline.scan import scan_corpus
from dedupe.pipeline.sketching import sketch_corpus
from dedupe.report.json import render_json
from dedupe.sketch import load_kernels
from dedupe.sources import make_batch
from dedupe.store.document_marks import ScannedTexts
from dedupe.store.resources import Resources
from dedupe.store.work_folder import WorkFolder

KERNELS = load_kernels()
THRESHOLDS = (0.7, 0.85, 0.5, 0.6, 1.0)
"""In an order in which known pairs are used, and are not: below what is known they do not help."""


@pytest.fixture(scope="module")
def texts():
    """Families of copies with more and more words changed, among which are exact copies."""
    rng = random.Random(5)
    words = [f"w{i}" for i in range(4000)]
    made = {}
    for family in range(30):
        base = rng.choices(words, k=120)
        for copy in range(6):
            changed = list(base)
            for place in rng.sample(range(120), k=(0, 0, 1, 2, 4, 8)[copy]):
                changed[place] = rng.choice(words)
            text = " ".join(changed)
            made[f"{family}-{copy}"] = text.upper() if copy == 1 else text
    return made


def items(texts, references=()):
    def batches(ids):
        for begin in range(0, len(ids), 50):
            part = ids[begin : begin + 50]
            yield make_batch(part, [texts[id] for id in part])
        yield SkippedDocument("gone", "unreadable", "as an example")

    return CorpusItems(
        batches([id for id in texts if id not in references]), batches([*references])
    )


def report_bytes(report):
    run = msgspec.structs.replace(report.run, seconds=0.0, stages=())
    return render_json(msgspec.structs.replace(report, run=run))


@pytest.mark.parametrize("has_references", [False, True])
@pytest.mark.parametrize("max_memory", [0, 200_000_000])
def test_five_thresholds_from_one_set_of_sketches_are_five_scans(
    texts, has_references, max_memory, tmp_path
):
    references = [id for id in texts if id.endswith("-2")] if has_references else []
    config = Config(workers=1, max_memory=max_memory, work_dir=str(tmp_path), max_bucket=20)
    with WorkFolder(str(tmp_path), max_memory and 20_000) as work:
        resources = Resources(KERNELS, work)
        sketches = sketch_corpus(items(texts, references), config, resources)
        engine = reuse_sketches(sketches, resources)
        assert sketches.documents.signatures.is_in_memory == (max_memory == 0)
        for threshold in THRESHOLDS:
            for linkage in ("star", "single", "complete"):
                asked = msgspec.structs.replace(config, threshold=threshold, linkage=linkage)
                found = scan_corpus(CorpusItems(()), asked, engine, KERNELS, Progress())
                anew = scan_corpus(
                    items(texts, references), asked, run_locally, KERNELS, Progress()
                )
                assert report_bytes(found) == report_bytes(anew)
                assert found.corpus.cluster_count > 0


def test_sketches_made_otherwise_are_refused(texts):
    with WorkFolder() as work:
        resources = Resources(KERNELS, work)
        config = Config()
        sketches = sketch_corpus(items(texts), config, resources)
        for name, value in (("seed", 2), ("shingle_size", 4), ("num_perm", 64)):
            other = msgspec.structs.replace(config, **{name: value})
            with pytest.raises(ConfigError, match="these sketches are sketches 1, tokens of"):
                match_sketches(sketches, other, resources)
        run = reuse_sketches(sketches, resources)
        for name, value in (("seed", 2), ("max_tokens", 5), ("text_field", ("body",))):
            other = msgspec.structs.replace(config, **{name: value})
            with (
                pytest.raises(ConfigError, match=f"{name} is .*, but these sketches"),
                run(CorpusItems(()), other, KERNELS, Progress()),
            ):
                pass
        with (
            pytest.raises(ValueError, match="cannot tell a gate"),
            run(CorpusItems(()), config, KERNELS, Progress(), ScannedTexts()),
        ):
            pass


def test_keys_of_one_banding_are_not_taken_for_another(texts):
    with WorkFolder() as work:
        resources = Resources(KERNELS, work)
        config = Config()
        sketches = sketch_corpus(items(texts), config, resources, banding=banding_of(config))
        same = match_sketches(sketches, config, resources)
        whole = match_sketches(sketch_corpus(items(texts), config, resources), config, resources)
        assert len(same.pairs.left) > 0
        assert same.pairs.left.tolist() == whole.pairs.left.tolist()
        lower = msgspec.structs.replace(config, threshold=0.5)
        with pytest.raises(ConfigError, match=r"keep .* bands of .* rows alone"):
            match_sketches(sketches, lower, resources)
