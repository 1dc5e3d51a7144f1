#include "config/config.h"

#include <stdlib.h>
#include <yaml.h>

#define YAML_NODES_MAX 200000
#define YAML_DEPTH_MAX 100

struct builder {
    yaml_document_t doc;
    const char *file;
    struct arena *arena;
    size_t made;
    struct error *err;
};

static struct yaml *new_node(struct builder *b, const yaml_node_t *n, enum yaml_kind kind)
{
    struct yaml *y = arena_alloc(b->arena, sizeof(*y));
    y->kind = kind;
    y->line = (uint32_t)n->start_mark.line + 1;
    y->column = (uint32_t)n->start_mark.column + 1;
    return y;
}

static int build(struct builder *b, int index, int depth, struct yaml **ret);

static int build_list(struct builder *b, const yaml_node_t *n, int depth, struct yaml *y)
{
    y->count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    y->items = arena_alloc(b->arena, (y->count + 1) * sizeof(*y->items));
    for (size_t i = 0; i < y->count; i++) {
        int rc = build(b, n->data.sequence.items.start[i], depth + 1, &y->items[i]);
        if (rc)
            return rc;
    }
    return 0;
}

static int build_map(struct builder *b, const yaml_node_t *n, int depth, struct yaml *y)
{
    y->count = (size_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start);
    y->keys = arena_alloc(b->arena, (y->count + 1) * sizeof(*y->keys));
    y->items = arena_alloc(b->arena, (y->count + 1) * sizeof(*y->items));
    struct map seen = {0};
    int rc = 0;
    for (size_t i = 0; i < y->count && !rc; i++) {
        yaml_node_pair_t pair = n->data.mapping.pairs.start[i];
        yaml_node_t *key = yaml_document_get_node(&b->doc, pair.key);
        if (key->type != YAML_SCALAR_NODE || memchr(key->data.scalar.value, 0, key->data.scalar.length)) {
            rc = error_set(b->err, ERROR_USAGE, "a key must be plain text");
            error_where(b->err, "%s:%zu", b->file, key->start_mark.line + 1);
            break;
        }
        y->keys[i] = arena_strndup(b->arena, (const char *)key->data.scalar.value, key->data.scalar.length);
        if (map_has(&seen, y->keys[i])) {
            rc = error_set(b->err, ERROR_USAGE, "key '%s' stands twice", y->keys[i]);
            error_where(b->err, "%s:%zu", b->file, key->start_mark.line + 1);
            error_hint(b->err, "remove one of the two");
            break;
        }
        map_set(&seen, y->keys[i], y);
        rc = build(b, pair.value, depth + 1, &y->items[i]);
    }
    map_free(&seen);
    return rc;
}

static int build(struct builder *b, int index, int depth, struct yaml **ret)
{
    yaml_node_t *n = yaml_document_get_node(&b->doc, index);
    if (!n || ++b->made > YAML_NODES_MAX || depth > YAML_DEPTH_MAX) {
        error_set(b->err, ERROR_LIMIT, "YAML is nested or repeated too much");
        error_where(b->err, "%s", b->file);
        return ERROR_LIMIT;
    }
    if (n->type == YAML_SEQUENCE_NODE) {
        *ret = new_node(b, n, YAML_LIST);
        return build_list(b, n, depth, *ret);
    }
    if (n->type == YAML_MAPPING_NODE) {
        *ret = new_node(b, n, YAML_MAP);
        return build_map(b, n, depth, *ret);
    }
    const char *text = (const char *)n->data.scalar.value;
    bool plain = n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (memchr(text, 0, n->data.scalar.length)) {
        error_set(b->err, ERROR_USAGE, "text holds a NUL character");
        error_where(b->err, "%s:%zu", b->file, n->start_mark.line + 1);
        return ERROR_USAGE;
    }
    bool null = plain && (!*text || str_eq(text, "~") || str_ieq(text, "null"));
    *ret = new_node(b, n, null ? YAML_NULL : YAML_SCALAR);
    (*ret)->text = arena_strndup(b->arena, text, n->data.scalar.length);
    (*ret)->quoted = !plain;
    return 0;
}

