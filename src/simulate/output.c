/* Files: a table's rows of each day, the log of a Delta table, secchi.yaml. */
#include "simulate/room.h"

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *sim_day_text(int32_t day, char ret[16])
{
    char text[40];
    time_format_us((int64_t)day * 86400000000, text);
    snprintf(ret, 16, "%.10s", text);
    return ret;
}

/* ---- days of delivery */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

/* from: <fresh>/arrival=YYYY-MM-DD, of one file. */
static int move_day(const char *from, const char *dir, const char *ending, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *day = strrchr(from, '=');
    char **names;
    size_t count;
    int64_t us;
    int rc = dir_list(from, &names, &count, err);
    if (rc)
        return rc;
    if (!day || time_parse_us(day + 1, &us) || count != 1)
        rc = error_set(err, ERROR_INTERNAL, "%s is not one file of a day", from);
    const char *path = rc ? NULL : arena_printf(a, "%s/%s.%s", dir, day + 1, ending);
    if (!rc && rename(path_join(a, from, names[0]), path) != 0)
        rc = error_errno(err, "write", path);
    dir_list_free(names, count);
    return rc;
}

static int move_days(const char *fresh, const char *dir, const char *ending, int64_t *ret_files, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    char **names;
    size_t count;
    int rc = dir_list(fresh, &names, &count, err);
    if (rc)
        return rc;
    if (count)
        rc = dir_create(dir, 0777, err);
    for (size_t i = 0; !rc && i < count; i++)
        rc = move_day(path_join(a, fresh, names[i]), dir, ending, err);
    dir_list_free(names, count);
    if (!rc)
        *ret_files = (int64_t)count;
    return rc;
}

