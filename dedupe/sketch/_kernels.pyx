"""The compiled kernels: the loops over bytes, hashes and pairs, without the GIL.

``dedupe.sketch.compiled`` wraps them in NumPy; ``dedupe.sketch.plain`` does the same in Python.
Buffers are typed memoryviews, so that a build with bounds checks checks each access made here. The
loops in ``kernels.h`` are checked by AddressSanitizer (``tests/whole/test_checked_builds.py``).
"""

import os

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from "Python.h" nogil:
    bint Py_UNICODE_ISALNUM(Py_UCS4 character)

cdef extern from "kernels.h" nogil:
    void dedupe_hash128(const uint8_t *data, size_t length, uint64_t *high_low)
    uint64_t dedupe_hash64(const uint8_t *data, size_t length)
    void dedupe_hash_shingles(const uint8_t *output, const int64_t *starts, size_t shingle_size,
                              size_t count, uint64_t *hashes)
    void dedupe_mix(const uint64_t *hashes, uint32_t *mixed, size_t count)
    void dedupe_minimum(uint32_t *signature, const uint32_t *a, const uint32_t *b,
                        size_t num_perm, const uint32_t *hashes, size_t count)
    size_t dedupe_equal_bytes(const uint8_t *left, const uint8_t *right, size_t width)
    void dedupe_sort(uint64_t *values, size_t count, uint64_t *scratch)
    int dedupe_holds(const uint64_t *values, size_t count, uint64_t value)
    bint dedupe_fill_table(uint64_t *table, uint64_t mask, const uint64_t *values, size_t count)
    int64_t dedupe_count_found(const uint64_t *table, uint64_t mask, const uint64_t *values,
                               size_t count, size_t needed)
    size_t dedupe_survey(const uint64_t *values, size_t count, uint64_t *table, uint64_t *bitmap)
    bint dedupe_may_reach(const uint64_t *left, const uint64_t *right, int32_t left_count,
                          int32_t right_count, double threshold)
    int64_t dedupe_read_at(int file, uint8_t *target, size_t count, int64_t offset)
    ctypedef struct dedupe_place:
        size_t length
        size_t token_count
        int state
        int mark_run
    ctypedef struct dedupe_character:
        uint32_t code_point
        uint32_t length
    dedupe_character dedupe_decode(const uint8_t *data, size_t i, size_t end)
    void dedupe_emit(uint8_t *output, int64_t *starts, dedupe_place *at, uint32_t code_point,
                     uint32_t token_class)
    size_t dedupe_ascii_run(const uint8_t *data, size_t count)
    bint dedupe_is_ascii_run(const uint8_t *data, size_t count)
    dedupe_place dedupe_take_ascii(const uint8_t *data, size_t count, uint8_t *output,
                                   int64_t *starts, dedupe_place at)
    size_t dedupe_take_plain(const uint8_t *data, size_t i, size_t end, const uint32_t *index,
                             const uint32_t *blocks, uint8_t *output, int64_t *starts,
                             dedupe_place *place)
    enum:
        DEDUPE_ASCII_BLOCK
        DEDUPE_ASCII_RUN
        DEDUPE_BITMAP_WORDS
        DEDUPE_BUCKET
        DEDUPE_COUNTED
        DEDUPE_TABLE
        DEDUPE_CAN_READ_AT
        DEDUPE_EQUAL_BLOCK
        DEDUPE_FEW
        DEDUPE_LANES
        DEDUPE_SLACK
        OUTSIDE "DEDUPE_OUTSIDE"
        IN_UNSPACED "DEDUPE_IN_UNSPACED"
        CLASS_MASK "DEDUPE_CLASS_MASK"
        COMBINES "DEDUPE_COMBINES"
        DROPPED "DEDUPE_DROPPED"
        MULTIPLE "DEDUPE_MULTIPLE"
        BLOCK_SHIFT "DEDUPE_BLOCK_SHIFT"
        BLOCK_MASK "DEDUPE_BLOCK_MASK"
        CODE_POINT_MASK "DEDUPE_CODE_POINT_MASK"
        MARK_LIMIT "DEDUPE_MARK_LIMIT"

cdef enum:
    HANGUL_BASE = 0xAC00
    HANGUL_COUNT = 11172
    L_BASE = 0x1100
    V_BASE = 0x1161
    T_BASE = 0x11A7
    L_COUNT = 19
    V_COUNT = 21
    T_COUNT = 28
    HASH_CHUNK = 1024
    SMALL_SORT = 48
    BUCKET_LIMIT = 64
    # How many values of a crowded bucket are searched for repetitions.
    FEW_VALUES = 16
    # For TABLE_RUN pairs or more with one document, its hashes become a table of at most
    # TABLE_BUCKETS, made larger TABLE_TRIES times: hashes that then do not fit are crafted.
    TABLE_RUN = 4
    TABLE_BUCKETS = 1 << 12
    TABLE_TRIES = 2
    # Text in which tokens are looked for is cut into slices of about so many bytes.
    SLICE_BYTES = 512
    # Winnowing compares the upper bits of hashes.
    WINNOWED_BITS = 16
    # Diagonals of a pair of which the last run is known: more have it forgotten.
    DIAGONALS = 1 << 10
    # Words that are compared one by one (dedupe.diff.faint).
    FEW_WORDS = 16
    # Words times words of a gap that is searched for a common word before it is aligned.
    SMALL_GAP = 1024
    # Keys of the token table are searched among those that are equal but for this many low bits.
    KEY_SHIFT = 8
    NO_CODE_POINT = 0x7FFFFFFF

HASH_CHUNK_SIZE = HASH_CHUNK
SLACK = DEDUPE_SLACK
TABLE_SIZE = TABLE_BUCKETS * DEDUPE_BUCKET
BITMAP_WORDS = DEDUPE_BITMAP_WORDS
COUNTED_SIZE = DEDUPE_TABLE
DIAGONAL_COUNT = DIAGONALS
CAN_READ_AT = bool(DEDUPE_CAN_READ_AT)
KEY_BLOCK = 1 << KEY_SHIFT
SIZES = {
    "ASCII_BLOCK": DEDUPE_ASCII_BLOCK,
    "ASCII_RUN": DEDUPE_ASCII_RUN,
    "BUCKET_LIMIT": BUCKET_LIMIT,
    "COUNTED": DEDUPE_COUNTED,
    "EQUAL_BLOCK": DEDUPE_EQUAL_BLOCK,
    "FEW": DEDUPE_FEW,
    "FEW_VALUES": FEW_VALUES,
    "FEW_WORDS": FEW_WORDS,
    "HASH_CHUNK": HASH_CHUNK,
    "LANES": DEDUPE_LANES,
    "SLICE_BYTES": SLICE_BYTES,
    "SMALL_GAP": SMALL_GAP,
    "SMALL_SORT": SMALL_SORT,
    "TABLE": DEDUPE_TABLE,
    "TABLE_BUCKETS": TABLE_BUCKETS,
    "TABLE_RUN": TABLE_RUN,
}
"""The sizes at which the kernels choose another algorithm: the tests draw sizes around them."""


def fail(str what):
    """Raise the error of a guard: a count outside its array means that memory may be damaged."""
    from dedupe.model.errors import KernelsError

    raise KernelsError(
        f"the compiled kernels are at fault: {what}; nothing of this run can be trusted. "
        "Please report it, and scan with --kernels plain"
    )


cdef class Tables:
    """The token table's sections, shared read-only by all tokenizers."""

    cdef const uint32_t[::1] entries_index, entries_blocks, own_index, own_blocks, pool
    cdef const uint32_t[::1] canonical_keys, canonical_begins, canonical_offsets, canonical_targets
    cdef const uint32_t[::1] fold_keys, fold_begins, fold_offsets, fold_targets
    cdef const uint64_t[::1] compose_keys
    cdef const uint32_t[::1] compose_targets
    cdef readonly Py_ssize_t expansion

    def __init__(self, sections, key_begins, compose_keys, compose_targets):
        """:param key_begins: by mapping, where the keys of each block of code points begin"""
        self.entries_index = sections["entries_index"]
        self.entries_blocks = sections["entries_blocks"]
        self.own_index = sections["own_index"]
        self.own_blocks = sections["own_blocks"]
        self.pool = sections["pool"]
        self.canonical_keys = sections["canonical_keys"]
        self.canonical_begins = key_begins["canonical"]
        self.canonical_offsets = sections["canonical_offsets"]
        self.canonical_targets = sections["canonical_targets"]
        self.fold_keys = sections["fold_keys"]
        self.fold_begins = key_begins["fold"]
        self.fold_offsets = sections["fold_offsets"]
        self.fold_targets = sections["fold_targets"]
        self.compose_keys = compose_keys
        self.compose_targets = compose_targets
        self.expansion = int(sections["expansion"][0])

    cdef inline uint32_t entry(self, uint32_t code_point) noexcept nogil:
        return self.entries_blocks[
            (self.entries_index[code_point >> BLOCK_SHIFT] << BLOCK_SHIFT)
            + (code_point & BLOCK_MASK)
        ]

    cdef inline uint32_t own(self, uint32_t code_point) noexcept nogil:
        return self.own_blocks[
            (self.own_index[code_point >> BLOCK_SHIFT] << BLOCK_SHIFT)
            + (code_point & BLOCK_MASK)
        ]

    cdef inline uint32_t combining_class(self, uint32_t code_point) noexcept nogil:
        return self.own(code_point) >> 8

    cdef inline Py_ssize_t find(self, const uint32_t[::1] keys, const uint32_t[::1] begins,
                                uint32_t key) noexcept nogil:
        cdef Py_ssize_t low = begins[key >> KEY_SHIFT], end = begins[(key >> KEY_SHIFT) + 1]
        cdef Py_ssize_t high = end, middle
        while low < high:
            middle = (low + high) >> 1
            if keys[middle] < key:
                low = middle + 1
            else:
                high = middle
        return low if low < end and keys[low] == key else -1

    cdef uint32_t compose(self, uint32_t first, uint32_t second) noexcept nogil:
        """The primary composite of two characters, or NO_CODE_POINT."""
        cdef uint64_t key
        cdef Py_ssize_t low = 0, high = self.compose_keys.shape[0], middle
        if L_BASE <= first < L_BASE + L_COUNT and V_BASE <= second < V_BASE + V_COUNT:
            return HANGUL_BASE + ((first - L_BASE) * V_COUNT + second - V_BASE) * T_COUNT
        if (HANGUL_BASE <= first < HANGUL_BASE + HANGUL_COUNT
                and (first - HANGUL_BASE) % T_COUNT == 0
                and T_BASE < second < T_BASE + T_COUNT):
            return first + second - T_BASE
        key = (<uint64_t> first << 32) | second
        while low < high:
            middle = (low + high) >> 1
            if self.compose_keys[middle] < key:
                low = middle + 1
            else:
                high = middle
        if low < self.compose_keys.shape[0] and self.compose_keys[low] == key:
            return self.compose_targets[low]
        return NO_CODE_POINT


cdef inline dedupe_character decode(const uint8_t[::1] data, Py_ssize_t i, Py_ssize_t end) noexcept nogil:
    return dedupe_decode(&data[0], i, end)


