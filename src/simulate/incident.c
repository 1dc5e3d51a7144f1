/* Incidents: kinds of the pack, entries of a file or drawn from the seed, the table that events.sql reads, and the truth as JSON. */
#include "simulate/room.h"

#include <stdlib.h>
#include <yyjson.h>

#define MAX_KINDS 100
#define MAX_INCIDENTS 2000
#define MAX_TARGETS 100000
#define DAY_US INT64_C(86400000000)

struct kind {
    const char *name, *domain, *text;
    bool look_alike, drawn;
    const struct yaml *targets, *moves;
    double length[2], size[2];
};

struct target {
    const char *type, *id, *name;
    int64_t no;
};

struct drawing { /* what is at hand while incidents are planned */
    struct sim_plan *p;
    const char *kinds_file;
    struct kind kinds[MAX_KINDS];
    size_t kind_count;
    struct target *targets;
    size_t target_count;
};

/* ---- kinds and targets */

static int read_number(const struct yaml *v, const char *file, double *ret, struct error *err)
{
    if (v && v->kind == YAML_SCALAR && str_to_f64(v->text, ret) == 0)
        return 0;
    error_set(err, ERROR_USAGE, "a number was expected");
    error_where(err, "%s:%u", file, v ? v->line : 1);
    return ERROR_USAGE;
}

static int read_range(const struct yaml *kind, const char *file, const char *key, double ret[2], struct error *err)
{
    const struct yaml *v = yaml_get(kind, key);
    if (!v || v->kind != YAML_LIST || v->count != 2) {
        error_set(err, ERROR_USAGE, "'%s' must be a list of two numbers", key);
        error_where(err, "%s:%u", file, kind->line);
        return ERROR_USAGE;
    }
    int rc = read_number(v->items[0], file, &ret[0], err);
    return rc ? rc : read_number(v->items[1], file, &ret[1], err);
}

static int read_kind(struct drawing *d, const struct yaml *y, struct error *err)
{
    static const char *const keys[] = {"kind", "domain", "look_alike", "drawn", "targets", "length", "size", "text", "moves"};
    struct kind *k = &d->kinds[d->kind_count];
    const char *file = d->kinds_file;
    *k = (struct kind){.drawn = true, .text = ""};
    int rc = yaml_known_keys(y, file, keys, ARRAY_LEN(keys), err);
    if (!rc)
        rc = yaml_text(y, file, "kind", &k->name, err);
    if (!rc)
        rc = yaml_text(y, file, "domain", &k->domain, err);
    if (!rc)
        rc = yaml_text(y, file, "text", &k->text, err);
    if (!rc)
        rc = yaml_bool(y, file, "look_alike", &k->look_alike, err);
    if (!rc)
        rc = yaml_bool(y, file, "drawn", &k->drawn, err);
    if (!rc)
        rc = read_range(y, file, "length", k->length, err);
    if (!rc)
        rc = read_range(y, file, "size", k->size, err);
    k->targets = yaml_get(y, "targets");
    k->moves = yaml_get(y, "moves");
    if (!rc && (!k->name || !k->domain || !k->targets || !k->targets->count || !k->moves)) {
        error_set(err, ERROR_USAGE, "a kind needs kind, domain, targets and moves");
        error_where(err, "%s:%u", file, y->line);
        rc = ERROR_USAGE;
    }
    d->kind_count++;
    return rc;
}

static int read_kinds(struct drawing *d, struct error *err)
{
    struct yaml *root;
    d->kinds_file = path_join(d->p->arena, d->p->folder, "incidents.yaml");
    int rc = yaml_read(d->kinds_file, d->p->arena, &root, err);
    const struct yaml *list = rc ? NULL : yaml_get(root, "kinds");
    for (size_t i = 0; !rc && list && i < list->count && d->kind_count < MAX_KINDS; i++)
        rc = read_kind(d, list->items[i], err);
    return rc;
}

static int read_targets(struct drawing *d, struct engine_conn *c, struct error *err)
{
    struct engine_rows rows;
    int rc = engine_rows(c, ENGINE_SQL("SELECT target_type, target_no, target_id, target_name FROM sim.target ORDER BY 1, 2"), MAX_TARGETS,
                         d->p->arena, &rows, err);
    if (rc)
        return rc;
    d->targets = arena_alloc(d->p->arena, sizeof(*d->targets) * (rows.row_count + 1));
    for (size_t i = 0; i < rows.row_count; i++) {
        const struct engine_value *v = &rows.values[i * 4];
        d->targets[i] = (struct target){.type = v[0].text, .no = v[1].i, .id = v[2].text, .name = v[3].text};
    }
    d->target_count = rows.row_count;
    return 0;
}

