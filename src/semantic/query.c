#include <errno.h>
#include <stdlib.h>

#include "semantic/private.h"
#include "semantic/writer.h"

/* ---- the stream of a result: the engine's, with limits ------------------------------------------------- */

static void keep_error(struct semantic_result *r)
{
    const struct error *whole = engine_stream_error(&r->inner);
    const char *why = r->inner.get_last_error(&r->inner);
    if (whole && whole->kind)
        r->error = *whole;
    else
        error_set(&r->error, ERROR_ENGINE, "%s", why && *why ? why : "the statement failed");
    run_error(&r->run, ERROR_ENGINE, &r->error);
}

static int outer_schema(struct ArrowArrayStream *stream, struct ArrowSchema *ret)
{
    struct semantic_result *r = stream->private_data;
    int code = r->inner.get_schema(&r->inner, ret);
    if (code)
        keep_error(r);
    return code;
}

/* Shortens a batch; its columns are shortened with it, since some readers look at those. */
static void cut(struct ArrowArray *array, int64_t rows)
{
    array->length = rows;
    for (int64_t i = 0; i < array->n_children; i++) {
        array->children[i]->length = array->offset + rows;
        array->children[i]->null_count = -1;
    }
}

static int next_batch(struct semantic_result *r, struct ArrowArray *ret)
{
    for (;;) {
        int code = r->inner.get_next(&r->inner, ret);
        if (code) {
            keep_error(r);
            return code;
        }
        if (!ret->release || ret->length > 0)
            return 0;
        ret->release(ret);
    }
}

static int outer_next(struct ArrowArrayStream *stream, struct ArrowArray *ret)
{
    struct semantic_result *r = stream->private_data;
    *ret = (struct ArrowArray){0};
    if (r->ended)
        return 0;
    if (r->error.kind)
        return EIO;
    int code = next_batch(r, ret);
    if (code)
        return code;
    if (ret->release && r->rows + ret->length > r->max_rows) {
        r->truncated = true;
        int64_t left = r->max_rows - r->rows;
        if (left > 0) {
            cut(ret, left);
        } else {
            ret->release(ret);
            *ret = (struct ArrowArray){0};
        }
    }
    if (ret->release)
        r->rows += ret->length;
    r->ended = !ret->release || r->truncated;
    r->end_ns = clock_mono_ns();
    return 0;
}

static const char *outer_error(struct ArrowArrayStream *stream)
{
    struct semantic_result *r = stream->private_data;
    return r->error.what;
}

static void outer_release(struct ArrowArrayStream *stream) { stream->release = NULL; }

int stream_error(struct ArrowArrayStream *stream, struct error *err)
{
    if (stream->release == outer_release) {
        const struct semantic_result *r = stream->private_data;
        if (err && r->error.kind)
            *err = r->error;
        return r->error.kind ? (int)r->error.kind : ERROR_ENGINE;
    }
    const char *why = stream->get_last_error(stream);
    return error_set(err, ERROR_ENGINE, "%s", why ? why : "the result could not be read");
}

struct ArrowArrayStream *semantic_stream(struct semantic_result *r) { return &r->outer; }
bool semantic_truncated(const struct semantic_result *r) { return r->truncated; }
int64_t semantic_row_count(const struct semantic_result *r) { return r->rows; }
int64_t semantic_elapsed_us(const struct semantic_result *r) { return ((r->end_ns ? r->end_ns : clock_mono_ns()) - r->start_ns) / 1000; }

/* ---- running ------------------------------------------------------------------------------------------------ */

static void audit(struct semantic_result *r, const struct error *refused)
{
    if (!r->s->o.state)
        return;
    struct buf detail CLEANUP(buf_free);
    buf_init(&detail, 16384);
    size_t len = strnlen(r->sql, 4096);
    while (len && ((unsigned char)r->sql[len] & 0xc0) == 0x80) /* not within a character */
        len--;
    buf_puts(&detail, "{\"sql\":");
    buf_add_json(&detail, r->sql, len);
    buf_printf(&detail, ",\"rows\":%lld,\"elapsed_us\":%lld", (long long)r->rows, (long long)semantic_elapsed_us(r));
    const struct error *error = refused ? refused : r->error.kind ? &r->error : NULL;
    if (error) {
        buf_puts(&detail, ",\"error\":");
        buf_put_json(&detail, error->what);
    }
    buf_puts(&detail, "}");
    struct state_audit entry = {
        .at_us = clock_real_us(),
        .user = r->principal.user,
        .action = "query",
        .object = r->principal.tenant ? r->principal.tenant : "",
        .detail = detail.overflow ? NULL : detail.data,
        .allowed = !error || (error->kind != ERROR_FORBIDDEN && error->kind != ERROR_DENIED),
    };
    struct error err;
    if (state_audit_add(r->s->o.state, &entry, false, &err) != 0)
        log_error("semantic", &err);
}

static void limits(struct semantic *s, const struct principal *p, const struct semantic_request *q, int64_t *ret_rows, int64_t *ret_ms)
{
    int64_t rows = config_int(s->o.config, "query.max_rows"), ms = (int64_t)(config_float(s->o.config, "query.timeout") * 1000.0);
    bool free = p->role >= ROLE_ADMINISTRATOR;
    *ret_rows = q->max_rows > 0 && (free || q->max_rows < rows) ? q->max_rows : rows;
    *ret_ms = q->timeout_ms > 0 && (free || q->timeout_ms < ms) ? q->timeout_ms : ms;
}

