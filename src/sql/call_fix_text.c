/* Hooks of text functions. */
#include "sql/call_fix.h"

static void fix_length(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (ARG(e, 0)->type->kind == SQL_T_BINARY) {
        sql_fix_as(e, "CAST(octet_length($1) AS INTEGER)", T(INT));
        return;
    }
    ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(STRING));
    sql_fix_as(e, "CAST(length($1) AS INTEGER)", T(INT));
}

static void fix_ltrim(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    bool left = sql_call_is(e, "ltrim");
    sql_fix_as(e, arena_printf(b->a, e->args.count == 2 ? "%s($2, $1)" : "%s($1)", left ? "ltrim" : "rtrim"), T(STRING));
}

static void fix_lpad(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *name = sql_call_is(e, "lpad") ? "lpad" : "rpad", *pad = e->args.count == 3 ? "$3" : "' '";
    int64_t n;
    bool positive = sql_literal_int(ARG(e, 1), &n) && n > 0;
    sql_fix_as(e, arena_printf(b->a, positive ? "%s($1, $2, %s)" : "%s($1, greatest($2, 0), %s)", name, pad), T(STRING));
}

static void fix_concat(struct binder *b, struct expr *e, const struct scope *s)
{
    if (!e->args.count) {
        e->kind = EX_STRING;
        sql_fix_as(e, "", T(STRING));
        return;
    }
    if (e->args.count == 1) {
        if (ARG(e, 0)->type->kind != SQL_T_ARRAY)
            ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(STRING));
        sql_fix_as(e, "$1", ARG(e, 0)->type);
        return;
    }
    e->kind = EX_OP;
    e->text = "||";
    e->type = NULL;
    sql_bind_expr(b, e, s);
}

static void fix_concat_ws(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    bool arrays = false;
    ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(STRING));
    for (size_t i = 1; i < e->args.count; i++) {
        bool array = ARG(e, i)->type->kind == SQL_T_ARRAY;
        arrays = arrays || array;
        ARG(e, i) = sql_coerce(b, ARG(e, i), array ? sql_array_type(b->a, T(STRING)) : T(STRING));
    }
    if (e->args.count == 1) {
        sql_fix_as(e, "CASE WHEN $1 IS NOT NULL THEN '' END", T(STRING));
        return;
    }
    if (!arrays) {
        sql_fix_as(e, "concat_ws($*)", T(STRING));
        return;
    }
    char *text = arena_strdup(b->a, "array_to_string(flatten([");
    for (size_t i = 1; i < e->args.count; i++)
        text = arena_printf(b->a, ARG(e, i)->type->kind == SQL_T_ARRAY ? "%s%s$%zu" : "%s%s[$%zu]", text, i > 1 ? ", " : "", i + 1);
    if (e->args.count > 9)
        sql_fix_error(b, e, "nest several concat_ws", "concat_ws with arrays takes up to eight of them");
    sql_fix_as(e, arena_printf(b->a, "%s]), $1)", text), T(STRING));
}

static void fix_substring(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    int64_t from, n = 0;
    bool plain = sql_literal_int(ARG(e, 1), &from) && from > 0 && (e->args.count == 2 || (sql_literal_int(ARG(e, 2), &n) && n >= 0));
    if (plain)
        sql_fix_as(e, "substring($*)", T(STRING));
    else
        sql_fix_as(e, e->args.count == 2 ? "dbx_substring($1, $2, 2147483647)" : "dbx_substring($1, $2, $3)", T(STRING));
    (void)b;
}

static void fix_locate(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)b, (void)s;
    sql_fix_as(e, e->args.count == 2 ? "CAST(instr($2, $1) AS INTEGER)" : "dbx_locate($1, $2, $3)", T(INT));
}

static void fix_replace(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)b, (void)s;
    sql_fix_as(e, e->args.count == 2 ? "replace($1, $2, '')" : "replace($1, $2, $3)", T(STRING));
}

static void fix_overlay(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)b, (void)s;
    sql_fix_as(e, e->args.count == 3 ? "dbx_overlay($1, $2, $3, length($2))" : "dbx_overlay($1, $2, $3, $4)", T(STRING));
}

static void fix_reverse(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    if (ARG(e, 0)->type->kind == SQL_T_ARRAY) {
        sql_fix_as(e, "list_reverse($1)", ARG(e, 0)->type);
        return;
    }
    ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(STRING));
    sql_fix_as(e, "reverse($1)", T(STRING));
}

/* ---- regular expressions --------------------------------------------------------------------------------- */