cdef class Tokenizer:
    """One document at a time: its tokens, joined by single spaces, and where each starts."""

    cdef Tables tables
    cdef uint8_t[::1] output
    cdef int64_t[::1] starts
    cdef dedupe_place at
    # The combining sequence at hand: non-starters before folding, then the composer's starter
    # and non-starters (dedupe.sketch.plain.normalise_sequence).
    cdef uint32_t[::1] run, marks
    cdef int run_count, mark_count
    cdef uint32_t starter

    def __init__(self, Tables tables, output, starts, run, marks):
        self.tables = tables
        self.output = output
        self.starts = starts
        self.run = run
        self.marks = marks

    cdef int tokenize(self, const uint8_t[::1] data, Py_ssize_t begin, Py_ssize_t end) except -1 nogil:
        cdef Py_ssize_t i = begin, after
        self.at.length = 0
        self.at.token_count = 0
        self.at.state = OUTSIDE
        self.at.mark_run = 0
        while i < end:
            if dedupe_is_ascii_run(&data[i], end - i):
                i = self.take_ascii(data, i, end)
                if i >= end:
                    break
            after = dedupe_take_plain(
                &data[0], i, end, &self.tables.entries_index[0], &self.tables.entries_blocks[0],
                &self.output[0], &self.starts[0], &self.at,
            )
            i = after if after > i else self.take_other(data, i, end)
        if self.at.length > 0 and self.at.state == OUTSIDE:
            self.at.length -= 1
        return 0

    cdef void mask_numbers(self, const uint32_t[::1] zeros) noexcept nogil:
        """Put ``0`` in the place of each token of digits alone; ``starts`` ends with an entry more.

        Tokens move to the front: none becomes longer.
        """
        cdef Py_ssize_t token, begin, end, i, length = 0
        for token in range(<Py_ssize_t> self.at.token_count):
            begin = self.starts[token]
            end = self.starts[token + 1] - 1
            self.starts[token] = length
            if self.is_number(begin, end, zeros):
                self.output[length] = 48
                length += 1
            else:
                for i in range(begin, end):
                    self.output[length] = self.output[i]
                    length += 1
            self.output[length] = 32
            length += 1
        self.starts[self.at.token_count] = length
        self.at.length = length - 1

    cdef bint is_number(self, Py_ssize_t i, Py_ssize_t end, const uint32_t[::1] zeros) noexcept nogil:
        """Whether a token has digits alone: characters at most nine behind one of the zeros."""
        cdef dedupe_character character
        cdef Py_ssize_t low, high, middle
        while i < end:
            character = decode(self.output, i, end)
            low = 0
            high = zeros.shape[0]
            while low < high:
                middle = (low + high) >> 1
                if zeros[middle] <= character.code_point:
                    low = middle + 1
                else:
                    high = middle
            if low == 0 or character.code_point - zeros[low - 1] > 9:
                return False
            i += character.length
        return True

    cdef inline bint has_room(self) noexcept nogil:
        """Whether there is room for another block of tokens, and for another start."""
        return (self.at.length + DEDUPE_SLACK <= <size_t> self.output.shape[0]
                and self.at.token_count < <size_t> self.starts.shape[0])

    cdef Py_ssize_t take_other(self, const uint8_t[::1] data, Py_ssize_t i, Py_ssize_t end) noexcept nogil:
        """Consume one character, and all that combines with it."""
        cdef dedupe_character character = decode(data, i, end)
        cdef uint32_t entry = self.tables.entry(character.code_point)
        cdef Py_ssize_t after = i + character.length
        if entry & COMBINES or (not entry & DROPPED and self.combines_next(data, after, end)):
            return self.take_sequence(data, i, end)
        if not entry & DROPPED:
            self.emit_entry(character.code_point, entry)
        return after

    cdef Py_ssize_t take_ascii(self, const uint8_t[::1] data, Py_ssize_t i, Py_ssize_t end) noexcept nogil:
        """Consume a run of ASCII, a block at a time.

        Returns ``end``, or the index of the last ASCII character, with which the next one, which is
        not ASCII, may combine.
        """
        cdef Py_ssize_t last = i + <Py_ssize_t> dedupe_ascii_run(&data[i], end - i)
        if last < end:
            last -= 1
        if self.at.state == IN_UNSPACED:
            self.output[self.at.length] = 32
            self.at.length += 1
            self.at.state = OUTSIDE
        self.at = dedupe_take_ascii(&data[i], last - i, &self.output[0], &self.starts[0], self.at)
        self.at.mark_run = 0
        return last

    cdef bint combines_next(self, const uint8_t[::1] data, Py_ssize_t i, Py_ssize_t end) noexcept nogil:
        """Whether the next character that is not dropped may combine with the one before it."""
        cdef dedupe_character character
        cdef uint32_t entry
        while i < end and data[i] >= 0x80:
            character = decode(data, i, end)
            entry = self.tables.entry(character.code_point)
            if not entry & DROPPED:
                return (entry & COMBINES) != 0
            i += character.length
        return False

    cdef inline void emit_entry(self, uint32_t code_point, uint32_t entry) noexcept nogil:
        cdef uint32_t place, count, pooled
        if entry & MULTIPLE:
            place = entry >> 16
            count = (entry >> 8) & 0xFF
            while count > 0:
                pooled = self.tables.pool[place]
                self.emit(pooled >> 8, pooled & CLASS_MASK)
                place += 1
                count -= 1
        else:
            self.emit((code_point + (entry >> 8)) & CODE_POINT_MASK, entry & CLASS_MASK)

    cdef inline void emit(self, uint32_t code_point, uint32_t token_class) noexcept nogil:
        dedupe_emit(&self.output[0], &self.starts[0], &self.at, code_point, token_class)

    # --- combining sequences: see dedupe.sketch.plain.normalise_sequence ------------------

    cdef Py_ssize_t take_sequence(self, const uint8_t[::1] data, Py_ssize_t i, Py_ssize_t end) noexcept nogil:
        """Normalise a character and all that combines with it; return where the rest begins."""
        cdef dedupe_character decoded
        self.run_count = 0
        self.mark_count = 0
        self.starter = NO_CODE_POINT
        while True:
            decoded = decode(data, i, end)
            self.take_code_point(decoded.code_point)
            i += decoded.length
            if i >= end or data[i] < 0x80:
                break
            decoded = decode(data, i, end)
            if not self.tables.entry(decoded.code_point) & (COMBINES | DROPPED):
                break
        self.fold_run()
        self.compose_marks()
        self.emit_pending()
        return i

    cdef void take_code_point(self, uint32_t code_point) noexcept nogil:
        cdef Py_ssize_t place, target
        cdef uint32_t index
        if HANGUL_BASE <= code_point < HANGUL_BASE + HANGUL_COUNT:
            # Its parts are starters, which fold to themselves and join again.
            self.take_part(code_point)
            return
        place = self.tables.find(self.tables.canonical_keys, self.tables.canonical_begins, code_point)
        if place < 0:
            self.take_part(code_point)
            return
        for index in range(self.tables.canonical_offsets[place],
                           self.tables.canonical_offsets[place + 1]):
            self.take_part(self.tables.canonical_targets[index])

    cdef void take_part(self, uint32_t part) noexcept nogil:
        if self.tables.combining_class(part) == 0:
            self.fold_run()
            self.fold(part)
        elif self.run_count < MARK_LIMIT:
            self.run[self.run_count] = part
            self.run_count += 1

    cdef void fold_run(self) noexcept nogil:
        cdef int i
        if self.run_count == 0:
            return
        self.order(self.run, self.run_count)
        for i in range(self.run_count):
            self.fold(self.run[i])
        self.run_count = 0

    cdef void order(self, uint32_t[::1] marks, int count) noexcept nogil:
        """Stable insertion sort by combining class."""
        cdef int i, j
        cdef uint32_t mark, mark_class
        for i in range(1, count):
            mark = marks[i]
            mark_class = self.tables.combining_class(mark)
            j = i
            while j > 0 and self.tables.combining_class(marks[j - 1]) > mark_class:
                marks[j] = marks[j - 1]
                j -= 1
            marks[j] = mark

    cdef void fold(self, uint32_t code_point) noexcept nogil:
        cdef Py_ssize_t place = self.tables.find(self.tables.fold_keys, self.tables.fold_begins, code_point)
        cdef uint32_t index
        if place < 0:
            self.push_decomposed(code_point)
            return
        for index in range(self.tables.fold_offsets[place], self.tables.fold_offsets[place + 1]):
            self.push_decomposed(self.tables.fold_targets[index])

    cdef void push_decomposed(self, uint32_t code_point) noexcept nogil:
        cdef Py_ssize_t place
        cdef uint32_t index
        place = self.tables.find(self.tables.canonical_keys, self.tables.canonical_begins, code_point)
        if place < 0:
            self.push(code_point)
            return
        for index in range(self.tables.canonical_offsets[place],
                           self.tables.canonical_offsets[place + 1]):
            self.push(self.tables.canonical_targets[index])

    cdef void push(self, uint32_t code_point) noexcept nogil:
        cdef uint32_t composite
        if self.tables.combining_class(code_point) != 0:
            if self.mark_count < MARK_LIMIT:
                self.marks[self.mark_count] = code_point
                self.mark_count += 1
            return
        self.compose_marks()
        if (self.starter != NO_CODE_POINT and self.mark_count == 0
                and self.tables.entry(code_point) & COMBINES):
            composite = self.tables.compose(self.starter, code_point)
            if composite != NO_CODE_POINT:
                self.starter = composite
                return
        self.emit_pending()
        self.starter = code_point

    cdef void compose_marks(self) noexcept nogil:
        cdef int i, left = 0
        cdef uint32_t mark, mark_class, composite, last_class = 0
        if self.mark_count == 0:
            return
        self.order(self.marks, self.mark_count)
        for i in range(self.mark_count):
            mark = self.marks[i]
            mark_class = self.tables.combining_class(mark)
            composite = NO_CODE_POINT
            if self.starter != NO_CODE_POINT and last_class < mark_class:
                composite = self.tables.compose(self.starter, mark)
            if composite == NO_CODE_POINT:
                self.marks[left] = mark
                left += 1
                last_class = mark_class
            else:
                self.starter = composite
        self.mark_count = left

    cdef void emit_pending(self) noexcept nogil:
        cdef int i
        if self.starter != NO_CODE_POINT:
            self.emit(self.starter, self.tables.own(self.starter) & CLASS_MASK)
        for i in range(self.mark_count):
            self.emit(self.marks[i], self.tables.own(self.marks[i]) & CLASS_MASK)
        self.starter = NO_CODE_POINT
        self.mark_count = 0


cdef void sign(const uint64_t[::1] hashes, Py_ssize_t begin, Py_ssize_t end, const uint32_t[::1] a,
               const uint32_t[::1] b, uint32_t[::1] mixed, uint32_t[::1] signature) noexcept nogil:
    """Lower the signature to the minima over ``hashes[begin:end]``."""
    cdef Py_ssize_t count
    while begin < end:
        count = min(end - begin, <Py_ssize_t> HASH_CHUNK)
        dedupe_mix(&hashes[begin], &mixed[0], count)
        dedupe_minimum(&signature[0], &a[0], &b[0], a.shape[0], &mixed[0], count)
        begin += count


def sketch(Tokenizer tokenizer, const uint8_t[::1] data, const int64_t[::1] offsets,
           Py_ssize_t shingle_size, const uint32_t[::1] a, const uint32_t[::1] b,
           uint32_t[:, ::1] signatures, int64_t[::1] token_counts, uint64_t[:, ::1] token_hashes,
           uint64_t[:, ::1] content_hashes, uint64_t[::1] hashes, int64_t[::1] hash_offsets,
           uint64_t[:, ::1] bitmaps, int32_t[::1] distinct_counts, uint32_t[::1] mixed,
           uint64_t[::1] table, const uint32_t[::1] digit_zeros):
    """Sketch every document of a batch into the arrays given; see ``model.sketches.SketchBatch``.

    Tokens of digits alone are masked in shingles where ``digit_zeros`` is not empty.
    Returns how many shingle hashes there are; -1 where ``hashes`` has no room for them all.
    """
    cdef Py_ssize_t document, count, size, base = 0
    cdef bint has_room = True
    cdef uint8_t[::1] output = tokenizer.output
    cdef int64_t[::1] starts = tokenizer.starts
    with nogil:
        hash_offsets[0] = 0
        for document in range(offsets.shape[0] - 1):
            tokenizer.tokenize(data, offsets[document], offsets[document + 1])
            has_room = tokenizer.has_room()
            if not has_room:
                break
            dedupe_hash128(&data[0] + offsets[document],
                           offsets[document + 1] - offsets[document], &content_hashes[document, 0])
            dedupe_hash128(&output[0], tokenizer.at.length, &token_hashes[document, 0])
            count = tokenizer.at.token_count
            token_counts[document] = count
            if count > 0:
                starts[count] = tokenizer.at.length + 1
                if digit_zeros.shape[0] > 0:
                    tokenizer.mask_numbers(digit_zeros)
                size = min(shingle_size, count)
                count -= size - 1
                if count > hashes.shape[0] - base:
                    base = -1
                    break
                dedupe_hash_shingles(&output[0], &starts[0], size, count, &hashes[base])
                sign(hashes, base, base + count, a, b, mixed, signatures[document])
                if count <= DEDUPE_COUNTED:
                    distinct_counts[document] = dedupe_survey(&hashes[base], count, &table[0],
                                                              &bitmaps[document, 0])
            base += count
            hash_offsets[document + 1] = base
    if not has_room:
        fail("there are more tokens than fit")
    return base


def sign_hashes(const uint64_t[::1] hashes, const int64_t[::1] offsets, const uint32_t[::1] a,
                const uint32_t[::1] b, uint32_t[:, ::1] signatures, uint64_t[:, ::1] bitmaps,
                int32_t[::1] distinct_counts, uint32_t[::1] mixed, uint64_t[::1] table):
    """Signatures, bitmaps and counts of segments of shingle hashes, as ``sketch`` makes them."""
    cdef Py_ssize_t segment, begin, count
    with nogil:
        for segment in range(offsets.shape[0] - 1):
            begin = offsets[segment]
            count = offsets[segment + 1] - begin
            if count == 0:
                continue
            sign(hashes, begin, begin + count, a, b, mixed, signatures[segment])
            if count <= DEDUPE_COUNTED:
                distinct_counts[segment] = dedupe_survey(&hashes[begin], count, &table[0],
                                                         &bitmaps[segment, 0])


def tokenize(Tokenizer tokenizer, const uint8_t[::1] data):
    """The tokens of one text."""
    tokenizer.tokenize(data, 0, data.shape[0])
    if not tokenizer.has_room():
        fail("there are more tokens than fit")
    joined = bytes(tokenizer.output[:tokenizer.at.length])
    return joined.decode().split(" ") if tokenizer.at.token_count else []


def find_tokens(Tokenizer tokenizer, const uint8_t[::1] data, const int64_t[::1] tokens,
                int64_t[:, ::1] places):
    """Where tokens of one text stand, in characters; see ``dedupe.sketch.plain.find_tokens``."""
    cdef Py_ssize_t i = 0, end, row = 0
    cdef int64_t count = 0, characters = 0, slice_count = 0
    cdef bint has_room = True
    with nogil:
        while i < data.shape[0] and row < tokens.shape[0]:
            end = end_slice(data, i)
            tokenizer.tokenize(data, i, end)
            has_room = tokenizer.has_room()
            if not has_room:
                break
            slice_count = tokenizer.at.token_count
            if tokens[row] < count + slice_count:
                row = find_in_slice(tokenizer, data, i, end, count, characters, tokens, row, places)
            count += slice_count
            characters += count_characters(data, i, end)
            i = end
    if not has_room:
        fail("there are more tokens than fit")


cdef Py_ssize_t end_slice(const uint8_t[::1] data, Py_ssize_t i) noexcept nogil:
    """The end of a slice: a separator behind so many bytes, or the end of the text."""
    return end_chunk(data, min(i + SLICE_BYTES, data.shape[0]), data.shape[0])


cdef Py_ssize_t end_chunk(const uint8_t[::1] data, Py_ssize_t i, Py_ssize_t end) noexcept nogil:
    """Where the next separator is, or ``end``."""
    cdef dedupe_character character
    while i < end:
        character = decode(data, i, end)
        if parts_chunks(character.code_point):
            break
        i += character.length
    return i


