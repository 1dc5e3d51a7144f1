#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "server/private.h"

/* ---- lock and socket ---------------------------------------------------------------------------------------- */

/* A path of a Unix socket is short (108 bytes), so it is named by a hash of the home, in a folder that only this user can enter. */
const char *owner_socket_path(const char *home, struct arena *a)
{
    char *real = path_real(home);
    const char *named = real ? real : home, *runtime = getenv("XDG_RUNTIME_DIR");
    unsigned long long hash = hash_bytes(named, strlen(named), 0);
    free(real);
    struct stat st;
    bool usable = runtime && runtime[0] == '/' && strlen(runtime) < 60 && stat(runtime, &st) == 0 && S_ISDIR(st.st_mode) &&
                  st.st_uid == geteuid() && !(st.st_mode & 077);
    if (usable)
        return arena_printf(a, "%s/secchi-%016llx.sock", runtime, hash);
    return arena_printf(a, "/tmp/secchi-%u/%016llx.sock", (unsigned)geteuid(), hash);
}

/* The folder must be ours and closed to others: in /tmp somebody else may have made it first. */
static int make_socket_dir(const char *socket_path, struct arena *a, struct error *err)
{
    struct stat st;
    char *dir = arena_strdup(a, socket_path);
    *strrchr(dir, '/') = '\0';
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return error_errno(err, "create", dir);
    if (lstat(dir, &st) != 0)
        return error_errno(err, "read", dir);
    if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077))
        return 0;
    error_set(err, ERROR_FORBIDDEN, "the folder %s is not a folder of this user alone", dir);
    error_hint(err, "remove it, or set XDG_RUNTIME_DIR to a folder with mode 0700");
    return ERROR_FORBIDDEN;
}

static int take_lock(struct owner *o, struct error *err)
{
    char text[32];
    const char *path = path_join(o->arena, o->home, "owner.lock");
    int rc = dir_create(o->home, 0700, err);
    if (rc)
        return rc;
    o->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (o->lock_fd < 0)
        return error_errno(err, "open", path);
    int code = -1;
    for (int i = 0; i < 5 && code != 0; i++) { /* owner_exists holds a shared lock for a moment */
        const struct timespec moment = {.tv_nsec = 2000000};
        if (i)
            nanosleep(&moment, NULL);
        code = flock(o->lock_fd, LOCK_EX | LOCK_NB);
    }
    if (code != 0) {
        rc = errno == EWOULDBLOCK ? error_set(err, ERROR_CONFLICT, "another process owns the home %s", o->home)
                                  : error_errno(err, "lock", path);
        close(o->lock_fd);
        o->lock_fd = -1;
        return rc;
    }
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(o->lock_fd, 0) != 0 || pwrite(o->lock_fd, text, (size_t)n, 0) != n)
        return error_errno(err, "write", path);
    return 0;
}

bool owner_exists(const char *home)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    int fd = open(path_join(a, home, "owner.lock"), O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool taken = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return taken;
}

