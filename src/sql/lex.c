/* Lexer. Works on bytes; the only state beyond the cursor is the line count. */
#include "sql/private.h"

struct lexer {
    struct arena *a;
    const char *s;
    size_t n, i;
    uint32_t line;
    size_t line_start;
    struct error *err;
    LIST(struct sql_token) tokens;
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_word(char c) { return is_word_start(c) || is_digit(c); }
static char peek(const struct lexer *l, size_t k) { return l->i + k < l->n ? l->s[l->i + k] : '\0'; }

static struct sql_pos here(const struct lexer *l) { return (struct sql_pos){l->line, (uint32_t)(l->i - l->line_start + 1)}; }

static int fail_at(struct lexer *l, struct sql_pos pos, const char *what, const char *hint)
{
    error_set(l->err, ERROR_USAGE, "%s", what);
    error_where(l->err, "%u:%u", pos.line, pos.column);
    if (hint)
        error_hint(l->err, "%s", hint);
    return ERROR_USAGE;
}

static void advance(struct lexer *l)
{
    if (l->s[l->i++] == '\n') {
        l->line++;
        l->line_start = l->i;
    }
}

static int block_comment(struct lexer *l)
{
    struct sql_pos pos = here(l);
    int depth = 0;
    while (l->i < l->n) {
        if (peek(l, 0) == '/' && peek(l, 1) == '*') {
            depth++;
            l->i += 2;
        } else if (peek(l, 0) == '*' && peek(l, 1) == '/') {
            l->i += 2;
            if (--depth == 0)
                return 0;
        } else {
            advance(l);
        }
    }
    return fail_at(l, pos, "comment is not closed", "end it with */");
}

static bool is_hint(const struct lexer *l) { return peek(l, 0) == '/' && peek(l, 1) == '*' && peek(l, 2) == '+'; }

static int skip_blank(struct lexer *l)
{
    while (l->i < l->n) {
        char c = peek(l, 0);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
            advance(l);
        } else if (c == '-' && peek(l, 1) == '-') {
            while (l->i < l->n && peek(l, 0) != '\n')
                l->i++;
        } else if (c == '/' && peek(l, 1) == '*' && !is_hint(l)) {
            int rc = block_comment(l);
            if (rc)
                return rc;
        } else {
            break;
        }
    }
    return 0;
}

static size_t hex_value(const char *s, size_t n, uint32_t *ret);

/* NUL cannot be in a value: nothing behind this room could keep it. */
static bool escapes_nul(const char *s, size_t n)
{
    uint32_t v;
    if (n >= 5 && s[0] == 'u' && hex_value(s + 1, 4, &v) && v == 0)
        return true;
    if (n >= 9 && s[0] == 'U' && hex_value(s + 1, 8, &v) && v == 0)
        return true;
    bool octal = n >= 3 && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7';
    return s[0] == '0' && (!octal || (s[1] == '0' && s[2] == '0'));
}

/* The cursor is on the opening quote. A doubled quote is one quote; a backslash protects the next byte unless raw. */
static int quoted(struct lexer *l, struct sql_pos pos, bool raw, const char *what)
{
    char q = peek(l, 0);
    l->i++;
    while (l->i < l->n) {
        char c = peek(l, 0);
        if (c == '\\' && !raw && q != '`' && l->i + 1 < l->n) {
            l->i++;
            if (escapes_nul(l->s + l->i, l->n - l->i))
                return fail_at(l, here(l), "NUL character in a string is not supported", NULL);
            advance(l);
        } else if (c == q && peek(l, 1) == q && !raw) {
            l->i += 2;
        } else if (c == q) {
            l->i++;
            return 0;
        } else {
            advance(l);
        }
    }
    return fail_at(l, pos, what, NULL);
}

static int dollar_string(struct lexer *l, struct sql_pos pos)
{
    l->i += 2;
    while (l->i < l->n) {
        if (peek(l, 0) == '$' && peek(l, 1) == '$') {
            l->i += 2;
            return 0;
        }
        advance(l);
    }
    return fail_at(l, pos, "text after $$ is not closed", "end it with $$");
}

static int number(struct lexer *l, struct sql_pos pos)
{
    while (is_digit(peek(l, 0)))
        l->i++;
    if (peek(l, 0) == '.' && !is_word_start(peek(l, 1))) {
        l->i++;
        while (is_digit(peek(l, 0)))
            l->i++;
    }
    if ((peek(l, 0) | 32) == 'e') {
        size_t sign = peek(l, 1) == '+' || peek(l, 1) == '-';
        if (is_digit(peek(l, 1 + sign))) {
            l->i += 1 + sign;
            while (is_digit(peek(l, 0)))
                l->i++;
        }
    }
    char c = peek(l, 0) | 32;
    if (c == 'b' && (peek(l, 1) | 32) == 'd')
        l->i += 2;
    else if (c == 'l' || c == 's' || c == 'y' || c == 'd' || c == 'f')
        l->i++;
    if (is_word(peek(l, 0)))
        return fail_at(l, pos, "number runs into a word", "put a space between, or backticks around a name that starts with a digit");
    return 0;
}

