#include "export/private.h"

/* Tables and views as a catalogue of Databricks takes them, and what fills them. */

static const char *quoted(struct arena *a, const char *name)
{
    struct sql_name n = {.parts = {name}, .count = 1};
    return sql_name_text(a, &n);
}

static const char *list_of(struct arena *a, const char *prefix, const char *const *names, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(a, "%s%s%s%s", text, i ? ", " : "", prefix, quoted(a, names[i]));
    return text;
}

static bool is_stamp(const char *column) { return str_starts(column, "bronze_"); }

/* ---- keys: those of Databricks take no null, and are for the reader and the optimiser only ------------------------------ */

static bool never_null(const struct pack_object *o, const char *column)
{
    for (size_t i = 0; i < o->check_count; i++) {
        const char *p = o->checks[i].predicate;
        const size_t n = strlen(column);
        p += *p == '`';
        if (!o->checks[i].warning && strncasecmp(p, column, n) == 0 && str_ieq(p + n + (p[n] == '`'), " IS NOT NULL"))
            return true;
    }
    return false;
}

static const struct pack_object *bronze_of(const struct bundle *b, const struct pack_object *o)
{
    return o->layer == PACK_BRONZE ? o : o->row_of ? pack_find(b->o->catalogue, "system_bronze", o->row_of) : NULL;
}

bool export_has_key(const struct bundle *b, const struct pack_object *o)
{
    const struct sql_key *k = o->is_view ? NULL : sql_primary_key(o->table);
    const struct pack_object *bronze = bronze_of(b, o);
    if (!k || !bronze)
        return false;
    for (size_t i = 0; i < k->column_count; i++)
        if (!never_null(bronze, k->columns[i]))
            return false;
    return true;
}

static bool in_key(const struct sql_key *k, const char *column)
{
    for (size_t i = 0; k && i < k->column_count; i++)
        if (str_ieq(k->columns[i], column))
            return true;
    return false;
}

static const struct pack_object *target_of(const struct bundle *b, const struct sql_key *k)
{
    const char *schema = k->target.count > 1 ? k->target.parts[k->target.count - 2] : "system_gold";
    return pack_find(b->o->catalogue, schema, k->target.parts[k->target.count - 1]);
}

/* A foreign key needs a primary key to refer to. */
static bool has_target(const struct bundle *b, const struct pack_object *o, const struct sql_key *k)
{
    const struct pack_object *t = k->primary ? NULL : target_of(b, k);
    return t && t != o && t->layer == o->layer && export_has_key(b, t);
}

/* ---- DDL ------------------------------------------------------------------------------------------------------------------- */

static void put_columns(struct bundle *b, const struct pack_object *o, struct buf *out)
{
    const struct sql_key *key = export_has_key(b, o) ? sql_primary_key(o->table) : NULL;
    for (size_t i = 0; i < o->table->column_count; i++) {
        const struct sql_column *c = &o->table->columns[i];
        buf_printf(out, "%s\n  %s %s", i ? "," : "", quoted(b->arena, c->name), c->type_text);
        if (c->not_null || in_key(key, c->name))
            buf_puts(out, " NOT NULL");
        if (c->default_sql)
            buf_printf(out, " DEFAULT %s", c->default_sql);
        if (c->comment)
            buf_printf(out, " COMMENT %s", sql_literal(b->arena, c->comment));
    }
}

static void put_keys(struct bundle *b, const struct pack_object *o, struct buf *out)
{
    for (size_t i = 0; i < o->table->key_count; i++) {
        const struct sql_key *k = &o->table->keys[i];
        if (k->primary ? !export_has_key(b, o) : !has_target(b, o, k))
            continue;
        buf_puts(out, ",\n  ");
        if (k->name)
            buf_printf(out, "CONSTRAINT %s ", quoted(b->arena, k->name));
        buf_printf(out, "%s KEY (%s)", k->primary ? "PRIMARY" : "FOREIGN", list_of(b->arena, "", k->columns, k->column_count));
        if (!k->primary)
            buf_printf(out, " REFERENCES %s (%s)", quoted(b->arena, target_of(b, k)->name),
                       list_of(b->arena, "", k->target_columns, k->target_column_count));
    }
}

