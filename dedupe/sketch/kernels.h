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

static int dedupe_compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static inline void dedupe_sort(uint64_t *values, size_t count) {
    qsort(values, count, sizeof *values, dedupe_compare);
}

#endif
