/*
 * Private to the room: statements for engines that take Databricks SQL as it is (Spark, Databricks SQL), with names of tables and
 * functions put in the place where they lie there.
 *
 * Metric views and ${settings} are expanded (sql_portable); a table becomes `catalog`.`schema`.`table`, `incoming.x` what the engine has
 * staged, a function of a pack `catalog`.`schema`.`function`. These engines have no clock that can be set and do not know who asks:
 * current_timestamp(), now(), current_date(), unix_timestamp(), current_user() and is_member() become literals of the connection, except
 * in the text of views and functions that are created, which ask the engine when they are read.
 *
 * CREATE TABLE is written anew without what open-source Spark refuses: primary and foreign keys (they are kept in the catalogue of the
 * packs). SET TAGS gives no statement.
 */
#ifndef SECCHI_ENGINE_REMOTE_H
#define SECCHI_ENGINE_REMOTE_H

#include "engine/engine_impl.h"

#include <pthread.h>

struct remote_env {
    const struct engine_conn *conn; /* its clock, user and groups, and the env of its engine */
    const char *catalog;            /* NULL: names have two parts */
    bool plain_tables;              /* CREATE TABLE without keys and checks, for open-source Spark */
    bool literals;                  /* :parameters are put into the text: Spark 4.2 with Delta 4.4 does not bind any */
    /* The relation that is staged under a name, as SQL text; NULL: none is. */
    const char *(*staged)(void *context, const char *name, struct arena *a);
    void *context;
};

struct remote_splice {
    size_t at, len; /* in the statement, bytes */
    const char *with;
};
struct remote_text {
    enum sql_kind kind;
    const char *sql;      /* NULL: there is nothing to run */
    const char *schema;   /* of what is created, as SQL text; NULL: nothing is created in one */
    const char *written;  /* the table that is written, created or dropped, as SQL text; NULL: none */
    const char *portable; /* before names were put in */
    struct remote_splice *splices;
    size_t splice_count;
};
int remote_rewrite(const struct remote_env *env, const struct engine_stmt *s, struct arena *a, struct remote_text *ret,
                   struct error *err) MUST_CHECK;
/* `catalog`.`schema`.`table` */
const char *remote_name(const struct remote_env *env, struct arena *a, const char *schema, const char *table);
/* The place of an error: "line:column" in err->where, of the text that was run, becomes the place in s; without one it becomes the file. */
void remote_place(const struct remote_text *t, const struct engine_stmt *s, struct error *err);
/* The parse tree for the gate: the statement in the dialect of the embedded engine, serialised by a connection of it. Names of tables
 * are looked up, whether they exist is not. */
int remote_parse_tree(const struct remote_env *env, struct engine_conn *local, const struct engine_stmt *s, struct arena *a,
                      const char **ret_json, struct error *err) MUST_CHECK;
/* A rewritten query; ERROR_USAGE when the statement is none. */
int remote_query(const struct remote_env *env, const struct engine_stmt *s, struct arena *a, struct remote_text *ret,
                 struct error *err) MUST_CHECK;
/* A rewritten statement; ERROR_FORBIDDEN when the connection may read only and the statement writes. */
int remote_statement(const struct remote_env *env, enum engine_mode mode, const struct engine_stmt *s, struct arena *a,
                     struct remote_text *ret, struct error *err) MUST_CHECK;

/* The place of the one writer; these engines know no such thing. */
struct remote_writer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool taken;
};
void remote_writer_init(struct remote_writer *w);
void remote_writer_free(struct remote_writer *w);
int remote_writer_take(struct remote_writer *w, const struct cancel *cancel, struct error *err) MUST_CHECK;
void remote_writer_give(struct remote_writer *w);

bool remote_reads(enum sql_kind kind);
bool remote_creates(enum sql_kind kind);

#endif
