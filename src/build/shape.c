#include "build/room.h"

#include <stdlib.h>

/* Columns that loading itself writes. */
static bool own_column(const char *name)
{
    return str_ieq(name, "bronze_ingestion_timestamp") || str_ieq(name, "bronze_source_file") || str_ieq(name, "bronze_source_seq") ||
           str_ieq(name, "bronze_reject");
}

char *build_list(struct arena *a, const struct engine_column *columns, size_t count, const char *alias, const char *separator)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, LIMIT_SQL_BYTES);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%s%s%s", i ? separator : "", alias, alias[0] ? "." : "", sql_backtick(a, columns[i].name));
    return arena_strndup(a, b.data ? b.data : "", b.len);
}

/* ---- columns of a batch and of the table ---------------------------------------------------------------------------- */

struct column_pair {
    const char *name, *raw; /* quoted; raw is r.`name` */
    const struct engine_column *ours, *theirs;
    const struct sql_type *from, *to;
};

static const char *reason_text(struct arena *a, const struct column_pair *p, const char *unfit)
{
    const char *value = build_is_nested(p->from) ? arena_printf(a, "TO_JSON(%s)", p->raw) : arena_printf(a, "CAST(%s AS STRING)", p->raw);
    const char *before = sql_literal(a, arena_printf(a, "column %s: ", p->ours->name)),
               *after = sql_literal(a, arena_printf(a, " is no %s", p->ours->type));
    return arena_printf(a, "CASE WHEN %s THEN CONCAT(%s, SUBSTRING(%s, 1, 100), %s) END", unfit, before, value, after);
}

/* ---- findings ------------------------------------------------------------------------------------------------------- */

static struct build_finding *note(struct build_shape *s, const struct build_batch *batch, const char *kind, const char *column,
                                  struct arena *a)
{
    struct build_finding *f = VEC_ADD(&s->findings);
    f->kind = kind;
    f->source = batch->source ? batch->source->name : "spark";
    f->table = s->object->name;
    f->subject = arena_printf(a, "%s", column); /* one finding a column */
    return f;
}

/* ---- files of a batch ----------------------------------------------------------------------------------------------- */

struct part { /* files of a batch that are not as they should be */
    size_t files, bad;
    const char *first; /* of the bad ones, relative to the source */
    const char *type;  /* of the first, where it is the type that is wrong */
};

/* True when a file has the column; several parts of one file stand for all of it. */
static bool has_column(const struct build_shape *s, size_t from, size_t to, const char *name)
{
    bool found = false;
    for (size_t i = from; i < to && !found; i++)
        found = engine_find_column(s->files[i].columns, s->files[i].count, name) != NULL;
    return found;
}

/* The type in which a file delivers a column differs from ours in a way that a person should know; NULL: it does not. */
static const char *other_type(const struct build_shape *s, size_t from, size_t to, const struct column_pair *p, struct arena *a)
{
    for (size_t i = from; i < to; i++) {
        const struct engine_column *theirs = engine_find_column(s->files[i].columns, s->files[i].count, p->ours->name);
        const struct sql_type *type;
        if (theirs && theirs->type && sql_type_parse(a, theirs->type, &type, NULL) == 0 && !sql_type_equal(type, p->to) &&
            !build_widens(type, p->to))
            return theirs->type;
    }
    return NULL;
}

static const char *file_name(const struct build_batch *batch, const char *path)
{
    for (size_t i = 0; i < batch->file_count; i++)
        if (str_eq(batch->files[i].path, path))
            return batch->marks[i].file;
    return path;
}

/* Files that lack a column, or (by_type) deliver it in another type. */
static struct part look_at_files(const struct build_shape *s, const struct build_batch *batch, const struct column_pair *p, bool by_type,
                                 struct arena *a)
{
    struct part found = {0};
    for (size_t i = 0, end; i < s->file_count; i = end) {
        for (end = i + 1; end < s->file_count && str_eq(s->files[end].path, s->files[i].path);)
            end++;
        const char *type = by_type ? other_type(s, i, end, p, a) : NULL;
        found.files++;
        if (by_type ? type != NULL : !has_column(s, i, end, p->ours->name)) {
            found.type = found.bad ? found.type : type;
            found.first = found.bad ? found.first : file_name(batch, s->files[i].path);
            found.bad++;
        }
    }
    return found;
}

/* ---- columns ---------------------------------------------------------------------------------------------------------- */