static int listen_unix(struct owner *o, int *ret_fd, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int rc = make_socket_dir(o->socket_path, o->arena, err);
    if (rc)
        return rc;
    if (strlen(o->socket_path) >= sizeof(address.sun_path))
        return error_set(err, ERROR_IO, "the path of the socket is too long: %s", o->socket_path);
    memcpy(address.sun_path, o->socket_path, strlen(o->socket_path) + 1);
    /* We hold the lock: what lies there was left by a process that is dead. */
    if (unlink(o->socket_path) != 0 && errno != ENOENT)
        return error_errno(err, "remove", o->socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || chmod(o->socket_path, 0600) != 0 || listen(fd, 256) != 0) {
        rc = error_errno(err, "listen on", o->socket_path);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    *ret_fd = fd;
    return 0;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void init_locks(struct owner *o)
{
    pthread_rwlockattr_t prefer_writer;
    pthread_condattr_t monotonic;
    pthread_rwlockattr_init(&prefer_writer);
    pthread_rwlockattr_setkind_np(&prefer_writer, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&o->core_lock, &prefer_writer);
    pthread_rwlockattr_destroy(&prefer_writer);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&o->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&o->lock, NULL);
}

static int start_threads(struct owner *o, struct error *err)
{
    const struct config *config = o->core.config;
    o->rates = rate_new();
    o->cache = cache_new();
    o->light = pool_new((int)config_int(config, "server.threads"), err);
    o->query = o->light ? pool_new((int)config_int(config, "query.concurrency") + WAITING_QUERIES, err) : NULL;
    o->watcher = o->query ? watcher_new(o, err) : NULL;
    return o->watcher ? 0 : (int)err->kind;
}

/* A listener is counted when it runs: then it has a daemon. */
static void count_listener(struct owner *o)
{
    pthread_mutex_lock(&o->lock);
    o->listener_count++;
    pthread_mutex_unlock(&o->lock);
}

static int serve_socket(struct owner *o, struct error *err)
{
    int fd = -1, rc = listen_unix(o, &fd, err);
    if (rc)
        return rc;
    struct listener *l = &o->listeners[0];
    *l = (struct listener){.owner = o, .local = true};
    rc = listener_start(l, fd, err);
    if (rc)
        close(fd);
    else
        count_listener(o);
    return rc;
}

/* The log of a home is kept by its owner. */
static int open_log(struct owner *o, struct error *err)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    const char *dir = path_join(o->arena, o->home, "logs"), *wanted = config_text(o->core.config, "log.level");
    int rc = dir_create(dir, 0700, err), level = LOG_INFO;
    for (int i = 0; i < (int)ARRAY_LEN(levels); i++)
        if (str_eq(levels[i], wanted))
            level = i;
    if (!rc)
        log_open(path_join(o->arena, dir, "secchi.log"), (enum log_level)level);
    return rc;
}

int owner_open(const struct config *config, const char *packs, struct owner **ret, struct error *err)
{
    struct owner *o = xcalloc(1, sizeof(*o));
    o->arena = arena_new();
    o->home = arena_strdup(o->arena, config->home);
    o->packs = packs ? arena_strdup(o->arena, packs) : NULL;
    o->lock_fd = -1;
    o->start_us = clock_real_us();
    o->core.config = config;
    init_locks(o);
    int rc = take_lock(o, err);
    if (!rc) {
        o->socket_path = owner_socket_path(o->home, o->arena);
        rc = open_log(o, err);
    }
    if (!rc)
        rc = core_finish_restore(o, err);
    if (!rc)
        rc = core_open(o, config, err);
    if (!rc)
        rc = start_threads(o, err);
    if (!rc)
        rc = serve_socket(o, err);
    if (rc) {
        owner_close(o);
        return rc;
    }
    *ret = o;
    return 0;
}

/* ---- closing ------------------------------------------------------------------------------------------------------ */

/* Waits until no request is under way; false when the time was over before. */
static bool wait_idle(struct owner *o, int seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&o->lock);
    int code = 0;
    while ((o->active > 0 || o->open > 0) && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&o->idle, &o->lock, &until);
    bool idle = o->active == 0 && o->open == 0;
    pthread_mutex_unlock(&o->lock);
    return idle;
}

static void cancel_all(struct owner *o)
{
    pthread_mutex_lock(&o->lock);
    o->cancelling = true;
    for (struct request *rq = o->running; rq; rq = rq->next) {
        pthread_mutex_lock(&rq->lock);
        cancel_set(&rq->cancel);
        pthread_cond_broadcast(&rq->room);
        pthread_mutex_unlock(&rq->lock);
    }
    pthread_mutex_unlock(&o->lock);
    events_wake(o);
}

static void drain(struct owner *o)
{
    pthread_mutex_lock(&o->lock);
    o->stopping = true;
    pthread_mutex_unlock(&o->lock);
    if (o->socket_path && o->listener_count)
        unlink(o->socket_path);
    for (size_t i = 0; i < o->listener_count; i++)
        listener_quiesce(&o->listeners[i]);
    if (!wait_idle(o, DRAIN_SECONDS)) {
        if (o->core.schedule)
            schedule_stop(o->core.schedule); /* its streams end with the last event */
        cancel_all(o);
        wait_idle(o, 2);
    }
    cancel_all(o);
    pthread_mutex_lock(&o->lock);
    while (o->active > 0)
        pthread_cond_wait(&o->idle, &o->lock);
    pthread_mutex_unlock(&o->lock);
}