cdef inline bint parts_chunks(uint32_t character) noexcept nogil:
    """Whether a character is one of ``dedupe.sketch.plain.locating.SEPARATORS``."""
    if character < 0x80:
        return character < 64 and <uint64_t> 0x8c005303f0003e00 >> character & 1
    if character < 0x2000:
        return (character == 0x85 or character == 0xA0 or character == 0xAB or character == 0xBB
                or character == 0x1680)
    if character < 0x3000:
        return (character <= 0x200A or 0x2010 <= character <= 0x2015
                or 0x2018 <= character <= 0x201F or character == 0x2022
                or 0x2026 <= character <= 0x2029 and character != 0x2027
                or character == 0x202F or character == 0x205F)
    return (character <= 0x3002 or character == 0xFF01 or 0xFF08 <= character <= 0xFF09
            or character == 0xFF0C or 0xFF1A <= character <= 0xFF1B or character == 0xFF1F)


cdef int64_t count_characters(const uint8_t[::1] data, Py_ssize_t i, Py_ssize_t end) noexcept nogil:
    cdef int64_t count = 0
    while i < end:
        count += (data[i] & 0xC0) != 0x80
        i += 1
    return count


cdef inline bint is_ascii_word(uint8_t byte) noexcept nogil:
    return (48 <= byte <= 57 or 65 <= byte <= 90 or byte == 95 or 97 <= byte <= 122)


cdef Py_ssize_t find_in_slice(Tokenizer tokenizer, const uint8_t[::1] data, Py_ssize_t i,
                              Py_ssize_t end, int64_t count, int64_t characters,
                              const int64_t[::1] tokens, Py_ssize_t row,
                              int64_t[:, ::1] places) noexcept nogil:
    """Fill the rows of ``places`` of the tokens in a slice; return the row behind them.

    ``count`` and ``characters`` are those before the slice.
    """
    cdef Py_ssize_t begin
    cdef int64_t length, own
    while i < end and row < tokens.shape[0]:
        begin = i
        i = end_chunk(data, i, end)
        length = count_characters(data, begin, i)
        if length == i - begin:
            while begin < i and row < tokens.shape[0]:
                if not is_ascii_word(data[begin]):
                    begin += 1
                    characters += 1
                    continue
                own = characters
                while begin < i and is_ascii_word(data[begin]):
                    begin += 1
                    characters += 1
                while row < tokens.shape[0] and tokens[row] == count:
                    places[row, 0], places[row, 1], places[row, 2] = own, characters, -1
                    row += 1
                count += 1
            characters += i - begin
        else:
            tokenizer.tokenize(data, begin, i)
            own = tokenizer.at.token_count
            while row < tokens.shape[0] and tokens[row] < count + own:
                places[row, 0] = characters
                places[row, 1] = characters + length
                places[row, 2] = tokens[row] - count
                row += 1
            count += own
            characters += length
        if i < end:
            i += decode(data, i, end).length
            characters += 1
    return row


def survey(const uint64_t[::1] values, uint64_t[::1] table, uint64_t[::1] bitmap):
    """The number of different values, of 1 to COUNTED, and their bitmap, as ``sketch`` makes them.

    Only tests call it: they need hashes that no text has.
    """
    return dedupe_survey(&values[0], values.shape[0], &table[0], &bitmap[0])


def bucket_pairs(const uint64_t[:, ::1] keys, Py_ssize_t band, const int64_t[::1] begins,
                 const int64_t[::1] first_ends, const int64_t[::1] seconds,
                 const int64_t[::1] ends, const uint8_t[:, ::1] low_bytes,
                 Py_ssize_t minimum_equal, const uint64_t[:, ::1] bitmaps,
                 const int32_t[::1] distinct_counts, double threshold, int64_t[::1] state,
                 int64_t[::1] left, int64_t[::1] right):
    """Pairs inside the buckets ``begins[i]:ends[i]`` that met in no earlier band.

    One position of each pair is before ``first_ends[i]``, the other is ``seconds[i]`` or later; see
    ``model.kernels.Kernels.bucket_pairs``.

    Continues from ``state`` (bucket, first, second, pairs met so far) and returns how many pairs
    were written, at most ``len(left)``. All is done when ``state[0] == len(begins)``.
    """
    cdef Py_ssize_t bucket = state[0], i = state[1], j = state[2], written = 0, earlier
    cdef int64_t met = state[3]
    cdef uint64_t one, other
    with nogil:
        while bucket < begins.shape[0]:
            if i < 0:
                i = begins[bucket]
                j = max(i + 1, seconds[bucket])
            while i < first_ends[bucket]:
                while j < ends[bucket]:
                    if written == left.shape[0]:
                        break
                    for earlier in range(band):
                        one = keys[i, earlier]
                        other = keys[j, earlier]
                        if (one ^ other) <= 1 and not one & other & 1:
                            break
                    else:
                        met += 1
                        if dedupe_equal_bytes(
                            &low_bytes[i, 0], &low_bytes[j, 0], low_bytes.shape[1]
                        ) >= <size_t> minimum_equal and dedupe_may_reach(
                            &bitmaps[i, 0], &bitmaps[j, 0], distinct_counts[i],
                            distinct_counts[j], threshold,
                        ):
                            left[written] = i
                            right[written] = j
                            written += 1
                    j += 1
                if j < ends[bucket]:
                    break
                i += 1
                j = max(i + 1, seconds[bucket])
            if i < first_ends[bucket] and written == left.shape[0]:
                break
            bucket += 1
            i = -1
        state[0] = bucket
        state[1] = i
        state[2] = j
        state[3] = met
    return written


cdef inline int64_t find_root(int64_t[::1] parents, int64_t document) noexcept nogil:
    while parents[document] != document:
        parents[document] = parents[parents[document]]
        document = parents[document]
    return document


def label_components(int64_t[::1] parents, const int32_t[::1] left, const int32_t[::1] right):
    """Union by smallest document, with halved paths; ``parents`` begins as ``0 .. n - 1``."""
    cdef Py_ssize_t pair
    cdef int64_t one, other, document
    with nogil:
        for pair in range(left.shape[0]):
            one = find_root(parents, left[pair])
            other = find_root(parents, right[pair])
            if one < other:
                parents[other] = one
            else:
                parents[one] = other
        for document in range(parents.shape[0]):
            parents[document] = find_root(parents, document)


def sort_unique(const uint64_t[::1] hashes, const int64_t[::1] offsets, uint64_t[::1] output,
                int64_t[::1] output_offsets, int64_t[::1] ends):
    """Each segment sorted and without repetitions.

    ``ends`` is scratch of two entries for each value of the longest segment: one to count buckets,
    and one to sort crowded buckets in.
    """
    cdef Py_ssize_t segment, size = 0, count = 0, end, base = 0
    cdef bint is_inside = True
    with nogil:
        output_offsets[0] = 0
        for segment in range(offsets.shape[0] - 1):
            size = offsets[segment + 1] - offsets[segment]
            count = sort_segment(hashes, offsets[segment], offsets[segment + 1], output, base, ends)
            end = drop_repetitions(output, base, count) if 0 <= count <= size else -1
            is_inside = base <= end <= base + count
            if not is_inside:
                break  # guard
            base = end
            output_offsets[segment + 1] = base
    if not is_inside:
        fail(f"of a segment of {size} values {count} were left")  # guard
    return base


cdef Py_ssize_t sort_segment(const uint64_t[::1] hashes, Py_ssize_t begin, Py_ssize_t end,
                             uint64_t[::1] output, Py_ssize_t base,
                             int64_t[::1] ends) noexcept nogil:
    """Copy ``hashes[begin:end]`` to ``output[base:]``, sorted; return how many were copied.

    The values are hashes, so that one pass into buckets by their leading bits nearly sorts them.
    Most repetitions in large buckets are left out.
    """
    cdef Py_ssize_t count = end - begin, i, buckets
    cdef int bits = 1
    cdef int64_t place
    cdef uint64_t value
    cdef bint crowded = False
    if count <= SMALL_SORT:
        for i in range(count):
            output[base + i] = hashes[begin + i]
        insertion_sort(output, base, count)
        return count
    while (<Py_ssize_t> 1 << (bits + 1)) <= count:
        bits += 1
    buckets = <Py_ssize_t> 1 << bits
    for i in range(buckets):
        ends[i] = 0
    for i in range(begin, end):
        ends[hashes[i] >> (64 - bits)] += 1
    place = 0
    for i in range(buckets):
        crowded |= ends[i] > BUCKET_LIMIT
        place += ends[i]
        ends[i] = place
    for i in range(begin, end):
        value = hashes[i]
        ends[value >> (64 - bits)] -= 1
        output[base + ends[value >> (64 - bits)]] = value
    if crowded:
        i = thin_buckets(output, base, count, ends, buckets)
        if not 0 <= i <= count:
            return i  # guard: the caller does not accept it
        count = i
    insertion_sort(output, base, count)
    return count


cdef Py_ssize_t thin_buckets(uint64_t[::1] output, Py_ssize_t base, Py_ssize_t count,
                             int64_t[::1] begins, Py_ssize_t buckets) noexcept nogil:
    """Leave in each bucket few values, or sorted ones; return how many are left in all buckets.

    Text that repeats itself makes large buckets with few different values. Large buckets with many
    different values are crafted; they are sorted in a time that does not depend on the values.
    """
    cdef Py_ssize_t bucket, i, begin, end, kept = base
    for bucket in range(buckets):
        begin = kept
        end = base + (begins[bucket + 1] if bucket + 1 < buckets else count)
        for i in range(base + begins[bucket], end):
            if kept - begin < FEW_VALUES:
                if dedupe_holds(&output[begin], kept - begin, output[i]):
                    continue
            output[kept] = output[i]
            kept += 1
        if kept - begin > BUCKET_LIMIT:
            dedupe_sort(&output[begin], kept - begin, <uint64_t *> &begins[count])
    return kept - base