static const char *const operators[] = {
    "<=>", ">>>", "?::", "->", "=>", "::", "||", "==", "!=", "<>", "<=", ">=", "<<", ">>", "|>", "+", "-", "*", "/", "%",
    "&",   "|",   "^",   "~",  "!",  "=",  "<",  ">",  "(",  ")",  "[",  "]",  ",",  ".",  ";",  ":", "{", "}", "@",
};

static int operator_token(struct lexer *l, struct sql_pos pos)
{
    for (size_t k = 0; k < ARRAY_LEN(operators); k++) {
        size_t len = strlen(operators[k]);
        if (l->n - l->i >= len && memcmp(l->s + l->i, operators[k], len) == 0) {
            l->i += len;
            return 0;
        }
    }
    unsigned char c = (unsigned char)l->s[l->i];
    char what[80];
    if (c >= 0x80)
        snprintf(what, sizeof(what), "name with other than ASCII letters, digits and _ needs backticks");
    else
        snprintf(what, sizeof(what), c < 32 || c == 127 ? "control character 0x%02x" : "unexpected character", c);
    return fail_at(l, pos, what, NULL);
}

/* `.5` is a number unless the dot follows a name, as in `t.5`. */
static bool dot_number(const struct lexer *l)
{
    if (peek(l, 0) != '.' || !is_digit(peek(l, 1)))
        return false;
    if (!l->tokens.count)
        return true;
    const struct sql_token *t = &l->tokens.items[l->tokens.count - 1];
    bool touches = t->offset + t->len == l->i;
    bool name = t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_NAME || t->kind == SQL_TOKEN_VARIABLE;
    return !(touches && (name || (t->kind == SQL_TOKEN_OP && strchr(")]", l->s[t->offset]))));
}

/* A `:name` marker: the colon does not follow another colon and a letter comes next. */
static bool is_param(const struct lexer *l) { return peek(l, 0) == ':' && is_word_start(peek(l, 1)); }

static int scan_variable(struct lexer *l, struct sql_pos pos)
{
    l->i += 2;
    size_t start = l->i;
    while (is_word(peek(l, 0)) || peek(l, 0) == '.' || peek(l, 0) == '-')
        l->i++;
    if (l->i == start || peek(l, 0) != '}')
        return fail_at(l, pos, "variable is not of the form ${name}", NULL);
    l->i++;
    return 0;
}

static int scan(struct lexer *l, struct sql_pos pos, enum sql_token_kind *kind)
{
    char c = peek(l, 0), d = peek(l, 1);
    if ((c | 32) == 'r' && (d == '\'' || d == '"')) {
        *kind = SQL_TOKEN_STRING;
        l->i++;
        return quoted(l, pos, true, "string is not closed");
    }
    if ((c | 32) == 'x' && (d == '\'' || d == '"')) {
        *kind = SQL_TOKEN_BINARY;
        l->i++;
        return quoted(l, pos, true, "binary literal is not closed");
    }
    if (is_word_start(c)) {
        *kind = SQL_TOKEN_WORD;
        while (is_word(peek(l, 0)))
            l->i++;
        return 0;
    }
    if (c == '\'' || c == '"') {
        *kind = SQL_TOKEN_STRING;
        return quoted(l, pos, false, "string is not closed");
    }
    if (c == '`') {
        *kind = SQL_TOKEN_NAME;
        return quoted(l, pos, false, "name in backticks is not closed");
    }
    if (is_digit(c) || dot_number(l)) {
        *kind = SQL_TOKEN_NUMBER;
        return number(l, pos);
    }
    if (c == '$' && d == '{') {
        *kind = SQL_TOKEN_VARIABLE;
        return scan_variable(l, pos);
    }
    if (c == '$' && d == '$') {
        *kind = SQL_TOKEN_STRING;
        return dollar_string(l, pos);
    }
    if (is_param(l)) {
        *kind = SQL_TOKEN_PARAM;
        l->i++;
        while (is_word(peek(l, 0)))
            l->i++;
        return 0;
    }
    if (is_hint(l)) {
        *kind = SQL_TOKEN_HINT;
        return block_comment(l);
    }
    *kind = SQL_TOKEN_OP;
    if (c == '?' && !(d == ':' && peek(l, 2) == ':')) {
        *kind = SQL_TOKEN_QMARK;
        l->i++;
        return 0;
    }
    return operator_token(l, pos);
}

