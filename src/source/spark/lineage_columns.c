/* Columns: from the ids of attributes in a plan's description. */
#include "source/spark/lineage.h"

#include <ctype.h>
#include <stdlib.h>

#define ATTRIBUTES_MAX 50000 /* of one plan */
#define ORIGINS_MAX 64       /* of one attribute */
#define DEPTH_MAX 64         /* brackets around an expression */
#define NAME_MAX_BYTES 300
#define ROWS_MAX 5000

struct origin {
    uint32_t table; /* index into tables */
    const char *column;
};

struct attribute {
    int64_t id;
    uint32_t count;
    struct origin origins[];
};

struct columns {
    struct emit *e;
    int64_t execution_id;
    struct arena *a;
    size_t rows;
    struct attribute **slots; /* open addressing by id */
    size_t slot_count, used;
    VEC(struct lineage_table) tables;
};

static bool begins(const char *text, size_t len, const char *with)
{
    size_t n = strlen(with);
    return len >= n && memcmp(text, with, n) == 0;
}

/* ---- attributes --------------------------------------------------------------------------------------------- */

static struct attribute **slot_of(struct columns *c, int64_t id)
{
    size_t i = (size_t)((uint64_t)id * 0x9E3779B97F4A7C15u) & (c->slot_count - 1);
    while (c->slots[i] && c->slots[i]->id != id)
        i = (i + 1) & (c->slot_count - 1);
    return &c->slots[i];
}

static const struct attribute *attribute(struct columns *c, int64_t id) { return *slot_of(c, id); }

/* The first definition stays: an id means the same everywhere in a plan. */
static void define(struct columns *c, int64_t id, const struct origin *origins, uint32_t count)
{
    struct attribute **slot = slot_of(c, id);
    if (*slot || count == 0 || c->used * 2 >= c->slot_count)
        return;
    *slot = arena_alloc(c->a, sizeof(struct attribute) + count * sizeof(*origins));
    (*slot)->id = id;
    (*slot)->count = count;
    memcpy((*slot)->origins, origins, count * sizeof(*origins));
    c->used++;
}

/* An id `#123` or `#123L` that ends there: its length, 0 when there is none. */
static size_t read_id(const char *at, const char *end, int64_t *ret)
{
    const char *p = at + 1;
    int64_t id = 0;
    if (at >= end || *at != '#')
        return 0;
    for (; p < end && isdigit((unsigned char)*p) && p - at < 16; p++)
        id = id * 10 + (*p - '0');
    if (p == at + 1)
        return 0;
    if (p < end && *p == 'L')
        p++;
    if (p < end && (isalnum((unsigned char)*p) || *p == '_'))
        return 0;
    *ret = id;
    return (size_t)(p - at);
}

/* Origins of everything that an expression refers to. */
static uint32_t references(struct columns *c, const char *text, const char *end, struct origin *ret)
{
    uint32_t count = 0;
    for (const char *p = text; p < end && (p = memchr(p, '#', (size_t)(end - p))); p++) {
        int64_t id;
        const struct attribute *found = read_id(p, end, &id) ? attribute(c, id) : NULL;
        for (uint32_t i = 0; found && i < found->count && count < ORIGINS_MAX; i++) {
            bool have = false;
            for (uint32_t k = 0; k < count && !have; k++)
                have = ret[k].table == found->origins[i].table && strcmp(ret[k].column, found->origins[i].column) == 0;
            if (!have)
                ret[count++] = found->origins[i];
        }
    }
    return count;
}

/* ---- rows ---- */

