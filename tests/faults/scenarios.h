/*
 * Scenarios of test_alloc: each does one thing of the program and notes what came out, so that two runs can be compared.
 * A scenario returns 0 or the kind of its error, leaves nothing allocated, and needs nothing of a run before it.
 */
#ifndef SECCHI_TEST_SCENARIOS_H
#define SECCHI_TEST_SCENARIOS_H

#include "base/base.h"

struct scenario {
    const char *name;
    int (*run)(struct error *err);
};

/* The scenarios of a test program: tables ended by name NULL, the list of them by NULL. */
extern const struct scenario *const scenario_tables[];
extern const struct scenario base_scenarios[], sql_scenarios[], room_scenarios[];

/* Adds to the result of the run; it needs no memory. */
void note(const char *fmt, ...) PRINTF_LIKE(1, 2);
void note_bytes(const void *data, size_t len); /* their length and hash */
const char *data_path(const char *name);       /* below tests/data; static */
const char *box(void);                         /* a folder of this process for what a scenario writes */

#endif
