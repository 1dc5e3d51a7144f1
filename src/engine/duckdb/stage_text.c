/*
 * CSV and JSON lines: a table function of ours reads the files, in parallel, into the types that are wished.
 *
 * The function's argument is the number of a scan that the engine holds, never a path: SQL that calls it by itself gets an error.
 * A unit of work is a CSV file or a piece of a JSON-lines file; a line belongs to the piece in which it begins.
 */
#include "engine/duckdb/csv.h"
#include "engine/duckdb/stage.h"
#include "engine/duckdb/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES ((int64_t)16 << 20)
#define READ_BYTES ((size_t)1 << 20)
#define CSV_RECORD_MAX ((size_t)16 << 20) /* a quote that is open for longer is taken for one that never closes */
#define SHOWN_LINE 200                    /* bytes of a broken line that its reason shows */
#define TEXT_MAX (1u << 20)

struct column {
    const char *name;
    const struct sql_type *type;
};

struct unit {
    const char *path;
    size_t file;             /* its number among the files */
    enum unpack_codec codec; /* compressed: one unit a file, of unknown length */
    int64_t from, to;        /* bytes; lines that begin in them */
    int64_t end;             /* of what may be read */
    size_t *places;          /* CSV: column of each field, SIZE_MAX for one that is left out */
    size_t field_count;
};

struct duck_text_scan {
    struct duck_text_scan *next; /* under duck.lock */
    int64_t id;
    enum engine_format format;
    bool keys; /* answers the keys of JSON objects instead of rows */
    struct arena *arena;
    VEC(struct unit) units;
    VEC(struct column) columns;
    pthread_mutex_t lock;
    size_t next_unit;
    struct error err; /* the first failure to read */
};

/* ---- reading lines */

enum { READ_TRUNCATED = -1, READ_DAMAGED = -2 }; /* beside the numbers of errno */

struct reader {
    int fd;
    struct unpack *packed; /* instead of fd */
    const struct unit *unit;
    char *data;
    size_t len, at, cap; /* bytes in data, place in them */
    int64_t base;        /* place of data[0] in the file */
    bool last;           /* nothing follows data */
    int64_t row;         /* of CSV */
};

static void reader_close(struct reader *r)
{
    unpack_close(r->packed);
    r->packed = NULL;
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
}

static int fill_unpacked(struct reader *r)
{
    size_t n = 0;
    switch (unpack_read(r->packed, r->data + r->len, READ_BYTES, &n)) {
    case UNPACK_DATA:
        r->len += n;
        return 0;
    case UNPACK_END:
        r->last = true;
        return 0;
    case UNPACK_TRUNCATED:
        return READ_TRUNCATED;
    case UNPACK_DAMAGED:
        break;
    }
    return READ_DAMAGED;
}

/* Reads on behind what is there, dropping what was used. 0 or errno. */
static int reader_fill(struct reader *r)
{
    if (r->at > 0) {
        memmove(r->data, r->data + r->at, r->len - r->at);
        r->len -= r->at;
        r->base += (int64_t)r->at;
        r->at = 0;
    }
    if (r->len + READ_BYTES + 1 > r->cap) {
        r->cap = r->cap * 2 > r->len + READ_BYTES + 1 ? r->cap * 2 : r->len + READ_BYTES + 1;
        r->data = xrealloc(r->data, r->cap);
    }
    if (r->packed)
        return fill_unpacked(r);
    int64_t rest = r->unit->end - r->base - (int64_t)r->len;
    size_t want = rest < (int64_t)READ_BYTES ? (size_t)(rest > 0 ? rest : 0) : READ_BYTES;
    ssize_t n = want ? pread(r->fd, r->data + r->len, want, r->base + (int64_t)r->len) : 0;
    if (n < 0)
        return errno;
    r->len += (size_t)n;
    r->last = n == 0 || r->base + (int64_t)r->len >= r->unit->end;
    return 0;
}

