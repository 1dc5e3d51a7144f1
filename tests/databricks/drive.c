/*
 * The engine of Databricks SQL as a program, for tests: drive OPTIONS, where OPTIONS is a JSON object (url, token, catalog, ca_file,
 * warehouse_id, profile; what is missing the environment says). Reads one JSON object a line and answers one a line:
 *   {"op": "rows" | "exec" | "describe" | "columns" | "sql" | "tree" | "version" | "backup",
 *    "sql", "file", "line", "schema", "table", "mode": "read", "interrupt_ms", "most", "params": [[name, type, value]]}
 *   {"columns": [[name, type]], "rows": [[text]]}   {"changed": n}   {"text"}   {"error", "kind", "where", "hint"}
 * Types of parameters: bool, int, float, text, timestamp (us), date (days), null. One that reads "stream" tells formats of Arrow as well.
 */
#include "engine/engine.h"

#include "nanoarrow/nanoarrow.h"
#include "yyjson.h"

#include <inttypes.h>
#include <pthread.h>
#include <time.h>

static const char *text_of(yyjson_val *v, const char *key) { return yyjson_get_str(yyjson_obj_get(v, key)); }

struct order {
    struct engine *engine;
    struct engine_conn *conn;
    yyjson_val *v;
    struct engine_stmt stmt;
    struct arena *arena;
    struct buf out;
    int done; /* the order was carried out */
};

static void put_error(struct buf *b, const struct error *e)
{
    buf_puts(b, "{\"error\":");
    buf_put_json(b, e->what);
    buf_printf(b, ",\"kind\":\"%s\",\"where\":", error_kind_name(e->kind));
    buf_put_json(b, e->where);
    buf_puts(b, ",\"hint\":");
    buf_put_json(b, e->hint);
    buf_putc(b, '}');
}

static void put_columns(struct buf *b, const struct engine_column *columns, size_t count)
{
    buf_puts(b, "{\"columns\":[");
    for (size_t i = 0; i < count; i++) {
        buf_puts(b, i ? ",[" : "[");
        buf_put_json(b, columns[i].name);
        buf_putc(b, ',');
        buf_put_json(b, columns[i].type);
        buf_putc(b, ']');
    }
    buf_putc(b, ']');
}

static void put_cell(struct buf *b, const struct engine_value *v)
{
    char text[40];
    switch (v->type) {
    case ENGINE_NULL:
        buf_puts(b, "null");
        return;
    case ENGINE_BOOL:
        buf_puts(b, v->b ? "true" : "false");
        return;
    case ENGINE_I64:
    case ENGINE_DATE:
        buf_printf(b, "%" PRId64, v->i);
        return;
    case ENGINE_F64:
        buf_printf(b, "\"%.17g\"", v->f);
        return;
    case ENGINE_TIMESTAMP:
        buf_put_json(b, time_format_us(v->i, text));
        return;
    default:
        buf_put_json(b, v->text);
        return;
    }
}

static int tell_rows(struct order *o, struct error *err)
{
    struct engine_rows rows = {0};
    yyjson_val *most = yyjson_obj_get(o->v, "most");
    int rc = engine_rows(o->conn, &o->stmt, most ? (size_t)yyjson_get_uint(most) : 10000000, o->arena, &rows, err);
    if (rc)
        return rc;
    put_columns(&o->out, rows.columns, rows.column_count);
    buf_puts(&o->out, ",\"rows\":[");
    for (size_t i = 0; i < rows.row_count; i++) {
        buf_puts(&o->out, i ? ",[" : "[");
        for (size_t c = 0; c < rows.column_count; c++) {
            buf_puts(&o->out, c ? "," : "");
            put_cell(&o->out, &rows.values[i * rows.column_count + c]);
        }
        buf_putc(&o->out, ']');
    }
    buf_puts(&o->out, "]}");
    return 0;
}

static int tell_stream(struct order *o, struct error *err)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    int64_t rows = 0, batches = 0;
    int rc = engine_stream(o->conn, &o->stmt, &stream, err), code;
    if (rc)
        return rc;
    code = stream.get_schema(&stream, &schema);
    while (code == NANOARROW_OK && (code = stream.get_next(&stream, &batch)) == NANOARROW_OK && batch.release) {
        rows += batch.length;
        batches++;
        batch.release(&batch);
    }
    if (code != NANOARROW_OK) {
        *err = *engine_stream_error(&stream);
        rc = (int)err->kind;
    } else {
        buf_printf(&o->out, "{\"changed\":%" PRId64 ",\"batches\":%" PRId64 ",\"formats\":[", rows, batches);
        for (int64_t i = 0; i < schema.n_children; i++) {
            buf_puts(&o->out, i ? "," : "");
            buf_put_json(&o->out, schema.children[i]->format);
        }
        buf_puts(&o->out, "]}");
    }
    schema.release(&schema);
    stream.release(&stream);
    return rc;
}

static int tell_columns(struct order *o, bool table, struct error *err)
{
    struct engine_column *columns;
    size_t count;
    int rc = table ? engine_table_columns(o->conn, text_of(o->v, "schema"), text_of(o->v, "table"), o->arena, &columns, &count, err)
                   : engine_describe(o->conn, &o->stmt, o->arena, &columns, &count, err);
    if (rc)
        return rc;
    put_columns(&o->out, columns, count);
    buf_putc(&o->out, '}');
    return 0;
}

static void put_text(struct order *o, const char *text)
{
    buf_puts(&o->out, "{\"text\":");
    buf_put_json(&o->out, text);
    buf_putc(&o->out, '}');
}