static const struct kind *kind_of(const struct drawing *d, const char *name)
{
    for (size_t i = 0; i < d->kind_count; i++)
        if (str_eq(d->kinds[i].name, name))
            return &d->kinds[i];
    return NULL;
}

static bool may_aim(const struct kind *k, const char *target_type)
{
    for (size_t i = 0; i < k->targets->count; i++)
        if (str_eq(k->targets->items[i]->text, target_type))
            return true;
    return false;
}

/* ---- drawing: pure functions of the seed and a label */

static double drawn(const struct drawing *d, const char *label, uint64_t i)
{
    char text[128];
    snprintf(text, sizeof(text), "%s %lld %llu", label, (long long)d->p->options->seed, (unsigned long long)i);
    return (double)(hash_bytes(text, strlen(text), 7) >> 11) / 9007199254740992.0;
}

static const struct target *draw_target(const struct drawing *d, const struct kind *k, uint64_t i)
{
    size_t fit = 0;
    for (size_t t = 0; t < d->target_count; t++)
        fit += may_aim(k, d->targets[t].type);
    size_t wanted = (size_t)(drawn(d, "target", i) * (double)fit);
    for (size_t t = 0; t < d->target_count; t++)
        if (may_aim(k, d->targets[t].type) && wanted-- == 0)
            return &d->targets[t];
    return NULL;
}

static void add(struct sim_plan *p, const struct kind *k, const struct target *t, int32_t from_day, int32_t to_day, double size,
                const char *where)
{
    if (p->incident_count == MAX_INCIDENTS)
        return;
    p->incidents[p->incident_count++] = (struct sim_incident){
        .kind = k->name,
        .domain = k->domain,
        .look_alike = k->look_alike,
        .target_type = t->type,
        .target_no = t->no,
        .target_id = t->id,
        .target_name = t->name,
        .from_day = from_day,
        .to_day = to_day,
        .size = size,
        .where = where,
    };
}

/* No two incidents meet on a target, so that the effect of each can be told. */
static bool target_free(const struct sim_plan *p, const struct target *t, int32_t from_day, int32_t to_day)
{
    for (size_t i = 0; i < p->incident_count; i++) {
        const struct sim_incident *n = &p->incidents[i];
        if (str_eq(n->target_type, t->type) && n->target_no == t->no && n->from_day < to_day + 2 && from_day < n->to_day + 2)
            return false;
    }
    return true;
}

static void draw_one(struct drawing *d, const struct kind *k, uint64_t serial)
{
    struct sim_plan *p = d->p;
    const int32_t days = (int32_t)p->options->days, warm = days >= 21 ? 14 : days / 3;
    for (uint64_t attempt = 0; attempt < 20; attempt++) {
        const uint64_t i = serial * 20 + attempt;
        int32_t length = (int32_t)(k->length[0] + drawn(d, "length", i) * (k->length[1] - k->length[0] + 0.999));
        if (length > days - warm)
            length = days - warm > 0 ? days - warm : 1;
        const int32_t from_day = p->from_day + warm + (int32_t)(drawn(d, "start", i) * (days - warm - length + 1));
        const double size = k->size[0] + drawn(d, "size", i) * (k->size[1] - k->size[0]);
        const struct target *t = draw_target(d, k, i);
        if (!t)
            return;
        if (!target_free(p, t, from_day, from_day + length))
            continue;
        add(p, k, t, from_day, from_day + length, (double)(int)(size * 10 + 0.5) / 10, NULL);
        return;
    }
}

/* Rounds over the domains, so that each has some however few days there are; within a domain the kinds take turns. */
static void draw_all(struct drawing *d)
{
    static const char *const domains[] = {"cost", "reliability", "performance", "security", "quality", "look-alike"};
    const int64_t rounds = 2 + d->p->options->days / 24;
    uint64_t serial = 0;
    for (int64_t r = 0; r < rounds; r++) {
        for (size_t m = 0; m < ARRAY_LEN(domains); m++) {
            const struct kind *fit[MAX_KINDS];
            size_t count = 0;
            for (size_t i = 0; i < d->kind_count; i++)
                if (d->kinds[i].drawn && str_eq(d->kinds[i].look_alike ? "look-alike" : d->kinds[i].domain, domains[m]))
                    fit[count++] = &d->kinds[i];
            if (count)
                draw_one(d, fit[((size_t)(drawn(d, domains[m], 0) * (double)count) + (size_t)r) % count], serial);
            serial++;
        }
    }
}

