/*
 * Statements on a Spark Connect server, for tests/differential/test_spark_engine.py:
 *
 *   spark_drive [--url U] [--token T] [--ca F] [--param NAME=TYPE:VALUE].. [--now TEXT] [--interrupt-ms N] [--out FILE] SQL..
 *
 * All statements but the last are run; the last one's rows are written to FILE as an Arrow IPC stream and counted on standard output:
 * "rows N", for a statement without rows "changed N". TYPE is bool, i64, f64, text, time (us), date (days) or null.
 * --columns SCHEMA.TABLE and --describe SQL print names and types; --files DIR stages the Parquet files there as incoming.x first;
 * --load N appends N rows to main.loaded (id BIGINT, name STRING, at TIMESTAMP); --hash SCHEMA.TABLE prints a hash.
 */
#include <inttypes.h>
#include <pthread.h>
#include <time.h>

#include "engine/engine.h"
#include "nanoarrow/nanoarrow_ipc.h"

#define MAX_PARAMS 32

struct drive {
    struct engine *engine;
    struct engine_conn *conn;
    struct engine_param params[MAX_PARAMS];
    size_t param_count;
    const char *out;
    int64_t interrupt_ms;
    struct arena *arena;
};

static void *interrupter(void *context)
{
    struct drive *d = context;
    const struct timespec nap = {.tv_sec = d->interrupt_ms / 1000, .tv_nsec = d->interrupt_ms % 1000 * 1000000};
    nanosleep(&nap, NULL);
    engine_interrupt(d->conn);
    return NULL;
}

static int add_param(struct drive *d, const char *text)
{
    const char *equals = strchr(text, '='), *colon = equals ? strchr(equals, ':') : NULL;
    if (!colon || d->param_count == MAX_PARAMS)
        return 1;
    const char *type = arena_strndup(d->arena, equals + 1, (size_t)(colon - equals) - 1), *value = colon + 1;
    struct engine_param *p = &d->params[d->param_count++];
    p->name = arena_strndup(d->arena, text, (size_t)(equals - text));
    p->value = (struct engine_value){.type = ENGINE_NULL};
    if (str_eq(type, "bool")) {
        p->value.type = ENGINE_BOOL;
        return str_to_bool(value, &p->value.b);
    }
    if (str_eq(type, "f64")) {
        p->value.type = ENGINE_F64;
        return str_to_f64(value, &p->value.f);
    }
    if (str_eq(type, "text")) {
        p->value = (struct engine_value){.type = ENGINE_TEXT, .text = value};
        return 0;
    }
    if (str_eq(type, "null"))
        return 0;
    p->value.type = str_eq(type, "i64") ? ENGINE_I64 : str_eq(type, "time") ? ENGINE_TIMESTAMP : ENGINE_DATE;
    return str_to_i64(value, &p->value.i);
}

static int write_stream(struct drive *d, struct ArrowArrayStream *stream, int64_t *ret_rows, struct error *err)
{
    struct ArrowIpcOutputStream out;
    struct ArrowIpcWriter writer;
    struct ArrowSchema schema;
    struct ArrowArrayView view;
    struct ArrowArray batch;
    FILE *f = fopen(d->out ? d->out : "/dev/null", "wb");
    if (!f)
        return error_errno(err, "write", d->out);
    if (stream->get_schema(stream, &schema) || ArrowIpcOutputStreamInitFile(&out, f, 1) || ArrowIpcWriterInit(&writer, &out) ||
        ArrowIpcWriterWriteSchema(&writer, &schema, NULL) || ArrowArrayViewInitFromSchema(&view, &schema, NULL))
        return error_set(err, ERROR_INTERNAL, "the schema cannot be written");
    int rc = 0;
    while (!rc) {
        if (stream->get_next(stream, &batch)) {
            *err = *engine_stream_error(stream);
            rc = (int)err->kind;
        } else if (!batch.release)
            break;
        else {
            *ret_rows += batch.length;
            if (ArrowArrayViewSetArray(&view, &batch, NULL) || ArrowIpcWriterWriteArrayView(&writer, &view, NULL))
                rc = error_set(err, ERROR_INTERNAL, "a batch cannot be written");
            batch.release(&batch);
        }
    }
    if (!rc && ArrowIpcWriterWriteArrayView(&writer, NULL, NULL))
        rc = error_set(err, ERROR_INTERNAL, "the end cannot be written");
    ArrowArrayViewReset(&view);
    schema.release(&schema);
    ArrowIpcWriterReset(&writer);
    return rc;
}

static int run_last(struct drive *d, const struct engine_stmt *s, struct error *err)
{
    struct sql_references *refs;
    struct ArrowArrayStream stream;
    int64_t rows = 0;
    int rc = sql_references(d->arena, s->sql, strlen(s->sql), 1, &refs, err);
    if (rc)
        return rc;
    if (refs->kind != SQL_SELECT && refs->kind != SQL_SHOW && refs->kind != SQL_DESCRIBE) {
        rc = engine_exec(d->conn, s, &rows, err);
        if (!rc)
            printf("changed %" PRId64 "\n", rows);
        return rc;
    }
    rc = engine_stream(d->conn, s, &stream, err);
    if (rc)
        return rc;
    rc = write_stream(d, &stream, &rows, err);
    stream.release(&stream);
    if (!rc)
        printf("rows %" PRId64 "\n", rows);
    return rc;
}

static int show_columns(const struct engine_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%s\t%s\n", columns[i].name, columns[i].type);
    return 0;
}

