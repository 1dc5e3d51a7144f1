#include "semantic/semantic.h"

#include <stdlib.h>

#include "semantic/private.h"

void semantic_name(struct semantic *s, struct engine *e)
{
    engine_set_env(e, &(struct sql_env){.context = s,
                                        .name = scope_resolve,
                                        .variable = scope_resolve_variable,
                                        .function = scope_resolve_function,
                                        .metric = scope_resolve_metric});
}

int semantic_new(const struct semantic_options *o, struct semantic **ret, struct error *err)
{
    struct semantic *s = xcalloc(1, sizeof(*s));
    s->o = *o;
    s->names = (struct pack_names){.catalogue = o->catalogue, .config = o->config};
    s->limit = (int)config_int(o->config, "query.concurrency");
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->place, &monotonic);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_rwlock_init(&s->scope_lock, NULL);
    pthread_mutex_init(&s->numbers_lock, NULL);
    s->version = 1;
    pthread_mutex_init(&s->others_lock, NULL);
    semantic_name(s, o->engine);
    int code = pthread_create(&s->watchdog, NULL, run_watchdog, s);
    if (code) {
        s->watchdog = 0;
        s->stopping = true;
        semantic_free(s);
        return error_set(err, ERROR_INTERNAL, "cannot start a thread: %s", strerror(code));
    }
    *ret = s;
    return 0;
}

static void numbers_forget(struct semantic *s)
{
    for (size_t i = 0; i < s->numbers.len; i++)
        free(s->numbers.entries[i].value);
    map_free(&s->numbers);
    s->numbers = (struct map){0};
}

void semantic_free(struct semantic *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_broadcast(&s->wake);
    pthread_cond_broadcast(&s->place);
    while (s->active > 0)
        pthread_cond_wait(&s->place, &s->lock);
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (s->watchdog)
        pthread_join(s->watchdog, NULL);
    for (size_t i = 0; i < s->idle.len; i++)
        engine_disconnect(s->idle.items[i]);
    VEC_FREE(&s->idle);
    for (size_t i = 0; i < OTHER_ENGINES; i++)
        engine_close(s->others[i].engine);
    pthread_mutex_destroy(&s->others_lock);
    numbers_forget(s);
    graph_free(s->graph);
    scopes_free(s);
    pthread_rwlock_destroy(&s->scope_lock);
    pthread_mutex_destroy(&s->numbers_lock);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->place);
    pthread_cond_destroy(&s->wake);
    free(s);
}

void semantic_changed(struct semantic *s)
{
    pthread_mutex_lock(&s->numbers_lock);
    s->version++;
    numbers_forget(s);
    pthread_mutex_unlock(&s->numbers_lock);
}

int64_t semantic_version(struct semantic *s)
{
    pthread_mutex_lock(&s->numbers_lock);
    int64_t version = s->version;
    pthread_mutex_unlock(&s->numbers_lock);
    return version;
}