/* ---- a person's file */

static int fault(struct error *err, const char *file, const struct yaml *y, const char *near)
{
    error_where(err, "%s:%u", file, y->line);
    if (near)
        error_hint(err, "did you mean %s?", near);
    return ERROR_USAGE;
}

static int find_kind(const struct drawing *d, const char *file, const struct yaml *y, const struct kind **ret, struct error *err)
{
    const struct yaml *name = yaml_get(y, "kind");
    const char *names[MAX_KINDS];
    if (!name || name->kind != YAML_SCALAR) {
        error_set(err, ERROR_USAGE, "an incident needs a kind");
        return fault(err, file, y, NULL);
    }
    *ret = kind_of(d, name->text);
    if (*ret)
        return 0;
    for (size_t i = 0; i < d->kind_count; i++)
        names[i] = d->kinds[i].name;
    error_set(err, ERROR_USAGE, "there is no kind of incident '%s'", name->text);
    return fault(err, file, name, nearest_name(name->text, names, d->kind_count));
}

/* By id, by name, or by type and number: "job:3". */
static bool is_meant(const struct target *t, const char *text)
{
    size_t n = strlen(t->type);
    int64_t no;
    if (str_eq(t->id, text) || str_ieq(t->name, text))
        return true;
    return strncmp(text, t->type, n) == 0 && text[n] == ':' && str_to_i64(text + n + 1, &no) == 0 && no == t->no;
}

static int find_target(const struct drawing *d, const char *file, const struct yaml *y, const struct kind *k, uint64_t serial,
                       const struct target **ret, struct error *err)
{
    const struct yaml *v = yaml_get(y, "target");
    if (!v) {
        *ret = draw_target(d, k, serial);
        return 0;
    }
    if (v->kind != YAML_SCALAR) {
        error_set(err, ERROR_USAGE, "'target' must be an id, a name or TYPE:NUMBER");
        return fault(err, file, v, NULL);
    }
    const char **names = xcalloc(2 * d->target_count + 1, sizeof(*names));
    size_t count = 0;
    *ret = NULL;
    for (size_t i = 0; !*ret && i < d->target_count; i++) {
        if (!may_aim(k, d->targets[i].type))
            continue;
        names[count++] = d->targets[i].name;
        names[count++] = d->targets[i].id;
        if (is_meant(&d->targets[i], v->text))
            *ret = &d->targets[i];
    }
    int rc = 0;
    if (!*ret) {
        error_set(err, ERROR_USAGE, "%s has no target '%s' (a %s)", k->name, v->text, k->targets->items[0]->text);
        rc = fault(err, file, v, nearest_name(v->text, names, count));
    }
    free(names);
    return rc;
}

static int read_start(const struct drawing *d, const char *file, const struct yaml *y, int32_t *ret, struct error *err)
{
    const struct yaml *v = yaml_get(y, "start");
    int64_t us = 0, number = 0;
    bool is_date = v && v->kind == YAML_SCALAR && time_parse_us(v->text, &us) == 0;
    bool is_number = v && v->kind == YAML_SCALAR && !is_date && str_to_i64(v->text, &number) == 0;
    if (!is_date && !is_number) {
        error_set(err, ERROR_USAGE, "'start' must be a day such as 2026-05-03, or a number that counts from 1 for the first day");
        return fault(err, file, v ? v : y, NULL);
    }
    int64_t day = is_date ? us / DAY_US : d->p->from_day + number - 1;
    if (day < d->p->from_day || day >= d->p->options->until_day) {
        char first[16], last[16];
        error_set(err, ERROR_USAGE, "'start' lies outside the simulated days %s to %s", sim_day_text(d->p->from_day, first),
                  sim_day_text(d->p->options->until_day - 1, last));
        return fault(err, file, v, NULL);
    }
    *ret = (int32_t)day;
    return 0;
}

static int read_bounded(const char *file, const struct yaml *y, const char *key, double low, double high, double *ret, struct error *err)
{
    const struct yaml *v = yaml_get(y, key);
    if (!v)
        return 0;
    int rc = read_number(v, file, ret, err);
    if (!rc && !(*ret >= low && *ret <= high)) {
        error_set(err, ERROR_USAGE, "'%s' takes %g to %g, found %s", key, low, high, v->text);
        rc = fault(err, file, v, NULL);
    }
    return rc;
}