static int split_name(struct drive *d, const char *name, const char **ret_schema, const char **ret_table)
{
    const char *dot = strchr(name, '.');
    if (!dot)
        return 1;
    *ret_schema = arena_strndup(d->arena, name, (size_t)(dot - name));
    *ret_table = dot + 1;
    return 0;
}

static int stage_dir(struct drive *d, const char *dir, struct error *err)
{
    char **names;
    size_t count;
    int rc = engine_allow_dirs(d->engine, &dir, 1, err);
    if (!rc)
        rc = dir_list(dir, &names, &count, err);
    if (rc)
        return rc;
    struct engine_file *files = arena_alloc(d->arena, (count + 1) * sizeof(*files));
    for (size_t i = 0; i < count; i++)
        files[i] = (struct engine_file){.path = path_join(d->arena, dir, names[i]), .to_offset = -1};
    rc = engine_stage_files(d->conn, "x", ENGINE_PARQUET, files, count, NULL, 0, err);
    dir_list_free(names, count);
    return rc;
}

static int load_rows(struct drive *d, int64_t count, struct error *err)
{
    struct engine_loader *l;
    int rc = engine_load_begin(d->conn, "main", "loaded", &l, err);
    if (rc)
        return rc;
    for (int64_t i = 0; !rc && i < count; i++) {
        const char *name = i % 3 ? "caf\xc3\xa9" : "bad \xff byte";
        engine_load_i64(l, 0, i);
        if (i % 5)
            engine_load_text(l, 1, name, strlen(name));
        engine_load_i64(l, 2, i * 1000000);
        rc = engine_load_row(l, err);
    }
    if (rc) {
        engine_load_abort(l);
        return rc;
    }
    return engine_load_end(l, err);
}

static int special(struct drive *d, const char *option, const char *value, struct error *err)
{
    struct engine_column *columns;
    const char *schema, *table;
    size_t count;
    uint64_t hash;
    int64_t n;
    int rc;
    if (str_eq(option, "--describe")) {
        rc = engine_describe(d->conn, &(struct engine_stmt){.sql = value}, d->arena, &columns, &count, err);
        return rc ? rc : show_columns(columns, count);
    }
    if (str_eq(option, "--files"))
        return stage_dir(d, value, err);
    if (str_eq(option, "--load"))
        return str_to_i64(value, &n) ? error_set(err, ERROR_USAGE, "--load wants a number") : load_rows(d, n, err);
    if (split_name(d, value, &schema, &table))
        return error_set(err, ERROR_USAGE, "%s wants SCHEMA.TABLE", option);
    if (str_eq(option, "--columns")) {
        rc = engine_table_columns(d->conn, schema, table, d->arena, &columns, &count, err);
        return rc ? rc : show_columns(columns, count);
    }
    rc = engine_table_hash(d->conn, schema, table, NULL, 0, &hash, err);
    if (!rc)
        printf("%016" PRIx64 "\n", hash);
    return rc;
}

static int drive(struct drive *d, int argc, char **argv, struct engine_options *options, struct error *err)
{
    static const char *const specials[] = {"--columns", "--describe", "--files", "--load", "--hash"};
    const char *now = NULL;
    int at = 1, rc;
    for (; at + 1 < argc && str_starts(argv[at], "--"); at += 2) {
        const char *value = argv[at + 1];
        if (str_eq(argv[at], "--url"))
            options->url = value;
        else if (str_eq(argv[at], "--token"))
            options->token = value;
        else if (str_eq(argv[at], "--ca"))
            options->ca_file = value;
        else if (str_eq(argv[at], "--out"))
            d->out = value;
        else if (str_eq(argv[at], "--now"))
            now = value;
        else if (str_eq(argv[at], "--interrupt-ms") ? str_to_i64(value, &d->interrupt_ms)
                                                    : !str_eq(argv[at], "--param") || add_param(d, value))
            break;
    }
    rc = engine_open(options, &d->engine, err);
    if (!rc)
        rc = engine_connect(d->engine, ENGINE_WRITE, NULL, &d->conn, err);
    int64_t now_us = 0;
    if (!rc && now && time_parse_us(now, &now_us))
        rc = error_set(err, ERROR_USAGE, "--now wants a time");
    if (!rc)
        engine_set_clock(d->conn, now_us);
    while (!rc && at < argc) {
        bool is_special = false;
        for (size_t i = 0; i < ARRAY_LEN(specials); i++)
            is_special = is_special || str_eq(specials[i], argv[at]);
        if (is_special && at + 1 < argc) {
            rc = special(d, argv[at], argv[at + 1], err);
            at += 2;
            continue;
        }
        const struct engine_stmt s = {.sql = argv[at], .params = d->params, .param_count = d->param_count};
        const bool last = ++at == argc;
        pthread_t thread;
        if (last && d->interrupt_ms && pthread_create(&thread, NULL, interrupter, d))
            abort();
        rc = last ? run_last(d, &s, err) : engine_exec(d->conn, &s, NULL, err);
        if (last && d->interrupt_ms)
            pthread_join(thread, NULL);
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct arena *a = arena_new();
    struct drive d = {.arena = a};
    struct engine_options options = {.kind = "spark"};
    int rc = drive(&d, argc, argv, &options, &err);
    if (rc) {
        printf("kind %s\n", error_kind_name(err.kind));
        error_print(stdout, &err);
    }
    engine_disconnect(d.conn);
    engine_close(d.engine);
    arena_free(a);
    return rc ? error_exit_status(&err) : 0;
}