/* A column that the pack does not know is kept: the table gains it. Text formats know no types: text it stays. */
static int add_column(struct build *b, const struct build_batch *batch, struct build_shape *s, const struct engine_column *theirs,
                      struct arena *a, struct error *err)
{
    const struct pack_object *o = s->object;
    const struct sql_type *type;
    bool typed = (batch->format == ENGINE_PARQUET || batch->format == ENGINE_DELTA) && sql_type_parse(a, theirs->type, &type, NULL) == 0 &&
                 type->kind != SQL_T_VOID;
    const char *type_text = typed ? theirs->type : "STRING";
    if (batch->derivation)
        return error_set(err, ERROR_USAGE, "the derivation %s gives column %s, which %s.%s does not have", batch->derivation->file,
                         theirs->name, o->schema, o->name);
    int rc = engine_exec(
        b->conn,
        ENGINE_SQL(arena_printf(a, "ALTER TABLE %s.%s ADD COLUMN %s %s", o->schema, o->name, sql_backtick(a, theirs->name), type_text)),
        NULL, err);
    if (!rc)
        rc = engine_exec(b->conn,
                         SQL_WITH(build_sql_added_column, P_TEXT("table", o->name), P_TEXT("column", theirs->name),
                                  P_TEXT("type", type_text), P_I64("run", b->run_id)),
                         NULL, err);
    if (rc)
        return rc;
    struct build_finding *f = note(s, batch, "column_added", theirs->name, a);
    snprintf(f->text, sizeof(f->text), "%s delivers column %s (%s), which is not in the pack; %s.%s has gained it", batch->table,
             theirs->name, theirs->type, o->schema, o->name);
    return 0;
}

static int add_columns(struct build *b, const struct build_batch *batch, struct build_shape *s, const struct engine_column *theirs,
                       size_t count, struct arena *a, struct error *err)
{
    struct engine_column *ours;
    size_t ours_count, added = 0;
    int rc = engine_table_columns(b->conn, s->object->schema, s->object->name, a, &ours, &ours_count, err);
    for (size_t i = 0; i < count && !rc; i++) {
        if (own_column(theirs[i].name) || engine_find_column(ours, ours_count, theirs[i].name))
            continue;
        rc = add_column(b, batch, s, &theirs[i], a, err);
        added++;
    }
    if (!rc && added)
        rc = engine_table_columns(b->conn, s->object->schema, s->object->name, a, &ours, &ours_count, err);
    if (rc)
        return rc;
    s->ours = arena_alloc(a, (ours_count + 1) * sizeof(*s->ours));
    for (size_t i = 0; i < ours_count; i++)
        if (!own_column(ours[i].name))
            s->ours[s->ours_count++] = ours[i];
    return 0;
}

struct texts {
    struct buf columns, unfit, reason, json;
};

/* A missing column is null. A column of the pack that a source of another kind fills is not worth a word when derived. */
static void put_missing(struct build_shape *s, const struct build_batch *batch, const struct engine_column *ours, struct texts *t,
                        struct arena *a)
{
    buf_printf(&t->columns, "CAST(NULL AS %s) AS %s", ours->type, sql_backtick(a, ours->name));
    if (batch->derivation)
        return;
    struct part part = look_at_files(s, batch, &(struct column_pair){.ours = ours}, false, a);
    struct build_finding *f = note(s, batch, "column_missing", ours->name, a);
    snprintf(f->text, sizeof(f->text), "%s does not deliver column %s in any of %zu files; it is null", batch->table, ours->name,
             part.files ? part.files : batch->file_count);
}

/* A column that some files of a delivery have and others have not: most likely something went wrong with these. */
static void note_partly(struct build_shape *s, const struct build_batch *batch, const struct column_pair *p, struct arena *a)
{
    struct part part = look_at_files(s, batch, p, false, a);
    if (batch->derivation || !part.bad)
        return;
    struct build_finding *f = note(s, batch, "column_missing", p->ours->name, a);
    f->file = part.first;
    f->severity = "warning";
    snprintf(f->text, sizeof(f->text), "%zu of %zu files of %s do not deliver column %s, the first is %s; it is null in their rows",
             part.bad, part.files, batch->table, p->ours->name, part.first);
}

static void note_type(struct build_shape *s, const struct build_batch *batch, const struct column_pair *p, struct arena *a)
{
    struct part part = look_at_files(s, batch, p, true, a);
    if (batch->derivation)
        return;
    struct build_finding *f = note(s, batch, "type_changed", p->ours->name, a);
    f->file = part.first;
    size_t n = (size_t)snprintf(f->text, sizeof(f->text), "%s delivers column %s as %s instead of %s", batch->table, p->ours->name,
                                part.type ? part.type : p->theirs->type, p->ours->type);
    if (part.bad)
        n += (size_t)snprintf(f->text + n, sizeof(f->text) - n, " in %zu of %zu files, the first is %s", part.bad, part.files, part.first);
    snprintf(f->text + n, sizeof(f->text) - n, "; values that do not fit go to secchi_quarantine.%s", s->object->name);
}