static bool column_row(struct emit *e, int64_t execution_id, const struct lineage_table *t, const char *column, const char *target,
                       size_t target_len)
{
    struct engine_loader *l = emit_row(e, SPARK_T_COLUMN_ACCESS);
    if (!l)
        return false;
    engine_load_i64(l, COLUMN_ACCESS_execution_id, execution_id);
    put_str(l, COLUMN_ACCESS_source_table_full_name, t->full_name);
    put_str(l, COLUMN_ACCESS_source_path, t->path);
    put_str(l, COLUMN_ACCESS_source_column, column);
    if (target)
        engine_load_text(l, COLUMN_ACCESS_target_column, target, target_len);
    emit_row_end(e, l);
    return e->status == 0;
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

struct item {
    const char *begin, *end; /* the whole item */
    const char *name;        /* of the attribute that it gives */
    size_t name_len;
    int64_t id;
    const char *expression_end; /* behind "expression" of `expression AS name#id`; begin when there is no AS */
};

/* The item's attribute: what stands last, `name#id`. */
static bool read_item(const char *begin, const char *end, struct item *ret)
{
    while (begin < end && isspace((unsigned char)*begin))
        begin++;
    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    const char *hash = memrchr(begin, '#', (size_t)(end - begin));
    if (!hash || hash + read_id(hash, end, &ret->id) != end || hash == end)
        return false;
    const char *name = begin;
    ret->expression_end = begin;
    for (const char *p = hash; p >= begin + 4; p--)
        if (memcmp(p - 4, " AS ", 4) == 0) {
            name = p;
            ret->expression_end = p - 4;
            break;
        }
    ret->begin = begin;
    ret->end = end;
    ret->name = name;
    ret->name_len = (size_t)(hash - name);
    return ret->name_len > 0 && ret->name_len <= NAME_MAX_BYTES;
}

struct list {
    const char *at, *end; /* what is left, behind the opening bracket */
};

/* The next item of a list at its own depth; false behind the closing bracket. */
static bool next_item(struct list *l, const char **ret_begin, const char **ret_end)
{
    const char *begin = l->at, *p = begin;
    int depth = 0;
    if (begin >= l->end)
        return false;
    for (; p < l->end; p++) {
        if (*p == '(' || *p == '[')
            depth++;
        else if (*p == ')' || *p == ']') {
            if (depth-- == 0)
                break;
        } else if (*p == ',' && depth == 0)
            break;
    }
    *ret_begin = begin;
    *ret_end = p;
    l->at = p < l->end && *p == ',' ? p + 1 : l->end;
    return p > begin;
}

static struct list list_in(const char *text, size_t len)
{
    const char *open = len ? memchr(text, '[', len) : NULL;
    return open ? (struct list){open + 1, text + len} : (struct list){text, text};
}

/* ---- sections ------------------------------------------------------------------------------------------------------ */

/* Every `expression AS name#id` of a text, wherever it stands; begin[] holds where the item at each depth began. */
static void define_aliases(struct columns *c, const char *text, size_t len)
{
    const char *begin[DEPTH_MAX] = {text}, *end = text + len;
    unsigned depth = 0;
    struct origin origins[ORIGINS_MAX];
    for (const char *p = text; p < end; p++) {
        if ((*p == '(' || *p == '[') && depth + 1 < DEPTH_MAX)
            begin[++depth] = p + 1;
        else if ((*p == ')' || *p == ']') && depth > 0)
            depth--;
        else if (*p == ',')
            begin[depth] = p + 1;
        else if (*p == ' ' && begins(p, (size_t)(end - p), " AS ")) {
            size_t room = (size_t)(end - p) < NAME_MAX_BYTES ? (size_t)(end - p) : NAME_MAX_BYTES;
            const char *hash = memchr(p, '#', room);
            int64_t id;
            if (hash && read_id(hash, end, &id))
                define(c, id, origins, references(c, begin[depth], p, origins));
        }
    }
}

/* `Aggregate Attributes [1]: [sum(v#2)#30]`: the last id is what the function gives. */
static void define_aggregates(struct columns *c, const char *text, size_t len)
{
    struct list l = list_in(text, len);
    struct origin origins[ORIGINS_MAX];
    const char *begin, *end;
    struct item item;
    while (next_item(&l, &begin, &end))
        if (read_item(begin, end, &item))
            define(c, item.id, origins, references(c, item.begin, item.name + item.name_len, origins));
}

/* The columns of a scan are rows of their own, without a target: they were read whatever became of them. */
static void define_scan(struct columns *c, const struct lineage_table *t, const char *text, size_t len)
{
    struct list l = list_in(text, len);
    const char *begin, *end;
    struct item item;
    *VEC_ADD(&c->tables) = *t;
    while (next_item(&l, &begin, &end))
        if (read_item(begin, end, &item) && item.expression_end == item.begin) {
            struct origin o = {(uint32_t)c->tables.len - 1, arena_strndup(c->a, item.name, item.name_len)};
            if (!attribute(c, item.id) && c->rows++ < ROWS_MAX)
                column_row(c->e, c->execution_id, t, o.column, NULL, 0);
            define(c, item.id, &o, 1);
        }
}

/* `Arguments: explode(xs#1), [kept#2], false, [x#3]`: the last list comes from the generator. */
static void define_generated(struct columns *c, const char *text, size_t len)
{
    const char *open = memrchr(text, '[', len), *comma = memchr(text, ',', len);
    struct origin origins[ORIGINS_MAX];
    if (!open || !comma)
        return;
    const char *first = memchr(text, '[', len);
    uint32_t count = references(c, text, first, origins);
    struct list l = {open + 1, text + len};
    const char *begin, *end;
    struct item item;
    while (next_item(&l, &begin, &end))
        if (read_item(begin, end, &item))
            define(c, item.id, origins, count);
}

static void read_section(struct columns *c, const struct lineage_section *s)
{
    struct lineage_table t = {0};
    const char *text;
    size_t len;
    if (lineage_scan(c->a, s->name, s->name_len, s->body, s->body_len, &t)) {
        if (lineage_field(s, "Output", &text, &len))
            define_scan(c, &t, text, len);
        return;
    }
    if (lineage_field(s, "Aggregate Attributes", &text, &len))
        define_aggregates(c, text, len);
    if (begins(s->name, s->name_len, "Generate") && lineage_field(s, "Arguments", &text, &len))
        define_generated(c, text, len);
    define_aliases(c, s->body, s->body_len);
}

/* ---- the result -------------------------------------------------------------------------------------------------------- */

/* Number of the operator on the first line of the tree; of the operator below it when it is a write. */
static long root_number(const char *description, size_t len, int line)
{
    const char *end = description + len, *at = description;
    for (int i = 0; i <= line && at < end; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at)
            return -1;
        at++;
    }
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    stop = stop ? stop : end;
    const char *open = memrchr(at, '(', (size_t)(stop - at));
    long n = 0;
    for (const char *p = open ? open + 1 : stop; p < stop && isdigit((unsigned char)*p) && n < 100000; p++)
        n = n * 10 + (*p - '0');
    return open ? n : -1;
}

