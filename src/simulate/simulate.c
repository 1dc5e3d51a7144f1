/* The course of a simulation: the world once, then spans of days by several workers, then what is written last. */
#include "simulate/room.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct worker {
    struct sim_plan *plan;
    struct engine *engine;
    struct engine_conn *conn;
    struct engine_copier **copiers; /* two a table: its shape, and that of drift; NULL before its first file */
    pthread_t thread;
    bool started;
};

/* ---- a worker */

/* One thread an engine: what the engine does is then the same in every run. */
static int worker_open(struct worker *w, struct error *err)
{
    const char *dirs[] = {w->plan->options->out};
    const struct engine_options options = {
        .kind = "duckdb", .read_dirs = dirs, .read_dir_count = 1, .memory_limit_bytes = MEMORY_BYTES, .threads = 1};
    int rc = engine_open(&options, &w->engine, err);
    return rc ? rc : engine_connect(w->engine, ENGINE_WRITE, w->plan->options->cancel, &w->conn, err);
}

static void copiers_close(struct worker *w)
{
    for (size_t i = 0; w->copiers && i < 2 * w->plan->table_count; i++) {
        engine_copy_close(w->copiers[i]);
        w->copiers[i] = NULL;
    }
}

static void worker_close(struct worker *w)
{
    copiers_close(w);
    free(w->copiers);
    engine_disconnect(w->conn);
    engine_close(w->engine);
}

static int make_world(const struct sim_plan *p, struct engine_conn *c, struct error *err)
{
    return sim_content_run(p, c, &p->world, p->from_day, p->options->until_day, err);
}

int sim_begin(struct sim_plan *p, struct engine_conn *c, struct error *err)
{
    int rc = make_world(p, c, err);
    if (!rc)
        rc = sim_incidents_plan(p, c, err);
    if (!rc)
        rc = sim_incidents_insert(p, c, err);
    return rc ? rc : sim_content_run(p, c, &p->events, p->from_day, p->from_day, err);
}

static bool stopped(const struct sim_plan *p) { return cancelled(p->options->cancel) || cancelled(&p->stop); }

static int copier_of(struct worker *w, size_t table, bool drifted, struct engine_copier **ret, struct error *err)
{
    struct engine_param params[SIM_PARAMS];
    const struct sim_table *t = &w->plan->tables[table];
    const size_t at = 2 * table + drifted;
    int rc = 0;
    if (!w->copiers[at]) {
        sim_params(w->plan, w->plan->from_day, w->plan->from_day, params);
        const struct engine_stmt s = {
            .sql = drifted ? t->drift_sql : t->typed_sql, .file = t->file, .line = 1, .params = params, .param_count = SIM_PARAMS};
        rc = engine_copy_open(w->conn, &s, "arrival", &w->copiers[at], err);
    }
    if (!rc)
        *ret = w->copiers[at];
    return rc;
}

/* The days are those of delivery. */
static int write_days(struct worker *w, size_t table, bool drifted, int32_t from_day, int32_t to_day, int64_t *ret_rows, struct error *err)
{
    struct engine_param params[SIM_PARAMS];
    struct engine_copier *k;
    struct sim_plan *p = w->plan;
    int64_t files = 0;
    if (stopped(p))
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    sim_params(p, from_day, to_day, params);
    int rc = copier_of(w, table, drifted, &k, err);
    if (!rc)
        rc = sim_write_days(p, &p->tables[table], k, params, from_day, ret_rows, &files, err);
    if (rc)
        return rc;
    pthread_mutex_lock(&p->lock);
    p->rows += *ret_rows;
    p->files += files;
    pthread_mutex_unlock(&p->lock);
    return 0;
}

/* The engine holds the rows of a statement until their files are complete, so a statement takes as many days as make about WRITE_ROWS.
 * The first one guesses by the scale, the others know how many rows a day has. */
static int write_table(struct worker *w, size_t table, int32_t from_day, int32_t to_day, struct error *err)
{
    const struct sim_plan *p = w->plan;
    const int32_t drift_day = p->tables[table].drift_sql ? p->from_day + (int32_t)p->options->days / 2 : to_day;
    double days = FIRST_DAYS / p->options->scale;
    int rc = 0;
    for (int32_t day = from_day, next; !rc && day < to_day; day = next) {
        const int32_t end = day < drift_day && drift_day < to_day ? drift_day : to_day;
        int64_t rows = 0;
        next = days >= end - day ? end : day + (days > 1 ? (int32_t)days : 1);
        rc = write_days(w, table, day >= drift_day, day, next, &rows, err);
        days = rows > 0 ? WRITE_ROWS * (next - day) / (double)rows : SPAN_DAYS;
    }
    return rc;
}

static int make_span(struct worker *w, int64_t span, struct error *err)
{
    struct sim_plan *p = w->plan;
    int32_t from_day = p->from_day + (int32_t)span * SPAN_DAYS, to_day = from_day + SPAN_DAYS;
    if (to_day > p->options->until_day)
        to_day = p->options->until_day;
    int rc = sim_content_run(p, w->conn, &p->events, from_day, to_day, err);
    for (size_t i = 0; !rc && i < p->table_count; i++) {
        rc = write_table(w, i, from_day, to_day, err);
        if (rc && rc != ERROR_INTERRUPTED)
            error_add_where(err, "%s", p->tables[i].file);
    }
    return rc;
}