/* Fields of a nested column that come and go are told, and are no reason to reject a row. */
static void note_fields(struct build_shape *s, const struct build_batch *batch, const struct column_pair *p, const struct build_fit *fit,
                        struct arena *a)
{
    if (batch->derivation || (!fit->missing && !fit->left_out))
        return;
    struct build_finding *f = note(s, batch, "fields_changed", p->ours->name, a);
    f->severity = fit->left_out ? "warning" : "info";
    size_t n = (size_t)snprintf(f->text, sizeof(f->text), "%s delivers column %s", batch->table, p->ours->name);
    if (fit->missing)
        n += (size_t)snprintf(f->text + n, sizeof(f->text) - n, " without the fields %.300s, which are null%s", fit->missing,
                              fit->left_out ? "," : "");
    if (fit->left_out)
        snprintf(f->text + n, sizeof(f->text) - n, " with the fields %.300s, which the table does not have and are left out",
                 fit->left_out);
}

static void put_column(struct build_shape *s, const struct build_batch *batch, const struct column_pair *p, struct texts *t,
                       struct arena *a)
{
    struct build_fit fit;
    build_fit_make(a, p->raw, p->ours->name, p->from, p->to, &fit);
    buf_printf(&t->columns, "%s AS %s", fit.value, p->name);
    t->columns.overflow |= fit.overflow;
    if (fit.unfit) {
        buf_printf(&t->unfit, "%s%s", t->unfit.len ? " OR " : "", fit.unfit);
        buf_printf(&t->reason, ", %s", reason_text(a, p, fit.unfit));
    }
    if (fit.retyped)
        note_type(s, batch, p, a);
    note_fields(s, batch, p, &fit, a);
}

static int put_columns(struct build_shape *s, const struct build_batch *batch, const struct engine_column *theirs, size_t count,
                       struct texts *t, struct arena *a, struct error *err)
{
    for (size_t i = 0; i < s->ours_count; i++) {
        struct column_pair p = {.ours = &s->ours[i], .theirs = engine_find_column(theirs, count, s->ours[i].name)};
        buf_puts(&t->columns, i ? ",\n    " : "    ");
        if (!p.theirs) {
            put_missing(s, batch, p.ours, t, a);
            continue;
        }
        p.name = sql_backtick(a, p.ours->name);
        p.raw = arena_printf(a, "r.%s", sql_backtick(a, p.theirs->name));
        int rc = sql_type_parse(a, p.ours->type, &p.to, err);
        if (rc)
            return rc;
        if (sql_type_parse(a, p.theirs->type, &p.from, NULL))
            rc = sql_type_parse(a, "BINARY", &p.from, err); /* a type that Databricks does not have: cast it or reject it */
        if (rc)
            return rc;
        put_column(s, batch, &p, t, a);
        note_partly(s, batch, &p, a);
    }
    return 0;
}

static void put_json(const struct engine_column *theirs, size_t count, struct texts *t, struct arena *a)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (own_column(theirs[i].name))
            continue;
        buf_printf(&t->json, "%s%s, r.%s", n++ ? ", " : "TO_JSON(NAMED_STRUCT(", sql_literal(a, theirs[i].name),
                   sql_backtick(a, theirs[i].name));
    }
    buf_puts(&t->json, n ? "))" : "CAST(NULL AS STRING)");
}

int build_shape_make(struct build *b, const struct build_batch *batch, const struct engine_file_columns *files, size_t file_count,
                     struct arena *a, struct build_shape *ret, struct error *err)
{
    struct texts t;
    struct engine_column *theirs;
    size_t count;
    *ret = (struct build_shape){.object = batch->object, .files = files, .file_count = file_count};
    int rc = engine_table_columns(b->conn, "incoming", arena_printf(a, "%s_raw", batch->object->name), a, &theirs, &count, err);
    if (!rc)
        rc = add_columns(b, batch, ret, theirs, count, a, err);
    if (rc)
        return rc;
    buf_init(&t.columns, LIMIT_SQL_BYTES);
    buf_init(&t.unfit, LIMIT_SQL_BYTES);
    buf_init(&t.reason, LIMIT_SQL_BYTES);
    buf_init(&t.json, LIMIT_SQL_BYTES);
    rc = put_columns(ret, batch, theirs, count, &t, a, err);
    put_json(theirs, count, &t, a);
    if (!rc && (t.columns.overflow || t.unfit.overflow || t.reason.overflow || t.json.overflow))
        rc = error_set(err, ERROR_LIMIT, "%s has too many columns", batch->object->name);
    if (!rc) {
        ret->columns = arena_strndup(a, t.columns.data, t.columns.len);
        ret->unfit = t.unfit.len ? arena_strndup(a, t.unfit.data, t.unfit.len) : NULL;
        ret->unfit_reason = arena_strndup(a, t.reason.data ? t.reason.data : "", t.reason.len);
        ret->row_json = arena_strndup(a, t.json.data, t.json.len);
        ret->names = build_list(a, ret->ours, ret->ours_count, "", ", ");
    }
    buf_free(&t.columns);
    buf_free(&t.unfit);
    buf_free(&t.reason);
    buf_free(&t.json);
    return rc;
}