static int read_incident(struct drawing *d, const char *file, const struct yaml *y, uint64_t serial, struct error *err)
{
    static const char *const keys[] = {"kind", "start", "length", "size", "target"};
    const struct kind *k = NULL;
    const struct target *t = NULL;
    int32_t from_day = 0;
    int rc = yaml_known_keys(y, file, keys, ARRAY_LEN(keys), err);
    if (!rc)
        rc = find_kind(d, file, y, &k, err);
    if (!rc)
        rc = find_target(d, file, y, k, serial, &t, err);
    if (!rc)
        rc = read_start(d, file, y, &from_day, err);
    double length = k ? k->length[0] : 1, size = k ? k->size[0] : 1;
    if (!rc)
        rc = read_bounded(file, y, "length", 1, 3660, &length, err);
    if (!rc)
        rc = read_bounded(file, y, "size", 1.2, 5, &size, err);
    if (rc)
        return rc;
    int64_t to_day = (int64_t)from_day + (int64_t)length;
    add(d->p, k, t, from_day, (int32_t)(to_day > d->p->options->until_day ? d->p->options->until_day : to_day), size,
        arena_printf(d->p->arena, "%s:%u", file, y->line));
    return 0;
}

static int read_file(struct drawing *d, const char *file, struct error *err)
{
    static const char *const keys[] = {"incidents"};
    struct yaml *root;
    int rc = yaml_read(file, d->p->arena, &root, err);
    if (rc)
        return rc;
    const struct yaml *list = root->kind == YAML_LIST ? root : yaml_get(root, "incidents");
    if (root->kind == YAML_MAP)
        rc = yaml_known_keys(root, file, keys, ARRAY_LEN(keys), err);
    if (!rc && (!list || list->kind != YAML_LIST || list->count > MAX_INCIDENTS)) {
        error_set(err, ERROR_USAGE, "a list `incidents:` with at most %d entries was expected", MAX_INCIDENTS);
        rc = fault(err, file, root, NULL);
    }
    for (size_t i = 0; !rc && i < list->count; i++)
        rc = read_incident(d, file, list->items[i], i, err);
    return rc;
}

/* ---- month ends, which are part of every simulation */

static void add_month_ends(struct drawing *d)
{
    const struct kind *k = kind_of(d, "month_end");
    const struct target *t = NULL;
    char text[16];
    for (size_t i = 0; i < d->target_count && !t; i++)
        if (k && may_aim(k, d->targets[i].type))
            t = &d->targets[i];
    for (int32_t day = d->p->from_day; t && day < d->p->options->until_day; day++)
        if (str_eq(sim_day_text(day + 2, text) + 8, "01"))
            add(d->p, k, t, day, day + 2 > d->p->options->until_day ? d->p->options->until_day : day + 2, k->size[0], NULL);
}

int sim_incidents_plan(struct sim_plan *p, struct engine_conn *c, struct error *err)
{
    struct drawing *d = arena_alloc(p->arena, sizeof(*d));
    d->p = p;
    p->incidents = arena_alloc(p->arena, sizeof(*p->incidents) * MAX_INCIDENTS);
    int rc = read_kinds(d, err);
    if (!rc)
        rc = read_targets(d, c, err);
    if (!rc)
        add_month_ends(d);
    if (!rc && p->options->incidents)
        rc = read_file(d, p->options->incidents, err);
    else if (!rc && !p->options->no_incidents)
        draw_all(d);
    p->kinds = d;
    return rc;
}

int sim_incidents_insert(const struct sim_plan *p, struct engine_conn *c, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < p->incident_count; i++) {
        const struct sim_incident *n = &p->incidents[i];
        const struct engine_param params[] = {
            {"kind", {.type = ENGINE_TEXT, .text = n->kind}},       {"target_type", {.type = ENGINE_TEXT, .text = n->target_type}},
            {"target_no", {.type = ENGINE_I64, .i = n->target_no}}, {"first_day", {.type = ENGINE_DATE, .i = n->from_day}},
            {"size", {.type = ENGINE_F64, .f = n->size}},           {"days", {.type = ENGINE_I64, .i = n->to_day - n->from_day}},
        };
        const struct engine_stmt stmt = {
            .sql = p->plant.statements[0].text, .file = p->plant.file, .line = 1, .params = params, .param_count = ARRAY_LEN(params)};
        rc = engine_exec(c, &stmt, NULL, err);
    }
    return rc;
}

/* ---- the truth */

/* Puts id and name of the target for {id} and {name}. */
static const char *aimed(struct arena *a, const char *text, const struct sim_incident *n)
{
    struct buf b CLEANUP(buf_free);
    buf_init(&b, 65536);
    for (const char *s = text; *s;) {
        if (str_starts(s, "{id}")) {
            buf_puts(&b, n->target_id);
            s += 4;
        } else if (str_starts(s, "{name}")) {
            buf_puts(&b, n->target_name);
            s += 6;
        } else {
            buf_putc(&b, *s++);
        }
    }
    return arena_strdup(a, b.data ? b.data : "");
}

