#include "cli/command.h"

#include <ctype.h>
#include <histedit.h>
#include <unistd.h>
#include <yyjson.h>

/* `secchi sql`: statements end with a semicolon; history in <home>/sql_history; Tab completes tables, columns and keywords. */

struct shell {
    struct cli *cli;
    struct client *client;
    EditLine *line;
    History *history;
    const char *prompt;
    VEC(const char *) words; /* for completion */
};

static const char *const keywords[] = {
    "SELECT",      "FROM",      "WHERE",    "GROUP BY",    "ORDER BY",    "HAVING",       "LIMIT",
    "JOIN",        "LEFT JOIN", "USING",    "WITH",        "QUALIFY",     "DISTINCT",     "UNION ALL",
    "CASE",        "WHEN",      "THEN",     "ELSE",        "END",         "BETWEEN",      "INTERVAL",
    "SHOW TABLES", "DESCRIBE",  "count(*)", "percentile(", "date_trunc(", "CURRENT_DATE", "CURRENT_TIMESTAMP",
};

static const char *prompt(EditLine *line)
{
    struct shell *s = NULL;
    el_get(line, EL_CLIENTDATA, &s);
    return s->prompt;
}

static void load_words(struct shell *s)
{
    struct error err;
    const char *text;
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        *VEC_ADD(&s->words) = keywords[i];
    if (client_get(s->client, "GET", "/api/v1/tables", NULL, s->cli->arena, &text, &err))
        return;
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    yyjson_val *tables = yyjson_obj_get(yyjson_doc_get_root(doc), "tables"), *t;
    size_t i, n;
    yyjson_arr_foreach(tables, i, n, t)
    {
        const char *schema = yyjson_get_str(yyjson_obj_get(t, "schema")), *name = yyjson_get_str(yyjson_obj_get(t, "name"));
        if (!schema || !name)
            continue;
        *VEC_ADD(&s->words) = arena_strdup(s->cli->arena, name);
        *VEC_ADD(&s->words) = arena_printf(s->cli->arena, "%s.%s", schema, name);
    }
    yyjson_doc_free(doc);
}

static unsigned char complete(EditLine *line, int key)
{
    (void)key;
    struct shell *s = NULL;
    el_get(line, EL_CLIENTDATA, &s);
    const LineInfo *info = el_line(line);
    const char *start = info->cursor;
    while (start > info->buffer && (isalnum((unsigned char)start[-1]) || start[-1] == '_' || start[-1] == '.'))
        start--;
    size_t typed = (size_t)(info->cursor - start), common = 0, hits = 0;
    const char *first = NULL;
    for (size_t i = 0; typed && i < s->words.len; i++) {
        const char *word = s->words.items[i];
        if (strncasecmp(word, start, typed) != 0)
            continue;
        size_t same = 0;
        while (first && first[same] && tolower((unsigned char)first[same]) == tolower((unsigned char)word[same]))
            same++;
        common = first ? (same < common ? same : common) : strlen(word);
        first = first ? first : word;
        hits++;
    }
    if (!hits || (hits > 1 && common <= typed))
        return CC_REFRESH_BEEP;
    el_deletestr(line, (int)typed);
    CLEANUP(free_ptr) char *text = xstrndup(first, common);
    el_insertstr(line, text);
    return CC_REFRESH;
}

static int keep(void *context, const void *data, size_t len)
{
    struct buf *b = context;
    buf_add(b, data, len);
    return b->overflow;
}

static void run_statement(struct shell *s, const char *sql)
{
    struct error err;
    struct buf request CLEANUP(buf_free), bytes CLEANUP(buf_free);
    buf_init(&request, LIMIT_REQUEST_BYTES);
    buf_init(&bytes, (size_t)1 << 30);
    buf_puts(&request, "{\"format\": \"arrow\", \"sql\": ");
    buf_put_json(&request, sql);
    buf_putc(&request, '}');
    s->cli->cancel.flag = 0;
    int64_t start = clock_mono_ns();
    int rc = client_request(s->client, "POST", "/api/v1/query", request.data, keep, &bytes, &s->cli->cancel, &err);
    if (!rc)
        rc = cli_print_table(stdout, bytes.data, bytes.len, &err);
    if (!rc)
        cli_tell_cut(s->client, stdout);
    if (rc)
        error_print(stderr, &err);
    else if (s->line)
        printf("%.3f s\n", (double)(clock_mono_ns() - start) / 1e9);
    fflush(stdout);
}