static int carry_out(struct order *o, struct error *err)
{
    const char *op = text_of(o->v, "op"), *text = NULL;
    int64_t rows = -1;
    int rc;
    if (str_eq(op, "rows"))
        return tell_rows(o, err);
    if (str_eq(op, "stream"))
        return tell_stream(o, err);
    if (str_eq(op, "describe") || str_eq(op, "columns"))
        return tell_columns(o, str_eq(op, "columns"), err);
    if (str_eq(op, "exec")) {
        rc = engine_exec(o->conn, &o->stmt, &rows, err);
        if (!rc)
            buf_printf(&o->out, "{\"changed\":%" PRId64 "}", rows);
        return rc;
    }
    if (str_eq(op, "version")) {
        put_text(o, engine_version(o->engine));
        return 0;
    }
    if (str_eq(op, "backup"))
        return engine_backup(o->engine, "/nonexistent/backup", err);
    rc = str_eq(op, "tree") ? engine_parse_tree(o->conn, &o->stmt, o->arena, &text, err)
                            : engine_sql(o->conn, &o->stmt, o->arena, &text, err);
    if (!rc)
        put_text(o, text);
    return rc;
}

static struct engine_value value_of(const char *type, yyjson_val *v)
{
    if (str_eq(type, "bool"))
        return (struct engine_value){.type = ENGINE_BOOL, .b = yyjson_get_bool(v)};
    if (str_eq(type, "float"))
        return (struct engine_value){.type = ENGINE_F64, .f = yyjson_get_num(v)};
    if (str_eq(type, "text"))
        return (struct engine_value){.type = ENGINE_TEXT, .text = yyjson_get_str(v)};
    if (str_eq(type, "null"))
        return (struct engine_value){.type = ENGINE_NULL};
    return (struct engine_value){.type = str_eq(type, "timestamp") ? ENGINE_TIMESTAMP
                                         : str_eq(type, "date")    ? ENGINE_DATE
                                                                   : ENGINE_I64,
                                 .i = yyjson_get_sint(v)};
}

static void read_order(struct order *o)
{
    yyjson_val *params = yyjson_obj_get(o->v, "params"), *p;
    struct engine_param *list = arena_alloc(o->arena, (yyjson_arr_size(params) + 1) * sizeof(*list));
    size_t i, n;
    yyjson_arr_foreach(params, i, n, p) list[i] = (struct engine_param){
        yyjson_get_str(yyjson_arr_get(p, 0)), value_of(yyjson_get_str(yyjson_arr_get(p, 1)), yyjson_arr_get(p, 2))};
    o->stmt = (struct engine_stmt){.sql = text_of(o->v, "sql"),
                                   .file = text_of(o->v, "file"),
                                   .line = (uint32_t)yyjson_get_uint(yyjson_obj_get(o->v, "line")),
                                   .params = list,
                                   .param_count = yyjson_arr_size(params)};
}

/* Again and again: on a busy machine the first one may come before the statement. */
static void *interrupt_later(void *context)
{
    struct order *o = context;
    int64_t ms = yyjson_get_sint(yyjson_obj_get(o->v, "interrupt_ms"));
    while (!__atomic_load_n(&o->done, __ATOMIC_ACQUIRE)) {
        nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
        engine_interrupt(o->conn);
    }
    return NULL;
}

static int obey(struct order *o, struct error *err)
{
    pthread_t thread;
    enum engine_mode mode = str_eq(text_of(o->v, "mode"), "read") ? ENGINE_READ : ENGINE_WRITE;
    bool interrupts = yyjson_obj_get(o->v, "interrupt_ms") != NULL;
    int rc = engine_connect(o->engine, mode, NULL, &o->conn, err);
    if (rc)
        return rc;
    if (interrupts && pthread_create(&thread, NULL, interrupt_later, o) != 0)
        abort();
    rc = carry_out(o, err);
    __atomic_store_n(&o->done, 1, __ATOMIC_RELEASE);
    if (interrupts)
        pthread_join(thread, NULL);
    engine_disconnect(o->conn);
    return rc;
}

static void answer(struct engine *engine, const char *line, size_t len)
{
    struct error err = {0};
    struct order o = {.engine = engine, .arena = arena_new()};
    yyjson_doc *doc = yyjson_read(line, len, 0);
    o.v = yyjson_doc_get_root(doc);
    buf_init(&o.out, 1u << 30);
    read_order(&o);
    if (obey(&o, &err)) {
        buf_clear(&o.out);
        put_error(&o.out, &err);
    }
    printf("%s\n", o.out.data ? o.out.data : "");
    fflush(stdout);
    buf_free(&o.out);
    arena_free(o.arena);
    yyjson_doc_free(doc);
}

int main(int argc, char **argv)
{
    struct engine *engine;
    struct error err = {0};
    struct buf out CLEANUP(buf_free) = {0};
    char *line = NULL;
    size_t cap = 0;
    yyjson_doc *doc = argc == 2 ? yyjson_read(argv[1], strlen(argv[1]), 0) : NULL;
    yyjson_val *v = yyjson_doc_get_root(doc);
    struct engine_options options = {.kind = "databricks",
                                     .url = text_of(v, "url"),
                                     .token = text_of(v, "token"),
                                     .catalog = text_of(v, "catalog"),
                                     .ca_file = text_of(v, "ca_file"),
                                     .warehouse_id = text_of(v, "warehouse_id"),
                                     .profile = text_of(v, "profile")};
    buf_init(&out, 65536);
    if (!doc || engine_open(&options, &engine, &err)) {
        put_error(&out, &err);
        printf("%s\n", out.data);
        yyjson_doc_free(doc);
        return 1;
    }
    for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;)
        answer(engine, line, (size_t)n);
    free(line);
    engine_close(engine);
    yyjson_doc_free(doc);
    return 0;
}