int sql_lex(struct arena *a, const char *text, size_t len, uint32_t first_line, struct sql_token **ret, size_t *ret_count,
            struct error *err)
{
    struct lexer l = {.a = a, .s = text, .n = len, .line = first_line ? first_line : 1, .err = err};
    if (len > LIMIT_SQL_BYTES) {
        error_set(err, ERROR_LIMIT, "SQL text of %zu bytes is longer than %u", len, LIMIT_SQL_BYTES);
        error_where(err, "%u:1", l.line);
        return ERROR_LIMIT;
    }
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        l.i = l.line_start = 3; /* byte order mark */
    if (!utf8_valid(text, len) || memchr(text, 0, len))
        return fail_at(&l, here(&l), "SQL text is not valid UTF-8 or holds a NUL byte", NULL);
    for (;;) {
        int rc = skip_blank(&l);
        if (rc)
            return rc;
        struct sql_token t = {.kind = SQL_TOKEN_END, .offset = (uint32_t)l.i, .pos = here(&l)};
        if (l.i < l.n) {
            rc = scan(&l, t.pos, &t.kind);
            if (rc)
                return rc;
            t.len = (uint32_t)(l.i - t.offset);
        }
        *LIST_ADD(a, &l.tokens) = t;
        if (t.kind == SQL_TOKEN_END)
            break;
    }
    *ret = l.tokens.items;
    *ret_count = l.tokens.count;
    return 0;
}

/* ---- values ------------------------------------------------------------------------------------------- */

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

static bool digits(const char *s, size_t n, int base, uint32_t *ret)
{
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++) {
        int d = s[i] >= '0' && s[i] <= '9' ? s[i] - '0' : (s[i] | 32) >= 'a' && (s[i] | 32) <= 'f' ? (s[i] | 32) - 'a' + 10 : 99;
        if (d >= base)
            return false;
        v = v * (uint32_t)base + (uint32_t)d;
    }
    *ret = v;
    return true;
}

static size_t hex_value(const char *s, size_t n, uint32_t *ret) { return digits(s, n, 16, ret) ? n : 0; }

/* \uD83D\uDE00: two halves of one character, as Java writes them. s is behind the first u. */
static bool surrogates(const char *s, size_t n, uint32_t *ret)
{
    uint32_t high, low;
    if (n < 10 || !hex_value(s, 4, &high) || s[4] != '\\' || s[5] != 'u' || !hex_value(s + 6, 4, &low))
        return false;
    if (high < 0xd800 || high >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
        return false;
    *ret = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* One escape after the backslash at s; answers the bytes read and writes the character. As Spark: \uXXXX, \UXXXXXXXX, \OOO
 * octal, the usual letters; \% and \_ keep their backslash (they are for LIKE); any other stands for itself. */
static size_t unescape(const char *s, size_t n, char *out, size_t *written)
{
    uint32_t c;
    static const char from[] = "bnrtZ", to[] = "\b\n\r\t\x1a";
    if (s[0] == 'u' && n >= 5 && digits(s + 1, 4, 16, &c) && !(c >= 0xd800 && c < 0xe000)) {
        *written = put_utf8(out, c);
        return 5;
    }
    if (s[0] == 'u' && surrogates(s + 1, n - 1, &c)) {
        *written = put_utf8(out, c);
        return 11;
    }
    if (s[0] == 'U' && n >= 9 && digits(s + 1, 8, 16, &c) && c < 0x110000 && !(c >= 0xd800 && c < 0xe000)) {
        *written = put_utf8(out, c);
        return 9;
    }
    if (s[0] >= '0' && s[0] <= '1' && n >= 3 && digits(s, 3, 8, &c)) {
        *written = put_utf8(out, c);
        return 3;
    }
    if (s[0] == '%' || s[0] == '_') {
        out[0] = '\\';
        out[1] = s[0];
        *written = 2;
        return 1;
    }
    const char *p = strchr(from, s[0]);
    out[0] = s[0] == '0' ? '\0' : s[0] && p ? to[p - from] : s[0];
    *written = 1;
    return 1;
}

const char *sql_token_value(struct arena *a, const char *text, const struct sql_token *t)
{
    const char *s = text + t->offset;
    size_t n = t->len;
    if (t->kind == SQL_TOKEN_STRING && n >= 4 && s[0] == '$')
        return arena_strndup(a, s + 2, n - 4);
    bool raw = t->kind == SQL_TOKEN_STRING && (s[0] | 32) == 'r' && n >= 3;
    if (raw)
        return arena_strndup(a, s + 2, n - 3);
    if ((t->kind != SQL_TOKEN_STRING && t->kind != SQL_TOKEN_NAME) || n < 2)
        return arena_strndup(a, s, n);
    char q = s[0], *out = arena_alloc(a, n + 1);
    size_t k = 0;
    for (size_t i = 1; i + 1 < n;) {
        if (s[i] == '\\' && q != '`' && i + 2 < n) {
            size_t written = 0;
            i += 1 + unescape(s + i + 1, n - i - 2, out + k, &written);
            k += written;
        } else {
            out[k++] = s[i];
            i += s[i] == q ? 2 : 1;
        }
    }
    out[k] = '\0';
    return out;
}