/* Keys that are not constraints are still told. */
static void put_properties(struct bundle *b, const struct pack_object *o, struct buf *out)
{
    const struct sql_key *key = sql_primary_key(o->table);
    const char *separator = "\nTBLPROPERTIES (\n  ";
    for (size_t i = 0; i < o->table->column_count; i++)
        if (o->table->columns[i].default_sql) {
            buf_printf(out, "%s'delta.feature.allowColumnDefaults' = 'supported'", separator);
            separator = ",\n  ";
            break;
        }
    if (key && !export_has_key(b, o)) {
        buf_printf(out, "%s'secchi.primary_key' = %s", separator,
                   sql_literal(b->arena, list_of(b->arena, "", key->columns, key->column_count)));
        separator = ",\n  ";
    }
    for (size_t i = 0; i < o->table->property_count; i++, separator = ",\n  ")
        buf_printf(out, "%s%s = %s", separator, sql_literal(b->arena, o->table->properties[i].key),
                   sql_literal(b->arena, o->table->properties[i].value));
    if (*separator == ',')
        buf_puts(out, "\n)");
}

static const char *const tags[] = {"data_classification", "contains_pii", "business_owner", "technical_owner"};

static void put_tags(struct bundle *b, const struct pack_object *o, struct buf *out)
{
    const char *separator = "";
    buf_printf(out, ";\n\nALTER %s %s SET TAGS (", o->is_view ? "VIEW" : "TABLE", quoted(b->arena, o->name));
    if (o->domain) {
        buf_printf(out, "'domain' = '%s'", o->domain);
        separator = ", ";
    }
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        const char *value = sql_table_property(o->table, tags[i]);
        if (!value)
            continue;
        buf_printf(out, "%s'%s' = %s", separator, tags[i], sql_literal(b->arena, value));
        separator = ", ";
    }
    buf_puts(out, ")");
}

static void put_create(struct bundle *b, const struct pack_object *o, struct buf *out)
{
    const struct sql_table *t = o->table;
    buf_printf(out, "CREATE TABLE IF NOT EXISTS %s (", quoted(b->arena, o->name));
    put_columns(b, o, out);
    put_keys(b, o, out);
    buf_puts(out, "\n)\nUSING DELTA");
    if (t->partition_count)
        buf_printf(out, "\nPARTITIONED BY (%s)", list_of(b->arena, "", t->partition_by, t->partition_count));
    if (t->cluster_count)
        buf_printf(out, "\nCLUSTER BY (%s)", list_of(b->arena, "", t->cluster_by, t->cluster_count));
    else if (t->cluster_auto)
        buf_puts(out, "\nCLUSTER BY AUTO");
    if (t->comment)
        buf_printf(out, "\nCOMMENT %s", sql_literal(b->arena, t->comment));
    put_properties(b, o, out);
}

static const char *folder_of(const struct pack_object *o) { return o->layer == PACK_BRONZE ? "bronze" : "gold"; }
static enum schema schema_of(const struct pack_object *o) { return o->layer == PACK_BRONZE ? SCHEMA_BRONZE : SCHEMA_GOLD; }

static int add_ddl(struct bundle *b, const struct pack_object *o, struct error *err)
{
    VEC(const char *) after = {0};
    const char *view = NULL;
    struct buf out CLEANUP(buf_free);
    buf_init(&out, EXPORT_FILE_BYTES);
    if (o->table->check_count)
        return error_set(err, ERROR_USAGE, "%s.%s has a CHECK, which a bundle cannot carry", o->schema, o->name);
    int rc = o->is_view ? export_rewrite(b, &(struct export_text){.current = schema_of(o), .no_parameters = true}, o->ddl, strlen(o->ddl),
                                         &view, err)
                        : 0;
    if (rc)
        return rc;
    if (view)
        buf_puts(&out, view);
    else
        put_create(b, o, &out);
    put_tags(b, o, &out);
    for (size_t i = 0; i < o->table->key_count; i++)
        if (has_target(b, o, &o->table->keys[i]))
            *VEC_ADD(&after) = target_of(b, &o->table->keys[i])->name;
    for (size_t i = 0; o->is_view && i < o->read_count; i++)
        *VEC_ADD(&after) = o->reads[i]->name;
    export_add_sql(b, o->layer == PACK_BRONZE ? "bronze_setup_job" : "gold_setup_job", o->name,
                   arena_printf(b->arena, "src/tables/%s/%s.sql", folder_of(o), o->name), schema_of(o), o->file, out.data, after.items,
                   after.len);
    VEC_FREE(&after);
    return 0;
}

/* ---- fills ------------------------------------------------------------------------------------------------------------------ */

static const char *task_of(struct arena *a, const struct pack_object *o) { return arena_printf(a, "%s_%s", folder_of(o), o->name); }

