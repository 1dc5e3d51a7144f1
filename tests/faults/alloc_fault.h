/* What a test that runs under the library of alloc.c asks it for. Weak: NULL when the library is not loaded. */
#ifndef SECCHI_ALLOC_FAULT_H
#define SECCHI_ALLOC_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alloc_block {
    const void *at, *caller;
};

/* From here on allocation `at` (from 1; 0: none) fails, and with onwards all after it. */
void alloc_arm(uint64_t at, bool onwards) __attribute__((weak));
/* Ends that; says how many allocations were counted and how many failed. */
void alloc_disarm(uint64_t *ret_count, uint64_t *ret_failed) __attribute__((weak));
/* From here on blocks are noted until they are freed; unwatch returns how many were not, and the first of them. */
void alloc_watch(void) __attribute__((weak));
size_t alloc_unwatch(struct alloc_block *ret_first) __attribute__((weak));

#endif