static int reader_skip_line(struct reader *r)
{
    int rc = 0;
    char *nl;
    while (!(nl = memchr(r->data + r->at, '\n', r->len - r->at)) && !r->last && !rc) {
        r->at = r->len;
        rc = reader_fill(r);
    }
    r->at = nl ? (size_t)(nl - r->data) + 1 : r->len;
    return rc;
}

/* At the first line that begins in the unit. */
static int reader_open(struct reader *r, const struct unit *u)
{
    bool middle = u->from > 0;
    r->unit = u;
    if (u->codec != UNPACK_PLAIN) {
        if (unpack_open(u->path, u->codec, &r->packed, NULL))
            return errno ? errno : EIO;
    } else if ((r->fd = open(u->path, O_RDONLY | O_CLOEXEC)) < 0) {
        return errno;
    }
    r->len = r->at = 0;
    r->row = 0;
    r->last = false;
    r->base = middle ? u->from - 1 : 0; /* the byte before tells whether a line begins here */
    int rc = reader_fill(r);
    if (!rc && middle)
        rc = reader_skip_line(r);
    else if (!rc && r->len >= 3 && memcmp(r->data, "\xEF\xBB\xBF", 3) == 0)
        r->at = 3;
    return rc;
}

/* The next line without its end; *ret NULL at the end of the unit. ERANGE: longer than a line may be. */
static int reader_line(struct reader *r, char **ret, size_t *ret_len, int64_t *ret_offset)
{
    char *nl;
    *ret = NULL;
    if (r->base + (int64_t)r->at >= r->unit->to)
        return 0;
    while (!(nl = memchr(r->data + r->at, '\n', r->len - r->at)) && !r->last) {
        if (r->len - r->at > LIMIT_LOG_LINE_BYTES)
            return ERANGE;
        int rc = reader_fill(r);
        if (rc)
            return rc;
    }
    if (!nl && r->at == r->len)
        return 0;
    size_t end = nl ? (size_t)(nl - r->data) : r->len;
    *ret = r->data + r->at;
    *ret_len = end - r->at;
    *ret_offset = r->base + (int64_t)r->at;
    r->at = nl ? end + 1 : end;
    return 0;
}

/* ---- the scan */

static void read_error(const struct reader *r, const char *path, int number, struct error *err)
{
    if (number == READ_TRUNCATED)
        error_set(err, ERROR_IO, ENGINE_TRUNCATED ": %s ends in the middle of its data", path);
    else if (number == READ_DAMAGED)
        error_set(err, ERROR_IO, "cannot decompress %s: %s", path, r->packed ? unpack_why(r->packed) : "bad data");
    else if (number == ERANGE)
        error_set(err, ERROR_IO, "a line is longer than %u bytes", LIMIT_LOG_LINE_BYTES);
    else {
        errno = number;
        error_errno(err, "read", path);
    }
    duck_stage_unreadable(path, err);
}

static int scan_failed(struct duck_text_scan *s, const struct reader *r, int number)
{
    pthread_mutex_lock(&s->lock);
    if (!s->err.kind)
        read_error(r, r->unit->path, number, &s->err);
    pthread_mutex_unlock(&s->lock);
    return ERROR_IO;
}

struct thread { /* what one thread of DuckDB has */
    struct duck_text_scan *scan;
    struct reader reader;
    struct writer *writers; /* the columns, then source file, seq, reject */
    struct arena *arena;
    struct csv_record record;
    yyjson_alc *alc;
    struct map keys; /* "file\tkey" that this thread has seen */
    size_t keys_given, keys_of_file;
    bool open;
};

static void thread_free(void *p)
{
    struct thread *t = p;
    reader_close(&t->reader);
    free(t->reader.data);
    csv_free(&t->record);
    yyjson_alc_dyn_free(t->alc);
    map_free(&t->keys);
    arena_free(t->arena);
    free(t);
}

