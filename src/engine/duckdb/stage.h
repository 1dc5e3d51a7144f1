/* Private to the embedded engine: what the readers of files share. */
#ifndef SECCHI_ENGINE_DUCK_STAGE_H
#define SECCHI_ENGINE_DUCK_STAGE_H

#include "engine/duckdb/duck.h"

#define DUCK_STAGE_SQL_MAX (64u << 20) /* text of a statement that stages files */
#define DUCK_STAGE_COLUMNS 4096        /* columns of a staged relation */

/* The three columns that staging adds; a column of the files with such a name is left out. */
bool duck_stage_own_column(const char *name);
/* "a, CAST(b AS TIMESTAMP) AS b, " of the columns in types that Databricks has. */
void duck_stage_put_columns(struct buf *b, const struct duck_column *columns, size_t count, struct arena *a);
/* Makes an error that is set one of a file that cannot be read. */
int duck_stage_unreadable(const char *path, struct error *err);
/* Runs the statement that makes the relation and registers it. */
int duck_stage_create(struct duck_conn *c, const char *name, const struct buf *sql, const char *relation, bool view, const char *beside,
                      struct error *err) MUST_CHECK;
int duck_stage_text(struct duck_conn *c, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                    const struct engine_column *want, size_t want_count, struct error *err) MUST_CHECK;
int duck_stage_delta(struct duck_conn *c, const char *name, const struct engine_file *files, size_t count, struct error *err) MUST_CHECK;

#endif
