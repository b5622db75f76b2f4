/* What the compiled kernels need from C: XXH3, and the two loops that must vectorise.
 *
 * On x86-64 with glibc the loops are compiled once per instruction set and the best one is
 * chosen when the module is loaded (GCC's function multiversioning); elsewhere the compiler's
 * baseline serves (NEON on arm64).
 */
#ifndef DEDUPE_KERNELS_H
#define DEDUPE_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

static inline uint64_t dedupe_hash64(const uint8_t *data, size_t length) {
    return XXH3_64bits(data, length);
}

static inline void dedupe_hash128(const uint8_t *data, size_t length, uint64_t *high_low) {
    XXH128_hash_t hash = XXH3_128bits(data, length);
    high_low[0] = hash.high64;
    high_low[1] = hash.low64;
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

DEDUPE_CLONES
static size_t dedupe_equal_bytes(const uint8_t *restrict left, const uint8_t *restrict right,
                                 size_t width) {
    size_t equal = 0;
    size_t i = 0;
    for (; i + 64 <= width; i += 64) {
        uint8_t block = 0;
        for (size_t j = 0; j < 64; j++) block += left[i + j] == right[i + j];
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

typedef struct {
    size_t length;      /* of the output */
    size_t token_count;
    int outside;        /* the output is empty or ends with a space */
} dedupe_place;

/* Tokens of ASCII text: letters (made small), digits and '_'; one space for all between two.
 *
 * Blocks of 64 bytes: each byte is mapped and judged (the compiler vectorises that), and what is
 * left to do is done by bits: tokens start where a separator stands before, and a separator after
 * another is left out of the output. (tests/test_kernels.py compares with the token table.)
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
        uint64_t after_one = separators << 1 | (uint64_t)(at.outside != 0);
        uint64_t begins = ~separators & after_one & used;
        uint64_t dropped = separators & after_one & used;
        at.outside = (int)(separators >> (size - 1) & 1);
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

static int dedupe_compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static inline void dedupe_sort(uint64_t *values, size_t count) {
    qsort(values, count, sizeof *values, dedupe_compare);
}

#endif
