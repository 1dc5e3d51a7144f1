#include "semantic/cell.h"

static int field_children(struct arena *a, const struct ArrowSchema *const *children, size_t count, unsigned depth, struct field *ret,
                          struct error *err)
{
    ret->children = arena_alloc(a, (count ? count : 1) * sizeof(*ret->children));
    ret->child_count = count;
    for (size_t i = 0; i < count; i++) {
        int rc = field_init(a, children[i], depth + 1, &ret->children[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

static const char *struct_text(struct arena *a, const struct field *f)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, 1u << 20);
    buf_puts(&b, "STRUCT<");
    for (size_t i = 0; i < f->child_count; i++)
        buf_printf(&b, "%s%s: %s", i ? ", " : "", f->children[i].name, f->children[i].type_text);
    buf_puts(&b, ">");
    return arena_strdup(a, b.overflow ? "STRUCT" : b.data);
}

static const char *scalar_text(struct arena *a, const struct field *f)
{
    switch (f->type) {
    case NANOARROW_TYPE_NA:
        return "VOID";
    case NANOARROW_TYPE_BOOL:
        return "BOOLEAN";
    case NANOARROW_TYPE_INT8:
        return "TINYINT";
    case NANOARROW_TYPE_INT16:
    case NANOARROW_TYPE_UINT8:
        return "SMALLINT";
    case NANOARROW_TYPE_INT32:
    case NANOARROW_TYPE_UINT16:
        return "INT";
    case NANOARROW_TYPE_INT64:
    case NANOARROW_TYPE_UINT32:
        return "BIGINT";
    case NANOARROW_TYPE_UINT64:
        return "DECIMAL(20,0)";
    case NANOARROW_TYPE_HALF_FLOAT:
    case NANOARROW_TYPE_FLOAT:
        return "FLOAT";
    case NANOARROW_TYPE_DOUBLE:
        return "DOUBLE";
    case NANOARROW_TYPE_DECIMAL32:
    case NANOARROW_TYPE_DECIMAL64:
    case NANOARROW_TYPE_DECIMAL128:
    case NANOARROW_TYPE_DECIMAL256:
        return arena_printf(a, "DECIMAL(%d,%d)", f->precision, f->scale);
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING:
    case NANOARROW_TYPE_STRING_VIEW:
    case NANOARROW_TYPE_TIME32:
    case NANOARROW_TYPE_TIME64:
        return "STRING";
    case NANOARROW_TYPE_BINARY:
    case NANOARROW_TYPE_LARGE_BINARY:
    case NANOARROW_TYPE_BINARY_VIEW:
    case NANOARROW_TYPE_FIXED_SIZE_BINARY:
        return "BINARY";
    case NANOARROW_TYPE_DATE32:
    case NANOARROW_TYPE_DATE64:
        return "DATE";
    case NANOARROW_TYPE_TIMESTAMP:
        return f->zoned ? "TIMESTAMP" : "TIMESTAMP_NTZ";
    case NANOARROW_TYPE_INTERVAL_MONTHS:
        return "INTERVAL YEAR TO MONTH";
    case NANOARROW_TYPE_DURATION:
    case NANOARROW_TYPE_INTERVAL_DAY_TIME:
    case NANOARROW_TYPE_INTERVAL_MONTH_DAY_NANO:
        return "INTERVAL DAY TO SECOND";
    default:
        return NULL;
    }
}

static bool is_numeric(enum ArrowType t)
{
    return (t >= NANOARROW_TYPE_UINT8 && t <= NANOARROW_TYPE_DOUBLE) || t == NANOARROW_TYPE_DECIMAL32 || t == NANOARROW_TYPE_DECIMAL64 ||
           t == NANOARROW_TYPE_DECIMAL128 || t == NANOARROW_TYPE_DECIMAL256;
}

static int nested(struct arena *a, const struct ArrowSchema *schema, unsigned depth, struct field *f, struct error *err)
{
    const struct ArrowSchema *const *children = (const struct ArrowSchema *const *)schema->children;
    size_t count = (size_t)schema->n_children;
    int rc = 0;
    switch (f->type) {
    case NANOARROW_TYPE_STRUCT:
        rc = field_children(a, children, count, depth, f, err);
        f->type_text = rc ? NULL : struct_text(a, f);
        break;
    case NANOARROW_TYPE_LIST:
    case NANOARROW_TYPE_LARGE_LIST:
    case NANOARROW_TYPE_FIXED_SIZE_LIST:
        rc = field_children(a, children, 1, depth, f, err);
        f->type_text = rc ? NULL : arena_printf(a, "ARRAY<%s>", f->children[0].type_text);
        break;
    case NANOARROW_TYPE_MAP: /* its one child is a struct of key and value */
        rc = field_children(a, (const struct ArrowSchema *const *)children[0]->children, 2, depth, f, err);
        f->type_text = rc ? NULL : arena_printf(a, "MAP<%s, %s>", f->children[0].type_text, f->children[1].type_text);
        break;
    default:
        break;
    }
    return rc;
}

int field_init(struct arena *a, const struct ArrowSchema *schema, unsigned depth, struct field *ret, struct error *err)
{
    struct ArrowSchemaView view = {0};
    struct ArrowError why;
    ArrowErrorInit(&why);
    if (depth > CELL_DEPTH)
        return error_set(err, ERROR_ENGINE, "a column's type is nested deeper than %d", CELL_DEPTH);
    if (ArrowSchemaViewInit(&view, schema, &why) != NANOARROW_OK)
        return error_set(err, ERROR_ENGINE, "the engine gave a column of an unknown type: %s", ArrowErrorMessage(&why));
    struct field f = {
        .name = arena_strdup(a, schema->name ? schema->name : ""),
        .type = schema->dictionary ? NANOARROW_TYPE_DICTIONARY : view.type,
        .unit = view.time_unit,
        .zoned = view.type == NANOARROW_TYPE_TIMESTAMP && view.timezone && view.timezone[0],
        .precision = view.decimal_precision,
        .scale = view.decimal_scale,
        .numeric = is_numeric(view.type) && !schema->dictionary,
    };
    if (schema->dictionary) {
        const struct ArrowSchema *values = schema->dictionary;
        int rc = field_children(a, &values, 1, depth, &f, err);
        if (rc)
            return rc;
        f.type_text = f.children[0].type_text;
    } else {
        f.type_text = scalar_text(a, &f);
    }
    int rc = f.type_text ? 0 : nested(a, schema, depth, &f, err);
    if (rc)
        return rc;
    if (!f.type_text)
        return error_set(err, ERROR_ENGINE, "the column '%s' is of a type that has no text form: %s", f.name, schema->format);
    *ret = f;
    return 0;
}