int yaml_parse(const char *text, size_t len, const char *file, struct arena *a, struct yaml **ret, struct error *err)
{
    if (len > LIMIT_YAML_BYTES) {
        error_set(err, ERROR_LIMIT, "YAML is larger than %u bytes", LIMIT_YAML_BYTES);
        error_where(err, "%s", file);
        return ERROR_LIMIT;
    }
    yaml_parser_t parser;
    struct builder b = {.file = file, .arena = a, .err = err};
    if (!yaml_parser_initialize(&parser))
        out_of_memory();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    int rc = 0;
    if (!yaml_parser_load(&parser, &b.doc)) {
        if (parser.error == YAML_MEMORY_ERROR || parser.error == YAML_NO_ERROR) /* it does not always say so */
            out_of_memory();
        rc = error_set(err, ERROR_USAGE, "not valid YAML: %s", parser.problem ? parser.problem : "unreadable");
        error_where(err, "%s:%zu:%zu", file, parser.problem_mark.line + 1, parser.problem_mark.column + 1);
        yaml_parser_delete(&parser);
        return rc;
    }
    struct yaml *root = NULL;
    if (yaml_document_get_root_node(&b.doc)) {
        rc = build(&b, 1, 0, &root);
    } else {
        root = arena_alloc(a, sizeof(*root));
        root->kind = YAML_NULL;
        root->line = root->column = 1;
    }
    yaml_document_delete(&b.doc);
    yaml_parser_delete(&parser);
    if (!rc)
        *ret = root;
    return rc;
}

int yaml_read(const char *path, struct arena *a, struct yaml **ret, struct error *err)
{
    CLEANUP(free_ptr) char *text = NULL;
    size_t len;
    int rc = file_read(path, LIMIT_YAML_BYTES, &text, &len, err);
    return rc ? rc : yaml_parse(text, len, path, a, ret, err);
}

struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++)
        if (str_eq(map->keys[i], key))
            return map->items[i];
    return NULL;
}

static int wrong_type(const struct yaml *y, const char *file, const char *key, const char *wanted, struct error *err)
{
    const char *found = y->kind == YAML_MAP ? "a map" : y->kind == YAML_LIST ? "a list" : y->text;
    error_set(err, ERROR_USAGE, "'%s' must be %s, found %s", key, wanted, found);
    error_where(err, "%s:%u", file, y->line);
    return ERROR_USAGE;
}

int yaml_text(const struct yaml *map, const char *file, const char *key, const char **ret, struct error *err)
{
    struct yaml *y = yaml_get(map, key);
    if (!y || y->kind == YAML_NULL)
        return 0;
    if (y->kind != YAML_SCALAR)
        return wrong_type(y, file, key, "text", err);
    *ret = y->text;
    return 0;
}

int yaml_bool(const struct yaml *map, const char *file, const char *key, bool *ret, struct error *err)
{
    struct yaml *y = yaml_get(map, key);
    if (!y || y->kind == YAML_NULL)
        return 0;
    bool v;
    if (y->kind != YAML_SCALAR || str_to_bool(y->text, &v))
        return wrong_type(y, file, key, "true or false", err);
    *ret = v;
    return 0;
}

int yaml_i64(const struct yaml *map, const char *file, const char *key, int64_t *ret, struct error *err)
{
    struct yaml *y = yaml_get(map, key);
    if (!y || y->kind == YAML_NULL)
        return 0;
    int64_t v;
    if (y->kind != YAML_SCALAR || str_to_i64(y->text, &v))
        return wrong_type(y, file, key, "a whole number", err);
    *ret = v;
    return 0;
}

int yaml_known_keys(const struct yaml *map, const char *file, const char *const *known, size_t count, struct error *err)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
        bool found = false;
        for (size_t j = 0; j < count && !found; j++)
            found = str_eq(map->keys[i], known[j]);
        if (found)
            continue;
        error_set(err, ERROR_USAGE, "unknown key '%s'", map->keys[i]);
        error_where(err, "%s:%u", file, map->items[i]->line);
        error_hint_near(err, nearest_name(map->keys[i], known, count), NULL);
        return ERROR_USAGE;
    }
    return 0;
}
