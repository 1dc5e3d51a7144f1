/*
 * base - what every room shares: errors, limits, memory, strings, containers, clock, log, files.
 *
 * Conventions of the whole program
 *  - A fallible function returns 0 on success or an enum error_kind (> 0); it fills `struct error *err`
 *    where the fault happened and leaves its `ret_...` outputs untouched. Callers pass errors up with
 *    error_add_where(); only cli, server and schedule log them.
 *  - Three lifetimes: process, task (an arena), owned object (x_new / x_free, x_free(NULL) is fine).
 *    "In the arena" in a header means: valid until arena_free, never freed alone.
 *  - Running out of memory ends the process with one line: allocation never returns NULL, that of the libraries linked
 *    into the program neither, and what a shared library or the system reports as such goes to out_of_memory(). Otherwise
 *    a file that could not be read for want of memory would be taken for a damaged one. Except where a header says that a
 *    failed allocation is an ordinary error.
 *  - Text is UTF-8. Time is UTC, microseconds since 1970-01-01T00:00:00Z in int64_t (suffix _us).
 */
#ifndef SECCHI_BASE_H
#define SECCHI_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- errors ---------------------------------------------------------------------------------- */

/* The kind decides the exit status of the program and the HTTP status of the server (error_exit_status,
 * error_http_status), so choose it for what the reader can do about it. */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_USAGE,       /* the input is wrong: exit 2, HTTP 400 */
    ERROR_INVALID,     /* a parameter is out of range or of the wrong type: exit 2, HTTP 422 */
    ERROR_NOT_FOUND,   /* a named thing does not exist: exit 2, HTTP 404 */
    ERROR_DENIED,      /* no or wrong credentials: exit 1, HTTP 401 */
    ERROR_FORBIDDEN,   /* known, but not allowed: exit 1, HTTP 403 */
    ERROR_CONFLICT,    /* the state does not allow it now: exit 1, HTTP 409 */
    ERROR_LIMIT,       /* a limit of time, rows, memory or rate was hit: exit 1, HTTP 429 */
    ERROR_IO,          /* file, disk, network: exit 1, HTTP 503 */
    ERROR_ENGINE,      /* the engine refused or failed the statement: exit 1, HTTP 400 */
    ERROR_UNAVAILABLE, /* a part is down or not ready: exit 1, HTTP 503 */
    ERROR_PARTIAL,     /* some of it worked: exit 3, HTTP 200 with the list of failures */
    ERROR_INTERRUPTED, /* asked to stop: exit 130, HTTP 499 */
    ERROR_INTERNAL,    /* a bug: exit 1, HTTP 500 */
};

struct error {
    enum error_kind kind;
    char what[1024]; /* one line: what is wrong */
    char where[512]; /* file:line[:column], statement, table or key path; may be empty */
    char hint[512];  /* what to do, nearest name; may be empty */
};