/* A value of the source as our type: fields by name, since the platform adds some and orders them otherwise. */
static void put_value(struct bundle *b, const char *path, const struct sql_type *t, struct buf *out)
{
    if (t->kind != SQL_T_STRUCT) {
        buf_printf(out, "CAST(%s AS %s)", path, sql_type_text(b->arena, t));
        return;
    }
    buf_printf(out, "CASE WHEN %s IS NOT NULL THEN NAMED_STRUCT(", path);
    for (size_t i = 0; i < t->field_count; i++) {
        buf_printf(out, "%s%s, ", i ? ", " : "", sql_literal(b->arena, t->fields[i].name));
        put_value(b, arena_printf(b->arena, "%s.%s", path, quoted(b->arena, t->fields[i].name)), t->fields[i].type, out);
    }
    buf_puts(out, ") END");
}

static const char *columns_of(struct bundle *b, const struct pack_object *o)
{
    struct buf out CLEANUP(buf_free);
    buf_init(&out, EXPORT_FILE_BYTES);
    for (size_t i = 0; i < o->table->column_count; i++) {
        const struct sql_column *c = &o->table->columns[i];
        if (is_stamp(c->name))
            continue;
        buf_puts(&out, "    ");
        put_value(b, arena_printf(b->arena, "r.%s", quoted(b->arena, c->name)), c->type, &out);
        buf_printf(&out, " AS %s,\n", quoted(b->arena, c->name));
    }
    return arena_strndup(b->arena, out.data, out.len ? out.len - 1 : 0);
}

static int64_t lookback_of(const struct bundle *b, const struct pack_object *o, struct error *err)
{
    int64_t days = 3;
    int rc = yaml_i64(b->facts, "export.yaml", "lookback_days", &days, err);
    if (!rc && yaml_get(b->facts, "lookback_days_of"))
        rc = yaml_i64(yaml_get(b->facts, "lookback_days_of"), "export.yaml", o->system_table, &days, err);
    return rc ? -1 : days;
}

struct checks {
    const char *good, *reasons;
};

static struct checks checks_of(struct bundle *b, const struct pack_object *o)
{
    struct checks c = {"TRUE", ""};
    for (size_t i = 0, n = 0; i < o->check_count; i++) {
        if (o->checks[i].warning)
            continue;
        c.good = arena_printf(b->arena, "%s%sCOALESCE(%s, TRUE)", n ? c.good : "", n ? " AND " : "", o->checks[i].predicate);
        c.reasons = arena_printf(b->arena, "%s%s      WHEN NOT COALESCE(%s, TRUE) THEN %s", c.reasons, n ? "\n" : "",
                                 o->checks[i].predicate,
                                 sql_literal(b->arena, arena_printf(b->arena, "check %s failed", o->checks[i].name)));
        n++;
    }
    return c;
}

static int put_merges(struct bundle *b, const struct pack_object *o, const char *incoming, const char **ret, struct error *err)
{
    const char *all = "";
    for (size_t i = 0; i < o->fill_count; i++) {
        const struct export_text t = {.current = schema_of(o), .incoming = incoming};
        const char *text;
        int rc = export_rewrite(b, &t, o->fills[i].sql, o->fills[i].len, &text, err);
        if (rc) {
            error_add_where(err, "%s", o->file);
            return rc;
        }
        size_t len = strlen(text);
        while (len && strchr("; \n", text[len - 1]))
            len--;
        all = arena_printf(b->arena, "%s%s%.*s", all, i ? ";\n\n" : "", (int)len, text);
    }
    *ret = all;
    return 0;
}

