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
/* Which file has which columns (stage_shape.c). */
struct duck_shape;
struct duck_shape *duck_shape_parquet(const char *list_sql); /* "['path', ..]" */
struct duck_shape *duck_shape_text(size_t file_count);       /* every file is then given */
void duck_shape_file(struct duck_shape *s, size_t file, const char *path, const char *const *names, size_t count);
void duck_shape_free(struct duck_shape *s);
int duck_shape_by_bytes(const void *a, const void *b); /* for qsort of names */
int duck_shape_read(struct duck_conn *c, const struct duck_shape *s, struct arena *a, struct engine_file_columns **ret, size_t *ret_count,
                    struct error *err) MUST_CHECK;
void duck_staged_shape(struct duck_conn *c, const char *name, struct duck_shape *shape); /* of a staged relation, which frees it */
int duck_stage_text(struct duck_conn *c, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                    const struct engine_column *want, size_t want_count, struct error *err) MUST_CHECK;
int duck_stage_delta(struct duck_conn *c, const char *name, const struct engine_file *files, size_t count, struct error *err) MUST_CHECK;

#endif