/* The next unit; false: none is left. */
static bool next_unit(struct thread *t, int *ret_errno)
{
    struct duck_text_scan *s = t->scan;
    reader_close(&t->reader);
    pthread_mutex_lock(&s->lock);
    const struct unit *u = s->next_unit < s->units.len ? &s->units.items[s->next_unit++] : NULL;
    pthread_mutex_unlock(&s->lock);
    t->open = u != NULL;
    *ret_errno = u ? reader_open(&t->reader, u) : 0;
    if (!u)
        return false;
    if (!*ret_errno && u->field_count) { /* the header of a CSV file */
        size_t len;
        enum csv_found found = CSV_MORE;
        while (!*ret_errno && (found = csv_read(&t->record, t->reader.data + t->reader.at, t->reader.len - t->reader.at, t->reader.last,
                                                &len)) == CSV_MORE)
            *ret_errno = reader_fill(&t->reader);
        if (found == CSV_RECORD)
            t->reader.at += len;
    }
    return true;
}

static void put_own(struct thread *t, idx_t row, const char *path, int64_t seq, const struct writer_fault *fault)
{
    struct writer *own = &t->writers[t->scan->columns.len];
    writer_text(&own[0], row, path, strlen(path), "", &(struct writer_fault){0});
    duckdb_validity_set_row_valid(own[1].validity, row);
    ((int64_t *)own[1].data)[row] = seq;
    if (fault->set)
        writer_text(&own[2], row, fault->text, strlen(fault->text), "", &(struct writer_fault){0});
    else
        writer_null(&own[2], row);
}

static void broken_line(struct writer_fault *fault, const char *what, const char *line, size_t len)
{
    size_t shown = len < SHOWN_LINE ? len : SHOWN_LINE;
    while (shown && !utf8_valid(line, shown) && shown + 3 >= SHOWN_LINE)
        shown--;
    if (!utf8_valid(line, shown))
        shown = 0;
    fault->set = true;
    snprintf(fault->text, sizeof(fault->text), "%.150s: %.*s%s", what, (int)shown, line, shown < len ? "..." : "");
    for (char *p = fault->text; *p; p++)
        if (*p == '\n' || *p == '\r' || *p == '\t')
            *p = ' ';
}

static void all_null(struct thread *t, idx_t row)
{
    for (size_t i = 0; i < t->scan->columns.len; i++)
        writer_null(&t->writers[i], row);
}

/* ---- JSON lines */

static bool blank(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r'))
        i++;
    return i == len;
}

static yyjson_doc *parse_line(struct thread *t, char *line, size_t len, const char **ret_what)
{
    yyjson_read_err err = {0};
    yyjson_doc *doc = yyjson_read_opts(line, len, YYJSON_READ_NUMBER_AS_RAW, t->alc, &err);
    *ret_what = !doc ? err.msg : yyjson_is_obj(yyjson_doc_get_root(doc)) ? NULL : "the line is no JSON object";
    if (doc && *ret_what) {
        yyjson_doc_free(doc);
        doc = NULL;
    }
    return doc;
}

static void json_row(struct thread *t, idx_t row, char *line, size_t len, int64_t offset)
{
    struct writer_fault fault = {0};
    const char *what;
    yyjson_doc *doc = parse_line(t, line, len, &what);
    if (!doc) {
        char text[200];
        snprintf(text, sizeof(text), "not JSON: %s", what);
        broken_line(&fault, text, line, len);
        all_null(t, row);
    } else {
        yyjson_val *root = yyjson_doc_get_root(doc);
        for (size_t i = 0; i < t->scan->columns.len; i++) {
            const struct column *c = &t->scan->columns.items[i];
            yyjson_val *v = yyjson_obj_get(root, c->name);
            yyjson_obj_iter it = yyjson_obj_iter_with(root);
            for (yyjson_val *k; !v && (k = yyjson_obj_iter_next(&it));)
                if (str_ieq(yyjson_get_str(k), c->name))
                    v = yyjson_obj_iter_get_val(k);
            writer_json(&t->writers[i], row, v, c->name, &fault);
        }
        yyjson_doc_free(doc);
    }
    put_own(t, row, t->reader.unit->path, offset, &fault);
}

