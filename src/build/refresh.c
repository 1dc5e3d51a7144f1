#include "build/room.h"

#include <errno.h>
#include <time.h>

#define WATCH_MS 100

/* ---- what is chosen ----------------------------------------------------------------------------------------------- */

const char *build_key(struct arena *a, const struct pack_object *o) { return pack_key(a, o->schema, o->name); }

bool build_chosen(const struct build *b, const struct pack_object *o)
{
    return !b->options->only_count || map_has(&b->chosen, build_key(b->arena, o));
}

static void choose(struct build *b, const struct pack_object *o)
{
    const char *key = build_key(b->arena, o);
    if (map_has(&b->chosen, key))
        return;
    map_set(&b->chosen, key, b);
    for (size_t i = 0; i < o->read_count; i++)
        choose(b, o->reads[i]);
}

static int choose_name(struct build *b, const char *name, struct error *err)
{
    const struct pack_catalogue *c = b->ctx->catalogue;
    for (size_t i = 0; i < c->object_count; i++) {
        const struct pack_object *o = c->objects[i];
        if (o->layer != PACK_LANDING &&
            (str_ieq(name, o->name) || str_ieq(name, build_key(b->arena, o)) || str_ieq(name, o->system_table))) {
            choose(b, o);
            return 0;
        }
    }
    error_set(err, ERROR_NOT_FOUND, "there is no table '%s' to build", name);
    error_hint_near(err, pack_nearest(c, name, b->arena), NULL);
    return ERROR_NOT_FOUND;
}

static int choose_all(struct build *b, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; i < b->options->only_count && !rc; i++)
        rc = choose_name(b, b->options->only[i], err);
    return rc;
}

/* ---- steps ------------------------------------------------------------------------------------------------------------ */

bool build_stopped(struct build *b) { return cancelled(b->options->cancel); }

static void tell(struct build *b, enum build_event_kind kind, const struct build_step *s, double fraction)
{
    if (!b->options->on_event)
        return;
    bool ended = kind == BUILD_STEP_END; /* until then its rows are the building thread's alone */
    struct build_event e = {
        .kind = kind,
        .seq = s->seq,
        .done = b->done,
        .total = b->total > (size_t)s->seq ? b->total : (size_t)s->seq,
        .name = s->name,
        .fraction = fraction,
        .state = ended ? s->state : RUN_RUNNING,
        .rows_in = ended ? s->rows_in : 0,
        .rows_changed = ended ? s->rows_changed : 0,
        .rows_rejected = ended ? s->rows_rejected : 0,
        .error = ended && s->error[0] ? s->error : NULL,
    };
    b->options->on_event(b->options->context, &e);
}

void build_step_begin(struct build *b, struct build_step *s, const char *name, const char *layer, const char *table)
{
    *s = (struct build_step){
        .seq = ++b->seq, .name = name, .layer = layer, .table = table, .state = RUN_RUNNING, .started_us = clock_real_us()};
    b->report.steps++;
    pthread_mutex_lock(&b->lock);
    b->step = s;
    tell(b, BUILD_STEP_START, s, 0);
    pthread_mutex_unlock(&b->lock);
}

void build_step_tell(struct build *b, const struct build_step *s)
{
    pthread_mutex_lock(&b->lock);
    b->step = NULL;
    b->done++;
    tell(b, BUILD_STEP_END, s, 1);
    pthread_mutex_unlock(&b->lock);
}

/* The history of the state store is a copy: when it cannot be written the warehouse still has it. */
void build_step_project(struct build *b, const struct build_step *s)
{
    struct error e = {0};
    struct state_step p = {
        .run_id = b->run_id,
        .seq = s->seq,
        .name = s->name,
        .state = s->state,
        .started_us = s->started_us,
        .ended_us = s->ended_us,
        .rows_in = s->rows_in,
        .rows_changed = s->rows_changed,
        .rows_rejected = s->rows_rejected,
        .error = s->error[0] ? s->error : NULL,
    };
    if (b->ctx->state && state_step_put(b->ctx->state, &p, &e))
        log_error("build", &e);
}

static void stop_interrupting(struct build *b)
{
    pthread_mutex_lock(&b->lock);
    b->interrupted = true;
    pthread_mutex_unlock(&b->lock);
}

int build_step_end(struct build *b, struct build_step *s, int rc, const struct error *why, bool record, struct error *err)
{
    s->ended_us = clock_real_us();
    s->state = rc == 0 ? RUN_SUCCEEDED : rc == ERROR_INTERRUPTED ? RUN_CANCELLED : RUN_FAILED;
    if (rc)
        snprintf(s->error, sizeof(s->error), "%s%s%.800s", why->where, why->where[0] ? ": " : "", why->what);
    if (rc == ERROR_INTERRUPTED)
        stop_interrupting(b);
    if (s->state == RUN_FAILED) {
        b->report.failed++;
        if (!b->first_failure[0])
            snprintf(b->first_failure, sizeof(b->first_failure), "%s: %.900s", s->name, s->error);
    }
    int recorded = record ? build_steps_record(b, s, 1, err) : 0;
    build_step_project(b, s);
    build_step_tell(b, s);
    if (recorded)
        return recorded;
    return rc == ERROR_INTERRUPTED ? error_set(err, ERROR_INTERRUPTED, "stopped in %s", s->name) : 0;
}

/* ---- watcher: carries a cancellation into the running statement and tells of progress ------------------------------------- */

static void look(struct build *b)
{
    if (build_stopped(b) && !b->interrupted)
        engine_interrupt(b->conn);
    if (!b->step)
        return;
    double fraction = b->bytes_total > 0 ? (double)b->bytes_done / (double)b->bytes_total : engine_progress(b->conn);
    tell(b, BUILD_STEP_PROGRESS, b->step, fraction > 1 ? 1 : fraction);
}