/* Checks a literal pattern; the number of its groups, or -1 when the pattern is not literal. */
static int check_pattern(struct binder *b, const struct expr *e)
{
    const char *p;
    if (!sql_literal_text(ARG(e, 1), &p))
        return -1;
    const char *fault = sql_regex_fault(p);
    if (fault)
        sql_fail(b->p, ARG(e, 1)->pos, ERROR_USAGE, NULL, "%s", fault);
    int groups = 0;
    bool set = false;
    for (; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '[')
            set = true;
        else if (*p == ']')
            set = false;
        else if (*p == '(' && !set && (p[1] != '?' || (p[1] == '?' && (p[2] == '<' || p[2] == 'P'))))
            groups++;
    }
    return groups;
}

static void fix_regexp_like(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    check_pattern(b, e);
    sql_fix_as(e, "regexp_matches($1, $2)", T(BOOLEAN));
}

static int64_t group_argument(struct binder *b, struct expr *e)
{
    int64_t group = 1;
    int groups = check_pattern(b, e);
    if (e->args.count == 3 && (!sql_literal_int(ARG(e, 2), &group) || group < 0 || group > 9))
        sql_fix_error(b, ARG(e, 2), NULL, "group of %s must be a literal number from 0 to 9", e->builtin->name);
    if (groups >= 0 && group > groups)
        sql_fix_error(b, ARG(e, 1), groups ? NULL : "put what is wanted into brackets, or give group 0", "pattern has %d groups, not %d",
                      groups, (int)group);
    return group;
}

static void fix_regexp_extract(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    int group = (int)group_argument(b, e);
    bool all = sql_call_is(e, "regexp_extract_all");
    sql_fix_as(e, arena_printf(b->a, "%s($1, $2, %d)", all ? "regexp_extract_all" : "regexp_extract", group), e->type);
}

static void fix_regexp_replace(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *with, *converted;
    check_pattern(b, e);
    if (!sql_literal_text(ARG(e, 2), &with)) {
        sql_fix_error(b, ARG(e, 2), "write it as a literal", "a replacement that is computed is not supported");
        return;
    }
    converted = sql_regex_replacement(b->a, with);
    if (!converted) {
        sql_fix_error(b, ARG(e, 2), "groups are $0 to $9; \\$ is a dollar sign", "bad replacement %s", with);
        return;
    }
    struct expr *x = sql_new_expr(b, EX_STRING, ARG(e, 2), T(STRING));
    x->text = converted;
    ARG(e, 2) = x;
    sql_fix_as(e, "regexp_replace($1, $2, $3, 'g')", T(STRING));
}

static void fix_regexp_count(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    check_pattern(b, e);
    bool count = sql_call_is(e, "regexp_count");
    sql_fix_as(
        e, count ? "CAST(len(regexp_extract_all($1, $2)) AS INTEGER)" : "CASE WHEN regexp_matches($1, $2) THEN regexp_extract($1, $2) END",
        e->type);
}

static void fix_split(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *p;
    int64_t limit = -1;
    check_pattern(b, e);
    if (e->args.count == 3 && (!sql_literal_int(ARG(e, 2), &limit) || limit > 0))
        sql_fix_error(b, ARG(e, 2), "use split(..) and slice(..)", "split with a limit is not supported");
    bool plain = sql_literal_text(ARG(e, 1), &p) && !strpbrk(p, "\\^$.|?*+()[]{}");
    sql_fix_as(e, plain ? "string_split($1, $2)" : "string_split_regex($1, $2)", e->type);
}

/* ---- formats ------------------------------------------------------------------------------------------------ */

static void fix_format_number(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    int64_t digits;
    const struct sql_type *t = ARG(e, 0)->type;
    if (!sql_literal_int(ARG(e, 1), &digits) || digits < 0 || digits > 20) {
        sql_fix_error(b, ARG(e, 1), NULL, "format_number takes 0 to 20 digits");
        return;
    }
    char zeros[24] = "";
    if (digits)
        snprintf(zeros, sizeof(zeros), ".%0*d", (int)digits, 0);
    if (sql_is_integral(t)) {
        sql_fix_as(e, arena_printf(b->a, "(format('{:,}', CAST($1 AS BIGINT)) || '%s')", zeros), T(STRING));
    } else if (t->kind == SQL_T_DECIMAL && t->precision > 15) {
        sql_fix_error(b, ARG(e, 0), "CAST to fewer digits", "format_number of %s is not supported", sql_type_text(b->a, t));
    } else {
        ARG(e, 0) = sql_coerce(b, ARG(e, 0), T(DOUBLE));
        sql_fix_as(e, arena_printf(b->a, "format('{:,.%df}', $1)", (int)digits), T(STRING));
    }
}