static int json_rows(struct thread *t, idx_t *row, idx_t capacity)
{
    char *line;
    size_t len;
    int64_t offset;
    while (*row < capacity) {
        int rc = reader_line(&t->reader, &line, &len, &offset);
        if (rc)
            return rc;
        if (!line) {
            t->open = false;
            return 0;
        }
        if (!blank(line, len))
            json_row(t, (*row)++, line, len, offset);
    }
    return 0;
}

static int json_keys(struct thread *t)
{
    char *line, seen[LIMIT_NAME_BYTES + 32];
    size_t len;
    int64_t offset;
    t->keys_of_file = 0;
    for (;;) {
        const char *what;
        int rc = reader_line(&t->reader, &line, &len, &offset);
        if (rc || !line)
            return rc;
        yyjson_doc *doc = parse_line(t, line, len, &what);
        yyjson_obj_iter it = yyjson_obj_iter_with(yyjson_doc_get_root(doc));
        for (yyjson_val *k; (k = yyjson_obj_iter_next(&it));) {
            bool fits = yyjson_get_len(k) == strlen(yyjson_get_str(k)) && yyjson_get_len(k) <= LIMIT_NAME_BYTES;
            if (!fits || t->keys_of_file > DUCK_STAGE_COLUMNS)
                continue;
            snprintf(seen, sizeof(seen), "%zu\t%s", t->reader.unit->file, yyjson_get_str(k));
            if (!map_has(&t->keys, seen)) {
                map_set(&t->keys, seen, t);
                t->keys_of_file++;
            }
        }
        yyjson_doc_free(doc);
    }
}

/* ---- CSV */

static void csv_row(struct thread *t, idx_t row, const char *line, size_t len)
{
    const struct unit *u = t->reader.unit;
    const struct csv_record *r = &t->record;
    struct writer_fault fault = {0};
    char what[100];
    all_null(t, row);
    for (size_t i = 0; i < r->fields.len && i < u->field_count; i++) {
        const struct csv_field *f = &r->fields.items[i];
        size_t place = u->places[i];
        if (place != SIZE_MAX && (f->quoted || f->len))
            writer_text(&t->writers[place], row, f->text, f->len, t->scan->columns.items[place].name, &fault);
    }
    if (r->fault) {
        broken_line(&fault, r->fault, line, len);
    } else if (r->fields.len != u->field_count) {
        snprintf(what, sizeof(what), "%zu fields where the header has %zu", r->fields.len, u->field_count);
        broken_line(&fault, what, line, len);
    }
    put_own(t, row, u->path, t->reader.row++, &fault);
}

/* A line without anything is no row, except where one empty field makes a row. */
static bool empty_record(const struct csv_record *r, size_t field_count)
{
    return field_count > 1 && !r->fault && r->fields.len == 1 && !r->fields.items[0].quoted && r->fields.items[0].len == 0;
}

static int csv_rows(struct thread *t, idx_t *row, idx_t capacity)
{
    struct reader *r = &t->reader;
    while (*row < capacity) {
        size_t len = 0, have = r->len - r->at;
        if (have == 0 && r->last) {
            t->open = false;
            return 0;
        }
        enum csv_found found = have == 0 ? CSV_MORE : csv_read(&t->record, r->data + r->at, have, r->last || have > CSV_RECORD_MAX, &len);
        if (found == CSV_MORE) {
            int rc = reader_fill(r);
            if (rc)
                return rc;
            continue;
        }
        if (!empty_record(&t->record, r->unit->field_count))
            csv_row(t, (*row)++, r->data + r->at, len);
        r->at += len;
    }
    return 0;
}

/* ---- the table function */