/* Position behind the first semicolon that ends a statement: outside quotes and comments; 0 when there is none. */
static size_t statement_end(const char *text)
{
    for (size_t i = 0; text[i]; i++) {
        char c = text[i];
        if (c == '\'' || c == '"' || c == '`') {
            for (i++; text[i] && text[i] != c; i++)
                if (text[i] == '\\' && c != '`' && text[i + 1])
                    i++;
            if (!text[i])
                return 0;
        } else if (c == '-' && text[i + 1] == '-') {
            i += strcspn(text + i, "\n");
            if (!text[i])
                return 0;
        } else if (c == '/' && text[i + 1] == '*') {
            const char *end = strstr(text + i + 2, "*/");
            if (!end)
                return 0;
            i = (size_t)(end - text) + 1;
        } else if (c == ';') {
            return i + 1;
        }
    }
    return 0;
}

static bool is_blank(const char *text) { return text[strspn(text, " \t\r\n;")] == '\0'; }

static void run_complete(struct shell *s, struct buf *pending)
{
    size_t end;
    while (pending->len && (end = statement_end(pending->data))) {
        CLEANUP(free_ptr) char *sql = xstrndup(pending->data, end - 1);
        if (!is_blank(sql))
            run_statement(s, sql);
        memmove(pending->data, pending->data + end, pending->len - end + 1);
        pending->len -= end;
    }
}

static const char *next_line(struct shell *s, char **piped, size_t *cap)
{
    int count;
    if (s->line)
        return el_gets(s->line, &count);
    return getline(piped, cap, stdin) > 0 ? *piped : NULL;
}

static void loop(struct shell *s)
{
    CLEANUP(free_ptr) char *piped = NULL;
    size_t cap = 0;
    HistEvent event;
    const char *text;
    struct buf pending CLEANUP(buf_free);
    buf_init(&pending, LIMIT_SQL_BYTES);
    while ((text = next_line(s, &piped, &cap))) {
        if (pending.len == 0 && (str_starts(text, "exit") || str_starts(text, "quit") || str_starts(text, "\\q")))
            break;
        if (s->line && !is_blank(text))
            history(s->history, &event, H_ENTER, text);
        buf_puts(&pending, text);
        run_complete(s, &pending);
        if (pending.len && is_blank(pending.data))
            buf_clear(&pending);
        s->prompt = pending.len ? "     > " : "secchi> ";
    }
    if (pending.len && !is_blank(pending.data))
        run_statement(s, pending.data);
}

static void open_line(struct shell *s, const char *file)
{
    HistEvent event;
    s->line = el_init("secchi", stdin, stdout, stderr);
    s->history = history_init();
    history(s->history, &event, H_SETSIZE, 1000);
    history(s->history, &event, H_SETUNIQUE, 1);
    history(s->history, &event, H_LOAD, file);
    el_set(s->line, EL_CLIENTDATA, s);
    el_set(s->line, EL_PROMPT, prompt);
    el_set(s->line, EL_EDITOR, "emacs");
    el_set(s->line, EL_SIGNAL, 1);
    el_set(s->line, EL_HIST, history, s->history);
    el_set(s->line, EL_ADDFN, "complete", "complete names", complete);
    el_set(s->line, EL_BIND, "^I", "complete", NULL);
    load_words(s);
    printf("Databricks SQL, read-only. Statements end with ';'. Tab completes, Ctrl-D ends.\n");
}

static void close_line(struct shell *s, const char *file)
{
    HistEvent event;
    history(s->history, &event, H_SAVE, file);
    history_end(s->history);
    el_end(s->line);
    VEC_FREE(&s->words);
}

static int run(struct cli *cli, struct error *err)
{
    struct shell s = {.cli = cli, .prompt = "secchi> "};
    int rc = cli_load(cli, err);
    cli_catch_interrupt(cli);
    if (!rc)
        rc = client_open(cli->config, cli->packs, &s.client, err);
    if (rc)
        return rc;
    const char *file = path_join(cli->arena, cli->home, "sql_history");
    if (isatty(STDIN_FILENO))
        open_line(&s, file);
    loop(&s);
    if (s.line)
        close_line(&s, file);
    client_close(s.client);
    return 0;
}

const struct command command_sql = {
    .name = "sql",
    .arguments = "",
    .summary = "shell for Databricks SQL with history and completion",
    .text =
        "Reads statements that end with a semicolon and prints their rows as tables. On a terminal with history and completion of tables and keywords; "
        "otherwise statements are read from standard input. Ctrl-C ends the running statement, exit or Ctrl-D the shell.",
    .examples = "secchi sql\necho 'SHOW TABLES;' | secchi sql",
    .run = run,
};