/* The days are written into a folder of their own, and their files renamed when all are complete. */
int sim_write_days(const struct sim_plan *p, const struct sim_table *t, struct engine_copier *k, const struct engine_param *params,
                   int32_t from_day, int64_t *ret_rows, int64_t *ret_files, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    char text[16];
    const bool json = p->options->format == SIMULATE_JSONL;
    const char *dir = arena_printf(a, "%s/%s/%s", p->options->out, t->schema, t->table);
    const char *fresh = arena_printf(a, "%s/.%s.%s.%s.new", p->options->out, t->schema, t->table, sim_day_text(from_day, text));
    *ret_files = 0;
    int rc = engine_copy_run(k, params, fresh, json ? ENGINE_JSONL : ENGINE_PARQUET, ret_rows, err);
    if (!path_is_dir(fresh))
        return rc; /* no rows */
    if (!rc)
        rc = move_days(fresh, dir, json ? "jsonl" : "parquet", ret_files, err);
    if (nftw(fresh, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0 && !rc)
        rc = error_errno(err, "remove", fresh);
    return rc;
}

/* ---- Delta: the log of a table that is only appended to, one commit a day of delivery */

static const char *simple_type(struct arena *a, const struct sql_type *t)
{
    switch (t->kind) {
    case SQL_T_BOOLEAN:
        return "boolean";
    case SQL_T_TINYINT:
        return "byte";
    case SQL_T_SMALLINT:
        return "short";
    case SQL_T_INT:
        return "integer";
    case SQL_T_BIGINT:
        return "long";
    case SQL_T_FLOAT:
        return "float";
    case SQL_T_DOUBLE:
        return "double";
    case SQL_T_BINARY:
        return "binary";
    case SQL_T_DATE:
        return "date";
    case SQL_T_TIMESTAMP:
        return "timestamp";
    case SQL_T_DECIMAL:
        return arena_printf(a, "decimal(%d,%d)", t->precision, t->scale);
    default:
        return "string";
    }
}

static void put_field(struct arena *a, struct buf *b, const char *name, const struct sql_type *t);

static void put_type(struct arena *a, struct buf *b, const struct sql_type *t)
{
    if (t->kind == SQL_T_STRUCT) {
        buf_puts(b, "{\"type\":\"struct\",\"fields\":[");
        for (size_t i = 0; i < t->field_count; i++) {
            buf_puts(b, i ? "," : "");
            put_field(a, b, t->fields[i].name, t->fields[i].type);
        }
        buf_puts(b, "]}");
    } else if (t->kind == SQL_T_ARRAY) {
        buf_puts(b, "{\"type\":\"array\",\"elementType\":");
        put_type(a, b, t->item);
        buf_puts(b, ",\"containsNull\":true}");
    } else if (t->kind == SQL_T_MAP) {
        buf_puts(b, "{\"type\":\"map\",\"keyType\":");
        put_type(a, b, t->key);
        buf_puts(b, ",\"valueType\":");
        put_type(a, b, t->item);
        buf_puts(b, ",\"valueContainsNull\":true}");
    } else {
        buf_printf(b, "\"%s\"", simple_type(a, t));
    }
}

static void put_field(struct arena *a, struct buf *b, const char *name, const struct sql_type *t)
{
    buf_puts(b, "{\"name\":");
    buf_put_json(b, name);
    buf_puts(b, ",\"type\":");
    put_type(a, b, t);
    buf_puts(b, ",\"nullable\":true,\"metadata\":{}}");
}

/* What is drifted away is not in the files; readers take null for it. */
static void put_schema(const struct sim_table *t, struct arena *a, struct buf *b)
{
    const struct sql_table *table = t->bronze->table;
    struct buf schema CLEANUP(buf_free);
    buf_init(&schema, LIMIT_SQL_BYTES);
    buf_puts(&schema, "{\"type\":\"struct\",\"fields\":[");
    for (size_t i = 0, n = 0; i < table->column_count; i++) {
        if (sim_is_bookkeeping(table->columns[i].name))
            continue;
        buf_puts(&schema, n++ ? "," : "");
        put_field(a, &schema, table->columns[i].name, table->columns[i].type);
    }
    buf_puts(&schema, "]}");
    buf_put_json(b, schema.data);
}

/* The id and the times come from names and days, so that the same arguments give the same bytes. */
static void put_head(const struct sim_table *t, struct arena *a, int64_t at_ms, struct buf *b)
{
    char hex[17];
    const char *name = arena_printf(a, "%s.%s", t->schema, t->table);
    uint64_t h = hash_bytes(name, strlen(name), 0);
    hex_encode(&h, sizeof(h), hex);
    buf_puts(b, "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n");
    buf_printf(
        b, "{\"metaData\":{\"id\":\"00000000-0000-4000-%.4s-%.12s\",\"format\":{\"provider\":\"parquet\",\"options\":{}},\"schemaString\":",
        hex, arena_printf(a, "%s0000", hex + 4));
    put_schema(t, a, b);
    buf_printf(b, ",\"partitionColumns\":[],\"configuration\":{},\"createdTime\":%lld}}\n", (long long)at_ms);
}

static int write_commit(const struct sim_table *t, const char *dir, const char *file, int64_t version, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct buf b CLEANUP(buf_free);
    struct stat st;
    int64_t us;
    const char *path = path_join(a, dir, file);
    buf_init(&b, LIMIT_SQL_BYTES * 2);
    if (stat(path, &st) != 0)
        return error_errno(err, "read", path);
    if (time_parse_us(arena_strndup(a, file, 10), &us))
        return error_set(err, ERROR_INTERNAL, "the file %s is not named by its day", path);
    const int64_t at_ms = us / 1000 + 86400000;
    buf_printf(&b, "{\"commitInfo\":{\"timestamp\":%lld,\"operation\":\"WRITE\",\"operationParameters\":{\"mode\":\"Append\"}}}\n",
               (long long)at_ms);
    if (version == 0)
        put_head(t, a, at_ms, &b);
    buf_printf(&b, "{\"add\":{\"path\":\"%s\",\"partitionValues\":{},\"size\":%lld,\"modificationTime\":%lld,\"dataChange\":true}}\n", file,
               (long long)st.st_size, (long long)at_ms);
    if (b.overflow)
        return error_set(err, ERROR_LIMIT, "the schema of %s.%s is too long", t->schema, t->table);
    return file_write_atomic(arena_printf(a, "%s/_delta_log/%020lld.json", dir, (long long)version), b.data, b.len, 0666, err);
}

static int write_log(const struct sim_plan *p, const struct sim_table *t, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    const char *dir = arena_printf(a, "%s/%s/%s", p->options->out, t->schema, t->table);
    char **names;
    size_t count;
    int64_t version = 0;
    if (!path_is_dir(dir))
        return 0;
    int rc = dir_list(dir, &names, &count, err);
    if (rc)
        return rc;
    rc = dir_create(path_join(a, dir, "_delta_log"), 0777, err);
    for (size_t i = 0; !rc && i < count; i++)
        if (str_ends(names[i], ".parquet"))
            rc = write_commit(t, dir, names[i], version++, err);
    dir_list_free(names, count);
    return rc;
}

int sim_write_delta_logs(struct sim_plan *p, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < p->table_count; i++)
        rc = write_log(p, &p->tables[i], err);
    return rc;
}

/* ---- secchi.yaml */

/* What a simulation of scale 1 costs at list prices; it grows with the scale, a job's share with its root. */
#define MONTHLY_COST 44000.0
#define DAILY_JOB_COST 12.0
#define DAILY_UNTAGGED_COST 200.0

int sim_write_yaml(const struct sim_plan *p, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct buf b CLEANUP(buf_free);
    char day[16];
    buf_init(&b, 65536);
    buf_printf(&b, "# Configuration for this simulated lake: scale %g, seed %lld, %lld days until %s.\n", p->options->scale,
               (long long)p->options->seed, (long long)p->options->days, sim_day_text(p->options->until_day, day));
    buf_puts(&b, "# Put it into a home as secchi.yaml, or run: secchi --home HOME setup --source THIS_FOLDER\n");
    buf_puts(&b, "version: 1\nsources:\n  - name: simulated\n    kind: folder\n    path: ");
    buf_put_json(&b, p->options->out);
    buf_printf(&b, "\nbudget:\n  monthly: %.0f\n  job_day: %.0f\n  untagged_day: %.0f\n", MONTHLY_COST * 1.25 * p->options->scale,
               10 + DAILY_JOB_COST * 1.5 * sqrt(p->options->scale), DAILY_UNTAGGED_COST * 1.5 * p->options->scale);
    return file_write_atomic(path_join(a, p->options->out, "secchi.yaml"), b.data, b.len, 0666, err);
}