static int small_number(const char *s, size_t n)
{
    int v = 0;
    for (size_t i = 0; i < n && v < 1000; i++)
        v = v * 10 + (s[i] - '0');
    return v;
}

/* One conversion such as %5.2f; answers what is behind it, or NULL when it is not supported. */
static const char *conversion(struct binder *b, const char *s, struct expr **arg, size_t place, char **ret)
{
    size_t flags = strspn(s + 1, "-0+ "), width = strspn(s + 1 + flags, "0123456789"), n = 1 + flags + width;
    if (s[n] == '.')
        n += 1 + strspn(s + n + 1, "0123456789");
    char kind = s[n];
    if (!kind || !strchr("sdxXfe", kind) || n > 20)
        return NULL;
    int wide = width ? small_number(s + 1 + flags, width) : 0;
    const char *pad = strchr(arena_strndup(b->a, s + 1, flags), '-') ? "rpad" : "lpad";
    *arg = sql_coerce(b, *arg, kind == 's' ? T(STRING) : strchr("fe", kind) ? T(DOUBLE) : T(BIGINT));
    const char *null = wide > 4 ? arena_printf(b->a, "%s('null', %d, ' ')", pad, wide) : "'null'";
    if (n == 1 && kind == 's')
        *ret = arena_printf(b->a, "coalesce($%zu, 'null')", place);
    else
        *ret = arena_printf(b->a, "coalesce(printf('%.*s', $%zu), %s)", (int)n + 1, s, place, null);
    return s + n + 1;
}

static void fix_format_string(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *f = ARG(e, 0)->text;
    size_t used = 1;
    char *out = arena_strdup(b->a, "(''");
    while (*f && !b->p->failed) {
        size_t n = strcspn(f, "%");
        if (n)
            out = arena_printf(b->a, "%s || %s", out, sql_quote_string(b->a, arena_strndup(b->a, f, n)));
        f += n;
        if (*f == '%' && (f[1] == '%' || f[1] == 'n')) {
            out = arena_printf(b->a, "%s || %s", out, f[1] == 'n' ? "chr(10)" : "'%'");
            f += 2;
        } else if (*f == '%') {
            char *piece = NULL;
            const char *rest = used < e->args.count && used < 9 ? conversion(b, f, &ARG(e, used), used + 1, &piece) : NULL;
            if (!rest) {
                sql_fix_error(b, ARG(e, 0), "up to eight values; %s %d %x %f %e with width and precision", "this format is not supported");
                return;
            }
            used++;
            out = arena_printf(b->a, "%s || %s", out, piece);
            f = rest;
        }
    }
    if (strpbrk(ARG(e, 0)->text, "$~@"))
        sql_fix_error(b, ARG(e, 0), "use concat", "a format with $, ~ or @ is not supported");
    sql_fix_as(e, arena_printf(b->a, "%s)", out), T(STRING));
}

static void fix_encode(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    const char *charset = ARG(e, 1)->text;
    if (!str_ieq(charset, "utf-8") && !str_ieq(charset, "utf8"))
        sql_fix_error(b, ARG(e, 1), NULL, "encode to another character set than UTF-8 is not supported");
    sql_fix_as(e, "encode($1)", T(BINARY));
}

static void fix_sha2(struct binder *b, struct expr *e, const struct scope *s)
{
    (void)s;
    int64_t bits;
    if (!sql_literal_int(ARG(e, 1), &bits) || (bits != 256 && bits != 0))
        sql_fix_error(b, ARG(e, 1), "use 256", "sha2 of other than 256 bits is not supported");
    sql_fix_as(e, "sha256($1)", T(STRING));
}

const struct fix sql_text_fixes[] = {
    {"=length", fix_length},
    {"=ltrim", fix_ltrim},
    {"=lpad", fix_lpad},
    {"=concat", fix_concat},
    {"=concat_ws", fix_concat_ws},
    {"=substring", fix_substring},
    {"=locate", fix_locate},
    {"=replace", fix_replace},
    {"=overlay", fix_overlay},
    {"=reverse", fix_reverse},
    {"=regexp_like", fix_regexp_like},
    {"=regexp_extract", fix_regexp_extract},
    {"=regexp_extract_all", fix_regexp_extract},
    {"=regexp_replace", fix_regexp_replace},
    {"=regexp_count", fix_regexp_count},
    {"=regexp_substr", fix_regexp_count},
    {"=split", fix_split},
    {"=format_number", fix_format_number},
    {"=format_string", fix_format_string},
    {"=encode", fix_encode},
    {"=sha2", fix_sha2},
    {NULL, NULL},
};
