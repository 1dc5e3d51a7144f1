/*
 * build - bronze ingestion and gold builds: in dependency order, incremental, idempotent, resumable, with quality checks,
 * quarantine and findings. Everything it knows stands in the warehouse: data, marks (secchi_ops.load_mark), history
 * (secchi_ops.run, step), findings and check results, rejected rows (secchi_quarantine.<table>).
 *
 * Order of a refresh: every event log is landed in a transaction of its own with its marks; every bronze table is merged in
 * a transaction of its own with its marks; all gold tables are published in one transaction, so that no reader ever sees two
 * refreshes mixed. A failing table is left out with its dependants, the others are published. Killed at any point, the next
 * run goes on and ends with the same tables.
 */
#ifndef SECCHI_BUILD_H
#define SECCHI_BUILD_H

#include "base/base.h"
#include "config/config.h"
#include "engine/engine.h"
#include "pack/pack.h"
#include "source/source.h"
#include "state/state.h"

struct build_context { /* borrowed for the length of a call */
    struct engine *engine;
    const struct pack_catalogue *catalogue;
    const struct config *config;
    struct state *state; /* may be NULL: no projection of the history */
};

/* Creates what is missing: schemas, secchi_ops, every table, view and function of the catalogue; adds columns that a newer pack has.
 * A column that changed its type or vanished from the pack is an error that says what to do, as is an entry of `tables:` that is
 * no table whose rows have an age (ERROR_USAGE with file, line and nearest name). Idempotent, and next to free
 * when the catalogue is the one that the warehouse was prepared for. */
int build_prepare(const struct build_context *b, struct error *err) MUST_CHECK;

/* A quality rule of secchi_ops.dq_rule. build_prepare keeps those of the packs as their files have them, unless a person changed them. */
struct build_rule {
    const char *table, *name;                        /* bronze table without schema; a-z, 0-9 and _ */
    const char *constraint, *severity, *description; /* true for a good row; critical or warning; NULL: as it is */
    int enabled;                                     /* 1, 0; -1: as it is */
};
/* Makes or changes a rule; from the next load on it is applied. The condition is tried on the rows that are there: *ret_failing of them
 * would fail it. ERROR_INVALID for a condition that ingestion could not use, ERROR_NOT_FOUND for an unknown table, with the nearest. */
int build_rule_put(const struct build_context *b, const struct build_rule *r, const char *user, int64_t *ret_failing,
                   struct error *err) MUST_CHECK;
/* Takes a rule of a person away; one that came with a pack is an ERROR_CONFLICT: it can be disabled. */
int build_rule_remove(const struct build_context *b, const char *table, const char *name, struct error *err) MUST_CHECK;

/* For the owner at open, after build_prepare: runs that a dead process left running become interrupted, and the history of
 * the state store (when there is one) is made equal to that of the warehouse when the two disagree. */
int build_recover(const struct build_context *b, struct error *err) MUST_CHECK;

enum build_event_kind { BUILD_STEP_START, BUILD_STEP_PROGRESS, BUILD_STEP_END };
struct build_event {
    enum build_event_kind kind;
    int64_t seq;          /* of the step, from 1 */
    size_t done, total;   /* steps ended, steps in all */
    const char *name;     /* "land local-1795244957593", "bronze query_history", "gold dim_job" */
    double fraction;      /* of the step, 0..1, -1 unknown */
    enum run_state state; /* at the end */
    int64_t rows_in, rows_changed, rows_rejected;
    const char *error; /* at the end; NULL when well */
};

struct build_options {
    bool full;               /* rebuild gold from all of bronze (same result, used to prove it) */
    const char *const *only; /* tables to build, with what they read; NULL: all */
    size_t only_count;
    const struct cancel *cancel;
    /* May be NULL. Steps start and end on the building thread, BUILD_STEP_PROGRESS comes from a thread of its own; never two
     * calls at once. */
    void (*on_event)(void *context, const struct build_event *event);
    void *context;
    int64_t run_id;   /* of the state store, whose run the caller moves; 0: build gives its own number, and when there is
                         a state store creates the run there and moves it */
    const char *kind; /* "setup" or "refresh" */
    int64_t as_of_us; /* the time that this run takes for now, also in its statements; 0: the program's clock */
};

struct build_report {
    int64_t run_id;
    size_t steps, failed, skipped; /* skipped: depends on a failed one */
    int64_t rows_loaded, rows_rejected;
    size_t findings;
};

/* One refresh; the warehouse was prepared. Names in `only` are those of tables, with or without schema; an unknown one is
 * ERROR_NOT_FOUND with the nearest. ERROR_PARTIAL when some steps failed (report filled, the rest published), ERROR_INTERRUPTED when
 * cancelled (nothing half-done stays), another error when nothing could be done. */
int build_refresh(const struct build_context *b, const struct build_options *o, struct build_report *ret, struct error *err) MUST_CHECK;

/* Names of what a refresh would do, without doing it. */
int build_plan(const struct build_context *b, const struct build_options *o, struct arena *a, const char ***ret_steps, size_t *ret_count,
               struct error *err) MUST_CHECK;

#endif