static void *watch(void *context)
{
    struct build *b = context;
    pthread_mutex_lock(&b->lock);
    while (!b->stop) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WATCH_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (pthread_cond_timedwait(&b->wake, &b->lock, &until) == ETIMEDOUT && !b->stop)
            look(b);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

static void watch_end(struct build *b)
{
    if (!b->watching)
        return;
    pthread_mutex_lock(&b->lock);
    b->stop = true;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->watcher, NULL);
    b->watching = false;
}

/* ---- refresh ------------------------------------------------------------------------------------------------------------------ */

static int count_steps(struct build *b, struct pack_object ***ret_bronze, size_t *ret_count, struct error *err)
{
    int rc = build_bronze_plan(b, b->conn, ret_bronze, ret_count, err);
    if (rc)
        return rc;
    b->total = build_land_count(b) + *ret_count + build_gold_count(b);
    for (size_t i = 0; i < b->source_count; i++)
        b->total += b->sources[i].unreadable;
    return 0;
}

static int run_all(struct build *b, struct error *err)
{
    struct pack_object **tables;
    size_t count;
    int rc = build_scan_sources(b, err);
    if (!rc)
        rc = count_steps(b, &tables, &count, err);
    if (!rc)
        rc = build_note_sources(b, err);
    if (!rc)
        rc = build_land(b, err);
    if (!rc)
        rc = build_bronze(b, err);
    if (!rc)
        rc = build_gold(b, err);
    return rc ? rc : build_after(b, err);
}

static int conclude(struct build *b, int rc, struct error *err)
{
    struct error ending = {0};
    stop_interrupting(b);
    enum run_state state = rc == ERROR_INTERRUPTED ? RUN_CANCELLED : rc ? RUN_FAILED : b->report.failed ? RUN_PARTIAL : RUN_SUCCEEDED;
    if (!rc && b->report.failed) {
        rc = error_set(err, ERROR_PARTIAL, "%zu of %zu steps failed; first %.900s", b->report.failed, b->report.steps, b->first_failure);
        error_hint(err, "the other tables are published; `secchi status` lists the findings");
    }
    if (build_run_end(b, state, rc && err ? err->what : NULL, &ending)) {
        log_error("build", &ending);
        if (!rc) {
            if (err)
                *err = ending;
            rc = (int)ending.kind;
        }
    }
    return rc;
}

static void build_open(struct build *b, const struct build_context *ctx, const struct build_options *o)
{
    *b = (struct build){.ctx = ctx, .options = o, .arena = arena_new(), .as_of_us = o->as_of_us ? o->as_of_us : clock_now_us()};
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->wake, NULL);
}

static void build_close(struct build *b)
{
    engine_disconnect(b->conn);
    pthread_cond_destroy(&b->wake);
    pthread_mutex_destroy(&b->lock);
    map_free(&b->chosen);
    map_free(&b->left_out);
    map_free(&b->met);
    map_free(&b->keyed);
    arena_free(b->arena);
}

int build_refresh(const struct build_context *ctx, const struct build_options *o, struct build_report *ret, struct error *err)
{
    struct build b;
    struct error own = {0};
    build_open(&b, ctx, o);
    err = err ? err : &own;
    int rc = choose_all(&b, err);
    if (!rc)
        rc = engine_connect(ctx->engine, ENGINE_WRITE, o->cancel, &b.conn, err);
    if (!rc) {
        engine_set_clock(b.conn, b.as_of_us);
        engine_set_any_order(b.conn);
    }
    if (!rc && !(rc = build_run_begin(&b, err))) {
        b.watching = pthread_create(&b.watcher, NULL, watch, &b) == 0;
        rc = run_all(&b, err);
        rc = conclude(&b, rc, err);
        watch_end(&b);
        b.report.run_id = b.run_id;
        *ret = b.report;
    }
    build_close(&b);
    return rc;
}

int build_plan(const struct build_context *ctx, const struct build_options *o, struct arena *a, const char ***ret_steps, size_t *ret_count,
               struct error *err)
{
    struct build b;
    struct pack_object **bronze = NULL;
    size_t bronze_count = 0, n = 0;
    build_open(&b, ctx, o);
    int rc = choose_all(&b, err);
    if (!rc)
        rc = engine_connect(ctx->engine, ENGINE_READ, o->cancel, &b.conn, err);
    if (!rc)
        rc = build_scan_sources(&b, err);
    if (!rc)
        rc = count_steps(&b, &bronze, &bronze_count, err);
    const char **names = arena_alloc(a, (b.total + 1) * sizeof(*names));
    for (size_t i = 0; i < b.source_count && !rc; i++) {
        const struct build_source *s = &b.sources[i];
        if (s->unreadable)
            names[n++] = arena_printf(a, "scan %s", s->spec.name);
        for (size_t j = 0; build_land_count(&b) && s->spec.kind == SOURCE_SPARK && j < s->scan.unit_count; j++)
            names[n++] = arena_printf(a, "land %s", s->scan.units[j].log);
    }
    for (size_t i = 0; i < bronze_count && !rc; i++)
        names[n++] = arena_printf(a, "bronze %s", bronze[i]->name);
    for (size_t i = 0; i < ctx->catalogue->object_count && !rc; i++) {
        const struct pack_object *object = ctx->catalogue->objects[i];
        if (object->layer == PACK_GOLD && !object->is_view && build_chosen(&b, object))
            names[n++] = arena_printf(a, "gold %s", object->name);
    }
    build_close(&b);
    if (rc)
        return rc;
    *ret_steps = names;
    *ret_count = n;
    return 0;
}