static struct duck_text_scan *find_scan(struct duck *d, int64_t id)
{
    struct duck_text_scan *s;
    pthread_mutex_lock(&d->lock);
    for (s = d->text_scans; s && s->id != id;)
        s = s->next;
    pthread_mutex_unlock(&d->lock);
    return s;
}

static void add_result(duckdb_bind_info info, const char *name, duckdb_logical_type type)
{
    duckdb_bind_add_result_column(info, name, type);
    duckdb_destroy_logical_type(&type);
}

static void scan_bind(duckdb_bind_info info)
{
    duckdb_value value = duckdb_bind_get_parameter(info, 0);
    struct duck_text_scan *s = find_scan(duckdb_bind_get_extra_info(info), duckdb_get_int64(value));
    duckdb_destroy_value(&value);
    if (!s) {
        duckdb_bind_set_error(info, "there is no such scan");
        return;
    }
    for (size_t i = 0; i < s->columns.len; i++)
        add_result(info, s->columns.items[i].name, writer_logical_type(s->columns.items[i].type));
    if (s->keys) {
        add_result(info, "key", duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
    } else {
        add_result(info, "bronze_source_file", duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
        add_result(info, "bronze_source_seq", duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
        add_result(info, "bronze_reject", duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
    }
    duckdb_bind_set_bind_data(info, s, NULL);
}

static void scan_init(duckdb_init_info info)
{
    struct duck_text_scan *s = duckdb_init_get_bind_data(info);
    duckdb_init_set_max_threads(info, s->units.len ? s->units.len : 1);
}

static void scan_thread_init(duckdb_init_info info)
{
    static const struct sql_type text = {.kind = SQL_T_STRING}, number = {.kind = SQL_T_BIGINT};
    struct duck_text_scan *s = duckdb_init_get_bind_data(info);
    struct thread *t = xcalloc(1, sizeof(*t));
    size_t n = s->columns.len;
    t->scan = s;
    t->reader.fd = -1;
    t->arena = arena_new();
    t->alc = yyjson_alc_dyn_new();
    t->writers = arena_alloc(t->arena, sizeof(*t->writers) * (n + 3));
    for (size_t i = 0; i < n; i++)
        writer_init(&t->writers[i], t->arena, s->columns.items[i].type);
    writer_init(&t->writers[n], t->arena, &text);
    writer_init(&t->writers[n + 1], t->arena, &number);
    writer_init(&t->writers[n + 2], t->arena, &text);
    duckdb_init_set_init_data(info, t, thread_free);
}

static void give_rows(struct thread *t, duckdb_function_info info, duckdb_data_chunk out)
{
    idx_t row = 0, capacity = duckdb_vector_size();
    size_t columns = t->scan->columns.len + 3;
    int rc = 0;
    for (size_t i = 0; i < columns; i++)
        writer_open(&t->writers[i], duckdb_data_chunk_get_vector(out, i));
    while (!rc && row < capacity && (t->open || next_unit(t, &rc)))
        if (!rc)
            rc = t->scan->format == ENGINE_CSV ? csv_rows(t, &row, capacity) : json_rows(t, &row, capacity);
    if (rc) {
        scan_failed(t->scan, &t->reader, rc);
        duckdb_function_set_error(info, t->scan->err.what);
        return;
    }
    for (size_t i = 0; i < columns; i++)
        writer_close(&t->writers[i]);
    duckdb_data_chunk_set_size(out, row);
}

static void give_keys(struct thread *t, duckdb_function_info info, duckdb_data_chunk out)
{
    duckdb_vector vector = duckdb_data_chunk_get_vector(out, 0);
    idx_t row = 0, capacity = duckdb_vector_size();
    int rc = 0;
    while (!rc && next_unit(t, &rc))
        if (!rc)
            rc = json_keys(t);
    if (rc) {
        scan_failed(t->scan, &t->reader, rc);
        duckdb_function_set_error(info, t->scan->err.what);
        return;
    }
    for (; row < capacity && t->keys_given < t->keys.len; row++, t->keys_given++)
        duckdb_vector_assign_string_element(vector, row, t->keys.entries[t->keys_given].key);
    duckdb_data_chunk_set_size(out, row);
}

static void scan_read(duckdb_function_info info, duckdb_data_chunk out)
{
    struct thread *t = duckdb_function_get_local_init_data(info);
    if (t->scan->keys)
        give_keys(t, info, out);
    else
        give_rows(t, info, out);
}

int duck_text_register(struct duck *d, duckdb_connection con, struct error *err)
{
    duckdb_table_function f = duckdb_create_table_function();
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_table_function_set_name(f, "secchi_read_text");
    duckdb_table_function_add_parameter(f, number);
    duckdb_table_function_set_extra_info(f, d, NULL);
    duckdb_table_function_set_bind(f, scan_bind);
    duckdb_table_function_set_init(f, scan_init);
    duckdb_table_function_set_local_init(f, scan_thread_init);
    duckdb_table_function_set_function(f, scan_read);
    duckdb_state state = duckdb_register_table_function(con, f);
    duckdb_destroy_logical_type(&number);
    duckdb_destroy_table_function(&f);
    return state == DuckDBSuccess ? 0 : error_set(err, ERROR_INTERNAL, "the engine refused the reader of text files");
}

/* ---- preparing a scan */

static void scan_free(struct duck *d, struct duck_text_scan *s)
{
    pthread_mutex_lock(&d->lock);
    struct duck_text_scan **p = &d->text_scans;
    while (*p != s) /* it is there until now */
        p = &(*p)->next;
    *p = s->next;
    pthread_mutex_unlock(&d->lock);
    pthread_mutex_lock(&s->lock); /* the threads of the scan have ended; what they did last happened before this */
    pthread_mutex_unlock(&s->lock);
    VEC_FREE(&s->units);
    VEC_FREE(&s->columns);
    pthread_mutex_destroy(&s->lock);
    arena_free(s->arena);
    free(s);
}

static struct duck_text_scan *scan_new(struct duck *d, enum engine_format format)
{
    struct duck_text_scan *s = xcalloc(1, sizeof(*s));
    s->format = format;
    s->arena = arena_new();
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_lock(&d->lock);
    s->id = ++d->text_serial;
    s->next = d->text_scans;
    d->text_scans = s;
    pthread_mutex_unlock(&d->lock);
    return s;
}

static int add_units(struct duck_text_scan *s, const struct engine_file *f, size_t file, struct error *err)
{
    struct stat st;
    if (stat(f->path, &st) != 0) {
        error_errno(err, "read", f->path);
        return duck_stage_unreadable(f->path, err);
    }
    const char *path = arena_strdup(s->arena, f->path);
    enum unpack_codec codec = unpack_codec_of(path, NULL);
    if (codec != UNPACK_PLAIN) {
        *VEC_ADD(&s->units) = (struct unit){.path = path, .file = file, .codec = codec, .to = INT64_MAX, .end = INT64_MAX};
        return 0;
    }
    int64_t end = f->to_offset >= 0 && s->format == ENGINE_JSONL ? f->to_offset : st.st_size;
    if (end > st.st_size) {
        error_set(err, ERROR_IO, "the file is shorter than it was: %lld bytes", (long long)st.st_size);
        error_where(err, "%s", f->path);
        return ERROR_IO;
    }
    if (s->format == ENGINE_CSV) {
        *VEC_ADD(&s->units) = (struct unit){.path = path, .file = file, .to = end, .end = end};
        return 0;
    }
    for (int64_t at = f->from_offset; at < end; at += PIECE_BYTES)
        *VEC_ADD(&s->units) = (struct unit){
            .path = path, .file = file, .from = at, .to = at + PIECE_BYTES < end ? at + PIECE_BYTES : end, .end = end};
    return 0;
}

/* Place of a column by name, adding it with its wished type, or as text when nobody wished for it. */
static int column_place(struct duck_text_scan *s, const char *name, const struct engine_column *want, size_t want_count, size_t *ret,
                        struct error *err)
{
    static const struct sql_type text = {.kind = SQL_T_STRING};
    struct column c = {name, &text};
    if (duck_stage_own_column(name)) {
        *ret = SIZE_MAX;
        return 0;
    }
    for (size_t i = 0; i < s->columns.len; i++) {
        if (str_ieq(s->columns.items[i].name, name)) {
            *ret = i;
            return 0;
        }
    }
    if (s->columns.len >= DUCK_STAGE_COLUMNS)
        return error_set(err, ERROR_LIMIT, "the files have more than %d columns", DUCK_STAGE_COLUMNS);
    for (size_t i = 0; i < want_count; i++) {
        const struct sql_type *type;
        if (!str_ieq(want[i].name, name))
            continue;
        int rc = sql_type_parse(s->arena, want[i].type, &type, err);
        if (rc)
            return rc;
        c = (struct column){arena_strdup(s->arena, want[i].name), writer_type(s->arena, type)};
    }
    *ret = s->columns.len;
    c.name = arena_strdup(s->arena, c.name);
    *VEC_ADD(&s->columns) = c;
    return 0;
}

/* ---- headers of CSV files */

static int header_fault(const struct unit *u, const char *what, struct error *err)
{
    error_set(err, ERROR_IO, "%s", what);
    error_where(err, "%s:1", u->path);
    return ERROR_IO;
}

static int header_places(struct duck_text_scan *s, struct unit *u, const struct csv_record *r, struct duck_shape *shape,
                         const struct engine_column *want, size_t want_count, struct error *err)
{
    const char **names = arena_alloc(s->arena, sizeof(*names) * (r->fields.len + 1));
    u->field_count = r->fields.len;
    u->places = arena_alloc(s->arena, sizeof(*u->places) * (r->fields.len + 1));
    for (size_t i = 0; i < r->fields.len; i++) {
        const struct csv_field *f = &r->fields.items[i];
        char *name = f->len ? arena_strndup(s->arena, f->text, f->len) : arena_printf(s->arena, "_c%zu", i);
        if (!utf8_valid(name, strlen(name)) || strlen(name) > LIMIT_NAME_BYTES)
            return header_fault(u, "the header has a name that is none", err);
        names[i] = name;
        int rc = column_place(s, name, want, want_count, &u->places[i], err);
        if (rc)
            return rc;
        for (size_t k = 0; k < i; k++)
            if (u->places[k] == u->places[i] && u->places[i] != SIZE_MAX)
                return header_fault(u, arena_printf(s->arena, "the header names the column %s twice", name), err);
    }
    duck_shape_file(shape, u->file, u->path, names, r->fields.len);
    return 0;
}

static int read_header(struct duck_text_scan *s, struct unit *u, struct duck_shape *shape, const struct engine_column *want,
                       size_t want_count, struct error *err)
{
    struct reader r = {.fd = -1};
    struct csv_record record = {0};
    size_t len;
    enum csv_found found = CSV_MORE;
    int number = reader_open(&r, u), rc = 0;
    while (!number && r.len > r.at &&
           (found = csv_read(&record, r.data + r.at, r.len - r.at, r.last || r.len > CSV_RECORD_MAX, &len)) == CSV_MORE)
        number = reader_fill(&r);
    if (number) {
        read_error(&r, u->path, number, err);
        rc = ERROR_IO;
    } else if (found == CSV_RECORD) {
        rc = record.fault ? header_fault(u, record.fault, err) : header_places(s, u, &record, shape, want, want_count, err);
    }
    reader_close(&r);
    free(r.data);
    csv_free(&record);
    return rc;
}

/* ---- keys of JSON lines */

/* Keys of all files by bytes, each once; every file's own go into its shape. */
static size_t sort_keys(struct duck_text_scan *s, char **found, size_t n, struct duck_shape *shape, const struct engine_file *files)
{
    const char **names = xcalloc(n + 1, sizeof(*names));
    qsort(found, n, sizeof(*found), duck_shape_by_bytes); /* the keys of a file stand together */
    for (size_t i = 0, end; i < n; i = end) {
        size_t file = strtoul(found[i], NULL, 10), head = (size_t)(strchr(found[i], '\t') - found[i]) + 1;
        for (end = i; end < n && strncmp(found[end], found[i], head) == 0; end++)
            names[end - i] = found[end] + head;
        duck_shape_file(shape, file, files[file].path, names, end - i);
    }
    free(names);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        found[i] = arena_strdup(s->arena, strchr(found[i], '\t') + 1);
    qsort(found, n, sizeof(*found), duck_shape_by_bytes);
    for (size_t i = 0; i < n; i++)
        if (!kept || !str_eq(found[kept - 1], found[i]))
            found[kept++] = found[i];
    return kept;
}

static int read_keys(struct duck_conn *c, struct duck_text_scan *s, const struct engine_file *files, struct duck_shape *shape,
                     const struct engine_column *want, size_t want_count, struct error *err)
{
    duckdb_result result;
    char sql[100];
    size_t ignored;
    int rc;
    snprintf(sql, sizeof(sql), "SELECT DISTINCT key FROM secchi_read_text(%lld)", (long long)s->id);
    s->keys = true;
    rc = duck_sql_result(c, sql, &result, err);
    s->keys = false;
    s->next_unit = 0;
    if (rc)
        return rc;
    size_t n = duckdb_row_count(&result);
    char **keys = xcalloc(n + 1, sizeof(*keys));
    for (idx_t i = 0; i < n; i++)
        keys[i] = duck_text(s->arena, duckdb_value_varchar(&result, 0, i));
    duckdb_destroy_result(&result);
    n = sort_keys(s, keys, n, shape, files);
    for (size_t i = 0; !rc && i < want_count; i++)
        for (size_t k = 0; !rc && k < n; k++)
            if (str_ieq(keys[k], want[i].name))
                rc = column_place(s, keys[k], want, want_count, &ignored, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (keys[i][0])
            rc = column_place(s, keys[i], want, want_count, &ignored, err);
    free(keys);
    return rc;
}

int duck_stage_text(struct duck_conn *c, const char *name, enum engine_format format, const struct engine_file *files, size_t count,
                    const struct engine_column *want, size_t want_count, struct error *err)
{
    struct duck *d = duck_of(&c->base);
    struct buf sql CLEANUP(buf_free) = {0};
    struct duck_text_scan *s = scan_new(d, format);
    struct duck_shape *shape = duck_shape_text(count);
    int rc = 0;
    for (size_t i = 0; i < count; i++)
        duck_shape_file(shape, i, files[i].path, NULL, 0);
    for (size_t i = 0; !rc && i < count; i++)
        rc = add_units(s, &files[i], i, err);
    duck_run_begin(c);
    if (!rc && format == ENGINE_JSONL)
        rc = read_keys(c, s, files, shape, want, want_count, err);
    for (size_t i = 0; !rc && format == ENGINE_CSV && i < s->units.len; i++)
        rc = read_header(s, &s->units.items[i], shape, want, want_count, err);
    duck_run_end(c);
    if (!rc) {
        char *relation = duck_staged_new(c, s->arena, name);
        buf_init(&sql, TEXT_MAX);
        buf_printf(&sql, "CREATE TEMP TABLE %s AS SELECT * FROM secchi_read_text(%lld)", sql_quote(s->arena, relation), (long long)s->id);
        rc = duck_stage_create(c, name, &sql, relation, false, NULL, err);
    }
    if (!rc && count > 1)
        duck_staged_shape(c, name, shape);
    else
        duck_shape_free(shape);
    if (rc && s->err.kind && err) {
        *err = s->err;
        rc = s->err.kind;
    }
    scan_free(d, s);
    return rc;
}