void owner_close(struct owner *o)
{
    if (!o)
        return;
    if (o->watcher)
        drain(o);
    for (size_t i = 0; i < o->listener_count; i++)
        listener_stop(&o->listeners[i]);
    watcher_free(o->watcher);
    pool_free(o->query);
    pool_free(o->light);
    core_close(o);
    config_free(o->core.own_config);
    cache_free(o->cache);
    rate_free(o->rates);
    if (o->lock_fd >= 0)
        close(o->lock_fd); /* last: whoever gets the lock finds everything closed */
    pthread_rwlock_destroy(&o->core_lock);
    pthread_mutex_destroy(&o->lock);
    pthread_cond_destroy(&o->idle);
    arena_free(o->arena);
    free(o);
}

bool owner_stop_requested(const struct owner *o) { return __atomic_load_n(&o->stop_requested, __ATOMIC_ACQUIRE) != 0; }

/* ---- TCP -------------------------------------------------------------------------------------------------------------- */

static int bound_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port : ((struct sockaddr_in *)&address)->sin_port);
}

static int listen_tcp(const char *host, int port, int *ret_fd, struct error *err)
{
    char service[16];
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *list;
    snprintf(service, sizeof(service), "%d", port);
    int code = getaddrinfo(host, service, &hints, &list);
    if (code) {
        error_set(err, ERROR_USAGE, "cannot listen on %s: %s", host, gai_strerror(code));
        error_where(err, "server.host");
        return ERROR_USAGE;
    }
    int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    code = fd < 0 || bind(fd, list->ai_addr, list->ai_addrlen) != 0 || listen(fd, 511) != 0 ? errno : 0;
    freeaddrinfo(list);
    if (!code) {
        *ret_fd = fd;
        return 0;
    }
    if (fd >= 0)
        close(fd);
    error_set(err, ERROR_IO, "cannot listen on %s:%d: %s", host, port, strerror(code));
    if (code == EADDRINUSE)
        error_hint(err, "another program has the port: take another with --port, or a free one with --port 0");
    return ERROR_IO;
}

static int read_tls(const struct config *config, struct listener *l, struct error *err)
{
    const char *certificate = config_text(config, "server.tls_certificate"), *key = config_text(config, "server.tls_key");
    size_t len;
    if (!*certificate && !*key)
        return 0;
    if (!*certificate || !*key) {
        error_set(err, ERROR_USAGE, "%s is set without %s", *key ? "server.tls_key" : "server.tls_certificate",
                  *key ? "server.tls_certificate" : "server.tls_key");
        return ERROR_USAGE;
    }
    int rc = file_read(certificate, 1u << 20, &l->certificate, &len, err);
    return rc ? rc : file_read(key, 1u << 20, &l->key, &len, err);
}

/* In production nobody could ask for the first token, so it is made here and left where only this user can read it. */
static int first_token(struct owner *o, struct error *err)
{
    struct arena *a CLEANUP(arena_freep) = arena_new();
    struct state_token *tokens;
    size_t count;
    const char *secret, *path = path_join(a, o->home, "first-token");
    int rc = str_eq(config_text(o->core.config, "server.mode"), "production") ? state_tokens(o->core.state, a, &tokens, &count, err) : 0;
    if (rc || str_eq(config_text(o->core.config, "server.mode"), "development") || count)
        return rc;
    rc = state_token_create(o->core.state, "first", "administrator", NULL, 0, a, &secret, err);
    if (!rc)
        rc = file_write_atomic(path, secret, strlen(secret), 0600, err);
    if (!rc)
        log_write(LOG_INFO, "server", "the first administrator's token is in %s", path);
    return rc;
}

int owner_listen(struct owner *o, const char *host, int port, const char *web_dir, int *ret_port, struct error *err)
{
    if (o->listener_count >= ARRAY_LEN(o->listeners))
        return error_set(err, ERROR_CONFLICT, "the server listens already");
    if (web_dir && !path_is_dir(web_dir))
        return error_set(err, ERROR_NOT_FOUND, "there is no folder %s for the page", web_dir);
    struct listener *l = &o->listeners[o->listener_count];
    *l = (struct listener){.owner = o, .web_dir = web_dir ? xstrdup(web_dir) : NULL};
    int fd = -1, rc = read_tls(o->core.config, l, err);
    if (!rc)
        rc = first_token(o, err);
    if (!rc)
        rc = listen_tcp(host, port, &fd, err);
    if (!rc)
        rc = listener_start(l, fd, err);
    if (rc) {
        if (fd >= 0)
            close(fd);
        listener_stop(l);
        return rc;
    }
    count_listener(o);
    *ret_port = bound_port(fd);
    return 0;
}