static int run_select(struct semantic_result *r, const struct semantic_request *q, const struct scope *scope, struct error *err)
{
    struct semantic *s = r->s;
    struct engine_stmt stmt = {.sql = q->sql, .file = q->file, .params = q->params, .param_count = q->param_count};
    struct gate gate = {.s = s, .principal = &r->principal, .scope = scope};
    const char *tree;
    int rc = engine_parse_tree(r->run.conn, &stmt, r->arena, &tree, err);
    if (!rc)
        rc = gate_tree(&gate, tree, err);
    if (!rc)
        rc = engine_stream(r->run.conn, &stmt, &r->inner, err);
    return run_error(&r->run, rc, err);
}

/* The books are not named to those who may not read them, whether the table is there or not. */
static int gate_bookkeeping(struct semantic_result *r, const struct sql_references *references, struct error *err)
{
    for (size_t i = 0; i < references->read_count; i++) {
        const struct sql_name *name = &references->reads[i].name;
        const char *schema = name->count > 1 ? name->parts[name->count - 2] : "";
        if (r->principal.role >= ROLE_ADMINISTRATOR || (!str_ieq(schema, "secchi_ops") && !str_ieq(schema, "secchi_quarantine")))
            continue;
        error_set(err, ERROR_FORBIDDEN, "%s is for administrators", sql_name_text(r->arena, name));
        error_where(err, "%u:%u", name->pos.line, name->pos.column);
        return ERROR_FORBIDDEN;
    }
    return 0;
}

static struct sql_env env_of(const struct semantic_result *r)
{
    return (struct sql_env){.context = r->s,
                            .name = scope_resolve,
                            .variable = scope_resolve_variable,
                            .function = scope_resolve_function,
                            .metric = scope_resolve_metric,
                            .now_us = clock_now_us(),
                            .user = r->principal.user};
}

int portable_sql(const struct semantic_result *r, const struct semantic_request *q, const char **ret, struct error *err)
{
    const struct sql_env env = env_of(r);
    return sql_portable(r->arena, q->sql, strlen(q->sql), 1, &env, ret, err);
}

/* The first wall: one statement that reads, of known functions, decided on its tokens. */
static int gate_text(struct semantic_result *r, const struct semantic_request *q, struct sql_statement *ret, struct error *err)
{
    struct sql_statement *statements;
    size_t count, len = strlen(q->sql);
    int rc = sql_split(r->arena, q->sql, len, 1, &statements, &count, err);
    if (rc)
        return rc;
    if (count != 1) {
        error_set(err, ERROR_USAGE, count ? "one statement is taken, these are %zu" : "there is no statement", count);
        return ERROR_USAGE;
    }
    *ret = statements[0];
    if (ret->kind == SQL_SHOW || ret->kind == SQL_DESCRIBE)
        return 0;
    const struct sql_env env = env_of(r);
    struct sql_references *references;
    rc = sql_gate(r->arena, q->sql, len, &env, &references, err);
    return rc ? rc : gate_bookkeeping(r, references, err);
}

static int start(struct semantic_result *r, const struct semantic_request *q, const struct cancel *cancel, const struct scope *scope,
                 struct error *err)
{
    struct sql_statement st;
    int rc = gate_text(r, q, &st, err);
    if (rc)
        return rc;
    int64_t timeout_ms;
    limits(r->s, &r->principal, q, &r->max_rows, &timeout_ms);
    rc = run_start(r->s, &r->principal, &r->run, q->engine, cancel, timeout_ms, err);
    if (rc)
        return rc;
    r->has_place = true;
    if (st.kind == SQL_SHOW || st.kind == SQL_DESCRIBE)
        return show_statement(r, &st, err);
    return q->show ? show_sql(r, q, err) : run_select(r, q, scope, err);
}

int semantic_query(struct semantic *s, const struct principal *p, const struct semantic_request *q, const struct cancel *cancel,
                   struct semantic_result **ret, struct error *err)
{
    int rc = access_require(p, ROLE_READER, "reading", err);
    if (rc)
        return rc;
    if (strlen(q->sql) > LIMIT_SQL_BYTES)
        return error_set(err, ERROR_LIMIT, "the statement is longer than %u bytes", LIMIT_SQL_BYTES);
    const struct scope *scope;
    rc = scope_acquire(s, p, &scope, err);
    if (rc)
        return rc;
    struct semantic_result *r = xcalloc(1, sizeof(*r));
    r->s = s;
    r->arena = arena_new();
    r->start_ns = clock_mono_ns();
    r->principal = *p;
    r->principal.user = arena_strdup(r->arena, p->user);
    r->principal.tenant = p->tenant ? arena_strdup(r->arena, p->tenant) : NULL;
    r->sql = arena_strdup(r->arena, q->sql);
    r->outer = (struct ArrowArrayStream){outer_schema, outer_next, outer_error, outer_release, r};
    scope_use(scope);
    rc = start(r, q, cancel, scope, err);
    scope_use(NULL);
    scope_release(s, scope);
    if (rc) {
        audit(r, err);
        r->sql = NULL;
        semantic_result_free(r);
        return rc;
    }
    *ret = r;
    return 0;
}

void semantic_result_free(struct semantic_result *r)
{
    if (!r)
        return;
    if (r->inner.release)
        r->inner.release(&r->inner);
    if (r->has_place)
        run_end(r->s, &r->run);
    if (r->sql)
        audit(r, NULL);
    arena_free(r->arena);
    free(r);
}