/* What an operator gives: its results, else its output, else (operators that only pass rows on) its input. */
static struct list output_of(const struct lineage_section *s)
{
    static const char *const labels[] = {"Results", "Output", "Input"};
    const char *text;
    size_t len;
    for (size_t i = 0; i < ARRAY_LEN(labels); i++)
        if (lineage_field(s, labels[i], &text, &len))
            return list_in(text, len);
    return (struct list){s->body, s->body};
}

static void output_rows(struct columns *c, struct list out)
{
    const char *begin, *end;
    struct item item;
    while (next_item(&out, &begin, &end)) {
        const struct attribute *found = read_item(begin, end, &item) ? attribute(c, item.id) : NULL;
        for (uint32_t i = 0; found && i < found->count && c->rows < ROWS_MAX; i++, c->rows++)
            if (!column_row(c->e, c->execution_id, &c->tables.items[found->origins[i].table], found->origins[i].column, item.name,
                            item.name_len))
                return;
    }
}

void lineage_columns(struct emit *e, int64_t execution_id, const char *description, size_t len)
{
    struct columns c = {.e = e, .execution_id = execution_id, .a = e->scratch, .slot_count = 1 << 10};
    while (c.slot_count < ATTRIBUTES_MAX && c.slot_count < len / 8)
        c.slot_count *= 2;
    c.slots = arena_alloc(e->scratch, c.slot_count * sizeof(struct attribute *));
    struct lineage_section s, root = {0};
    const char *at = description, *end = description + len;
    long number = root_number(description, len, 0), below = root_number(description, len, 1);
    bool write = false;
    while (lineage_next_section(&at, end, &s)) {
        read_section(&c, &s);
        if (s.number == number && !root.name) {
            const char *args;
            size_t args_len;
            struct lineage_table t;
            write = lineage_field(&s, "Arguments", &args, &args_len) && lineage_write(e->scratch, s.name, s.name_len, args, args_len, &t);
            root = s;
        }
    }
    at = description;
    while (write && lineage_next_section(&at, end, &s))
        if (s.number == below)
            root = s;
    if (root.name)
        output_rows(&c, output_of(&root));
    VEC_FREE(&c.tables);
}
