#include "cli/cost.h"

/* Invoices as CSV: RFC 4180, the first line names the columns. */

#define BILL_BYTES (64u << 20)

enum column { MONTH, WORKSPACE, SKU, CURRENCY, AMOUNT, COLUMNS };

static const struct {
    const char *name, *also, *member;
} columns[] = {
    [MONTH] = {"month", "usage_month", "month"}, [WORKSPACE] = {"workspace_id", "workspace", "workspace_id"},
    [SKU] = {"sku_name", "sku", "sku_name"},     [CURRENCY] = {"currency", "currency_code", "currency"},
    [AMOUNT] = {"amount", "cost", "amount"},
};

struct reader {
    const char *path, *at, *end;
    unsigned line, next_line; /* of the field that was read, and of what comes */
    struct buf field;
    bool quoted, last; /* last: the field ended its record */
};

static int fault(const struct reader *r, struct error *err, const char *what, const char *hint)
{
    error_set(err, ERROR_USAGE, "%s", what);
    error_where(err, "%s:%u", r->path, r->line);
    if (hint)
        error_hint(err, "%s", hint);
    return ERROR_USAGE;
}

static int read_quoted(struct reader *r, struct error *err)
{
    for (r->at++; r->at < r->end; r->at++) {
        if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"')) {
            r->at++;
            return 0;
        }
        r->at += *r->at == '"';
        r->next_line += *r->at == '\n';
        buf_putc(&r->field, *r->at);
    }
    return fault(r, err, "a quoted field has no end", NULL);
}

/* The next field; r->field.data may be NULL when it is empty. */
static int read_field(struct reader *r, struct error *err)
{
    int rc = 0;
    buf_clear(&r->field);
    r->line = r->next_line;
    r->quoted = r->at < r->end && *r->at == '"';
    if (r->quoted)
        rc = read_quoted(r, err);
    for (; !r->quoted && r->at < r->end && !strchr(",\r\n", *r->at ? *r->at : ' '); r->at++)
        buf_putc(&r->field, *r->at);
    if (rc)
        return rc;
    if (r->field.overflow || (r->field.len && (memchr(r->field.data, 0, r->field.len) || !utf8_valid(r->field.data, r->field.len))))
        return fault(r, err, "a field is not UTF-8 text of at most 4096 bytes", NULL);
    r->last = r->at == r->end || *r->at != ',';
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    if (r->at < r->end && (*r->at == ',' || *r->at == '\n'))
        r->next_line += *r->at++ == '\n';
    else if (r->at < r->end)
        return fault(r, err, "there is text after the end of a field", NULL);
    return 0;
}

static const char *field_text(const struct reader *r) { return r->field.len ? r->field.data : ""; }

/* Which column of ours each column of the file is, -1 for others. */
static int read_names(struct reader *r, int *places, size_t max, size_t *ret_count, struct error *err)
{
    bool has[COLUMNS] = {false};
    for (r->last = false; !r->last;) {
        int rc = read_field(r, err);
        if (rc)
            return rc;
        if (*ret_count == max)
            return fault(r, err, "there are more than 100 columns", NULL);
        int place = -1;
        for (int i = 0; i < COLUMNS; i++)
            if (str_ieq(field_text(r), columns[i].name) || str_ieq(field_text(r), columns[i].also))
                place = i;
        if (place >= 0 && has[place])
            return fault(r, err, "a column is there twice", NULL);
        if (place >= 0)
            has[place] = true;
        places[(*ret_count)++] = place;
    }
    return has[MONTH] && has[AMOUNT] ? 0
                                     : fault(r, err, "the first line must name the columns month and amount",
                                             "further ones are workspace_id, sku_name and currency");
}

static bool is_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

/* YYYY-MM, or a day of the month. */
static bool is_month(const char *s)
{
    const size_t n = strlen(s);
    if ((n != 7 && n != 10) || !is_digits(s, 4) || s[4] != '-' || !is_digits(s + 5, 2) || strncmp(s + 5, "12", 2) > 0 ||
        strncmp(s + 5, "01", 2) < 0)
        return false;
    return n == 7 || (s[7] == '-' && is_digits(s + 8, 2));
}

/* Digits with at most one point, at most 12 before and 6 after it. */
static bool is_amount(const char *s)
{
    s += *s == '-';
    const size_t whole = strcspn(s, "."), fraction = s[whole] ? strlen(s + whole + 1) : 0;
    return whole && whole <= 12 && fraction <= 6 && is_digits(s, whole) && is_digits(s + whole + (s[whole] != 0), fraction) &&
           (!s[whole] || fraction);
}

static int put_member(struct reader *r, int place, struct buf *b, struct error *err)
{
    const char *text = field_text(r);
    if (place == MONTH && !is_month(text))
        return fault(r, err, "the month is not of the form YYYY-MM", NULL);
    if (place == AMOUNT && !is_amount(text))
        return fault(r, err, "the amount is not a number with at most 6 digits after the point",
                     "write 1234.56 without signs of thousands or currency");
    buf_printf(b, "%s\"%s\": ", b->data[b->len - 1] == '{' ? "" : ", ", columns[place].member);
    if (*text || r->quoted)
        buf_add_json(b, text, place == MONTH ? 7 : strlen(text));
    else
        buf_puts(b, "null");
    return 0;
}

static int read_line(struct reader *r, const int *places, size_t count, struct buf *b, struct error *err)
{
    size_t n = 0;
    buf_putc(b, '{');
    for (r->last = false; !r->last; n++) {
        int rc = read_field(r, err);
        if (!rc && n >= count)
            rc = fault(r, err, "the line has more fields than there are columns", NULL);
        if (!rc && places[n] >= 0)
            rc = put_member(r, places[n], b, err);
        if (rc)
            return rc;
    }
    buf_putc(b, '}');
    return n == count ? 0 : fault(r, err, "the line has fewer fields than there are columns", NULL);
}

int cost_parse_bill(const char *path, const char *text, size_t len, struct buf *b, struct error *err)
{
    int places[100];
    size_t count = 0, lines = 0;
    struct reader r = {.path = path, .at = text, .end = text + len, .line = 1, .next_line = 1};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        r.at += 3;
    buf_init(&r.field, 4096);
    int rc = read_names(&r, places, ARRAY_LEN(places), &count, err);
    buf_putc(b, '[');
    while (!rc && r.at < r.end && !b->overflow) {
        if (*r.at == '\n' || *r.at == '\r') { /* an empty line */
            r.next_line += *r.at++ == '\n';
            continue;
        }
        buf_puts(b, lines++ ? ", " : "");
        rc = read_line(&r, places, count, b, err);
    }
    buf_putc(b, ']');
    if (!rc && !lines)
        rc = fault(&r, err, "the invoice has no lines", NULL);
    buf_free(&r.field);
    return rc;
}

int cost_read_bill(const char *path, struct buf *b, struct error *err)
{
    char *text;
    size_t len;
    int rc = file_read(path, BILL_BYTES, &text, &len, err);
    if (rc)
        return rc;
    rc = cost_parse_bill(path, text, len, b, err);
    free(text);
    return rc;
}