/* Sets kind and what; clears where and hint. Returns kind, so that `return error_set(...)` works. err may be NULL. */
int error_set(struct error *err, enum error_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
void error_where(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);     /* replaces where */
void error_add_where(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3); /* puts text before where */
void error_hint(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
void error_hint_near(struct error *err, const char *near, const char *otherwise); /* asks for near; NULL: otherwise, which may be NULL */
int error_errno(struct error *err, const char *action,
                const char *path);                  /* "cannot ACTION PATH: reason" of errno; not for ENOMEM, which ends the process */
void error_print(FILE *f, const struct error *err); /* "secchi: where: what; hint\n" */
int error_exit_status(const struct error *err);
int error_http_status(const struct error *err);
const char *error_kind_name(enum error_kind kind); /* "usage", "not_found", ... */

/* ---- limits: every fixed bound of the program stands here -------------------------------------- */

#define LIMIT_SQL_BYTES (4u << 20)        /* one statement or SQL file */
#define LIMIT_SQL_DEPTH 400               /* nesting of brackets in a statement */
#define LIMIT_YAML_BYTES (4u << 20)       /* one YAML file */
#define LIMIT_JSON_BYTES (64u << 20)      /* one JSON document (dashboard, request) */
#define LIMIT_LOG_LINE_BYTES (256u << 20) /* one line of an event log */
#define LIMIT_NAME_BYTES 255              /* identifier */
#define LIMIT_REQUEST_BYTES (8u << 20)    /* HTTP request body */
#define LIMIT_PATH_BYTES 4096

/* ---- memory ------------------------------------------------------------------------------------- */

_Noreturn void out_of_memory(void);
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size); /* overflow-checked */
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
void free_ptr(void *p); /* for CLEANUP: frees *(void **)p */

struct arena; /* bump allocator; not thread-safe, one per task */
struct arena *arena_new(void);
void arena_free(struct arena *a);
void arena_freep(struct arena **a); /* for CLEANUP */
void arena_reset(struct arena *a);  /* forgets everything, keeps the memory */
size_t arena_size(const struct arena *a);
void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned to 16 */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Growing byte buffer with a mandatory maximum. data is always NUL-terminated once anything was added. When an
 * addition would pass max, nothing is added and buf.overflow stays true: check it once at the end. */
struct buf {
    char *data;
    size_t len, cap, max;
    bool overflow;
};
void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_add_json(struct buf *b, const char *s, size_t len); /* as a JSON string, with its quotes */
void buf_put_json(struct buf *b, const char *s);
char *buf_steal(struct buf *b); /* the caller frees; the buffer is empty afterwards */

/* Typed growing array: VEC(struct x) xs = {0}; *VEC_ADD(&xs) = ...; xs.items[i], xs.len; VEC_FREE(&xs). */
#define VEC(type) \
    struct { \
        type *items; \
        size_t len, cap; \
    }
#define VEC_ADD(v) (vec_grow((void **)&(v)->items, &(v)->len, &(v)->cap, sizeof(*(v)->items)), &(v)->items[(v)->len - 1])
#define VEC_FREE(v) (free((v)->items), (v)->items = NULL, (v)->len = (v)->cap = 0)
/* The items in the arena, with room for one more; the array itself is still to be freed. */
#define VEC_COPY(a, v) vec_copy((a), (v)->items, (v)->len, sizeof(*(v)->items))
void *vec_copy(struct arena *a, const void *items, size_t len, size_t item_size);
void vec_grow(void **items, size_t *len, size_t *cap, size_t item_size); /* adds one zeroed item */

/* String-keyed hash map; keys are copied, values are the caller's pointers. Iteration is in order of insertion;
 * a removed key keeps its place empty (key NULL). */
struct map {
    struct map_entry {
        char *key;
        void *value;
    } * entries;
    size_t len, cap, live;
    uint32_t *slots;
    size_t slot_count;
};
void map_free(struct map *m);
void *map_get(const struct map *m, const char *key); /* NULL when absent */
bool map_has(const struct map *m, const char *key);
void *map_set(struct map *m, const char *key, void *value); /* returns the value replaced, or NULL */
void *map_remove(struct map *m, const char *key);

/* ---- text ----------------------------------------------------------------------------------------- */

bool str_eq(const char *a, const char *b);  /* NULL equals only NULL */
bool str_ieq(const char *a, const char *b); /* ASCII case-insensitive */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
int str_to_i64(const char *s, int64_t *ret) MUST_CHECK; /* whole string, decimal; 0 or ERROR_INVALID */
int str_to_f64(const char *s, double *ret) MUST_CHECK;
int str_to_bool(const char *s, bool *ret) MUST_CHECK; /* true/false/yes/no/on/off/1/0 */
void str_lower(char *s);
bool utf8_valid(const char *s, size_t len);
/* The candidate with the smallest edit distance (Damerau, case-insensitive) if it is close enough to be meant, else NULL. */
const char *nearest_name(const char *name, const char *const *candidates, size_t count);
uint64_t hash_bytes(const void *data, size_t len, uint64_t seed); /* XXH64 */
void hex_encode(const void *data, size_t len, char *ret_hex);     /* 2 * len + 1 bytes */

/* ---- clock: the one place that knows what time it is ------------------------------------------------ */

/* The program's time: the real one, or the fixed one of --as-of, SECCHI_AS_OF or a test. Exclusive as a bound: the
 * last complete day is the day before clock_now's day (C-02). */
int64_t clock_now_us(void);
int64_t clock_real_us(void);      /* always the real time; for measuring and ingestion stamps */
void clock_fix_us(int64_t at_us); /* 0 sets it free again */
int64_t clock_mono_ns(void);
/* RFC 3339 or "YYYY-MM-DD[ HH:MM:SS[.ffffff]]", zone Z or +hh:mm, none is UTC. 0 or ERROR_INVALID. */
int time_parse_us(const char *s, int64_t *ret_us) MUST_CHECK;
char *time_format_us(int64_t us, char ret_text[40]); /* 2026-11-21T08:57:17.000000Z, without fraction when it is 0 */

/* ---- log ----------------------------------------------------------------------------------------------- */

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
void log_open(const char *path, enum log_level level); /* path NULL: stderr. Lines of JSON in a file, plain on a terminal */
void log_write(enum log_level level, const char *room, const char *fmt, ...) PRINTF_LIKE(3, 4);
void log_error(const char *room, const struct error *err);

/* ---- files ------------------------------------------------------------------------------------------------ */

int file_read(const char *path, size_t max, char **ret_data, size_t *ret_len, struct error *err) MUST_CHECK; /* malloc'd, NUL-terminated */
int file_write_atomic(const char *path, const void *data, size_t len, unsigned mode,
                      struct error *err) MUST_CHECK;                           /* temporary, fsync, rename, fsync of the folder */
int dir_create(const char *path, unsigned mode, struct error *err) MUST_CHECK; /* with parents; exists is fine */
/* Names in byte order without . and ..; each and the array malloc'd, freed by dir_list_free. */
int dir_list(const char *path, char ***ret_names, size_t *ret_count, struct error *err) MUST_CHECK;
void dir_list_free(char **names, size_t count);
bool path_exists(const char *path);
bool path_is_dir(const char *path);
char *path_real(const char *path); /* absolute and without links, malloc'd; NULL when there is no such path */
char *path_join(struct arena *a, const char *dir, const char *name);

/* ---- libraries that are loaded when they are needed first (see scripts/lazy.py, which makes the callers) ------------ */

/* Looks the named functions up in the shared library, whose file the system finds when it is a bare name, and sets ret[i] to
 * the address of names[i]. Does nothing when *loaded is true, and makes it so; any thread may call it. ERROR_UNAVAILABLE. */
int lazy_load(const char *file, const char *const *names, size_t count, void **ret, bool *loaded, struct error *err) MUST_CHECK;

/* Interruption: set by Ctrl-C or a cancelled request, looked at by long work. One flag per task. */
struct cancel {
    volatile int flag;
};
static inline bool cancelled(const struct cancel *c) { return c && __atomic_load_n(&c->flag, __ATOMIC_RELAXED); }
static inline void cancel_set(struct cancel *c) { __atomic_store_n(&c->flag, 1, __ATOMIC_RELAXED); }

#endif
