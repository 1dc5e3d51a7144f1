/*
 * simulate - makes a lake of system tables: entities, what happens to them day by day, the rows that a platform would deliver
 * of it, and planted incidents with the truth written down. All of it is content (packs/<pack>/simulate, Databricks SQL):
 *   world.sql               statements that make the entities, once, into schema `sim`
 *   events.sql              statements that make what happened on the days of a span from them
 *   tables/<schema>.<table>.sql  one SELECT a system table: its columns and `arrival`, the day on which a row is delivered; a
 *                           column that it leaves out is null, types are those of the bronze table
 *   incidents.yaml          the kinds of incidents, their targets and what they move
 *   incident.sql            the statement that plants one
 * Randomness is a pure function of seed and keys (sim_random and its kin), and each span is made by one thread of an engine of
 * its own: the same arguments give the same bytes whatever the number of threads.
 */
#ifndef SECCHI_SIMULATE_H
#define SECCHI_SIMULATE_H

#include "base/base.h"
#include "pack/pack.h"

enum simulate_format { SIMULATE_PARQUET, SIMULATE_DELTA, SIMULATE_JSONL };

struct simulate_options {
    const char *out;   /* absolute; absent or empty */
    const char *packs; /* folder of packs */
    int64_t days;      /* 1 .. 3660 */
    int32_t until_day; /* days since 1970-01-01; exclusive: the last day is the one before */
    double scale;      /* 0.01 .. 100 */
    int64_t seed;
    const char *incidents; /* YAML file; NULL: drawn from the seed */
    bool no_incidents;
    bool drift; /* a column more, one less and one of another type from the middle on */
    enum simulate_format format;
    int threads; /* 0: one a core */
    const struct cancel *cancel;
    void (*progress)(void *context, int64_t done, int64_t total, int64_t rows); /* spans; from any thread, one at a time; may be NULL */
    void *context;
};

struct simulate_result {
    int64_t rows, files, tables, incidents, look_alikes;
    double seconds;
};

/* Runs the content of a folder (<pack>/simulate) on an empty engine and holds the columns of its tables against the bronze tables of the
 * catalogue, which is not changed. note is called for each fault; a fault of world or events is the only one that is told. */
typedef void simulate_note_fn(void *context, const struct error *err);
void simulate_check(const char *folder, struct pack_catalogue *catalogue, simulate_note_fn *note, void *context, size_t *ret_statements);

/* Fills the folder. What is interrupted or fails leaves whole files only, and no incidents.json: a folder with one is complete. */
int simulate_run(const struct simulate_options *options, struct simulate_result *ret, struct error *err) MUST_CHECK;

#endif
