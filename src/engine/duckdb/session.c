/* What statements take for granted, as variables of the connection: views are expanded inside DuckDB, where nothing but a variable
 * can tell them. A variable is looked up when a statement is prepared, so each is set before that. */
#include "engine/duckdb/duck.h"

#include <inttypes.h>

static int set_asker(struct duck_conn *c, struct error *err)
{
    struct buf sql CLEANUP(buf_free);
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *user = c->base.user ? c->base.user : c->base.engine->env.user;
    buf_init(&sql, LIMIT_SQL_BYTES);
    buf_printf(&sql, "SET VARIABLE dbx_user = %s", user ? sql_quote_string(a, user) : "NULL");
    int rc = duck_sql(c, sql.data, err);
    if (rc)
        return rc;
    buf_clear(&sql);
    buf_printf(&sql, "SET VARIABLE dbx_groups = CAST(%s AS VARCHAR[])", c->base.groups ? c->base.groups : "[]");
    return sql.overflow ? error_set(err, ERROR_LIMIT, "the user is in too many groups") : duck_sql(c, sql.data, err);
}

int duck_session(struct duck_conn *c, int64_t *ret_now_us, struct error *err)
{
    int64_t now_us = c->base.clock_us ? c->base.clock_us : clock_now_us();
    char sql[80];
    int rc = 0;
    bool fresh = c->session_generation != c->generation; /* a new connection knows no variables */
    if (fresh || c->session_asker != c->base.asker)
        rc = set_asker(c, err);
    if (!rc && (fresh || c->session_now_us != now_us)) {
        snprintf(sql, sizeof(sql), "SET VARIABLE dbx_now = make_timestamp(%" PRId64 ")", now_us);
        rc = duck_sql(c, sql, err);
    }
    if (!rc && c->base.any_order && (fresh || !c->session_any_order))
        rc = duck_sql(c, "SET SESSION preserve_insertion_order = false", err);
    if (rc)
        return rc;
    c->session_any_order = c->base.any_order;
    c->session_generation = c->generation;
    c->session_asker = c->base.asker;
    c->session_now_us = now_us;
    *ret_now_us = now_us;
    return 0;
}