static int add_bronze_fill(struct bundle *b, const struct pack_object *o, struct error *err)
{
    const char *fill, *rows, *reject, *newest, *merge;
    const int64_t days = lookback_of(b, o, err);
    const struct sql_key *key = sql_primary_key(o->table);
    const struct checks checks = checks_of(b, o);
    const bool bounded = o->event_time && !o->describes;
    struct arena *a = b->arena;
    const char *event = bounded ? quoted(a, o->event_time) : NULL,
               *bound = bounded ? arena_printf(a, "(r.%s >= session.secchi_since OR r.%s IS NULL)", event, event) : "TRUE";
    if (days < 0)
        return (int)err->kind;
    if (!key)
        return error_set(err, ERROR_USAGE, "%s.%s has no primary key", o->schema, o->name);
    int rc = export_frame(b, "fill_bronze.sql", &fill, err);
    if (!rc)
        rc = export_frame(b, "source_rows.sql", &rows, err);
    if (!rc)
        rc = export_frame(b, "reject_rows.sql", &reject, err);
    if (!rc)
        rc = export_frame(b, "since.sql", &newest, err);
    if (rc)
        return rc;
    rows = EXPORT_FILL(a, rows, {"columns", columns_of(b, o)}, {"system_table", o->system_table}, {"bound", bound}, {"good", checks.good},
                       {"key", list_of(a, "r.", key->columns, key->column_count)},
                       {"order", bounded ? arena_printf(a, "r.%s DESC, r.secchi_row_json DESC", event) : "r.secchi_row_json DESC"});
    rc = put_merges(b, o, arena_strndup(a, rows, strlen(rows) - 1), &merge, err);
    if (rc)
        return rc;
    reject = *checks.reasons ? EXPORT_FILL(a, reject, {"table", o->name}, {"reasons", checks.reasons}, {"system_table", o->system_table},
                                           {"bound", bound}, {"good", checks.good})
                             : "";
    const char *since = bounded ? EXPORT_FILL(a, newest, {"event_time", event}, {"days", arena_printf(a, "%lld", (long long)days)},
                                              {"table", quoted(a, o->name)})
                                : "TIMESTAMP '1900-01-01 00:00:00'\n";
    const char *note = bounded ? arena_printf(a, "Read again: the last %lld days before the newest row.", (long long)days)
                               : "All of it: its rows hold however old they are.";
    const char *text = EXPORT_FILL(a, fill, {"system_table", o->system_table}, {"bound_note", note},
                                   {"since", arena_strndup(a, since, strlen(since) - 1)},
                                   {"reject", *reject ? arena_printf(a, "%s\n", reject) : ""}, {"merge", merge});
    export_add_sql(b, "gold_merge_job", task_of(a, o), arena_printf(a, "src/fills/bronze/%s.sql", o->name), SCHEMA_BRONZE, o->file, text,
                   NULL, 0);
    return 0;
}

static const char *absent_why(const struct bundle *b, const struct pack_object *o)
{
    const char *why = NULL;
    const struct yaml *absent = yaml_get(b->facts, "absent");
    return absent && o->system_table && yaml_text(absent, "export.yaml", o->system_table, &why, NULL) == 0 ? why : NULL;
}

static bool has_fill(const struct bundle *b, const struct pack_object *o) { return o->fill_count && !o->is_view && !absent_why(b, o); }

struct names {
    const char **items;
    size_t len, cap;
};

/* What a fill waits for, and the newest loads of the bronze tables that it reads, views looked through. */
static const char *collect_reads(struct bundle *b, const struct pack_object *o, const char *frame, const char *newest, struct names *after)
{
    for (size_t i = 0; i < o->read_count; i++) {
        const struct pack_object *r = o->reads[i];
        if (r->is_view)
            newest = collect_reads(b, r, frame, newest, after);
        if (has_fill(b, r))
            *VEC_ADD(after) = task_of(b->arena, r);
        if (r->layer == PACK_BRONZE)
            newest = arena_printf(b->arena, "%s%s%s", newest, *newest ? "    UNION ALL\n" : "",
                                  EXPORT_FILL(b->arena, frame, {"table", r->name}));
    }
    return newest;
}

static int add_gold_fill(struct bundle *b, const struct pack_object *o, struct error *err)
{
    struct arena *a = b->arena;
    const char *fill, *load, *merge, *newest = "";
    struct names after = {0};
    int rc = export_frame(b, "fill_gold.sql", &fill, err);
    if (!rc)
        rc = export_frame(b, "newest_load.sql", &load, err);
    if (!rc)
        rc = put_merges(b, o, NULL, &merge, err);
    if (!rc)
        newest = collect_reads(b, o, load, "", &after);
    if (!rc) {
        const char *text = *newest ? EXPORT_FILL(a, fill, {"table", o->name}, {"newest", newest}, {"merge", merge}) : merge;
        export_add_sql(b, "gold_merge_job", task_of(a, o), arena_printf(a, "src/fills/gold/%s.sql", o->name), SCHEMA_GOLD, o->file, text,
                       after.items, after.len);
    }
    VEC_FREE(&after);
    return rc;
}

int export_table(struct bundle *b, const struct pack_object *o, struct error *err)
{
    int rc = add_ddl(b, o, err);
    if (rc)
        return rc;
    b->report->tables++;
    if (absent_why(b, o))
        export_leave(b, arena_printf(b->arena, "the fill of %s", o->name), absent_why(b, o));
    if (!has_fill(b, o))
        return 0;
    b->report->fills++;
    return o->layer == PACK_BRONZE ? add_bronze_fill(b, o, err) : add_gold_fill(b, o, err);
}