cdef void insertion_sort(uint64_t[::1] values, Py_ssize_t base, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef uint64_t value
    for i in range(base + 1, base + count):
        value = values[i]
        j = i
        while j > base and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value


cdef void sort_values(uint64_t[::1] values, Py_ssize_t count, uint64_t[::1] scratch,
                      int64_t[::1] begins) noexcept nogil:
    """Sort values by buckets; ``scratch`` has room for them, ``begins`` for one more.

    Buckets are crowded only if values are equal or crafted: then they are sorted by bytes.
    """
    cdef Py_ssize_t i, bucket
    cdef int bits = 1
    if count > SMALL_SORT:
        while (2 << bits) <= count:
            bits += 1
        for bucket in range((1 << bits) + 1):
            begins[bucket] = 0
        for i in range(count):
            begins[(values[i] >> (64 - bits)) + 1] += 1
        for bucket in range(1, (1 << bits) + 1):
            if begins[bucket] > BUCKET_LIMIT:
                dedupe_sort(&values[0], count, &scratch[0])
                return
            begins[bucket] += begins[bucket - 1]
        for i in range(count):
            bucket = values[i] >> (64 - bits)
            scratch[begins[bucket]] = values[i]
            begins[bucket] += 1
        memcpy(&values[0], &scratch[0], count * sizeof(uint64_t))
    insertion_sort(values, 0, count)


cdef Py_ssize_t drop_repetitions(uint64_t[::1] values, Py_ssize_t base, Py_ssize_t count) noexcept nogil:
    """Remove repetitions from ``values[base:base + count]``; return where the rest ends."""
    cdef Py_ssize_t i, kept = base
    for i in range(base, base + count):
        if i == base or values[i] != values[kept - 1]:
            values[kept] = values[i]
            kept += 1
    return kept


def count_shared(const uint64_t[::1] hashes, const int64_t[::1] offsets,
                 const int32_t[::1] left, const int32_t[::1] right, double threshold,
                 int64_t[::1] shared, uint64_t[::1] table):
    """``shared[i]``: the intersection of two sorted segments, -1 where Jaccard < threshold.

    Where pairs with the same left document follow one another, its hashes become a table
    (``TABLE_SIZE`` values of scratch) in which the hashes of the right documents are looked up.
    """
    cdef Py_ssize_t pair = 0, run_end, count = left.shape[0]
    cdef int64_t left_count, right_count, needed
    cdef uint64_t mask
    cdef bint tried
    with nogil:
        while pair < count:
            run_end = pair + 1
            while run_end < count and left[run_end] == left[pair]:
                run_end += 1
            mask = 0
            tried = False
            while pair < run_end:
                left_count = offsets[left[pair] + 1] - offsets[left[pair]]
                right_count = offsets[right[pair] + 1] - offsets[right[pair]]
                needed = least_shared(left_count, right_count, threshold)
                if needed > min(left_count, right_count):
                    shared[pair] = -1
                    pair += 1
                    continue
                if not tried and left_count > 0 and run_end - pair >= TABLE_RUN:
                    mask = make_table(hashes, offsets[left[pair]], offsets[left[pair] + 1], table)
                    tried = True
                if left_count == 0 or right_count == 0:
                    shared[pair] = 0
                elif mask:
                    shared[pair] = dedupe_count_found(
                        &table[0], mask, &hashes[offsets[right[pair]]], right_count, needed,
                    )
                else:
                    shared[pair] = intersect(
                        hashes, offsets[left[pair]], offsets[left[pair] + 1],
                        offsets[right[pair]], offsets[right[pair] + 1], needed,
                    )
                pair += 1


cdef int64_t least_shared(int64_t left_count, int64_t right_count, double threshold) noexcept nogil:
    """The least intersection whose Jaccard reaches the threshold.

    Compared as the report's quotient is, which a product would round differently: the first guess
    is at most the least whole number that is enough.
    """
    cdef int64_t total = left_count + right_count
    cdef int64_t needed = <int64_t> (threshold * <double> total / (1 + threshold))
    while needed < total and <double> needed / <double> (total - needed) < threshold:
        needed += 1
    return needed


cdef uint64_t make_table(const uint64_t[::1] hashes, Py_ssize_t begin, Py_ssize_t end,
                         uint64_t[::1] table) noexcept nogil:
    """The mask of a table of these hashes; 0 where they do not fit into one."""
    cdef uint64_t buckets = 16
    cdef int tries = 0
    while buckets < <uint64_t> (2 * (end - begin)):
        buckets *= 2
    while buckets <= TABLE_BUCKETS and tries < TABLE_TRIES:
        if dedupe_fill_table(&table[0], buckets - 1, &hashes[begin], end - begin):
            return buckets - 1
        buckets *= 2
        tries += 1
    return 0


cdef int64_t intersect(const uint64_t[::1] hashes, Py_ssize_t i, Py_ssize_t i_end, Py_ssize_t j,
                       Py_ssize_t j_end, int64_t needed) noexcept nogil:
    cdef Py_ssize_t stop
    cdef int64_t shared = 0
    cdef uint64_t x, y
    while i < i_end and j < j_end:
        # Stop if the pair could not reach the threshold even if all remaining hashes were shared.
        if shared + min(i_end - i, j_end - j) < needed:
            return -1
        stop = min(i + 64, i_end)
        while i < stop and j < j_end:
            x = hashes[i]
            y = hashes[j]
            shared += x == y
            i += x <= y
            j += y <= x
    return shared if shared >= needed else -1


def winnow(const uint64_t[::1] hashes, const int64_t[::1] offsets, Py_ssize_t window,
           int64_t[::1] positions, int64_t[::1] position_offsets, int64_t[::1] queue):
    """Positions of the fingerprints of segments; see ``model.kernels.Kernels.winnow``.

    ``queue`` is scratch of an entry for each value of the longest segment: positions in the window
    whose values ascend, and are below all that follow. ``positions`` has room for a position each.
    """
    cdef Py_ssize_t segment, i, first, begin, end, written = 0
    cdef uint64_t key
    with nogil:
        position_offsets[0] = 0
        for segment in range(offsets.shape[0] - 1):
            begin = end = 0
            first = offsets[segment] + window - 1
            for i in range(offsets[segment], offsets[segment + 1]):
                key = hashes[i] >> WINNOWED_BITS
                while end > begin and hashes[queue[end - 1]] >> WINNOWED_BITS >= key:
                    end -= 1
                queue[end] = i
                end += 1
                if queue[begin] + window <= i:
                    begin += 1
                if i >= first and (i == first or positions[written - 1] != queue[begin]):
                    positions[written] = queue[begin]
                    written += 1
            position_offsets[segment + 1] = written
    return written


def grow_runs(const uint64_t[::1] hashes, const int64_t[::1] offsets, const int32_t[::1] left,
              const int32_t[::1] right, const int64_t[::1] pairs, const int64_t[::1] ones,
              const int64_t[::1] others, Py_ssize_t least, int64_t[:, ::1] known,
              int64_t[:, ::1] rows):
    """Rows of runs, grown from places of equal hashes; see ``model.kernels.Kernels.grow_runs``.

    ``known`` is scratch of ``DIAGONALS`` rows, all -1 at first: pair, diagonal, begin and end of
    the last run there. ``rows`` has one row for each place. Returns how many were written.
    """
    cdef Py_ssize_t i, written = 0, place
    cdef int64_t pair, one, other, diagonal, least_one, least_other, most_one, most_other, size
    with nogil:
        for i in range(pairs.shape[0]):
            pair, one, other = pairs[i], ones[i], others[i]
            diagonal = one - other
            place = (<uint64_t> diagonal * <uint64_t> 0x9E3779B97F4A7C15) >> 54
            if (known[place, 0] == pair and known[place, 1] == diagonal
                    and known[place, 2] <= one < known[place, 3]):
                continue
            least_one, most_one = offsets[left[pair]], offsets[left[pair] + 1]
            least_other, most_other = offsets[right[pair]], offsets[right[pair] + 1]
            size = 0
            while (one + size < most_one and other + size < most_other
                    and hashes[one + size] == hashes[other + size]):
                size += 1
            while (one > least_one and other > least_other
                    and hashes[one - 1] == hashes[other - 1]):
                one -= 1
                other -= 1
                size += 1
            known[place, 0], known[place, 1] = pair, diagonal
            known[place, 2], known[place, 3] = one, one + size
            if size >= least:
                rows[written, 0], rows[written, 1] = pair, one - least_one
                rows[written, 2], rows[written, 3] = other - least_other, size
                written += 1
    return written


def plan_jobs(const int32_t[::1] first, const int32_t[::1] second, const int64_t[::1] counts,
              Py_ssize_t max_pairs, Py_ssize_t max_hashes, int32_t[::1] places, int32_t[::1] jobs,
              int32_t[::1] documents, int32_t[::1] at_first, int32_t[::1] at_second,
              int64_t[::1] cuts, int64_t[::1] group_cuts):
    """Cut pairs into jobs, and number the documents of each: see ``model.kernels.Kernels.plan_jobs``.

    ``jobs`` (0 at first) holds the number, from 1, of the last job that each document is in, and
    ``places`` its position among the documents of that job. Returns how many jobs there are.
    """
    cdef Py_ssize_t pair, begin = 0, hashes = 0, listed = 0, begun = 0
    cdef int32_t one, other, job = 0
    cdef int64_t cost
    with nogil:
        for pair in range(first.shape[0]):
            one = first[pair]
            other = second[pair]
            cost = 0
            if jobs[one] != job:
                cost += counts[one]
            if jobs[other] != job:
                cost += counts[other]
            if pair == 0 or pair - begin >= max_pairs or cost > max_hashes - hashes:
                cuts[job] = begin = pair
                group_cuts[job] = begun = listed
                job += 1
                hashes = 0
                cost = counts[one] + counts[other]
            hashes += cost
            if jobs[one] != job:
                jobs[one] = job
                places[one] = listed - begun
                documents[listed] = one
                listed += 1
            if jobs[other] != job:
                jobs[other] = job
                places[other] = listed - begun
                documents[listed] = other
                listed += 1
            at_first[pair] = places[one]
            at_second[pair] = places[other]
        cuts[job] = first.shape[0]
        group_cuts[job] = listed
    return job


def copy_runs(const uint8_t[::1] values, const int64_t[::1] begins, const int64_t[::1] lengths,
              uint8_t[::1] target):
    """Fill ``target`` with ``values[begins[i]:begins[i] + lengths[i]]``, end to end."""
    cdef Py_ssize_t i, place = 0
    with nogil:
        for i in range(begins.shape[0]):
            if lengths[i] > 0:
                memcpy(&target[place], &values[begins[i]], lengths[i])
                place += lengths[i]


cdef enum:
    # Runs of a file that are further apart are read separately: to copy so many bytes takes as
    # long as to ask the system once more.
    READ_GAP = 4096


def read_runs(int file, const int64_t[::1] begins, const int64_t[::1] lengths,
              uint8_t[::1] target, uint8_t[::1] window):
    """Fill ``target`` with runs of a file; raises ``OSError``, or ``EOFError`` if it is too short.

    Runs that lie close together, in ascending order, are read together through ``window``.
    """
    cdef Py_ssize_t i, j, place = 0, count = begins.shape[0], width = window.shape[0]
    cdef int64_t begin, length, end, held_begin = 0, held_end = 0, got = 0
    cdef bint is_missing = False
    with nogil:
        for i in range(count):
            begin = begins[i]
            length = lengths[i]
            if length == 0:
                continue
            if begin < held_begin or begin + length > held_end:
                end = begin + length
                j = i + 1
                while (j < count and begin <= begins[j] and begins[j] - end <= READ_GAP
                        and begins[j] + lengths[j] - begin <= width):
                    end = max(end, begins[j] + lengths[j])
                    j += 1
                if j > i + 1 and length <= width:
                    got = dedupe_read_at(file, &window[0], end - begin, begin)
                    held_begin = begin
                    held_end = begin + max(got, 0)
                else:
                    got = dedupe_read_at(file, &target[place], length, begin)
                if got < length:
                    is_missing = True
                    break
            if held_begin <= begin and begin + length <= held_end:
                memcpy(&target[place], &window[begin - held_begin], length)
            place += length
    if is_missing:
        raise OSError(-got, os.strerror(-got)) if got < 0 else EOFError()


# --- words of a text, for differences ------------------------------------------------------

cdef enum:
    # Kinds of characters, and breaks: see dedupe.model.characters.
    LETTER_KIND = 1
    UNSPACED_KIND = 2
    OTHER_KIND = 3
    OPENER_KIND = 4
    SPACE_KIND = 5
    LINE_KIND = 6
    GLUED = 0
    JOINT = 1
    SPACE = 2
    LINE = 3


cdef inline uint64_t token_key(const uint32_t[::1] spelled, Py_ssize_t begin,
                               Py_ssize_t end) noexcept nogil:
    """The key of a token: its character, or the hash of several."""
    if end - begin == 1:
        return spelled[begin]
    return dedupe_hash64(<const uint8_t *> &spelled[begin], 4 * (end - begin))


def find_words(const uint32_t[::1] text, const uint8_t[::1] kinds, const uint32_t[::1] normalised,
               int64_t[::1] state, uint32_t[::1] output, uint32_t[::1] spelled,
               int64_t[::1] starts, uint8_t[::1] breaks, uint64_t[::1] keys):
    """Write the words of a text; see ``model.characters.WordFinder``.

    ``spelled`` is room for what characters become. Continues from ``state`` and stops behind a
    chunk with a character of another kind, of which no word is written: then it returns ``True``.
    """
    cdef Py_ssize_t at = state[0], length = state[1], count = state[2], size = text.shape[0]
    cdef int64_t lead = state[4], lead_break = state[5]
    cdef Py_ssize_t chunk = 0, first = 0, opener = -1, letters = -1
    cdef uint8_t before = state[3], kind, chunk_break = LINE
    cdef bint is_other = False, after_unspaced = False
    with nogil:
        while at < size:
            kind = kinds[text[at]]
            if kind >= SPACE_KIND:
                before = LINE if kind == LINE_KIND else max(before, <uint8_t> SPACE)
                at += 1
                continue
            chunk_break = before if before else LINE
            if length > 0:
                output[length] = 10 if chunk_break == LINE and lead < 0 else 32
                length += 1
            chunk, first, before = length, count, 0
            opener = letters = -1
            is_other = after_unspaced = False
            while at < size:
                kind = kinds[text[at]]
                if kind >= SPACE_KIND:
                    break
                output[length] = text[at]
                spelled[length] = normalised[text[at]]
                if letters >= 0 and kind != LETTER_KIND:
                    keys[count - 1] = token_key(spelled, letters, length)
                    letters = -1
                if kind == OTHER_KIND:
                    is_other = True
                elif kind == UNSPACED_KIND or (kind == LETTER_KIND and letters < 0):
                    if count == first:
                        starts[count] = lead if lead >= 0 else chunk
                        breaks[count] = lead_break if lead >= 0 else chunk_break
                    else:
                        starts[count] = opener if opener >= 0 else length
                        breaks[count] = (
                            JOINT if after_unspaced or kind == UNSPACED_KIND else GLUED
                        )
                    keys[count] = spelled[length]
                    after_unspaced = kind == UNSPACED_KIND
                    if kind == LETTER_KIND:
                        letters = length
                    count += 1
                if kind != OPENER_KIND:
                    opener = -1
                elif opener < 0:
                    opener = length
                length += 1
                at += 1
            if letters >= 0:
                keys[count - 1] = token_key(spelled, letters, length)
            if is_other:
                count = first
                break
            if count > first:
                lead = -1
            elif lead < 0 and (chunk_break == LINE or count == 0):
                lead, lead_break = chunk, chunk_break
        if not is_other and lead > 0 and count > 0:
            output[lead - 1] = 32
    state[0], state[1], state[2], state[3] = at, length, count, before
    state[4], state[5], state[6], state[7] = lead, lead_break, chunk, chunk_break
    return is_other


def score_cuts(const uint32_t[::1] text, const uint8_t[::1] table, const int64_t[::1] starts,
               const int64_t[::1] ends, const uint8_t[::1] breaks, uint8_t[::1] scores):
    """Score a cut before each word but the first; see ``dedupe.diff.boundaries``.

    A character whose score is 0 leaves the decision to the one before it in its word.
    """
    cdef Py_ssize_t word, at
    cdef uint8_t score
    with nogil:
        for word in range(1, starts.shape[0]):
            if breaks[word] == GLUED:
                scores[word] = 0
            elif breaks[word] == LINE:
                scores[word] = 4
            else:
                score, at = 0, ends[word - 1]
                while score == 0 and at > starts[word - 1]:
                    at -= 1
                    score = table[min(text[at], <uint32_t> (table.shape[0] - 1))]
                scores[word] = score if score else 1


cdef enum:
    # Kinds of stretches, and marks of characters: see dedupe.model.rows.
    DELETED = 1
    MARKUP = 1
    HIDDEN = 2
    BLANK = 4
    COMBINING = 8
    LINE_FEED = 10


cdef class WrittenWords:
    """The words of a text as they are written; see ``dedupe.diff.words``."""

    cdef const uint64_t[::1] keys
    cdef const uint32_t[::1] text
    cdef const int64_t[::1] starts, ends
    cdef const uint8_t[::1] breaks, scores
    cdef readonly Py_ssize_t count
    cdef bint has_empty

    def __init__(self, keys, text, starts, ends, breaks, scores):
        cdef Py_ssize_t word
        self.keys, self.text, self.starts, self.ends = keys, text, starts, ends
        self.breaks, self.scores = breaks, scores
        self.count = self.starts.shape[0]
        if not (self.ends.shape[0] == self.breaks.shape[0] == self.scores.shape[0] - 1 == self.count
                == self.keys.shape[0]):
            raise ValueError("the columns of words have different lengths")
        self.has_empty = False
        for word in range(self.count):
            if not 0 <= self.starts[word] <= self.ends[word] <= self.text.shape[0]:
                raise ValueError(f"word {word} is outside the text")
            if self.starts[word] == self.ends[word]:
                self.has_empty = True

    def find_faint(self, WrittenWords other, const int64_t[:, ::1] blocks, uint8_t[::1] faint):
        """Mark the words of the other text, in equal blocks, that look different."""
        cdef Py_ssize_t block
        cdef int64_t i, j, size
        if faint.shape[0] != other.count or (blocks.shape[0] and blocks.shape[1] != 3):
            raise ValueError("there is no mark for each word, or blocks have not three columns")
        for block in range(blocks.shape[0]):
            i, j, size = blocks[block, 0], blocks[block, 1], blocks[block, 2]
            if not (0 <= i <= self.count and 0 <= j <= other.count
                    and 0 < size <= min(self.count - i, other.count - j)):
                raise ValueError(f"block {block} is outside the texts")
        with nogil:
            for block in range(blocks.shape[0]):
                mark_faint(self, blocks[block, 0], other, blocks[block, 1], blocks[block, 2], faint)

    cdef bint is_empty(self, Py_ssize_t word) noexcept nogil:
        return self.starts[word] == self.ends[word]


cdef uint32_t without_lines(uint32_t character) noexcept nogil:
    return 32 if character == LINE_FEED else character


cdef bint look_equal(WrittenWords left, Py_ssize_t i, WrittenWords right, Py_ssize_t j,
                     Py_ssize_t size) noexcept nogil:
    """Whether stretches of words are known to look equal; see ``dedupe.diff.faint``."""
    cdef int64_t begin = left.starts[i], other = right.starts[j]
    cdef int64_t length = left.ends[i + size - 1] - begin, at
    cdef Py_ssize_t word
    cdef bint has_other_lines = False
    if left.has_empty or right.has_empty:
        for word in range(size):
            if left.is_empty(i + word) or right.is_empty(j + word):
                return False
    if right.ends[j + size - 1] - other != length:
        return False
    for at in range(length):
        if left.text[begin + at] != right.text[other + at]:
            if without_lines(left.text[begin + at]) != without_lines(right.text[other + at]):
                return False
            has_other_lines = True
    if has_other_lines:
        for word in range(size):
            if left.starts[i + word] - begin != right.starts[j + word] - other:
                return False
    return True


cdef bint looks_other(WrittenWords left, Py_ssize_t i, WrittenWords right,
                      Py_ssize_t j) noexcept nogil:
    """Whether two words are written with different characters, but for spaces."""
    cdef int64_t at = left.starts[i], end = left.ends[i]
    cdef int64_t other = right.starts[j], other_end = right.ends[j]
    while True:
        while at < end and left.text[at] == 32:
            at += 1
        while other < other_end and right.text[other] == 32:
            other += 1
        if at == end or other == other_end:
            return at < end or other < other_end
        if left.text[at] != right.text[other]:
            return True
        at += 1
        other += 1


cdef void mark_faint(WrittenWords left, Py_ssize_t i, WrittenWords right, Py_ssize_t j,
                     Py_ssize_t size, uint8_t[::1] faint) noexcept nogil:
    cdef Py_ssize_t word, half = size // 2
    if look_equal(left, i, right, j, size):
        return
    if size > FEW_WORDS:
        mark_faint(left, i, right, j, half, faint)
        mark_faint(left, i + half, right, j + half, size - half, faint)
        return
    for word in range(size):
        if looks_other(left, i + word, right, j + word):
            faint[j + word] = 1


cdef class RowWriter:
    """Writes the rows of differences as HTML; see ``dedupe.renderers.html.diff_rows``.

    What finds no room in the output is counted only, so that the caller knows the room it needs.
    """

    cdef const uint8_t[::1] marks
    cdef Py_ssize_t context, least_fold, long_row, shown_places, shown_change_words, word_size
    cdef WrittenWords left, right
    cdef const uint8_t[::1] kinds, notes, faint
    cdef const int64_t[:, ::1] spans
    cdef const int64_t[::1] note_ends
    cdef uint8_t[::1] output
    cdef int64_t[:, ::1] items
    cdef Py_ssize_t at, item_count, equal_count
    cdef bint in_row, in_item

    def __init__(self, marks, context, least_fold, long_row, shown_places, shown_change_words,
                 word_size):
        self.marks = marks
        self.context, self.least_fold, self.long_row = context, least_fold, long_row
        self.shown_places, self.shown_change_words = shown_places, shown_change_words
        self.word_size = word_size

    def write(self, WrittenWords left, WrittenWords right, const uint8_t[::1] kinds,
              const int64_t[:, ::1] spans, const uint8_t[::1] notes,
              const int64_t[::1] note_ends, const uint8_t[::1] faint, Py_ssize_t fold_at,
              uint8_t[::1] output,
              int64_t[:, ::1] items):
        """Write stretches: to each item its number of folded words, and where it ends.

        :param fold_at: the stretch from which on all are folded, or -1
        :returns: the number of items, and of bytes
        """
        self.left, self.right, self.kinds, self.spans = left, right, kinds, spans
        self.notes, self.note_ends, self.faint = notes, note_ends, faint
        self.output, self.items = output, items
        self.at = self.item_count = self.equal_count = 0
        self.in_row = self.in_item = False
        self.check(fold_at >= 0)
        with nogil:
            if fold_at < 0:
                self.write_places()
            else:
                fold_at = min(fold_at, kinds.shape[0])
                self.write_equal(0, fold_at, 0, right.count)
                self.end_item(0)
                if fold_at < kinds.shape[0]:
                    self.write_fold(fold_at, kinds.shape[0], spans[fold_at, 2], right.count)
        return self.item_count, self.at

    cdef check(self, bint folds_rest):
        """Check that all stretches lie within their texts; each kind of them has words.

        None is a change where the rest is folded: its words are taken to be in both texts.
        """
        cdef Py_ssize_t k, count = self.kinds.shape[0]
        cdef int64_t left, left_end, right, right_end
        if not (self.spans.shape[0] == count and self.spans.shape[1] >= 4 and self.note_ends.shape[0] == count
                and self.items.shape[1] == 2
                and self.faint.shape[0] in (0, self.right.count)
                and self.items.shape[0] >= 2 * count + 1):
            raise ValueError("the columns of stretches have different lengths")
        for k in range(count):
            left, left_end = self.spans[k, 0], self.spans[k, 1]
            right, right_end = self.spans[k, 2], self.spans[k, 3]
            if not (0 <= left <= left_end <= self.left.count
                    and 0 <= right <= right_end <= self.right.count
                    and self.begin_of(k) < self.end_of(k)
                    and (not folds_rest if self.is_change(k)
                         else left_end - left == right_end - right)
                    and (self.note_ends[k - 1] if k else 0) <= self.note_ends[k] <= self.notes.shape[0]):
                raise ValueError(f"stretch {k} is not one of these texts")

    cdef inline bint is_change(self, Py_ssize_t k) noexcept nogil:
        return self.kinds[k] >= DELETED

    cdef inline Py_ssize_t begin_of(self, Py_ssize_t k) noexcept nogil:
        return self.spans[k, 0 if self.kinds[k] == DELETED else 2]

    cdef inline Py_ssize_t end_of(self, Py_ssize_t k) noexcept nogil:
        return self.spans[k, 1 if self.kinds[k] == DELETED else 3]

    cdef void write_places(self) noexcept nogil:
        """All stretches: changes, and between them equal words, which are folded."""
        cdef Py_ssize_t k = 0, stop, count = self.kinds.shape[0], places = 0
        while k < count:
            stop = k + 1
            while stop < count and self.is_change(stop) == self.is_change(k):
                stop += 1
            if not self.is_change(k):
                self.write_unchanged(k, stop)
            elif places == self.shown_places:
                break
            else:
                places += 1
                self.write_change(k, stop)
            k = stop
        self.end_item(0)

    cdef void write_unchanged(self, Py_ssize_t k, Py_ssize_t stop) noexcept nogil:
        """Equal stretches without a change between them, folded but for what stands near one."""
        cdef Py_ssize_t begin = self.begin_of(k), end = self.end_of(stop - 1), head, tail
        head = begin if k == 0 else self.cut_behind(begin)
        tail = end if stop == self.kinds.shape[0] else self.cut_before(end)
        if tail - head < self.least_fold:
            self.write_equal(k, stop, begin, end)
            return
        self.write_equal(k, stop, begin, head)
        self.end_item(0)
        self.write_fold(k, stop, head, tail)
        self.write_equal(k, stop, tail, end)

    cdef void write_fold(self, Py_ssize_t k, Py_ssize_t stop, Py_ssize_t head,
                         Py_ssize_t tail) noexcept nogil:
        self.in_item = True
        self.write_equal(k, stop, head, tail)
        self.end_item(tail - head)

    cdef Py_ssize_t cut_behind(self, Py_ssize_t begin) noexcept nogil:
        """Where the context behind a change ends."""
        cdef Py_ssize_t size = self.context << (self.right.breaks[begin] == JOINT)
        return self.nearest_cut(begin + size, size // 2)

    cdef Py_ssize_t cut_before(self, Py_ssize_t end) noexcept nogil:
        """Where the context before a change begins."""
        cdef Py_ssize_t size = self.context << (self.right.breaks[end - 1] == JOINT)
        return self.nearest_cut(end - size, size // 2)

    cdef Py_ssize_t nearest_cut(self, Py_ssize_t wanted, Py_ssize_t reach) noexcept nogil:
        """The end of a sentence at most ``reach`` words away, or the nearest end of a word."""
        cdef Py_ssize_t first = max(0, wanted - reach), found
        cdef Py_ssize_t last = min(self.right.count, wanted + reach)
        if first > last:
            return min(max(wanted, 0), self.right.count)
        found = self.nearest_score(wanted, reach, first, last, 3)
        if found < 0:
            found = self.nearest_score(wanted, reach, first, last, 1)
        return min(max(wanted, first), last) if found < 0 else found

    cdef Py_ssize_t nearest_score(self, Py_ssize_t wanted, Py_ssize_t reach, Py_ssize_t first,
                                  Py_ssize_t last, uint8_t least) noexcept nogil:
        """The cut nearest to a word of at least this score; -1 if there is none."""
        cdef Py_ssize_t by
        for by in range(reach + 1):
            if first <= wanted - by <= last and self.right.scores[wanted - by] >= least:
                return wanted - by
            if first <= wanted + by <= last and self.right.scores[wanted + by] >= least:
                return wanted + by
        return -1

    cdef void write_equal(self, Py_ssize_t k, Py_ssize_t stop, Py_ssize_t begin,
                          Py_ssize_t end) noexcept nogil:
        """What of these stretches lies between two words of the right text."""
        cdef Py_ssize_t part, start, run, last
        for part in range(k, stop):
            start, last = max(self.begin_of(part), begin), min(self.end_of(part), end)
            while start < last:
                run = start + 1
                while run < last and self.is_faint(run) == self.is_faint(start):
                    run += 1
                self.write_rows(part, start, run)
                start = run

    cdef inline bint is_faint(self, Py_ssize_t word) noexcept nogil:
        return self.faint.shape[0] > 0 and self.faint[word] > 0

    cdef void write_rows(self, Py_ssize_t k, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
        """Words of a stretch that are all faint, or none, cut into rows."""
        cdef Py_ssize_t cut
        while start < stop:
            cut = self.next_row(start + (not self.in_row),
                                start + self.long_row - self.equal_count, stop)
            self.write_words(k, start, cut)
            if cut < stop:
                self.end_row()
            start = cut

    cdef Py_ssize_t next_row(self, Py_ssize_t first, Py_ssize_t least, Py_ssize_t stop) noexcept nogil:
        """The first word of the next row: at a line, or a sentence where the row is long."""
        cdef Py_ssize_t word
        for word in range(first, stop):
            if self.right.breaks[word] == LINE:
                return word
            if word >= least and self.right.scores[word] >= 3:
                return word
        return stop

    cdef void write_words(self, Py_ssize_t k, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
        """Words of both texts, which are all faint, or none."""
        cdef Py_ssize_t shift = self.spans[k, 0] - self.spans[k, 2]
        if start >= stop:
            return
        self.begin_part(self.right.breaks[start])
        self.equal_count += stop - start
        if not self.is_faint(start):
            self.put_words(self.right, start, stop, False)
            return
        self.put(b'<span class=f data-l="')
        self.put_words(self.left, start + shift, stop + shift, True)
        self.put(b'">')
        self.put_words(self.right, start, stop, False)
        self.put(b"</span>")

    cdef void write_change(self, Py_ssize_t k, Py_ssize_t stop) noexcept nogil:
        """The deleted and inserted words of one place; they share a row."""
        cdef Py_ssize_t part, begin, end, at
        cdef bint begins_lines = True
        for part in range(k, stop):
            if self.break_before(part) != LINE:
                begins_lines = False
        if begins_lines:
            self.end_row()
        for part in range(k, stop):
            begin = self.begin_of(part)
            end = min(self.end_of(part), begin + self.shown_change_words)
            self.begin_part(self.break_before(part))
            if self.kinds[part] == DELETED:
                self.put(b"<del>")
                self.put_words(self.left, begin, end, False)
            else:
                self.put(b"<ins>")
                self.put_words(self.right, begin, end, False)
            for at in range(self.note_ends[part - 1] if part else 0, self.note_ends[part]):
                self.put_byte(self.notes[at])
            self.put(b"</del>" if self.kinds[part] == DELETED else b"</ins>")

    cdef void begin_part(self, uint8_t before) noexcept nogil:
        self.in_item = True
        if self.in_row:
            self.put_separator(before)
        else:
            self.put(b"<p>")
        self.in_row = True

    cdef void end_row(self) noexcept nogil:
        if self.in_row:
            self.put(b"</p>")
        self.in_row = False
        self.equal_count = 0

    cdef void end_item(self, Py_ssize_t folded) noexcept nogil:
        """End rows that are all shown (0), or folded: so many words."""
        self.end_row()
        if self.in_item:
            self.items[self.item_count, 0], self.items[self.item_count, 1] = folded, self.at
            self.item_count += 1
        self.in_item = False

    cdef void put_words(self, WrittenWords words, Py_ssize_t start, Py_ssize_t stop,
                        bint in_attribute) noexcept nogil:
        """Words with the separators between them; a mark that would combine gets a circle."""
        cdef Py_ssize_t word
        cdef bint begun = False
        for word in range(start, stop):
            if words.is_empty(word):
                continue
            if begun:
                self.put_separator(words.breaks[word])
            if not in_attribute and (not begun or words.breaks[word] == LINE):
                if self.marks[words.text[words.starts[word]]] & COMBINING:
                    self.put_character(0x25CC)
            begun = True
            self.put_word(words, word, in_attribute)

    cdef void put_word(self, WrittenWords words, Py_ssize_t word, bint in_attribute) noexcept nogil:
        """A word as it is written; a long one with an ellipsis for its middle."""
        cdef int64_t at = words.starts[word], end = words.ends[word], head, tail
        if end - at > self.word_size:
            tail = (self.word_size - 1) // 2
            head = at + self.word_size - 1 - tail
            self.put_text(words.text, at, head, in_attribute)
            self.put_character(0x2026)
            at = end - tail
        self.put_text(words.text, at, end, in_attribute)

    cdef void put_text(self, const uint32_t[::1] text, int64_t at, int64_t end,
                       bint in_attribute) noexcept nogil:
        """Characters, escaped, and those that cannot be seen labelled (in attributes: spelled)."""
        cdef uint8_t mark
        for at in range(at, end):
            mark = self.marks[text[at]]
            if not mark & (MARKUP | HIDDEN | BLANK):
                if text[at] < 0x80:
                    self.put_byte(text[at])
                else:
                    self.put_character(text[at])
            elif mark & MARKUP:
                self.put_markup(text[at], in_attribute)
            elif in_attribute:
                self.put_spelled(text[at])
            elif mark & BLANK:
                self.put(b"<i class=z></i>")
            else:
                self.put(b"<i class=u>U+")
                self.put_digits(text[at], 6 if text[at] > 0xFFFFF else 5 if text[at] > 0xFFFF else 4,
                                b"0123456789ABCDEF")
                self.put(b"</i>")

    cdef void put_markup(self, uint32_t character, bint in_attribute) noexcept nogil:
        """One of the characters that have a meaning in HTML."""
        if character == 0x26:
            self.put(b"&amp;")
        elif character == 0x3C:
            self.put(b"&lt;")
        elif character == 0x3E:
            self.put(b"&gt;")
        elif character == 0x22:
            self.put(b"&#34;" if in_attribute else b"&quot;")
        else:
            self.put(b"&#39;" if in_attribute else b"&#x27;")

    cdef void put_spelled(self, uint32_t character) noexcept nogil:
        self.put(b"\\")
        if character > 0xFFFF:
            self.put(b"U")
            self.put_digits(character, 8, b"0123456789abcdef")
        elif character > 0xFF:
            self.put(b"u")
            self.put_digits(character, 4, b"0123456789abcdef")
        else:
            self.put(b"x")
            self.put_digits(character, 2, b"0123456789abcdef")

    cdef void put_digits(self, uint32_t number, int count, const char *digits) noexcept nogil:
        while count:
            count -= 1
            self.put_byte(digits[number >> (4 * count) & 15])

    cdef void put_separator(self, uint8_t before) noexcept nogil:
        if before == SPACE:
            self.put_byte(32)
        elif before == LINE:
            self.put_byte(LINE_FEED)

    cdef void put_character(self, uint32_t character) noexcept nogil:
        """A character beyond ASCII, as UTF-8."""
        if character < 0x800:
            self.put_byte(0xC0 | character >> 6)
        else:
            if character < 0x10000:
                self.put_byte(0xE0 | character >> 12)
            else:
                self.put_byte(0xF0 | character >> 18)
                self.put_byte(0x80 | (character >> 12 & 0x3F))
            self.put_byte(0x80 | (character >> 6 & 0x3F))
        self.put_byte(0x80 | (character & 0x3F))

    cdef void put(self, const char *written) noexcept nogil:
        while written[0]:
            self.put_byte(written[0])
            written += 1

    cdef inline void put_byte(self, uint8_t byte) noexcept nogil:
        if self.at < self.output.shape[0]:
            self.output[self.at] = byte
        self.at += 1

    cdef inline uint8_t break_before(self, Py_ssize_t k) noexcept nogil:
        """What separates a segment from the word before it in its own text."""
        if self.kinds[k] == DELETED:
            return self.left.breaks[self.begin_of(k)]
        return self.right.breaks[self.begin_of(k)]


cdef enum:
    # Rows of the columns of an Aligner: of unsigned numbers, and of positions.
    LEFT_HASHES = 0
    RIGHT_HASHES = 1
    PACKED = 2
    SCRATCH = 3
    PARTNERS = 0
    FIRSTS = 1
    SECONDS = 2
    TAILS = 3
    PREVIOUS = 4
    POSITION_BITS = 17


cdef class Aligner:
    """Aligns two texts at shingles that occur once in both; see ``dedupe.diff.align``.

    All that it writes to has room for a value for each word of both texts.
    """

    cdef const uint64_t[::1] left, right
    cdef uint64_t[:, ::1] hashes
    cdef int64_t[:, ::1] places, waiting, blocks, gaps
    cdef Py_ssize_t size, most_depth, block_count, gap_count, waiting_count, coarse_count
    cdef int64_t most_cells

    def __init__(self, const uint64_t[::1] left, const uint64_t[::1] right, Py_ssize_t size,
                 Py_ssize_t most_depth, int64_t most_cells):
        self.left, self.right, self.size = left, right, size
        self.most_depth, self.most_cells = most_depth, most_cells
        if left.shape[0] + right.shape[0] > 1 << POSITION_BITS or size < 1:
            raise ValueError("the texts are too long for their shingles to be sorted")

    def align(self, uint64_t[:, ::1] hashes, int64_t[:, ::1] places, int64_t[:, ::1] waiting,
              int64_t[:, ::1] blocks, int64_t[:, ::1] gaps):
        """Write the equal blocks, and the gaps that are to be aligned word by word.

        :returns: the number of blocks and of gaps, and of those that are too large
        """
        cdef Py_ssize_t room = self.left.shape[0] + self.right.shape[0] + 1
        if not (hashes.shape[0] == 4 and places.shape[0] == 5 and waiting.shape[1] == 5
                and blocks.shape[1] == 3 and gaps.shape[1] == 4
                and min(hashes.shape[1], places.shape[1]) >= room
                and min(waiting.shape[0], blocks.shape[0], gaps.shape[0]) >= room):
            raise ValueError("there is no room for a value for each word")
        self.hashes, self.places, self.waiting = hashes, places, waiting
        self.blocks, self.gaps = blocks, gaps
        self.block_count = self.gap_count = self.waiting_count = self.coarse_count = 0
        with nogil:
            self.hash_shingles(self.left, LEFT_HASHES)
            self.hash_shingles(self.right, RIGHT_HASHES)
            self.add_waiting(0, self.left.shape[0], 0, self.right.shape[0], 0)
            while self.waiting_count:
                self.waiting_count -= 1
                self.align_gap(
                    waiting[self.waiting_count, 0], waiting[self.waiting_count, 1],
                    waiting[self.waiting_count, 2], waiting[self.waiting_count, 3],
                    waiting[self.waiting_count, 4],
                )
        return self.block_count, self.gap_count, self.coarse_count

    cdef void hash_shingles(self, const uint64_t[::1] keys, Py_ssize_t row) noexcept nogil:
        cdef Py_ssize_t at, offset
        cdef uint64_t value
        for at in range(keys.shape[0] - self.size + 1):
            value = 0
            for offset in range(self.size):
                value = (value ^ keys[at + offset]) * <uint64_t> 0x9E3779B97F4A7C15
                value ^= value >> 29
            self.hashes[row, at] = value

    cdef void align_gap(self, Py_ssize_t i, Py_ssize_t i_stop, Py_ssize_t j, Py_ssize_t j_stop,
                        Py_ssize_t depth) noexcept nogil:
        """Add the common start and end of a gap, and its anchors; what is between them waits."""
        cdef Py_ssize_t head = 0, tail = 0, limit = min(i_stop - i, j_stop - j), count = 0
        while head < limit and self.left[i + head] == self.right[j + head]:
            head += 1
        while tail < limit - head and self.left[i_stop - tail - 1] == self.right[j_stop - tail - 1]:
            tail += 1
        i_stop, j_stop = i_stop - tail, j_stop - tail
        self.add_block(i, j, head)
        self.add_block(i_stop, j_stop, tail)
        i, j = i + head, j + head
        if i == i_stop or j == j_stop:
            return
        if depth < self.most_depth and min(i_stop - i, j_stop - j) >= self.size:
            count = self.find_anchors(i, i_stop - self.size + 1, j, j_stop - self.size + 1)
        if count:
            self.cut_at_anchors(i, i_stop, j, j_stop, depth + 1, count)
        elif (i_stop - i) * (j_stop - j) <= self.most_cells:
            if not self.may_share(i, i_stop, j, j_stop):
                return
            self.gaps[self.gap_count, 0], self.gaps[self.gap_count, 1] = i, i_stop
            self.gaps[self.gap_count, 2], self.gaps[self.gap_count, 3] = j, j_stop
            self.gap_count += 1
        else:
            self.coarse_count += 1

    cdef bint may_share(self, Py_ssize_t i, Py_ssize_t i_stop, Py_ssize_t j,
                        Py_ssize_t j_stop) noexcept nogil:
        """Whether a gap is not small, or both sides have a word in common."""
        cdef Py_ssize_t first, second
        if (i_stop - i) * (j_stop - j) > SMALL_GAP:
            return True
        for first in range(i, i_stop):
            for second in range(j, j_stop):
                if self.left[first] == self.right[second]:
                    return True
        return False

    cdef void cut_at_anchors(self, Py_ssize_t i, Py_ssize_t i_stop, Py_ssize_t j,
                             Py_ssize_t j_stop, Py_ssize_t depth, Py_ssize_t count) noexcept nogil:
        """Add the anchors as blocks without overlaps, and let the gaps around them wait.

        Anchors ascend in both texts: a run overlaps with the one before by less than one of them.
        """
        cdef Py_ssize_t begin = 0, end, first, second, size, overlap, last = self.block_count
        while begin < count:
            end = self.run_end(begin, count)
            first, second = self.places[FIRSTS, begin], self.places[SECONDS, begin]
            size = self.places[FIRSTS, end - 1] - first + self.size
            begin = end
            overlap = self.overlap(first, second) if self.block_count > last else 0
            self.add_block(first + overlap, second + overlap, size - overlap)
        while last < self.block_count:
            self.add_waiting(i, self.blocks[last, 0], j, self.blocks[last, 1], depth)
            i = self.blocks[last, 0] + self.blocks[last, 2]
            j = self.blocks[last, 1] + self.blocks[last, 2]
            last += 1
        self.add_waiting(i, i_stop, j, j_stop, depth)

    cdef Py_ssize_t run_end(self, Py_ssize_t begin, Py_ssize_t count) noexcept nogil:
        """The end of the anchors from one on that overlap or touch on one diagonal."""
        cdef Py_ssize_t at = begin + 1
        cdef int64_t step
        while at < count:
            step = self.places[FIRSTS, at] - self.places[FIRSTS, at - 1]
            if step > self.size or step != self.places[SECONDS, at] - self.places[SECONDS, at - 1]:
                break
            at += 1
        return at

    cdef Py_ssize_t overlap(self, Py_ssize_t first, Py_ssize_t second) noexcept nogil:
        """The words of a block that the last one has already, of either text."""
        cdef Py_ssize_t last = self.block_count - 1
        return max(0, self.blocks[last, 0] + self.blocks[last, 2] - first,
                   self.blocks[last, 1] + self.blocks[last, 2] - second)

    cdef Py_ssize_t find_anchors(self, Py_ssize_t i, Py_ssize_t i_stop, Py_ssize_t j,
                                 Py_ssize_t j_stop) noexcept nogil:
        """Find the shingles that occur once on both sides and do not cross; return their number."""
        cdef Py_ssize_t at, count = 0
        cdef bint ascends = True
        self.find_partners(i, i_stop, j, j_stop)
        for at in range(i, i_stop):
            if self.places[PARTNERS, at - i] < 0:
                continue
            self.places[FIRSTS, count], self.places[SECONDS, count] = at, self.places[PARTNERS, at - i]
            if count and self.places[SECONDS, count] <= self.places[SECONDS, count - 1]:
                ascends = False
            count += 1
        return count if ascends else self.choose_ascending(count)

    cdef void find_partners(self, Py_ssize_t i, Py_ssize_t i_stop, Py_ssize_t j,
                            Py_ssize_t j_stop) noexcept nogil:
        """To each left shingle the right one, where both occur once; or -1."""
        cdef Py_ssize_t width = i_stop - i, count = width + j_stop - j, at, first, second
        cdef uint64_t mask = (1 << POSITION_BITS) - 1
        for at in range(width):
            self.places[PARTNERS, at] = -1
            self.hashes[PACKED, at] = (self.hashes[LEFT_HASHES, i + at] & ~mask) | <uint64_t> at
        for at in range(width, count):
            self.hashes[PACKED, at] = (
                (self.hashes[RIGHT_HASHES, j + at - width] & ~mask) | <uint64_t> at
            )
        sort_values(self.hashes[PACKED], count, self.hashes[SCRATCH], self.places[TAILS])
        for at in range(count - 1):
            first, second = self.hashes[PACKED, at] & mask, self.hashes[PACKED, at + 1] & mask
            if first >= width or second < width:
                continue
            if self.hash_at(at, i, j, width) != self.hash_at(at + 1, i, j, width):
                continue
            if at and self.hash_at(at - 1, i, j, width) == self.hash_at(at, i, j, width):
                continue
            if at + 2 < count and self.hash_at(at + 2, i, j, width) == self.hash_at(at, i, j, width):
                continue
            if self.are_equal(i + first, j + second - width):
                self.places[PARTNERS, first] = j + second - width

    cdef uint64_t hash_at(self, Py_ssize_t at, Py_ssize_t i, Py_ssize_t j,
                          Py_ssize_t width) noexcept nogil:
        """The whole hash of the shingle that was sorted to a place."""
        cdef Py_ssize_t position = self.hashes[PACKED, at] & ((1 << POSITION_BITS) - 1)
        if position < width:
            return self.hashes[LEFT_HASHES, i + position]
        return self.hashes[RIGHT_HASHES, j + position - width]

    cdef bint are_equal(self, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
        """Whether two shingles have equal words: hashes may collide."""
        cdef Py_ssize_t offset
        for offset in range(self.size):
            if self.left[i + offset] != self.right[j + offset]:
                return False
        return True

    cdef Py_ssize_t choose_ascending(self, Py_ssize_t count) noexcept nogil:
        """Keep a longest series of anchors that ascend in both texts (patience sorting)."""
        cdef Py_ssize_t at, low, high, middle, piles = 0
        cdef int64_t index
        for at in range(count):
            low, high = 0, piles
            while low < high:
                middle = (low + high) >> 1
                if self.places[SECONDS, self.places[TAILS, middle]] < self.places[SECONDS, at]:
                    low = middle + 1
                else:
                    high = middle
            self.places[PREVIOUS, at] = self.places[TAILS, low - 1] if low else -1
            self.places[TAILS, low] = at
            piles = max(piles, low + 1)
        index = self.places[TAILS, piles - 1]
        for at in range(piles - 1, -1, -1):
            self.places[TAILS, at] = index
            index = self.places[PREVIOUS, index]
        for at in range(piles):
            index = self.places[TAILS, at]
            self.places[FIRSTS, at] = self.places[FIRSTS, index]
            self.places[SECONDS, at] = self.places[SECONDS, index]
        return piles

    cdef void add_block(self, Py_ssize_t i, Py_ssize_t j, Py_ssize_t size) noexcept nogil:
        if size:
            self.blocks[self.block_count, 0], self.blocks[self.block_count, 1] = i, j
            self.blocks[self.block_count, 2] = size
            self.block_count += 1

    cdef void add_waiting(self, Py_ssize_t i, Py_ssize_t i_stop, Py_ssize_t j,
                          Py_ssize_t j_stop, Py_ssize_t depth) noexcept nogil:
        """Let a gap wait, if it has words of both texts."""
        if i < i_stop and j < j_stop:
            self.waiting[self.waiting_count, 0], self.waiting[self.waiting_count, 1] = i, i_stop
            self.waiting[self.waiting_count, 2], self.waiting[self.waiting_count, 3] = j, j_stop
            self.waiting[self.waiting_count, 4] = depth
            self.waiting_count += 1


cdef enum:
    # Rows of the columns of an Arranger: of unsigned numbers, and of positions.
    WANTED = 2
    FIRST_PLACES = 0
    STRETCHES = 1
    RUN_ENDS = 2
    LEFT_MARKS = 3
    # What is known of a mark: see dedupe.diff.moves; an origin is an index in ORIGINS.
    ORIGIN = 0
    PERIOD = 1
    COPIES = 2
    ELSEWHERE = 3
    MOVED_DOWN = 1
    MOVED_UP = 2
    IS_REPEATED = 3
    INSERTED = 2
    # Bits of a hash that are an index of the filter.
    FILTER_BITS = 12


cdef class Arranger:
    """Cleans the equal blocks of two texts, and cuts the texts into stretches.

    See ``dedupe.diff.compare``, ``cleanup`` and ``moves``. Side 0 is the left text, 1 the right one.
    """

    cdef Py_ssize_t island, most_shift, snap, gram, least_repeated, long_copy
    cdef WrittenWords left, right
    cdef int64_t[:, ::1] blocks
    cdef uint64_t[:, ::1] hashes
    cdef int64_t[:, ::1] places
    cdef int64_t[:, :, ::1] marks
    cdef uint8_t[::1] taken
    cdef uint8_t[::1] kinds
    cdef int64_t[:, ::1] spans
    cdef Py_ssize_t block_count, wanted_count, written
    cdef uint8_t filter[1 << FILTER_BITS]

    def __init__(self, island, most_shift, snap, gram, least_repeated, long_copy):
        self.island, self.most_shift, self.snap = island, most_shift, snap
        self.gram, self.least_repeated, self.long_copy = gram, least_repeated, long_copy
        if gram < 1 or least_repeated < 1:
            raise ValueError("a copy has at least one word")

    def arrange(self, WrittenWords left, WrittenWords right, int64_t[:, ::1] blocks,
                uint64_t[:, ::1] hashes, int64_t[:, ::1] places, int64_t[:, :, ::1] marks,
                uint8_t[::1] taken, uint8_t[::1] kinds, int64_t[:, ::1] spans, uint8_t[::1] faint):
        """Write the stretches, and mark the words that look different.

        :param blocks: their rows, with two others before them and two behind
        :returns: the number of stretches
        """
        cdef Py_ssize_t block, side, room = max(left.count, right.count) + 1
        cdef Py_ssize_t words = left.count + right.count
        if not (blocks.shape[0] >= 4 and blocks.shape[1] == 3 and hashes.shape[0] == 4
                and places.shape[0] == 5 and marks.shape[0] == 2 and marks.shape[2] == 4
                and spans.shape[1] == 8 and taken.shape[0] == faint.shape[0] == right.count
                and min(hashes.shape[1], places.shape[1], marks.shape[1]) >= room
                and min(kinds.shape[0], spans.shape[0]) >= words):
            raise ValueError("there is no room for a value for each word")
        self.left, self.right, self.blocks, self.hashes = left, right, blocks, hashes
        self.places, self.marks, self.taken = places, marks, taken
        self.kinds, self.spans = kinds, spans
        self.check_blocks()
        self.written = 0
        with nogil:
            self.merge_blocks()
            self.slide_changes()
            self.drop_islands()
            self.snap_blocks()
            self.hash_changes()
            self.mark_moves()
            for side in range(2):
                self.mark_repeats(side)
            self.write_stretches()
            for block in range(self.block_count):
                mark_faint(left, blocks[block, 0], right, blocks[block, 1], blocks[block, 2], faint)
        return self.written

    cdef check_blocks(self):
        cdef Py_ssize_t block
        cdef int64_t i, j, size
        for block in range(2, self.blocks.shape[0] - 2):
            i, j, size = self.blocks[block, 0], self.blocks[block, 1], self.blocks[block, 2]
            if not (0 <= i <= self.left.count and 0 <= j <= self.right.count
                    and 0 < size <= min(self.left.count - i, self.right.count - j)):
                raise ValueError(f"block {block - 2} is outside the texts")

    cdef inline uint64_t key(self, Py_ssize_t side, Py_ssize_t word) noexcept nogil:
        return self.right.keys[word] if side else self.left.keys[word]

    cdef inline Py_ssize_t count(self, Py_ssize_t side) noexcept nogil:
        return self.right.count if side else self.left.count

    cdef inline int64_t stop(self, Py_ssize_t block, Py_ssize_t side) noexcept nogil:
        """The end of a block in one of the texts."""
        return self.blocks[block, side] + self.blocks[block, 2]

    cdef inline void put_block(self, Py_ssize_t at, int64_t i, int64_t j, int64_t size) noexcept nogil:
        self.blocks[at, 0], self.blocks[at, 1], self.blocks[at, 2] = i, j, size

    # Clean-up. Each step moves the blocks towards the first row.

    cdef void merge_blocks(self) noexcept nogil:
        """Take overlaps from the blocks, and join those that touch on one diagonal.

        They begin at the third row: one more fits before them, and one behind.
        """
        cdef Py_ssize_t block, last = 1
        cdef int64_t i, j, size, overlap
        self.put_block(1, 0, 0, 0)
        for block in range(2, self.blocks.shape[0] - 2):
            i, j, size = self.blocks[block, 0], self.blocks[block, 1], self.blocks[block, 2]
            if last == 1:
                last = 2
                continue
            overlap = max(0, self.stop(last, 0) - i, self.stop(last, 1) - j)
            if (i - self.blocks[last, 0] == j - self.blocks[last, 1]
                    and self.blocks[last, 0] <= i <= self.stop(last, 0)):
                self.blocks[last, 2] = max(self.blocks[last, 2], i + size - self.blocks[last, 0])
            elif overlap < size:
                last += 1
                self.put_block(last, i + overlap, j + overlap, size - overlap)
        self.put_block(last + 1, self.left.count, self.right.count, 0)
        self.block_count = last + 2

    cdef void slide_changes(self) noexcept nogil:
        """Shift each pure insertion or deletion to where it begins and ends most naturally."""
        cdef Py_ssize_t block, kept = 1
        cdef int64_t shift, i, j, size
        cdef bint has_left, has_right
        for block in range(2, self.block_count):
            has_left = self.stop(block - 1, 0) < self.blocks[block, 0]
            has_right = self.stop(block - 1, 1) < self.blocks[block, 1]
            shift = self.best_shift(block, has_right) if has_left != has_right else 0
            self.blocks[block - 1, 2] += shift
            self.blocks[block, 0] += shift
            self.blocks[block, 1] += shift
            self.blocks[block, 2] -= shift
        for block in range(1, self.block_count):
            i, j, size = self.blocks[block, 0], self.blocks[block, 1], self.blocks[block, 2]
            if size:
                self.put_block(kept, i, j, size)
                kept += 1
        self.put_block(kept, self.left.count, self.right.count, 0)
        self.block_count = kept

    cdef int64_t best_shift(self, Py_ssize_t block, Py_ssize_t side) noexcept nogil:
        """The number of words to shift the change before a block by (see ``cleanup._best_shift``)."""
        cdef int64_t start = self.stop(block - 1, side), stop = self.blocks[block, side]
        cdef int64_t best = 0, shift
        cdef int most = self.worth(block, side, 0), worth
        for shift in range(1, min(self.blocks[block - 1, 2], self.most_shift) + 1):
            if self.key(side, start - shift) != self.key(side, stop - shift):
                break
            worth = self.worth(block, side, -shift)
            if worth > most:
                best, most = -shift, worth
        for shift in range(1, min(self.blocks[block, 2], self.most_shift) + 1):
            if self.key(side, start + shift - 1) != self.key(side, stop + shift - 1):
                break
            worth = self.worth(block, side, shift)
            if worth > most or (worth == most and shift < -best):
                best, most = shift, worth
        return best

    cdef int worth(self, Py_ssize_t block, Py_ssize_t side, int64_t shift) noexcept nogil:
        """How natural the cuts of a shifted change are; much more if a small block is removed."""
        cdef int64_t start = self.stop(block - 1, side), stop = self.blocks[block, side]
        cdef int score
        cdef bint swallows
        if side:
            score = self.right.scores[start + shift] + self.right.scores[stop + shift]
        else:
            score = self.left.scores[start + shift] + self.left.scores[stop + shift]
        swallows = (-shift == self.blocks[block - 1, 2] and self.blocks[block - 1, 0] > 0) or (
            shift == self.blocks[block, 2] and shift > 0)
        return score + 4 if swallows and -self.island <= shift <= self.island else score

    cdef void drop_islands(self) noexcept nogil:
        """Drop the blocks of a few words between larger changes."""
        cdef Py_ssize_t block, last = 0
        self.put_block(0, 0, 0, 0)
        for block in range(1, self.block_count):
            last += 1
            self.put_block(last, self.blocks[block, 0], self.blocks[block, 1], self.blocks[block, 2])
            while last > 0 and self.is_island(last, block + 1):
                last -= 1
        self.block_count = last + 1

    cdef bint is_island(self, Py_ssize_t block, Py_ssize_t following) noexcept nogil:
        cdef int64_t left_before, right_before, left_after, right_after, limit
        if self.blocks[block, 2] > self.island:
            return False
        left_before = self.blocks[block, 0] - self.stop(block - 1, 0)
        right_before = self.blocks[block, 1] - self.stop(block - 1, 1)
        left_after = self.blocks[following, 0] - self.stop(block, 0)
        right_after = self.blocks[following, 1] - self.stop(block, 1)
        limit = min(max(left_before, right_before), max(left_after, right_after))
        if left_before + left_after == 0 or right_before + right_after == 0:
            limit = limit // 4
        return self.blocks[block, 2] <= limit

    cdef void snap_blocks(self) noexcept nogil:
        """Shorten the blocks, so that no change begins or ends inside a written word."""
        cdef Py_ssize_t block, kept = 0
        cdef int64_t i = 0, j = 0, i_stop, j_stop, head, tail, next_i, next_j
        for block in range(1, self.block_count):
            next_i, next_j = self.left.count, self.right.count
            if block + 1 < self.block_count:
                next_i, next_j = self.blocks[block + 1, 0], self.blocks[block + 1, 1]
            head = tail = 0
            if i < self.blocks[block, 0] or j < self.blocks[block, 1]:
                head = self.glued_head(block)
            i_stop, j_stop = self.stop(block, 0), self.stop(block, 1)
            if i_stop < next_i or j_stop < next_j:
                tail = self.glued_tail(block)
            i, j = self.blocks[block, 0] + head, self.blocks[block, 1] + head
            if i + tail < i_stop:
                self.put_block(kept, i, j, i_stop - i - tail)
                kept += 1
            i, j = i_stop, j_stop
        self.block_count = kept

    cdef int64_t glued_head(self, Py_ssize_t block) noexcept nogil:
        """The number of words at the start of a block that are joined to the change before it."""
        cdef int64_t i = self.blocks[block, 0], j = self.blocks[block, 1], head
        for head in range(min(self.blocks[block, 2], self.snap) + 1):
            if not splits_word(self.left, i + head) and not splits_word(self.right, j + head):
                return head
        head = 0
        while head < self.blocks[block, 2] and (
                self.left.is_empty(i + head) or self.right.is_empty(j + head)):
            head += 1
        return head

    cdef int64_t glued_tail(self, Py_ssize_t block) noexcept nogil:
        """The number of words at the end of a block that are joined to the change after it."""
        cdef int64_t i = self.stop(block, 0), j = self.stop(block, 1), tail
        for tail in range(min(self.blocks[block, 2], self.snap) + 1):
            if not splits_word(self.left, i - tail) and not splits_word(self.right, j - tail):
                return tail
        return 0

    # Moved and repeated text.

    cdef inline int64_t change_start(self, Py_ssize_t change, Py_ssize_t side) noexcept nogil:
        """Where the change before a block starts, or the one at the end."""
        return self.stop(change - 1, side) if change else 0

    cdef inline int64_t change_stop(self, Py_ssize_t change, Py_ssize_t side) noexcept nogil:
        return self.blocks[change, side] if change < self.block_count else self.count(side)

    cdef inline uint64_t hash_gram(self, Py_ssize_t side, Py_ssize_t word) noexcept nogil:
        cdef uint64_t value = 0
        cdef Py_ssize_t offset
        for offset in range(self.gram):
            value = (value ^ self.key(side, word + offset)) * <uint64_t> 0x9E3779B97F4A7C15
            value ^= value >> 29
        return value

    cdef void hash_changes(self) noexcept nogil:
        """Hash the grams of all changes; no word has a mark yet."""
        cdef Py_ssize_t side, change, word
        for side in range(2):
            for word in range(self.count(side)):
                self.places[LEFT_MARKS + side, word] = 0
            for change in range(self.block_count + 1):
                for word in range(self.change_start(change, side),
                                  self.change_stop(change, side) - self.gram + 1):
                    self.hashes[side, word] = self.hash_gram(side, word)

    cdef void want(self, Py_ssize_t side, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
        """Ask for the grams between two words of a change."""
        cdef Py_ssize_t word
        for word in range(start, stop - self.gram + 1):
            self.hashes[WANTED, self.wanted_count] = self.hashes[side, word]
            self.wanted_count += 1

    cdef Py_ssize_t sort_wanted(self) noexcept nogil:
        """Sort the grams that are asked for, each once, of none of which a place is known."""
        cdef Py_ssize_t at
        sort_values(self.hashes[WANTED], self.wanted_count, self.hashes[WANTED + 1],
                    self.places[RUN_ENDS])
        self.wanted_count = drop_repetitions(self.hashes[WANTED], 0, self.wanted_count)
        for at in range(1 << FILTER_BITS):
            self.filter[at] = 0
        for at in range(self.wanted_count):
            self.filter[self.hashes[WANTED, at] >> (64 - FILTER_BITS)] = 1
            self.places[FIRST_PLACES, at] = -1
        return self.wanted_count

    cdef inline Py_ssize_t find_wanted(self, uint64_t gram) noexcept nogil:
        """The index of a gram among those that are asked for, or -1."""
        cdef Py_ssize_t low = 0, high = self.wanted_count, middle
        if not self.filter[gram >> (64 - FILTER_BITS)]:
            return -1
        while low < high:
            middle = (low + high) >> 1
            if self.hashes[WANTED, middle] < gram:
                low = middle + 1
            else:
                high = middle
        return low if low < self.wanted_count and self.hashes[WANTED, low] == gram else -1

    cdef void place_gram(self, uint64_t gram, Py_ssize_t word, Py_ssize_t stretch) noexcept nogil:
        """Note where a gram stands that is asked for, if it is the first place."""
        cdef Py_ssize_t at = self.find_wanted(gram)
        if at >= 0 and self.places[FIRST_PLACES, at] < 0:
            self.places[FIRST_PLACES, at], self.places[STRETCHES, at] = word, stretch

    cdef void add_mark(self, Py_ssize_t side, Py_ssize_t start, Py_ssize_t size, int64_t origin,
                       int64_t period, int64_t copies, bint is_elsewhere) noexcept nogil:
        self.places[LEFT_MARKS + side, start] = size
        self.marks[side, start, ORIGIN], self.marks[side, start, PERIOD] = origin, period
        self.marks[side, start, COPIES], self.marks[side, start, ELSEWHERE] = copies, is_elsewhere

    cdef inline Py_ssize_t part_stop(self, Py_ssize_t side, Py_ssize_t start,
                                     Py_ssize_t stop) noexcept nogil:
        """The end of a part of a change: of a mark, or of the words before the next mark."""
        if self.places[LEFT_MARKS + side, start]:
            return start + self.places[LEFT_MARKS + side, start]
        start += 1
        while start < stop and not self.places[LEFT_MARKS + side, start]:
            start += 1
        return start

    cdef void mark_moves(self) noexcept nogil:
        """Mark text that is deleted in one change and inserted in another, on both sides."""
        cdef Py_ssize_t change, word
        self.wanted_count = 0
        for change in range(self.block_count + 1):
            self.want(0, self.change_start(change, 0), self.change_stop(change, 0))
        if not self.wanted_count:
            return
        self.sort_wanted()
        for change in range(self.block_count + 1):
            for word in range(self.change_start(change, 1),
                              self.change_stop(change, 1) - self.gram + 1):
                self.place_gram(self.hashes[1, word], word, change)
        for word in range(self.right.count):
            self.taken[word] = 0
        for change in range(self.block_count + 1):
            self.mark_moved(change)

    cdef void mark_moved(self, Py_ssize_t change) noexcept nogil:
        """Mark what of a deletion stands in an insertion of another place."""
        cdef int64_t start = self.change_start(change, 0), stop = self.change_stop(change, 0)
        cdef int64_t word = start, other, size, limit, whole, at, origin
        while word + self.gram <= stop:
            at = self.find_wanted(self.hashes[0, word])
            other = self.places[FIRST_PLACES, at]
            if other >= 0 and self.places[STRETCHES, at] != change and not self.taken[other]:
                limit = self.change_stop(self.places[STRETCHES, at], 1)
                whole = limit - self.change_start(self.places[STRETCHES, at], 1)
                limit, size = min(stop - word, limit - other), 0
                while (size < limit and not self.taken[other + size]
                       and self.left.keys[word + size] == self.right.keys[other + size]):
                    size += 1
                if self.is_copy(size, stop - start, whole, self.gram):
                    origin = MOVED_DOWN if other >= self.change_stop(change, 1) else MOVED_UP
                    self.add_mark(0, word, size, origin, 0, 1, False)
                    self.add_mark(1, other, size, origin, 0, 1, False)
                    for at in range(other, other + size):
                        self.taken[at] = 1
                    word += size
                    continue
            word += 1

    cdef inline bint is_copy(self, int64_t size, int64_t span, int64_t stretch,
                             int64_t least) noexcept nogil:
        """Whether a copy counts: it is long, or at least half of its span or of the other stretch."""
        return size == span or size >= max(
            least, min(self.long_copy, (min(span, stretch) + 1) // 2))

    cdef void mark_repeats(self, Py_ssize_t side) noexcept nogil:
        """Mark text that a document holds more than once, of what has no mark yet."""
        cdef Py_ssize_t change, block, word
        cdef int64_t start, stop, end
        cdef bint has_tandems = self.mark_all_tandems(side)
        self.wanted_count = 0
        for change in range(self.block_count + 1):
            start, stop = self.change_start(change, side), self.change_stop(change, side)
            while start + self.gram <= stop:
                end = self.part_stop(side, start, stop)
                if not self.places[LEFT_MARKS + side, start]:
                    self.want(side, start, end)
                elif has_tandems:
                    self.want(side, start, start + self.gram)
                start = end
        if not self.wanted_count:
            return
        self.sort_wanted()
        for block in range(self.block_count):
            for word in range(self.blocks[block, side], self.stop(block, side) - self.gram + 1):
                self.place_gram(self.hash_gram(side, word), word, block)
        for change in range(self.block_count + 1):
            start, stop = self.change_start(change, side), self.change_stop(change, side)
            while start + self.gram <= stop:
                end = self.part_stop(side, start, stop)
                if not self.places[LEFT_MARKS + side, start]:
                    self.mark_copies(side, start, end)
                elif self.marks[side, start, COPIES] > 1:
                    self.note_elsewhere(side, start)
                start = end

    cdef bint mark_all_tandems(self, Py_ssize_t side) noexcept nogil:
        """Mark text that is repeated without a gap; return whether there is any."""
        cdef Py_ssize_t change
        cdef int64_t start, stop, end
        cdef bint found = False
        for change in range(self.block_count + 1):
            start, stop = self.change_start(change, side), self.change_stop(change, side)
            while start + self.gram <= stop:
                end = self.part_stop(side, start, stop)
                if not self.places[LEFT_MARKS + side, start] and self.mark_tandems(side, start, end):
                    found = True
                start = end
        return found

    cdef bint mark_tandems(self, Py_ssize_t side, int64_t start, int64_t stop) noexcept nogil:
        """Mark the tandems in a part of a change; return whether there are any."""
        cdef int64_t word = start, first, run, period, copies, cleared = start
        cdef int64_t enough = min(self.long_copy, (stop - start + 1) // 2)
        cdef Py_ssize_t at, count
        self.wanted_count = 0
        self.want(side, start, stop)
        count = self.wanted_count
        if count < 2 or self.sort_wanted() == count:
            return False
        for at in range(stop - start + 1):
            self.places[RUN_ENDS, at] = 0
        while word + self.gram <= stop:
            at = self.find_wanted(self.hashes[side, word])
            first = self.places[FIRST_PLACES, at]
            self.places[FIRST_PLACES, at] = word
            if first >= cleared and self.places[RUN_ENDS, word - first] <= word:
                period = word - first
                run = 0
                while (word + run < stop
                       and self.key(side, first + run) == self.key(side, word + run)):
                    run += 1
                copies = 1 + run // period
                if copies > 1 and copies * period >= enough:
                    word = cleared = first + copies * period
                    self.add_mark(side, first, word - first, IS_REPEATED, period, copies, False)
                    continue
                self.places[RUN_ENDS, period] = word + run
            word += 1
        return cleared > start

    cdef void note_elsewhere(self, Py_ssize_t side, Py_ssize_t start) noexcept nogil:
        """Note of a tandem whether unchanged text has its words too."""
        cdef int64_t period = self.marks[side, start, PERIOD], size = 0, other, limit
        cdef Py_ssize_t at = self.find_wanted(self.hashes[side, start])
        other = self.places[FIRST_PLACES, at]
        if period < self.gram or other < 0:
            return
        limit = min(period, self.stop(self.places[STRETCHES, at], side) - other)
        while size < limit and self.key(side, start + size) == self.key(side, other + size):
            size += 1
        self.marks[side, start, ELSEWHERE] = size == period

    cdef void mark_copies(self, Py_ssize_t side, int64_t start, int64_t stop) noexcept nogil:
        """Mark what of a part of a change stands in unchanged text too."""
        cdef int64_t word = start, other, size, limit, whole, at
        while word + self.gram <= stop:
            at = self.find_wanted(self.hashes[side, word])
            other = self.places[FIRST_PLACES, at]
            if other >= 0:
                limit = self.stop(self.places[STRETCHES, at], side)
                whole = self.blocks[self.places[STRETCHES, at], 2]
                limit, size = min(stop - word, limit - other), 0
                while size < limit and self.key(side, word + size) == self.key(side, other + size):
                    size += 1
                if self.is_copy(size, stop - start, whole, self.least_repeated):
                    self.add_mark(side, word, size, IS_REPEATED, size, 1, True)
                    word += size
                    continue
            word += 1

    # What is written.

    cdef void write_stretches(self) noexcept nogil:
        """Write deletions, insertions and equal words, in order."""
        cdef Py_ssize_t change, side
        cdef int64_t start, stop, end, other
        for change in range(self.block_count + 1):
            for side in range(2):
                start, stop = self.change_start(change, side), self.change_stop(change, side)
                other = self.change_start(change, 1) if side == 0 else self.change_stop(change, 0)
                while start < stop:
                    end = self.part_stop(side, start, stop)
                    self.write_part(side, start, end, other)
                    start = end
            if change < self.block_count:
                self.begin_stretch(0, self.blocks[change, 0], self.stop(change, 0),
                                   self.blocks[change, 1], self.stop(change, 1))

    cdef void write_part(self, Py_ssize_t side, int64_t start, int64_t stop,
                         int64_t other) noexcept nogil:
        """Write a part of a change: a mark, or words without one."""
        cdef Py_ssize_t at = self.written, each
        if side:
            self.begin_stretch(INSERTED, other, other, start, stop)
        else:
            self.begin_stretch(DELETED, start, stop, other, other)
        if self.places[LEFT_MARKS + side, start]:
            for each in range(4):
                self.spans[at, 4 + each] = self.marks[side, start, each]

    cdef void begin_stretch(self, uint8_t kind, int64_t i, int64_t i_stop, int64_t j,
                            int64_t j_stop) noexcept nogil:
        cdef Py_ssize_t at = self.written
        self.kinds[at] = kind
        self.spans[at, 0], self.spans[at, 1], self.spans[at, 2], self.spans[at, 3] = i, i_stop, j, j_stop
        self.spans[at, 4], self.spans[at, 5], self.spans[at, 6], self.spans[at, 7] = 0, 0, 1, 0
        self.written += 1


cdef bint splits_word(WrittenWords words, Py_ssize_t word) noexcept nogil:
    """Whether a cut before a word would split a word as it is written (see ``boundaries``)."""
    cdef Py_UCS4 last
    if word == 0 or word == words.count:
        return False
    if words.is_empty(word):
        return True
    if words.breaks[word] != GLUED or words.is_empty(word - 1):
        return False
    last = words.text[words.ends[word - 1] - 1]
    return last in u"'\u2019\u02bc-\u2010\u2011" or Py_UNICODE_ISALNUM(last)
