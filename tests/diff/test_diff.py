"""The alignment of two texts: nothing lost, readable, and bounded on hostile input."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.diff import (
    MAX_CELLS,
    Break,
    Diff,
    Fold,
    Segment,
    Vocabulary,
    diff_texts,
    diff_words,
    fold_equal,
)
from dedupe.diff import align as align_module
from dedupe.sketch.plain import tokenize_text

WORDS = ["the", "a", "of", "to", "said", "city", "mayor", "council", "budget", "vote", "river"]
SMALL_TEXTS = st.lists(st.sampled_from([*WORDS[:4], "x,", "Y", "it's", "中国", "½"]), max_size=60)
ANY_TEXTS = st.text(max_size=200)


def make_diff(left: str, right: str) -> Diff:
    return diff_texts(left, right, tokenize_text)


def written(diff: Diff, *kinds: str) -> list[str]:
    """What the segments of these kinds say, one string a segment."""
    return [text_of(diff, segment) for segment in diff.segments if segment.kind in kinds]


def text_of(diff: Diff, segment: Segment) -> str:
    on_left = segment.kind == "delete"
    words, span = (diff.left, segment.left) if on_left else (diff.right, segment.right)
    return join_words(words.surfaces(span))


def join_words(surfaces: list[str]) -> str:
    return " ".join(surface for surface in surfaces if surface)


def marked(left: str, right: str) -> str:
    """The diff in one line, as wdiff writes it."""
    diff = make_diff(left, right)
    parts = []
    for segment in diff.segments:
        around = {"delete": "[-{}-]", "insert": "{{+{}+}}", "faint": "~{}~"}
        parts.append(around.get(segment.kind, "{}").format(text_of(diff, segment)))
    return " ".join(parts)


def assert_whole(diff: Diff) -> None:
    """The segments cover both texts, in order, and what is equal has equal keys."""
    left_at = right_at = 0
    for segment in diff.segments:
        assert (segment.left.start, segment.right.start) == (left_at, right_at) or (
            segment.kind == "delete" and segment.left.start == left_at
        )
        left_at, right_at = segment.left.stop, max(right_at, segment.right.stop)
        if segment.kind in ("equal", "faint"):
            left = diff.left.keys[segment.left.start : segment.left.stop]
            assert left == diff.right.keys[segment.right.start : segment.right.stop]
        else:
            assert len(segment.left) * len(segment.right) == 0
            assert len(segment.left) + len(segment.right) > 0
    assert (left_at, right_at) == (len(diff.left), len(diff.right))


def assert_joins_back(diff: Diff) -> None:
    """Equal and deleted words are the left text, equal and inserted ones the right one."""
    left = [k for s in diff.segments for k in diff.left.keys[s.left.start : s.left.stop]]
    right = [k for s in diff.segments for k in diff.right.keys[s.right.start : s.right.stop]]
    assert left == [*diff.left.keys]
    assert right == [*diff.right.keys]


# --- words -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        (" one two", "SPACE SPACE"),
        ("\n one\ttwo", "LINE SPACE"),
        ("one\n\n  two\u2028three four", "LINE LINE LINE SPACE"),
        ("one – two-three\r\n– four", "LINE SPACE GLUED LINE"),
        ("中文 中，文\x0b文", "LINE JOINT SPACE JOINT LINE"),
    ],
)
def test_breaks_are_those_of_the_white_space_before_each_word(text: str, breaks: str) -> None:
    vocabulary = Vocabulary(tokenize_text)
    for _ in range(2):  # chunks met before give the same
        assert " ".join(Break(each).name for each in vocabulary.split(text).breaks) == breaks


@settings(deadline=None)  # the first text loads the tables
@given(ANY_TEXTS)
def test_words_are_the_tokens_of_the_text(text: str) -> None:
    vocabulary = Vocabulary(tokenize_text)
    words = vocabulary.split(text)
    tokens = {key: token for token, key in vocabulary._cutter._key_of.items()}
    assert [tokens[key] for key in words.keys] == tokenize_text(text)
    assert len(words.keys) == len(words.starts) == len(words.ends) == len(words.breaks)


@given(ANY_TEXTS)
def test_surfaces_hold_the_whole_text_but_for_white_space(text: str) -> None:
    words = Vocabulary(tokenize_text).split(text)
    if len(words):
        assert "".join("".join(words.surfaces(range(len(words)))).split()) == "".join(text.split())


def test_each_distinct_chunk_is_tokenised_once() -> None:
    seen: list[str] = []

    def tokenize(text: str) -> list[str]:
        seen.append(text)
        return tokenize_text(text)

    diff_texts("spam " * 5000 + "eggs", "spam " * 5000 + "ham", tokenize)
    assert sorted(seen) == ["eggs", "ham", "spam"]


def test_unspaced_scripts_are_cut_by_letters_with_their_punctuation() -> None:
    words = Vocabulary(tokenize_text).split("他说：「你好」abc ไทย")
    assert words.surfaces(range(8)) == ["他", "说：", "「你", "好」", "abc", "ไ", "ท", "ย"]
    assert [*words.breaks[1:6]] == [*[Break.JOINT] * 4, Break.SPACE]


def test_what_has_no_token_belongs_to_a_neighbour() -> None:
    words = Vocabulary(tokenize_text).split("one – two\n• three\n***")
    assert words.surfaces(range(3)) == ["one –", "two", "• three ***"]


# --- invariants --------------------------------------------------------------------------


@given(SMALL_TEXTS, SMALL_TEXTS)
def test_nothing_is_lost(left: list[str], right: list[str]) -> None:
    diff = make_diff(" ".join(left), " ".join(right))
    assert_whole(diff)
    assert_joins_back(diff)


@given(ANY_TEXTS, ANY_TEXTS)
def test_nothing_is_lost_of_any_text(left: str, right: str) -> None:
    diff = make_diff(left, right)
    assert_whole(diff)
    assert_joins_back(diff)


@given(SMALL_TEXTS, st.randoms(use_true_random=False))
def test_nothing_is_lost_when_blocks_move(words: list[str], generator: random.Random) -> None:
    parts = [" ".join(words[i : i + 7]) for i in range(0, len(words), 7)]
    shuffled = parts * 2
    generator.shuffle(shuffled)
    diff = make_diff("\n".join(parts), "\n".join(shuffled))
    assert_whole(diff)
    assert_joins_back(diff)


@given(SMALL_TEXTS, SMALL_TEXTS)
def test_counts_agree_with_the_texts(left: list[str], right: list[str]) -> None:
    diff = make_diff(" ".join(left), " ".join(right))
    assert diff.inserted_count - diff.deleted_count == len(diff.right) - len(diff.left)


@given(SMALL_TEXTS, SMALL_TEXTS)
def test_within_a_place_deletions_come_first(left: list[str], right: list[str]) -> None:
    kinds = [s.kind for s in make_diff(" ".join(left), " ".join(right)).segments]
    assert ("insert", "delete") not in set(pairwise(kinds))


@given(SMALL_TEXTS, SMALL_TEXTS, st.integers(0, 12))
def test_folding_loses_only_equal_words(left: list[str], right: list[str], context: int) -> None:
    diff = make_diff(" ".join(left), " ".join(right))
    parts = list(fold_equal(diff, context))
    shown = [p for p in parts if isinstance(p, Segment)]
    folded = sum(p.word_count for p in parts if isinstance(p, Fold))
    changes = [s for s in diff.segments if s.kind in ("delete", "insert")]
    assert [s for s in shown if s.kind in ("delete", "insert")] == changes
    assert sum(len(s.right) for s in shown) + folded == len(diff.right)


@given(
    st.lists(st.sampled_from(WORDS), min_size=1), st.sampled_from([" ", "\n\n", "\t ", "\u00a0"])
)
def test_white_space_is_no_difference(words: list[str], gap: str) -> None:
    diff = make_diff(" ".join(words), gap.join(words))
    assert {s.kind for s in diff.segments} == {"equal"}


# --- reading well ------------------------------------------------------------------------


def test_space_after_punctuation_is_no_difference() -> None:
    assert marked("phase,marked by policy.He", "phase, marked by policy. He") == (
        "phase, marked by policy. He"
    )


def test_case_quotes_and_dashes_are_faint() -> None:
    assert (
        marked('The "old" bridge - closed', "the “old” bridge – closed")
        == "~the “old” bridge –~ closed"
    )


def test_two_titles_are_not_shredded() -> None:
    body = "It rained all day and nobody came to see the new bridge open."
    left = f"Inside the push for a new bridge and the people of the north\n{body}"
    right = f"Home / News / How the north lost a vote: the bridge plan\n{body}"
    assert marked(left, right) == (
        "[-Inside the push for a new bridge and the people of the north-] "
        "{+Home / News / How the north lost a vote: the bridge plan+} " + body
    )


def test_single_words_far_apart_stay_single() -> None:
    assert marked(
        "The mayor spoke on Monday about the budget of the city and left early that day.",
        "The mayor spoke on Friday about the budget of the city and left early that night.",
    ) == (
        "The mayor spoke on [-Monday-] {+Friday+} about the budget of the city and left "
        "early that [-day.-] {+night.+}"
    )


def test_a_change_slides_to_its_line() -> None:
    left = "It ended well.\nThe river rose again."
    right = "It ended well.\nThe bridge: a history\nThe river rose again."
    assert marked(left, right) == ("It ended well. {+The bridge: a history+} The river rose again.")


def test_a_change_slides_to_its_sentence() -> None:
    left = "He left. He was tired of it all."
    right = "He left. He was angry. He was tired of it all."
    assert marked(left, right) == "He left. {+He was angry.+} He was tired of it all."


def test_written_words_are_not_cut() -> None:
    assert marked("so I don't know", "so I can't know") == "so I [-don' t-] {+can' t+} know"
    assert marked("use ½ cup now", "use 1/3 cup now") == "use [-½-] {+1/ 3+} cup now"


def test_chinese_is_aligned_by_characters() -> None:
    diff = make_diff("今年全市将新建一百所学校。", "今年全市将新建两百所学校，")
    assert written(diff, "delete", "insert") == ["一", "两"]
    assert written(diff, "faint") == ["校，"]


# --- moved, repeated ---------------------------------------------------------------------

PARAGRAPHS = [
    f"Paragraph {name} tells how the {name} crossed the {name} river and met nobody else."
    for name in ("ant", "bee", "cat", "dog", "elk", "fox")
]


@pytest.mark.parametrize(("order", "direction"), [("120345", "moved_down"), ("501234", "moved_up")])
def test_a_moved_paragraph_is_said_to_be_moved(order: str, direction: str) -> None:
    diff = make_diff("\n".join(PARAGRAPHS), "\n".join(PARAGRAPHS[int(i)] for i in order))
    changes = [s for s in diff.segments if s.kind in ("delete", "insert")]
    assert [s.origin for s in changes] == [direction, direction]
    moved = PARAGRAPHS[0 if direction == "moved_down" else 5]
    assert written(diff, "delete") == written(diff, "insert") == [moved]
    assert (diff.moved_count, diff.inserted_count, diff.deleted_count) == (14, 0, 0)


def test_a_phrase_that_both_changes_share_has_not_moved() -> None:
    phrase = "in the middle of town"
    left = f"{PARAGRAPHS[0]} We saw {phrase} one hundred green cars racing by noon. {PARAGRAPHS[1]}"
    right = (
        f"{PARAGRAPHS[0]} {PARAGRAPHS[1]} They sold bread {phrase} until seven every single day."
    )
    assert {s.origin for s in make_diff(left, right).segments} == {""}


def test_a_title_pasted_three_times_is_shown_once() -> None:
    title = "Talks: the river bridge is left in the dark"
    diff = make_diff("An old title", f"Home / News / {title}\n{title}\n{title}")
    repeated = [s for s in diff.segments if s.origin == "repeated"]
    assert [(s.period, s.copies, s.elsewhere) for s in repeated] == [(9, 3, False)]
    assert written(diff, "insert") == ["Home / News /", " ".join([title] * 3)]


def test_a_title_that_the_text_has_already_is_repeated() -> None:
    title = "Talks: the river bridge is left in the dark"
    left = f"{title}\n{PARAGRAPHS[0]}"
    diff = make_diff(left, f"{title}\n{title}\n{title}\n{PARAGRAPHS[0]}")
    repeated = [s for s in diff.segments if s.kind == "insert"]
    assert [(s.origin, s.copies, s.elsewhere) for s in repeated] == [("repeated", 2, True)]


def test_a_paragraph_that_stands_elsewhere_is_repeated() -> None:
    diff = make_diff("\n".join(PARAGRAPHS), "\n".join([*PARAGRAPHS, "And:", PARAGRAPHS[1]]))
    repeated = [s for s in diff.segments if s.origin == "repeated"]
    assert [(len(s.right), s.copies, s.elsewhere) for s in repeated] == [(14, 1, True)]


# --- folding -----------------------------------------------------------------------------


def test_context_ends_at_a_sentence_where_one_is_near() -> None:
    text = " ".join(PARAGRAPHS[:3]) + " {} " + " ".join(PARAGRAPHS[3:])
    diff = make_diff(text.format(""), text.format("Also read this."))
    parts = list(fold_equal(diff))
    assert [p.word_count for p in parts if isinstance(p, Fold)] == [34, 34]
    text = " ".join(["One two. Three four five six."] * 3 + ["{}"] + ["Seven eight. Nine ten."] * 4)
    diff = make_diff(text.format(""), text.format("Also read this."))
    shown = [
        " ".join(diff.right.surfaces(p.right)) for p in fold_equal(diff) if isinstance(p, Segment)
    ]
    assert shown == [
        "Three four five six. One two. Three four five six.",
        "Also read this.",
        "Seven eight. Nine ten. Seven eight. Nine ten.",
    ]


def test_a_fold_saves_more_than_it_costs() -> None:
    words = [f"w{i}" for i in range(40)]
    right = ["new", *words[:19], "newer", *words[19:]]
    parts = list(fold_equal(make_diff(" ".join(words), " ".join(right))))
    assert [p.word_count for p in parts if isinstance(p, Fold)] == [13]


# --- bounded work ------------------------------------------------------------------------


class CountedCells:
    """Counts the work that is given to the aligner of gaps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cells = 0
        self.largest = 0
        exact = align_module.Levenshtein.opcodes

        class Counting:
            @staticmethod
            def opcodes(left: list[int], right: list[int]) -> object:
                self.cells += len(left) * len(right)
                self.largest = max(self.largest, len(left) * len(right))
                return exact(left, right)

        monkeypatch.setattr(align_module, "Levenshtein", Counting)