static bool take_span(struct sim_plan *p, int64_t *ret)
{
    pthread_mutex_lock(&p->lock);
    bool more = !p->failed && !stopped(p) && p->next_span < p->span_count;
    if (more)
        *ret = p->next_span++;
    pthread_mutex_unlock(&p->lock);
    return more;
}

static void end_span(struct sim_plan *p, int rc, const struct error *err)
{
    pthread_mutex_lock(&p->lock);
    if (rc && !p->failed) {
        p->failed = rc;
        p->failure = *err;
        cancel_set(&p->stop);
    }
    if (!rc)
        p->done++;
    if (!rc && p->options->progress)
        p->options->progress(p->options->context, p->done, p->span_count, p->rows);
    pthread_mutex_unlock(&p->lock);
}

static int prepare_worker(struct worker *w, struct error *err)
{
    int rc = w->engine ? 0 : worker_open(w, err);
    if (rc || w->copiers)
        return rc;
    w->copiers = xcalloc(2 * w->plan->table_count + 1, sizeof(struct engine_copier *));
    rc = make_world(w->plan, w->conn, err);
    return rc ? rc : sim_incidents_insert(w->plan, w->conn, err);
}

static void *work(void *context)
{
    struct worker *w = context;
    struct error err = {0};
    int64_t span;
    int rc = prepare_worker(w, &err);
    if (rc)
        end_span(w->plan, rc, &err);
    while (!rc && take_span(w->plan, &span)) {
        rc = make_span(w, span, &err);
        end_span(w->plan, rc, &err);
    }
    return NULL;
}

/* ---- the whole */

static int check_options(const struct simulate_options *o, struct error *err)
{
    char **names = NULL;
    size_t count = 0;
    if (o->days < 1 || o->days > 3660)
        return error_set(err, ERROR_USAGE, "--days takes 1 to 3660, found %lld", (long long)o->days);
    if (!(o->scale >= 0.01 && o->scale <= 100))
        return error_set(err, ERROR_USAGE, "--scale takes 0.01 to 100, found %g", o->scale);
    if (path_exists(o->out) && !path_is_dir(o->out))
        return error_set(err, ERROR_USAGE, "--out %s is no folder", o->out);
    if (path_is_dir(o->out)) {
        int rc = dir_list(o->out, &names, &count, err);
        if (rc)
            return rc;
        dir_list_free(names, count);
    }
    if (count) {
        error_set(err, ERROR_USAGE, "--out %s is not empty", o->out);
        error_hint(err, "name a folder that is empty or does not exist yet");
        return ERROR_USAGE;
    }
    return 0;
}

/* The first worker makes the world in its own thread of control, so that faults of content and incidents are found before
 * anything is written. */
static int prepare(struct sim_plan *p, struct worker *first, struct error *err)
{
    int rc = sim_content_find(p, err);
    if (!rc)
        rc = dir_create(p->options->out, 0777, err);
    if (!rc)
        rc = worker_open(first, err);
    if (!rc)
        rc = sim_begin(p, first->conn, err);
    if (!rc)
        rc = sim_content_type(p, first->conn, err);
    if (!rc)
        first->copiers = xcalloc(2 * p->table_count + 1, sizeof(struct engine_copier *));
    return rc;
}

static int make_spans(struct sim_plan *p, struct worker *workers, int count, struct error *err)
{
    for (int i = 1; i < count; i++)
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    (void)work(&workers[0]);
    for (int i = 1; i < count; i++)
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
    if (p->failed) {
        *err = p->failure;
        return p->failed;
    }
    return stopped(p) ? error_set(err, ERROR_INTERRUPTED, "interrupted") : 0;
}

static int finish(struct sim_plan *p, struct error *err)
{
    int rc = p->options->format == SIMULATE_DELTA ? sim_write_delta_logs(p, err) : 0;
    if (!rc)
        rc = sim_write_yaml(p, err);
    return rc ? rc : sim_incidents_write(p, err);
}

int simulate_run(const struct simulate_options *o, struct simulate_result *ret, struct error *err)
{
    const int64_t began = clock_mono_ns();
    int count = o->threads > 0 ? o->threads : (int)sysconf(_SC_NPROCESSORS_ONLN);
    int rc = check_options(o, err);
    if (rc)
        return rc;
    struct sim_plan p = {.arena = arena_new(), .options = o};
    p.from_day = o->until_day - (int32_t)o->days;
    p.span_count = (o->days + SPAN_DAYS - 1) / SPAN_DAYS;
    count = count < 1 ? 1 : count > p.span_count ? (int)p.span_count : count;
    pthread_mutex_init(&p.lock, NULL);
    struct worker *workers = xcalloc((size_t)count, sizeof(*workers));
    for (int i = 0; i < count; i++)
        workers[i].plan = &p;
    rc = prepare(&p, &workers[0], err);
    if (!rc)
        rc = make_spans(&p, workers, count, err);
    if (!rc)
        rc = finish(&p, err);
    for (int i = 0; i < count; i++)
        worker_close(&workers[i]);
    if (!rc) {
        *ret = (struct simulate_result){.rows = p.rows, .files = p.files, .tables = (int64_t)p.table_count};
        for (size_t i = 0; i < p.incident_count; i++)
            *(p.incidents[i].look_alike ? &ret->look_alikes : &ret->incidents) += 1;
        ret->seconds = (double)(clock_mono_ns() - began) / 1e9;
    }
    free(workers);
    pthread_mutex_destroy(&p.lock);
    pack_free(p.catalogue);
    arena_free(p.arena);
    return rc;
}
