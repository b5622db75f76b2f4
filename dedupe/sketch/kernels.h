/* What the compiled kernels need from C: XXH3, loops that must vectorise, and the innermost of the
 * others, over plain pointers. To be included after Python.h.
 *
 * On x86-64 with glibc the loops are compiled once per instruction set and the best one is
 * chosen when the module is loaded (GCC's function multiversioning); elsewhere the compiler's
 * baseline serves (NEON on arm64).
 */
#ifndef DEDUPE_KERNELS_H
#define DEDUPE_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef _MSC_VER
#define restrict __restrict
#endif

#define XXH_INLINE_ALL
#include "vendor/xxhash.h"

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) \
    && __GNUC__ >= 12 && !defined(__SANITIZE_ADDRESS__)
#define DEDUPE_CLONES \
    __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define DEDUPE_CLONES
#endif

static inline void dedupe_hash128(const uint8_t *data, size_t length, uint64_t *high_low) {
    XXH128_hash_t hash = XXH3_128bits(data, length);
    high_low[0] = hash.high64;
    high_low[1] = hash.low64;
}

static inline uint64_t dedupe_hash64(const uint8_t *data, size_t length) {
    return XXH3_64bits(data, length);
}

/* The hashes of ``count`` shingles; ``starts`` has one entry more, past the last token. */
static void dedupe_hash_shingles(const uint8_t *restrict output, const int64_t *restrict starts,
                                 size_t shingle_size, size_t count, uint64_t *restrict hashes) {
    for (size_t i = 0; i < count; i++) {
        size_t length = (size_t)(starts[i + shingle_size] - 1 - starts[i]);
        hashes[i] = XXH3_64bits(output + starts[i], length);
    }
}

/* MurmurHash3's 32-bit finalizer of the low halves, as datasketch applies it before the
 * permutations. */
DEDUPE_CLONES
static void dedupe_mix(const uint64_t *restrict hashes, uint32_t *restrict mixed, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t value = (uint32_t)hashes[i];
        value ^= value >> 16;
        value *= 0x85EBCA6Bu;
        value ^= value >> 13;
        value *= 0xC2B2AE35u;
        mixed[i] = value ^ (value >> 16);
    }
}

/* Permutations handled together: their minima stay in registers over all hashes. */
#define DEDUPE_LANES 32

DEDUPE_CLONES
static void dedupe_minimum(uint32_t *restrict signature, const uint32_t *restrict a,
                           const uint32_t *restrict b, size_t num_perm,
                           const uint32_t *restrict hashes, size_t count) {
    size_t p = 0;
    for (; p + DEDUPE_LANES <= num_perm; p += DEDUPE_LANES) {
        uint32_t minima[DEDUPE_LANES];
        for (size_t j = 0; j < DEDUPE_LANES; j++) minima[j] = signature[p + j];
        for (size_t i = 0; i < count; i++) {
            uint32_t hash = hashes[i];
            for (size_t j = 0; j < DEDUPE_LANES; j++) {
                uint32_t value = a[p + j] * hash + b[p + j];
                minima[j] = value < minima[j] ? value : minima[j];
            }
        }
        for (size_t j = 0; j < DEDUPE_LANES; j++) signature[p + j] = minima[j];
    }
    for (; p < num_perm; p++) {
        uint32_t minimum = signature[p];
        for (size_t i = 0; i < count; i++) {
            uint32_t value = a[p] * hashes[i] + b[p];
            minimum = value < minimum ? value : minimum;
        }
        signature[p] = minimum;
    }
}

/* This many equal bytes can be counted in a byte. */
#define DEDUPE_EQUAL_BLOCK 64

DEDUPE_CLONES
static size_t dedupe_equal_bytes(const uint8_t *restrict left, const uint8_t *restrict right,
                                 size_t width) {
    size_t equal = 0;
    size_t i = 0;
    for (; i + DEDUPE_EQUAL_BLOCK <= width; i += DEDUPE_EQUAL_BLOCK) {
        uint8_t block = 0;
        for (size_t j = 0; j < DEDUPE_EQUAL_BLOCK; j++) block += left[i + j] == right[i + j];
        equal += block;
    }
    for (; i < width; i++) equal += left[i] == right[i];
    return equal;
}