def test_anchors_leave_little_of_two_long_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = random.Random(1)
    left = [f"w{generator.randrange(8000)}" for _ in range(50_000)]
    right = [w if generator.random() > 0.02 else "other" for w in left]
    counted = CountedCells(monkeypatch)
    diff = make_diff(" ".join(left), " ".join(right))
    assert_joins_back(diff)
    assert diff.coarse_count == 0
    assert counted.cells < 100_000
    assert diff.inserted_count < 1100


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["spam"] * 50_000, ["spam"] * 20_000 + ["eggs"] + ["spam"] * 20_000),
        (["a", "b"] * 25_000, ["b", "c"] * 25_000),
        (["x"], ["spam"] * 50_000),
        ([f"w{i}" for i in range(25_000)] * 2, [f"w{i}" for i in range(50_000)]),
        ([f"w{i}" for i in range(50_000)], [f"w{i}" for i in reversed(range(50_000))]),
        (
            [f"w{i}" for i in range(10_000)] * 3,
            [f"v{i}" for i in range(9_000)] + [f"w{i}" for i in range(10_000)],
        ),
    ],
)
def test_hostile_texts_stay_below_the_cap(
    left: list[str], right: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = CountedCells(monkeypatch)
    diff = make_diff(" ".join(left), " ".join(right))
    assert_joins_back(diff)
    assert counted.largest <= MAX_CELLS
    assert counted.cells <= 4 * MAX_CELLS


def test_a_gap_above_the_cap_is_replaced_whole_and_counted() -> None:
    left = "same start of it all " + "a b " * 50 + "same end"
    right = "same start of it all " + "b c a " * 50 + "same end"
    vocabulary = Vocabulary(tokenize_text)
    first, second = vocabulary.split(left), vocabulary.split(right)
    assert diff_words(first, second).coarse_count == 0
    diff = diff_words(first, second, max_cells=1000)
    assert diff.coarse_count == 1
    assert diff.place_count == 1
    assert_joins_back(diff)