static int put_moves(const struct drawing *d, const struct kind *k, const struct sim_incident *n, yyjson_mut_doc *doc, yyjson_mut_val *list,
                     struct error *err)
{
    for (size_t i = 0; i < k->moves->count; i++) {
        const struct yaml *m = k->moves->items[i];
        const char *text[] = {"", "", "", ""}, *only = NULL;
        static const char *const keys[] = {"table", "measure", "where", "effect"};
        double per_size = 1, plus = 0, max = 0;
        int rc = yaml_text(m, d->kinds_file, "target", &only, err);
        for (size_t f = 0; !rc && f < ARRAY_LEN(keys); f++)
            rc = yaml_text(m, d->kinds_file, keys[f], &text[f], err);
        if (!rc)
            rc = read_bounded(d->kinds_file, m, "per_size", -1e6, 1e6, &per_size, err);
        if (!rc)
            rc = read_bounded(d->kinds_file, m, "plus", -1e6, 1e6, &plus, err);
        if (!rc)
            rc = read_bounded(d->kinds_file, m, "max", 0, 1e6, &max, err);
        if (rc)
            return rc;
        if (only && !str_eq(only, n->target_type))
            continue;
        yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, list);
        for (size_t f = 0; f < ARRAY_LEN(keys); f++)
            yyjson_mut_obj_add_strcpy(doc, o, keys[f], aimed(d->p->arena, text[f], n));
        double value = per_size * n->size + plus;
        yyjson_mut_obj_add_real(doc, o, "value", max > 0 && value > max ? max : value);
    }
    return 0;
}

static int put_incident(const struct drawing *d, size_t i, yyjson_mut_doc *doc, yyjson_mut_val *list, struct error *err)
{
    const struct sim_incident *n = &d->p->incidents[i];
    const struct kind *k = kind_of(d, n->kind);
    char day[16];
    yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, list);
    yyjson_mut_obj_add_strcpy(doc, o, "id", arena_printf(d->p->arena, "%s-%zu", n->kind, i + 1));
    yyjson_mut_obj_add_str(doc, o, "kind", n->kind);
    yyjson_mut_obj_add_str(doc, o, "domain", n->domain);
    yyjson_mut_obj_add_bool(doc, o, "look_alike", n->look_alike);
    yyjson_mut_obj_add_strcpy(doc, o, "start", sim_day_text(n->from_day, day));
    yyjson_mut_obj_add_strcpy(doc, o, "end", sim_day_text(n->to_day, day));
    yyjson_mut_obj_add_int(doc, o, "days", n->to_day - n->from_day);
    yyjson_mut_obj_add_real(doc, o, "size", n->size);
    yyjson_mut_val *target = yyjson_mut_obj_add_obj(doc, o, "target");
    yyjson_mut_obj_add_str(doc, target, "type", n->target_type);
    yyjson_mut_obj_add_str(doc, target, "id", n->target_id);
    yyjson_mut_obj_add_str(doc, target, "name", n->target_name);
    yyjson_mut_obj_add_str(doc, o, "text", k->text);
    return put_moves(d, k, n, doc, yyjson_mut_obj_add_arr(doc, o, "moves"), err);
}

int sim_incidents_write(const struct sim_plan *p, struct error *err)
{
    char day[16];
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    size_t len;
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_int(doc, root, "version", 1);
    yyjson_mut_obj_add_int(doc, root, "seed", p->options->seed);
    yyjson_mut_obj_add_real(doc, root, "scale", p->options->scale);
    yyjson_mut_obj_add_strcpy(doc, root, "from", sim_day_text(p->from_day, day));
    yyjson_mut_obj_add_strcpy(doc, root, "until", sim_day_text(p->options->until_day, day));
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(doc, root, "incidents");
    int rc = 0;
    for (size_t i = 0; !rc && i < p->incident_count; i++)
        rc = put_incident(p->kinds, i, doc, list, err);
    char *text = rc ? NULL : yyjson_mut_write(doc, YYJSON_WRITE_PRETTY_TWO_SPACES, &len);
    if (!rc)
        rc = text ? file_write_atomic(path_join(p->arena, p->options->out, "incidents.json"), text, len, 0666, err)
                  : error_set(err, ERROR_INTERNAL, "incidents.json could not be made");
    free(text);
    yyjson_mut_doc_free(doc);
    return rc;
}