#ifdef _MSC_VER
#include <intrin.h>
static inline unsigned dedupe_lowest_bit(uint64_t bits) {
    unsigned long place;
    _BitScanForward64(&place, bits);
    return place;
}
static inline unsigned dedupe_count_bits(uint64_t bits) {
    bits -= (bits >> 1) & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + ((bits >> 2) & 0x3333333333333333u);
    return (((bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u) >> 56;
}
#else
#define dedupe_lowest_bit(bits) ((unsigned)__builtin_ctzll(bits))
#define dedupe_count_bits(bits) ((unsigned)__builtin_popcountll(bits))
#endif

/* How many bytes there are before the first that is not ASCII. */
static inline size_t dedupe_ascii_run(const uint8_t *data, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t eight;
        memcpy(&eight, data + i, 8);
        if (eight & 0x8080808080808080u) break;
    }
    while (i < count && data[i] < 0x80) i++;
    return i;
}

/* One bit a byte: whether the byte (0 or 1) is 1. */
static inline uint64_t dedupe_gather_bits(const uint8_t *flags) {
    uint64_t bits = 0;
    for (size_t i = 0; i < 64; i += 8) {
        /* (Multiplication moves bit 0 of each byte to its place in the highest one.) */
        uint64_t eight = (uint64_t)flags[i] | (uint64_t)flags[i + 1] << 8
            | (uint64_t)flags[i + 2] << 16 | (uint64_t)flags[i + 3] << 24
            | (uint64_t)flags[i + 4] << 32 | (uint64_t)flags[i + 5] << 40
            | (uint64_t)flags[i + 6] << 48 | (uint64_t)flags[i + 7] << 56;
        bits |= (eight * 0x0102040810204080u) >> 56 << i;
    }
    return bits;
}

/* Room behind the output and the starts: they are written in whole blocks. */
#define DEDUPE_SLACK 64
#define DEDUPE_ASCII_BLOCK 64

/* Where the tokenizer stands. OUTSIDE: the output is empty or ends with a space. */
enum { DEDUPE_OUTSIDE, DEDUPE_IN_WORD, DEDUPE_IN_UNSPACED };

typedef struct {
    size_t length;      /* of the output */
    size_t token_count;
    int state;
    int mark_run;       /* marks since the last base character */
} dedupe_place;

/* Token classes and entry flags: see dedupe.sketch.token_table. */
enum {
    DEDUPE_SEPARATOR = 0,
    DEDUPE_MARK = 2,
    DEDUPE_UNSPACED = 3,
    DEDUPE_CLASS_MASK = 3,
    DEDUPE_COMBINES = 4,
    DEDUPE_DROPPED = 8,
    DEDUPE_MULTIPLE = 16,
    DEDUPE_BLOCK_SHIFT = 7,
    DEDUPE_BLOCK_MASK = 127,
    DEDUPE_CODE_POINT_MASK = 0x1FFFFF,
    DEDUPE_MARK_LIMIT = 30,
};

typedef struct {
    uint32_t code_point;
    uint32_t length;    /* in bytes */
} dedupe_character;

static inline int dedupe_follows(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/* One UTF-8 character (Unicode table 3-7); an ill-formed byte is U+FFFD, a separator. */
static inline dedupe_character dedupe_decode(const uint8_t *data, size_t i, size_t end) {
    dedupe_character found = {0xFFFD, 1};
    const uint8_t *bytes = data + i;
    uint32_t lead = bytes[0];
    if (lead < 0x80) {
        found.code_point = lead;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        if (i + 2 < end && dedupe_follows(bytes[1]) && dedupe_follows(bytes[2])
            && (lead != 0xE0 || bytes[1] >= 0xA0) && (lead != 0xED || bytes[1] < 0xA0)) {
            found.code_point = (lead & 0x0F) << 12 | (uint32_t)(bytes[1] & 0x3F) << 6
                | (bytes[2] & 0x3F);
            found.length = 3;
        }
    } else if (lead >= 0xC2 && lead <= 0xDF) {
        if (i + 1 < end && dedupe_follows(bytes[1])) {
            found.code_point = (lead & 0x1F) << 6 | (bytes[1] & 0x3F);
            found.length = 2;
        }
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        if (i + 3 < end && dedupe_follows(bytes[1]) && dedupe_follows(bytes[2])
            && dedupe_follows(bytes[3]) && (lead != 0xF0 || bytes[1] >= 0x90)
            && (lead != 0xF4 || bytes[1] < 0x90)) {
            found.code_point = (lead & 0x07) << 18 | (uint32_t)(bytes[1] & 0x3F) << 12
                | (uint32_t)(bytes[2] & 0x3F) << 6 | (bytes[3] & 0x3F);
            found.length = 4;
        }
    }
    return found;
}

static inline uint32_t dedupe_entry(const uint32_t *index, const uint32_t *blocks,
                                    uint32_t code_point) {
    return blocks[(index[code_point >> DEDUPE_BLOCK_SHIFT] << DEDUPE_BLOCK_SHIFT)
                  + (code_point & DEDUPE_BLOCK_MASK)];
}

static inline size_t dedupe_encode(uint8_t *output, uint32_t code_point) {
    if (code_point < 0x80) {
        output[0] = (uint8_t)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        output[0] = (uint8_t)(0xC0 | code_point >> 6);
        output[1] = (uint8_t)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        output[0] = (uint8_t)(0xE0 | code_point >> 12);
        output[1] = (uint8_t)(0x80 | (code_point >> 6 & 0x3F));
        output[2] = (uint8_t)(0x80 | (code_point & 0x3F));
        return 3;
    }
    output[0] = (uint8_t)(0xF0 | code_point >> 18);
    output[1] = (uint8_t)(0x80 | (code_point >> 12 & 0x3F));
    output[2] = (uint8_t)(0x80 | (code_point >> 6 & 0x3F));
    output[3] = (uint8_t)(0x80 | (code_point & 0x3F));
    return 4;
}

/* Append one normalised character, opening or closing tokens as its class asks. */
static inline void dedupe_emit(uint8_t *output, int64_t *starts, dedupe_place *at,
                               uint32_t code_point, uint32_t token_class) {
    if (token_class == DEDUPE_SEPARATOR) {
        if (at->state != DEDUPE_OUTSIDE) output[at->length++] = ' ';
        at->state = DEDUPE_OUTSIDE;
        return;
    }
    if (token_class == DEDUPE_MARK) {
        if (at->state == DEDUPE_OUTSIDE || ++at->mark_run > DEDUPE_MARK_LIMIT) return;
    } else {
        at->mark_run = 0;
        if (token_class == DEDUPE_UNSPACED || at->state != DEDUPE_IN_WORD) {
            if (at->state != DEDUPE_OUTSIDE) output[at->length++] = ' ';
            starts[at->token_count++] = (int64_t)at->length;
        }
        at->state = token_class == DEDUPE_UNSPACED ? DEDUPE_IN_UNSPACED : DEDUPE_IN_WORD;
    }
    at->length += dedupe_encode(output + at->length, code_point);
}

/* The shortest run of ASCII for which handling a block at a time pays. */
#define DEDUPE_ASCII_RUN 16

static inline int dedupe_is_ascii_run(const uint8_t *data, size_t count) {
    uint64_t low, high;
    if (count < DEDUPE_ASCII_RUN) return 0;
    memcpy(&low, data, 8);
    memcpy(&high, data + 8, 8);
    return ((low | high) & 0x8080808080808080u) == 0;
}

/* Consume characters that become one character each, whatever characters are beside them.
 *
 * Ends before the first character that does not, or that the next one may combine with, and where a
 * run of ASCII begins. Returns the index of that end. */
static size_t dedupe_take_plain(const uint8_t *restrict data, size_t i, size_t end,
                                const uint32_t *restrict index, const uint32_t *restrict blocks,
                                uint8_t *restrict output, int64_t *restrict starts,
                                dedupe_place *place) {
    dedupe_place at = *place;
    dedupe_character here = dedupe_decode(data, i, end), next = here;
    uint32_t entry = dedupe_entry(index, blocks, here.code_point), next_entry = entry;
    if (entry & (DEDUPE_COMBINES | DEDUPE_DROPPED)) return i;
    while (!(entry & DEDUPE_MULTIPLE)) {
        size_t after = i + here.length;
        if (after < end) {
            next = dedupe_decode(data, after, end);
            next_entry = dedupe_entry(index, blocks, next.code_point);
            if (next_entry & (DEDUPE_COMBINES | DEDUPE_DROPPED)) break;
        }
        dedupe_emit(output, starts, &at, (here.code_point + (entry >> 8)) & DEDUPE_CODE_POINT_MASK,
                    entry & DEDUPE_CLASS_MASK);
        i = after;
        if (i >= end) break;
        if (next.length == 1 && here.length > 1 && dedupe_is_ascii_run(data + i, end - i)) break;
        here = next;
        entry = next_entry;
    }
    *place = at;
    return i;
}

/* Tokens of ASCII text: letters (made small), digits and '_'; one space for all between two.
 *
 * Works in blocks of 64 bytes. Each byte is mapped and classified, which the compiler vectorises;
 * the rest is done on bits: a token starts after a separator, and a separator after another is
 * left out of the output. (tests/sketch/test_kernels.py compares with the token table.)
 */
DEDUPE_CLONES
static dedupe_place dedupe_take_ascii(const uint8_t *restrict data, size_t count,
                                      uint8_t *restrict output, int64_t *restrict starts,
                                      dedupe_place at) {
    uint8_t block[64], mapped[128] = {0}, separates[64];
    for (size_t begin = 0; begin < count; begin += 64) {
        size_t size = count - begin < 64 ? count - begin : 64;
        const uint8_t *bytes = data + begin;
        if (size < 64) {
            memset(block, ' ', 64);
            memcpy(block, bytes, size);
            bytes = block;
        }
        for (size_t i = 0; i < 64; i++) {
            uint8_t byte = bytes[i], small = byte | 0x20;
            uint8_t letter = (uint8_t)(small - 'a') < 26;
            uint8_t word = letter | ((uint8_t)(byte - '0') < 10) | (byte == '_');
            uint8_t kept = letter ? small : byte;
            mapped[i] = word ? kept : ' ';
            separates[i] = !word;
        }
        uint64_t used = size < 64 ? ((uint64_t)1 << size) - 1 : ~(uint64_t)0;
        uint64_t separators = dedupe_gather_bits(separates);
        uint64_t after_one = separators << 1 | (uint64_t)(at.state == DEDUPE_OUTSIDE);
        uint64_t begins = ~separators & after_one & used;
        uint64_t dropped = separators & after_one & used;
        at.state = separators >> (size - 1) & 1 ? DEDUPE_OUTSIDE : DEDUPE_IN_WORD;
        for (; begins; begins &= begins - 1) {
            uint64_t before = (begins & (~begins + 1)) - 1;
            starts[at.token_count++] =
                (int64_t)(at.length + dedupe_lowest_bit(begins) - dedupe_count_bits(dropped & before));
        }
        size_t from = 0;
        for (; dropped; dropped &= dropped - 1) {
            size_t to = dedupe_lowest_bit(dropped);
            memcpy(output + at.length, mapped + from, 64);
            at.length += to - from;
            from = to + 1;
        }
        memcpy(output + at.length, mapped + from, 64);
        at.length += size - from;
    }
    return at;
}

/* A set of hashes to look others up in: buckets of four, by the lowest bits. */
#define DEDUPE_BUCKET 4

/* Fill the table from ``count`` values without repetitions; 0 if a bucket overflows, which is rare
 * by chance: then the caller uses no table. An empty slot holds a value that belongs to another
 * bucket. */
static int dedupe_fill_table(uint64_t *restrict table, uint64_t mask,
                             const uint64_t *restrict values, size_t count) {
    for (uint64_t i = 0; i <= mask; i++)
        for (size_t j = 0; j < DEDUPE_BUCKET; j++) table[i * DEDUPE_BUCKET + j] = i ^ 1;
    for (size_t i = 0; i < count; i++) {
        uint64_t home = values[i] & mask;
        uint64_t *bucket = table + home * DEDUPE_BUCKET;
        size_t j = 0;
        while (j < DEDUPE_BUCKET && bucket[j] != (home ^ 1)) j++;
        if (j == DEDUPE_BUCKET) return 0;
        bucket[j] = values[i];
    }
    return 1;
}

/* How many of the values the table holds; -1 as soon as ``needed`` are out of reach. */
DEDUPE_CLONES
static int64_t dedupe_count_found(const uint64_t *restrict table, uint64_t mask,
                                  const uint64_t *restrict values, size_t count, size_t needed) {
    uint64_t found[DEDUPE_BUCKET] = {0};
    size_t i = 0, total = 0;
    while (i < count) {
        size_t stop = count - i < 32 ? count : i + 32;
        if (total + (count - i) < needed) return -1;
        for (; i < stop; i++) {
            const uint64_t *bucket = table + (values[i] & mask) * DEDUPE_BUCKET;
            for (size_t j = 0; j < DEDUPE_BUCKET; j++) found[j] += bucket[j] == values[i];
        }
        total = 0;
        for (size_t j = 0; j < DEDUPE_BUCKET; j++) total += found[j];
    }
    return total < needed ? -1 : (int64_t)total;
}

/* Sort by one byte after the other, from the lowest: the time does not depend on the values.
 *
 * A byte in which all agree is passed over; ``scratch`` has room for as many values. */
static void dedupe_sort(uint64_t *restrict values, size_t count, uint64_t *restrict scratch) {
    size_t places[8][256] = {{0}};
    uint64_t *from = values, *to = scratch;
    for (size_t i = 0; i < count; i++)
        for (int byte = 0; byte < 8; byte++) places[byte][values[i] >> 8 * byte & 255]++;
    for (int byte = 0; byte < 8; byte++) {
        size_t *place = places[byte], begin = 0;
        uint64_t *sorted = to;
        if (place[from[0] >> 8 * byte & 255] == count) continue;
        for (size_t j = 0; j < 256; j++) {
            size_t size = place[j];
            place[j] = begin;
            begin += size;
        }
        for (size_t i = 0; i < count; i++) to[place[from[i] >> 8 * byte & 255]++] = from[i];
        to = from;
        from = sorted;
    }
    if (from != values) memcpy(values, from, count * sizeof *values);
}

/* A bit for each hash: a bit that only one of two sets has shows a value that the other lacks.
 * (Sandes, Teodoro and Melo, "Bitmap filter: speeding up exact set similarity joins with bitwise
 * operations", Information Systems 88, 2020.) */
#define DEDUPE_BITMAP_WORDS 8

/* Sets up to this size are counted. */
#define DEDUPE_COUNTED 1024
#define DEDUPE_TABLE (2 * DEDUPE_COUNTED)
#define DEDUPE_SEEN_WORDS 512
#define DEDUPE_FEW 32
/* The most steps from slot to slot of the table, for each value: by chance it takes less than one.
 */
#define DEDUPE_STEPS 4

/* The number of different values, in a time that does not depend on the values. */
static size_t dedupe_count_sorted(const uint64_t *restrict values, size_t count,
                                  uint64_t *restrict table) {
    size_t distinct = 1;
    memcpy(table, values, count * sizeof *values);
    dedupe_sort(table, count, table + DEDUPE_COUNTED);
    for (size_t i = 1; i < count; i++) distinct += table[i] != table[i - 1];
    return distinct;
}

/* How many different values there are, by a table.
 *
 * Values that crowd a part of the table are crafted; they are counted by sorting. */
static size_t dedupe_count_in_table(const uint64_t *restrict values, size_t count,
                                    uint64_t *restrict table) {
    size_t distinct = 0, zeros = 0, steps = DEDUPE_STEPS * count;
    memset(table, 0, DEDUPE_TABLE * sizeof *table);
    for (size_t i = 0; i < count; i++) {
        uint64_t value = values[i];
        size_t place = value & (DEDUPE_TABLE - 1);
        while (table[place] != 0 && table[place] != value) {
            if (steps-- == 0) return dedupe_count_sorted(values, count, table);
            place = (place + 1) & (DEDUPE_TABLE - 1);
        }
        distinct += table[place] != value;
        zeros |= value == 0;
        table[place] = value;
    }
    return distinct + zeros;
}

DEDUPE_CLONES
static int dedupe_holds(const uint64_t *restrict values, size_t count, uint64_t value) {
    uint64_t found = 0;
    for (size_t i = 0; i < count; i++) found |= values[i] == value;
    return found != 0;
}

/* How many different values there are, of DEDUPE_COUNTED at most, and their bitmap.
 *
 * The map is so large that few values find their bit set already; only these can be repetitions.
 * ``table`` is scratch of DEDUPE_TABLE values. (Neither map takes the bits by which sets are sorted
 * or put into tables.) */
static size_t dedupe_survey(const uint64_t *restrict values, size_t count,
                            uint64_t *restrict table, uint64_t *restrict bitmap) {
    uint64_t seen[DEDUPE_SEEN_WORDS] = {0};
    size_t suspects = 0, repeated = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bit = values[i] >> 32 & (64 * DEDUPE_BITMAP_WORDS - 1);
        bitmap[bit >> 6] |= (uint64_t)1 << (bit & 63);
        bit = values[i] >> 41 & (64 * DEDUPE_SEEN_WORDS - 1);
        table[suspects] = i;
        suspects += seen[bit >> 6] >> (bit & 63) & 1;
        seen[bit >> 6] |= (uint64_t)1 << (bit & 63);
    }
    if (suspects > DEDUPE_FEW) return dedupe_count_in_table(values, count, table);
    for (size_t i = 0; i < suspects; i++)
        repeated += (size_t)dedupe_holds(values, table[i], values[table[i]]);
    return count - repeated;
}

/* Whether sets of these sizes (0: not known) and bitmaps may reach a Jaccard.
 *
 * A bit that only one of the two has stands for at least one value that the other lacks. */
DEDUPE_CLONES
static int dedupe_may_reach(const uint64_t *restrict left, const uint64_t *restrict right,
                            int32_t left_count, int32_t right_count, double threshold) {
    int32_t left_alone = 0, right_alone = 0, shared, united;
    if (left_count == 0 || right_count == 0) return 1;
    for (size_t i = 0; i < DEDUPE_BITMAP_WORDS; i++) {
        left_alone += dedupe_count_bits(left[i] & ~right[i]);
        right_alone += dedupe_count_bits(right[i] & ~left[i]);
    }
    shared = left_count - left_alone;
    united = right_count + left_alone;
    if (right_count - right_alone < shared) shared = right_count - right_alone;
    if (left_count + right_alone > united) united = left_count + right_alone;
    return (double)shared / (double)united >= threshold;
}

#ifdef _WIN32
static int64_t dedupe_read_at(int file, uint8_t *target, size_t count, int64_t offset) {
    (void)file, (void)target, (void)count, (void)offset;
    return -1; /* no reading at a place without a lock: Python does it */
}
#define DEDUPE_CAN_READ_AT 0
#else
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>
#define DEDUPE_CAN_READ_AT 1
/* Bytes read, fewer at the end of the file; or the negative error number. */
static int64_t dedupe_read_at(int file, uint8_t *target, size_t count, int64_t offset) {
    size_t done = 0;
    while (done < count) {
        ssize_t got = pread(file, target + done, count - done, (off_t)(offset + (int64_t)done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (got == 0) break;
        done += (size_t)got;
    }
    return (int64_t)done;
}
#endif

#endif
