/* Private: what the commits of a Delta table's log say about the files that bring new rows. Reads _delta_log/<version>.json. */
#ifndef SECCHI_ENGINE_DELTA_LOG_H
#define SECCHI_ENGINE_DELTA_LOG_H

#include "base/base.h"

struct delta_part {   /* a data file */
    const char *path; /* relative to the table, or absolute; percent signs decoded */
    int64_t version;  /* of the commit that brought its rows */
    int64_t read_at;  /* a version at which the file is part of the table, deletions before it taken off */
};

struct delta_plan {
    VEC(struct delta_part) parts; /* freed by delta_plan_free */
    bool whole;                   /* every file of the table at `to` brings rows; parts only say what versions are known */
    int64_t base;                 /* whole: version of the files whose commits the log has no longer */
};

/*
 * Which files bring the rows of the commits (from, to]; from -1: the whole table at `to`.
 *  - commits that change no data (OPTIMIZE) bring none; a file that one of them replaced is read as of the version before
 *  - a file given again with other deletions brings none, its rows only became fewer
 *  - rows that an UPDATE, DELETE or MERGE wrote anew come again; what it replaced within the range is left out
 * When the log no longer has all of the commits, or a file to be read was vacuumed, the whole table is the answer: it holds
 * every row that is still there, and rows that come twice replace themselves by their key.
 * In a whole table a compacted file is as new as the newest file of its partition that went into it.
 */
int delta_plan_read(const char *table, int64_t from, int64_t to, struct arena *a, struct delta_plan *ret, struct error *err) MUST_CHECK;
void delta_plan_free(struct delta_plan *p);

/* One commit; exposed for the tests. Text is the content of a commit file. */
struct delta_action {
    bool add; /* else remove */
    bool data_change;
    const char *path;
    const char *partition; /* JSON of its partition values, "" when the action does not say */
};
struct delta_commit {
    VEC(struct delta_action) actions;
};
/* ret_line is the line of a fault. */
int delta_commit_parse(const char *text, size_t len, struct arena *a, struct delta_commit *ret, uint32_t *ret_line,
                       struct error *err) MUST_CHECK;

#endif
