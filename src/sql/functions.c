/*
 * The functions known to agree with Spark, a line each. A function that is not here does not exist.
 *
 * args: a letter for each argument, the last one repeats
 *   a any           c brought to the common type of all c        s STRING      i INT       l BIGINT    d DOUBLE
 *   n numeric       b BOOLEAN      D DATE      T TIMESTAMP       B BINARY      A ARRAY     M MAP       S STRUCT
 *   e the item type of the first argument (an ARRAY), and its items brought to what both have in common
 *   k a literal string            q a literal number             I an interval
 * result: a type, or  1 the type of the first argument   c the common type   e item of the first   [ array of the first
 *   [c array of the common type   k, v key and value of the first (MAP)   ? set by a hook
 * sql: $1.. arguments, $* all, $2* from the second on, $R the DuckDB name of the result type,
 *   @ DISTINCT of the call, ~ FILTER and OVER of the call, ~n the same with a filter for NULLs of the first argument.
 *   "=hook" is finished in call_fix.c, "!hint" is refused.
 */
#include "sql/bind.h"

#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#define REFUSED(name, hint) \
    { \
        name, 0, -1, "a", "?", "!" hint, 0, 0 \
    }

static const struct sql_builtin builtins[] = {
    /* conditions and NULL */
    {"coalesce", 1, -1, "c", "c", "coalesce($*)", 0, 0},
    {"nvl", 2, 2, "c", "c", "coalesce($1, $2)", 0, 0},
    {"ifnull", 2, 2, "c", "c", "coalesce($1, $2)", 0, 0},
    {"nvl2", 3, 3, "acc", "c", "CASE WHEN $1 IS NOT NULL THEN $2 ELSE $3 END", 0, 0},
    {"if", 3, 3, "bcc", "c", "CASE WHEN $1 THEN $2 ELSE $3 END", 0, 0},
    {"iff", 3, 3, "bcc", "c", "CASE WHEN $1 THEN $2 ELSE $3 END", 0, 0},
    {"nullif", 2, 2, "aa", "?", "=nullif", 0, 2},
    {"nullifzero", 1, 1, "n", "1", "nullif($1, 0)", 0, 2},
    {"zeroifnull", 1, 1, "n", "?", "=zeroifnull", 0, 0},
    {"isnull", 1, 1, "a", "BOOLEAN", "($1 IS NULL)", 0, 0},
    {"isnotnull", 1, 1, "a", "BOOLEAN", "($1 IS NOT NULL)", 0, 0},
    {"isnan", 1, 1, "d", "BOOLEAN", "coalesce(isnan($1), false)", 0, 0},
    {"nanvl", 2, 2, "dd", "DOUBLE", "dbx_nanvl($1, $2)", 0, 2},
    {"greatest", 2, -1, "c", "c", "greatest($*)", 0, 0},
    {"least", 2, -1, "c", "c", "least($*)", 0, 0},
    {"decode", 2, -1, "a", "?", "=decode", 0, 2},
    {"equal_null", 2, 2, "cc", "BOOLEAN", "($1 IS NOT DISTINCT FROM $2)", 0, 0},
    {"assert_true", 1, 2, "bs", "VOID", "!use CASE WHEN .. THEN raise_error(..) END", 0, 0},
    {"raise_error", 1, 1, "s", "VOID", "error($1)", 0, 0},
    {"typeof", 1, 1, "a", "STRING", "=typeof", 0, 0},

    /* numbers */
    {"abs", 1, 1, "n", "1", "abs($1)", 0, 0},
    {"ceil", 1, 1, "n", "?", "=ceil", 0, 0},
    {"ceiling", 1, 1, "n", "?", "=ceil", 0, 0},
    {"floor", 1, 1, "n", "?", "=floor", 0, 0},
    {"round", 1, 2, "nq", "?", "=round", 0, 0},
    REFUSED("bround", "use round, which rounds half away from zero"),
    {"sqrt", 1, 1, "d", "DOUBLE", "dbx_sqrt($1)", 0, 2},
    {"cbrt", 1, 1, "d", "DOUBLE", "cbrt($1)", 0, 0},
    {"exp", 1, 1, "d", "DOUBLE", "exp($1)", 0, 0},
    {"expm1", 1, 1, "d", "DOUBLE", "(exp($1) - 1)", 0, 0},
    {"ln", 1, 1, "d", "DOUBLE", "dbx_ln($1)", 0, 2},
    {"log", 1, 2, "dd", "DOUBLE", "=log", 0, 2},
    {"log10", 1, 1, "d", "DOUBLE", "dbx_log10($1)", 0, 2},
    {"log2", 1, 1, "d", "DOUBLE", "dbx_log2($1)", 0, 2},
    {"log1p", 1, 1, "d", "DOUBLE", "dbx_ln(1 + $1)", 0, 2},
    {"pow", 2, 2, "dd", "DOUBLE", "pow($1, $2)", 0, 0},
    {"power", 2, 2, "dd", "DOUBLE", "pow($1, $2)", 0, 0},
    {"sign", 1, 1, "d", "DOUBLE", "CAST(sign($1) AS DOUBLE)", 0, 0},
    {"signum", 1, 1, "d", "DOUBLE", "CAST(sign($1) AS DOUBLE)", 0, 0},
    {"sin", 1, 1, "d", "DOUBLE", "sin($1)", 0, 0},
    {"cos", 1, 1, "d", "DOUBLE", "cos($1)", 0, 0},
    {"tan", 1, 1, "d", "DOUBLE", "tan($1)", 0, 0},
    {"cot", 1, 1, "d", "DOUBLE", "(1 / tan($1))", 0, 0},
    {"asin", 1, 1, "d", "DOUBLE", "dbx_asin($1)", 0, 2},
    {"acos", 1, 1, "d", "DOUBLE", "dbx_acos($1)", 0, 2},
    {"atan", 1, 1, "d", "DOUBLE", "atan($1)", 0, 0},
    {"atan2", 2, 2, "dd", "DOUBLE", "atan2($1, $2)", 0, 0},
    {"sinh", 1, 1, "d", "DOUBLE", "sinh($1)", 0, 0},
    {"cosh", 1, 1, "d", "DOUBLE", "cosh($1)", 0, 0},
    {"tanh", 1, 1, "d", "DOUBLE", "tanh($1)", 0, 0},
    {"degrees", 1, 1, "d", "DOUBLE", "degrees($1)", 0, 0},
    {"radians", 1, 1, "d", "DOUBLE", "radians($1)", 0, 0},
    {"pi", 0, 0, "", "DOUBLE", "pi()", 0, 0},
    {"e", 0, 0, "", "DOUBLE", "exp(1.0::DOUBLE)", 0, 0},
    {"hypot", 2, 2, "dd", "DOUBLE", "dbx_hypot($1, $2)", 0, 2},
    {"rint", 1, 1, "d", "DOUBLE", "round_even($1, 0)", 0, 0},
    {"mod", 2, 2, "aa", "?", "=mod", 0, 2},
    {"pmod", 2, 2, "cc", "?", "=pmod", 0, 8},
    {"negative", 1, 1, "n", "1", "(- $1)", 0, 0},
    {"positive", 1, 1, "n", "1", "$1", 0, 0},
    {"factorial", 1, 1, "i", "BIGINT", "dbx_factorial($1)", 0, 2},
    {"bit_count", 1, 1, "l", "INT", "CAST(bit_count($1) AS INTEGER)", 0, 0},
    {"bit_get", 2, 2, "li", "TINYINT", "CAST(($1 >> $2) & 1 AS TINYINT)", 0, 0},
    {"getbit", 2, 2, "li", "TINYINT", "CAST(($1 >> $2) & 1 AS TINYINT)", 0, 0},
    {"width_bucket", 4, 4, "dddl", "BIGINT", "dbx_width_bucket($1, $2, $3, $4)", 0, 4},
    {"bin", 1, 1, "l", "STRING", "bin($1)", 0, 0},
    {"hex", 1, 1, "a", "STRING", "=hex", 0, 0},
    {"unhex", 1, 1, "s", "BINARY", "unhex($1)", 0, 0},
    {"try_add", 2, 2, "aa", "?", "=try_arithmetic", 0, 0},
    {"try_subtract", 2, 2, "aa", "?", "=try_arithmetic", 0, 0},
    {"try_multiply", 2, 2, "aa", "?", "=try_arithmetic", 0, 0},
    {"try_divide", 2, 2, "aa", "?", "=try_arithmetic", 0, 2},
    {"try_mod", 2, 2, "aa", "?", "=try_arithmetic", 0, 2},
    REFUSED("rand", "results must not change from run to run"),
    REFUSED("random", "results must not change from run to run"),
    REFUSED("randn", "results must not change from run to run"),
    REFUSED("uuid", "results must not change from run to run"),
    REFUSED("shuffle", "results must not change from run to run"),
    REFUSED("monotonically_increasing_id", "use row_number() over a total order"),
    REFUSED("hash", "use md5 or sha2, which every engine computes alike"),
    REFUSED("xxhash64", "use md5 or sha2, which every engine computes alike"),
    REFUSED("crc32", "use md5 or sha2"),
    REFUSED("conv", "use hex, bin or CAST"),

    /* pseudo-random values of the simulator: pure functions of their arguments. SQL of people does not know them. */
    {"sim_key", 1, -1, "a", "BIGINT", "CAST(hash(hash($*)) >> 1 AS BIGINT)", 0, 0},
    {"sim_random", 1, -1, "a", "DOUBLE", "(CAST(hash(hash($*)) >> 11 AS DOUBLE) * 1.1102230246251565e-16::DOUBLE)", 0, 0},
    {"sim_normal", 1, -1, "a", "DOUBLE", "sim_bell(hash(hash($*)))", 0, 3},
    {"sim_hex", 1, -1, "a", "STRING", "sim_hex16(hash(hash($*)))", 0, 0},
    {"sim_id", 1, -1, "a", "STRING", "sim_hex32(hash(hash($*)))", 0, 2},
    {"sim_uuid", 1, -1, "a", "STRING", "sim_dashed(hash(hash($*)))", 0, 6},
    {"sim_pick", 2, -1, "dc", "c", "([$2*])[1 + CAST(floor($1 * len([$2*])) AS BIGINT)]", 0, 2},

    /* text */
    {"upper", 1, 1, "s", "STRING", "upper($1)", 0, 0},
    {"ucase", 1, 1, "s", "STRING", "upper($1)", 0, 0},
    {"lower", 1, 1, "s", "STRING", "lower($1)", 0, 0},
    {"lcase", 1, 1, "s", "STRING", "lower($1)", 0, 0},
    {"length", 1, 1, "a", "INT", "=length", 0, 0},
    {"len", 1, 1, "a", "INT", "=length", 0, 0},
    {"char_length", 1, 1, "a", "INT", "=length", 0, 0},
    {"character_length", 1, 1, "a", "INT", "=length", 0, 0},
    {"octet_length", 1, 1, "s", "INT", "CAST(strlen($1) AS INTEGER)", 0, 0},
    {"bit_length", 1, 1, "s", "INT", "CAST(8 * strlen($1) AS INTEGER)", 0, 0},
    {"trim", 1, 1, "s", "STRING", "trim($1)", 0, 0},
    {"ltrim", 1, 2, "ss", "STRING", "=ltrim", 0, 0},
    {"rtrim", 1, 2, "ss", "STRING", "=ltrim", 0, 0},
    {"btrim", 1, 2, "ss", "STRING", "trim($*)", 0, 0},
    {"lpad", 2, 3, "sis", "STRING", "=lpad", 0, 2},
    {"rpad", 2, 3, "sis", "STRING", "=lpad", 0, 2},
    {"concat", 0, -1, "a", "?", "=concat", 0, 0},
    {"concat_ws", 1, -1, "a", "STRING", "=concat_ws", 0, 0},
    {"substring", 2, 3, "sii", "STRING", "=substring", 0, 3},
    {"substr", 2, 3, "sii", "STRING", "=substring", 0, 4},
    {"left", 2, 2, "si", "STRING", "left($1, greatest($2, 0))", 0, 0},
    {"right", 2, 2, "si", "STRING", "right($1, greatest($2, 0))", 0, 0},
    {"substring_index", 3, 3, "ssi", "STRING", "dbx_substring_index($1, $2, $3)", 0, 6},
    {"instr", 2, 2, "ss", "INT", "CAST(instr($1, $2) AS INTEGER)", 0, 0},
    {"charindex", 2, 3, "ssi", "INT", "=locate", 0, 4},
    {"locate", 2, 3, "ssi", "INT", "=locate", 0, 4},
    {"position", 2, 3, "ssi", "INT", "=locate", 0, 4},
    {"replace", 2, 3, "sss", "STRING", "=replace", 0, 0},
    {"translate", 3, 3, "sss", "STRING", "translate($1, $2, $3)", 0, 0},
    {"overlay", 3, 4, "ssii", "STRING", "=overlay", 0, 3},
    {"reverse", 1, 1, "a", "1", "=reverse", 0, 0},
    {"repeat", 2, 2, "si", "STRING", "repeat($1, greatest($2, 0))", 0, 0},
    {"space", 1, 1, "i", "STRING", "repeat(' ', greatest($1, 0))", 0, 0},
    {"initcap", 1, 1, "s", "STRING", "dbx_initcap($1)", 0, 1},
    {"ascii", 1, 1, "s", "INT", "ascii($1)", 0, 0},
    {"chr", 1, 1, "l", "STRING", "dbx_chr($1)", 0, 2},
    {"char", 1, 1, "l", "STRING", "dbx_chr($1)", 0, 2},
    {"split", 2, 3, "ssi", "ARRAY<STRING>", "=split", 0, 0},
    {"split_part", 3, 3, "ssi", "STRING", "dbx_split_part($1, $2, $3)", 0, 2},
    {"startswith", 2, 2, "ss", "BOOLEAN", "starts_with($1, $2)", 0, 0},
    {"endswith", 2, 2, "ss", "BOOLEAN", "ends_with($1, $2)", 0, 0},
    {"contains", 2, 2, "ss", "BOOLEAN", "contains($1, $2)", 0, 0},
    {"regexp_like", 2, 2, "ss", "BOOLEAN", "=regexp_like", 0, 0},
    {"regexp", 2, 2, "ss", "BOOLEAN", "=regexp_like", 0, 0},
    {"rlike", 2, 2, "ss", "BOOLEAN", "=regexp_like", 0, 0},
    {"regexp_extract", 2, 3, "ssi", "STRING", "=regexp_extract", 0, 0},
    {"regexp_extract_all", 2, 3, "ssi", "ARRAY<STRING>", "=regexp_extract_all", 0, 0},
    {"regexp_replace", 3, 3, "sss", "STRING", "=regexp_replace", 0, 0},
    {"regexp_count", 2, 2, "ss", "INT", "=regexp_count", 0, 0},
    {"regexp_substr", 2, 2, "ss", "STRING", "=regexp_substr", 0, 2},
    REFUSED("regexp_instr", "use locate, or regexp_extract"),
    {"levenshtein", 2, 2, "ss", "INT", "CAST(levenshtein($1, $2) AS INTEGER)", 0, 0},
    {"find_in_set", 2, 2, "ss", "INT", "dbx_find_in_set($1, $2)", 0, 2},
    {"elt", 2, -1, "is", "STRING", "dbx_elt($1, [$2*])", 0, 2},
    {"format_number", 2, 2, "nq", "STRING", "=format_number", 0, 0},
    {"format_string", 1, -1, "ka", "STRING", "=format_string", 0, 0},
    {"printf", 1, -1, "ka", "STRING", "=format_string", 0, 0},
    {"base64", 1, 1, "B", "STRING", "base64($1)", 0, 0},
    {"unbase64", 1, 1, "s", "BINARY", "from_base64($1)", 0, 0},
    {"encode", 2, 2, "sk", "BINARY", "=encode", 0, 0},
    {"md5", 1, 1, "B", "STRING", "md5($1)", 0, 0},
    {"sha", 1, 1, "B", "STRING", "sha1($1)", 0, 0},
    {"sha1", 1, 1, "B", "STRING", "sha1($1)", 0, 0},
    {"sha2", 2, 2, "Bq", "STRING", "=sha2", 0, 0},
    REFUSED("soundex", "use levenshtein"),
    REFUSED("parse_url", "use regexp_extract"),
    REFUSED("url_encode", "use replace"),
    REFUSED("url_decode", "use replace"),
    REFUSED("sentences", "use split"),
    REFUSED("to_char", "use date_format or format_number"),
    REFUSED("to_varchar", "use date_format or format_number"),
    REFUSED("to_number", "use CAST to a DECIMAL"),

    /* dates and times */
    {"current_date", 0, 0, "", "DATE", "=now", 0, 0},
    {"curdate", 0, 0, "", "DATE", "=now", 0, 0},
    {"current_timestamp", 0, 0, "", "TIMESTAMP", "=now", 0, 0},
    {"now", 0, 0, "", "TIMESTAMP", "=now", 0, 0},
    {"localtimestamp", 0, 0, "", "TIMESTAMP_NTZ", "=now", 0, 0},
    {"current_timezone", 0, 0, "", "STRING", "'UTC'", 0, 0},
    {"date_add", 2, 3, "a", "DATE", "=date_add", 0, 0},
    {"dateadd", 2, 3, "a", "DATE", "=date_add", 0, 0},
    {"timestampadd", 3, 3, "a", "TIMESTAMP", "=date_add", 0, 0},
    {"date_sub", 2, 2, "a", "DATE", "=date_add", 0, 0},
    {"datediff", 2, 3, "a", "INT", "=datediff", 0, 4},
    {"date_diff", 2, 3, "a", "INT", "=datediff", 0, 4},
    {"timestampdiff", 3, 3, "a", "BIGINT", "=datediff", 0, 4},
    {"add_months", 2, 2, "Di", "DATE", "CAST($1 + to_months($2) AS DATE)", 0, 0},
    {"months_between", 2, 3, "TTb", "DOUBLE", "=months_between", 0, 8},
    {"last_day", 1, 1, "D", "DATE", "last_day($1)", 0, 0},
    {"next_day", 2, 2, "Ds", "DATE", "dbx_next_day($1, $2)", 0, 3},
    {"year", 1, 1, "D", "INT", "CAST(year($1) AS INTEGER)", 0, 0},
    {"quarter", 1, 1, "D", "INT", "CAST(quarter($1) AS INTEGER)", 0, 0},
    {"month", 1, 1, "D", "INT", "CAST(month($1) AS INTEGER)", 0, 0},
    {"day", 1, 1, "D", "INT", "CAST(day($1) AS INTEGER)", 0, 0},
    {"dayofmonth", 1, 1, "D", "INT", "CAST(day($1) AS INTEGER)", 0, 0},
    {"dayofweek", 1, 1, "D", "INT", "CAST(dayofweek($1) + 1 AS INTEGER)", 0, 0},
    {"weekday", 1, 1, "D", "INT", "CAST(isodow($1) - 1 AS INTEGER)", 0, 0},
    {"dayofyear", 1, 1, "D", "INT", "CAST(dayofyear($1) AS INTEGER)", 0, 0},
    {"weekofyear", 1, 1, "D", "INT", "CAST(week($1) AS INTEGER)", 0, 0},
    {"hour", 1, 1, "T", "INT", "CAST(hour($1) AS INTEGER)", 0, 0},
    {"minute", 1, 1, "T", "INT", "CAST(minute($1) AS INTEGER)", 0, 0},
    {"second", 1, 1, "T", "INT", "CAST(second($1) AS INTEGER)", 0, 0},
    {"dayname", 1, 1, "D", "STRING", "strftime($1, '%a')", 0, 0},
    {"monthname", 1, 1, "D", "STRING", "strftime($1, '%b')", 0, 0},
    {"extract", 2, 2, "ka", "?", "=extract", 0, 0},
    {"date_part", 2, 2, "ka", "?", "=extract", 0, 0},
    {"datepart", 2, 2, "ka", "?", "=extract", 0, 0},
    {"date_trunc", 2, 2, "sT", "TIMESTAMP", "=date_trunc", 0, 0},
    {"trunc", 2, 2, "Ds", "DATE", "=trunc", 0, 0},
    {"make_date", 3, 3, "iii", "DATE", "make_date($1, $2, $3)", 0, 0},
    {"make_timestamp", 6, 6, "iiiiid", "TIMESTAMP", "make_timestamp($1, $2, $3, $4, $5, $6)", 0, 0},
    {"make_dt_interval", 0, 4, "iiid", "INTERVAL DAY TO SECOND", "=make_interval", 0, 0},
    {"make_ym_interval", 0, 2, "ii", "INTERVAL YEAR TO MONTH", "=make_interval", 0, 0},
    {"to_date", 1, 2, "ak", "DATE", "=to_time", 0, 0},
    {"to_timestamp", 1, 2, "ak", "TIMESTAMP", "=to_time", 0, 0},
    {"try_to_timestamp", 1, 2, "ak", "TIMESTAMP", "=to_time", 0, 0},
    {"try_to_date", 1, 2, "ak", "DATE", "=to_time", 0, 0},
    {"date_format", 2, 2, "Tk", "STRING", "=date_format", 0, 0},
    {"unix_timestamp", 0, 2, "ak", "BIGINT", "=unix_timestamp", 0, 0},
    {"to_unix_timestamp", 1, 2, "ak", "BIGINT", "=unix_timestamp", 0, 0},
    {"from_unixtime", 1, 2, "lk", "STRING", "=from_unixtime", 0, 0},
    {"unix_seconds", 1, 1, "T", "BIGINT", "CAST(floor(epoch($1)) AS BIGINT)", 0, 0},
    {"unix_millis", 1, 1, "T", "BIGINT", "CAST(floor(epoch_us($1) / 1000) AS BIGINT)", 0, 0},
    {"unix_micros", 1, 1, "T", "BIGINT", "epoch_us($1)", 0, 0},
    {"unix_date", 1, 1, "D", "INT", "CAST($1 - DATE '1970-01-01' AS INTEGER)", 0, 0},
    {"date_from_unix_date", 1, 1, "i", "DATE", "(DATE '1970-01-01' + $1)", 0, 0},
    {"timestamp_seconds", 1, 1, "n", "TIMESTAMP", "=timestamp_seconds", 0, 0},
    {"timestamp_millis", 1, 1, "l", "TIMESTAMP", "make_timestamp($1 * 1000)", 0, 0},
    {"timestamp_micros", 1, 1, "l", "TIMESTAMP", "make_timestamp($1)", 0, 0},
    {"from_utc_timestamp", 2, 2, "Ts", "TIMESTAMP", "=from_utc_timestamp", 0, 0},
    {"to_utc_timestamp", 2, 2, "Ts", "TIMESTAMP", "timezone('UTC', timezone($2, $1))", 0, 0},
    {"convert_timezone", 3, 3, "ssT", "TIMESTAMP_NTZ", "timezone($2, timezone($1, $3))", 0, 0},
    REFUSED("make_interval", "use make_dt_interval or make_ym_interval"),
    REFUSED("window", "use date_trunc, or timestamp_seconds(floor(..))"),
    REFUSED("session_window", "use lag() and a running sum"),

    /* arrays */
    {"array", 0, -1, "c", "[c", "[$*]", 0, 0},
    {"array_contains", 2, 2, "Ae", "BOOLEAN", "dbx_array_contains($1, $2)", 0, 4},
    {"array_distinct", 1, 1, "A", "1", "dbx_array_distinct($1)", 0, 2},
    {"array_join", 2, 3, "Ass", "STRING", "=array_join", 0, 2},
    {"array_max", 1, 1, "A", "e", "list_max($1)", 0, 0},
    {"array_min", 1, 1, "A", "e", "list_min($1)", 0, 0},
    {"array_position", 2, 2, "Ae", "BIGINT", "dbx_array_position($1, $2)", 0, 2},
    {"array_remove", 2, 2, "Ae", "1", "dbx_array_remove($1, $2)", 0, 2},
    {"array_repeat", 2, 2, "ai", "[", "dbx_array_repeat($1, $2)", 0, 2},
    {"array_size", 1, 1, "A", "INT", "CAST(len($1) AS INTEGER)", 0, 0},
    {"array_sort", 1, 1, "A", "1", "list_sort($1, 'ASC', 'NULLS LAST')", 0, 0},
    {"sort_array", 1, 2, "Ab", "1", "=sort_array", 0, 0},
    {"array_union", 2, 2, "cc", "c", "dbx_array_distinct(list_concat($1, $2))", 0, 2},
    {"array_intersect", 2, 2, "cc", "c", "dbx_array_intersect($1, $2)", 0, 3},
    {"array_except", 2, 2, "cc", "c", "dbx_array_except($1, $2)", 0, 3},
    {"array_append", 2, 2, "Ae", "1", "dbx_array_append($1, $2)", 0, 2},
    {"array_prepend", 2, 2, "Ae", "1", "dbx_array_prepend($1, $2)", 0, 2},
    {"array_compact", 1, 1, "A", "1", "=array_compact", 0, 0},
    {"arrays_overlap", 2, 2, "cc", "BOOLEAN", "dbx_arrays_overlap($1, $2)", 0, 5},
    REFUSED("arrays_zip", "use zip_with and named_struct"),
    REFUSED("array_insert", "use slice and concat"),
    {"size", 1, 1, "a", "INT", "=size", 0, 0},
    {"cardinality", 1, 1, "a", "INT", "=size", 0, 0},
    {"element_at", 2, 2, "aa", "?", "=element_at", 0, 4},
    {"try_element_at", 2, 2, "aa", "?", "=element_at", 0, 4},
    {"get", 2, 2, "Ai", "e", "dbx_array_get($1, $2)", 0, 2},
    {"flatten", 1, 1, "A", "e", "dbx_flatten($1)", 0, 2},
    {"sequence", 2, 3, "a", "?", "=sequence", 0, 4},
    {"slice", 3, 3, "Aii", "1", "dbx_slice($1, $2, $3)", 0, 5},
    {"exists", 2, 2, "a", "BOOLEAN", "=exists", 'L', 3},
    {"any_match", 2, 2, "a", "BOOLEAN", "!use exists", 0, 0},
    {"forall", 2, 2, "a", "BOOLEAN", "=forall", 'L', 3},
    {"filter", 2, 2, "a", "1", "=filter", 'L', 0},
    {"transform", 2, 2, "a", "?", "=transform", 'L', 0},
    {"aggregate", 3, 4, "a", "?", "=aggregate", 'L', 0},
    {"reduce", 3, 4, "a", "?", "=aggregate", 'L', 0},
    {"zip_with", 3, 3, "a", "?", "=zip_with", 'L', 0},

    /* maps and structs */
    {"map", 0, -1, "a", "?", "=map", 0, 0},
    {"map_from_arrays", 2, 2, "AA", "?", "=map_from_arrays", 0, 0},
    {"map_from_entries", 1, 1, "A", "?", "=map_from_entries", 0, 0},
    {"map_keys", 1, 1, "M", "?", "=map_keys", 0, 0},
    {"map_values", 1, 1, "M", "?", "=map_values", 0, 0},
    {"map_entries", 1, 1, "M", "?", "=map_entries", 0, 0},
    {"map_concat", 1, -1, "c", "c", "=map_concat", 0, 0},
    {"map_contains_key", 2, 2, "Ma", "BOOLEAN", "=map_contains_key", 0, 0},
    {"map_filter", 2, 2, "a", "1", "=map_filter", 'L', 0},
    {"transform_values", 2, 2, "a", "?", "=transform_values", 'L', 0},
    {"transform_keys", 2, 2, "a", "?", "=transform_keys", 'L', 0},
    {"str_to_map", 1, 3, "skk", "MAP<STRING, STRING>", "=str_to_map", 0, 0},
    {"struct", 1, -1, "a", "?", "=struct", 0, 0},
    {"named_struct", 2, -1, "a", "?", "=named_struct", 0, 0},

    /* JSON */
    {"get_json_object", 2, 2, "ss", "STRING", "=get_json_object", 0, 2},
    {"json_array_length", 1, 1, "s", "INT", "dbx_json_array_length($1)", 0, 2},
    {"json_object_keys", 1, 1, "s", "ARRAY<STRING>", "dbx_json_object_keys($1)", 0, 2},
    {"to_json", 1, 1, "a", "STRING", "=to_json", 0, 4},
    {"from_json", 2, 2, "sk", "?", "=from_json", 0, 4},
    REFUSED("json_tuple", "use get_json_object"),
    REFUSED("schema_of_json", "write the schema"),
    REFUSED("parse_json", "use from_json or get_json_object"),
    REFUSED("from_csv", "use split"),
    REFUSED("to_csv", "use concat_ws"),

    /* aggregates */
    {"count", 1, -1, "a", "BIGINT", "=count", 'A', 0},
    {"count_if", 1, 1, "b", "BIGINT", "=count_if", 'A', 0},
    {"sum", 1, 1, "a", "?", "=sum", 'A', 0},
    {"avg", 1, 1, "a", "?", "=avg", 'A', 0},
    {"mean", 1, 1, "a", "?", "=avg", 'A', 0},
    {"try_sum", 1, 1, "a", "?", "!use sum over a wider type", 'A', 0},
    {"try_avg", 1, 1, "a", "?", "!use avg over a wider type", 'A', 0},
    {"min", 1, 1, "a", "1", "min(@$1)~", 'A', 0},
    {"max", 1, 1, "a", "1", "max(@$1)~", 'A', 0},
    {"min_by", 2, 2, "aa", "1", "arg_min_null(@$1, $2)~", 'A', 0},
    {"max_by", 2, 2, "aa", "1", "arg_max_null(@$1, $2)~", 'A', 0},
    {"any_value", 1, 2, "ab", "1", "=first", 'A', 0},
    {"first", 1, 2, "ab", "1", "=first", 'A', 0},
    {"first_value", 1, 2, "ab", "1", "=first", 'A', 0},
    {"last", 1, 2, "ab", "1", "=first", 'A', 0},
    {"last_value", 1, 2, "ab", "1", "=first", 'A', 0},
    {"any", 1, 1, "b", "BOOLEAN", "bool_or(@$1)~", 'A', 0},
    {"some", 1, 1, "b", "BOOLEAN", "bool_or(@$1)~", 'A', 0},
    {"bool_or", 1, 1, "b", "BOOLEAN", "bool_or(@$1)~", 'A', 0},
    {"every", 1, 1, "b", "BOOLEAN", "bool_and(@$1)~", 'A', 0},
    {"bool_and", 1, 1, "b", "BOOLEAN", "bool_and(@$1)~", 'A', 0},
    {"stddev", 1, 1, "d", "DOUBLE", "stddev_samp(@$1)~", 'A', 0},
    {"std", 1, 1, "d", "DOUBLE", "stddev_samp(@$1)~", 'A', 0},
    {"stddev_samp", 1, 1, "d", "DOUBLE", "stddev_samp(@$1)~", 'A', 0},
    {"stddev_pop", 1, 1, "d", "DOUBLE", "stddev_pop(@$1)~", 'A', 0},
    {"variance", 1, 1, "d", "DOUBLE", "var_samp(@$1)~", 'A', 0},
    {"var_samp", 1, 1, "d", "DOUBLE", "var_samp(@$1)~", 'A', 0},
    {"var_pop", 1, 1, "d", "DOUBLE", "var_pop(@$1)~", 'A', 0},
    {"covar_pop", 2, 2, "dd", "DOUBLE", "covar_pop($1, $2)~", 'A', 0},
    {"covar_samp", 2, 2, "dd", "DOUBLE", "covar_samp($1, $2)~", 'A', 0},
    {"corr", 2, 2, "dd", "DOUBLE", "CASE WHEN regr_count($1, $2)~ > 1 THEN dbx_corr(corr($1, $2)~) END", 'A', 2},
    {"regr_slope", 2, 2, "dd", "DOUBLE", "dbx_not_nan(regr_slope($1, $2)~)", 'A', 0},
    {"regr_intercept", 2, 2, "dd", "DOUBLE", "dbx_not_nan(regr_intercept($1, $2)~)", 'A', 0},
    {"regr_r2", 2, 2, "dd", "DOUBLE", "dbx_not_nan(regr_r2($1, $2)~)", 'A', 0},
    {"regr_count", 2, 2, "dd", "BIGINT", "CAST(regr_count($1, $2)~ AS BIGINT)", 'A', 0},
    {"kurtosis", 1, 1, "d", "DOUBLE", "kurtosis_pop(@$1)~", 'A', 0},
    REFUSED("skewness", "compute it from avg of powers"),
    {"percentile", 2, 2, "da", "?", "=percentile", 'A', 0},
    {"percentile_cont", 1, 1, "d", "DOUBLE", "=percentile_cont", 'A', 0},
    {"percentile_disc", 1, 1, "d", "?", "=percentile_cont", 'A', 0},
    {"percentile_approx", 2, 3, "aaq", "?", "=percentile_approx", 'A', 0},
    {"approx_percentile", 2, 3, "aaq", "?", "=percentile_approx", 'A', 0},
    {"median", 1, 1, "d", "DOUBLE", "quantile_cont(@$1, 0.5)~", 'A', 0},
    {"mode", 1, 1, "a", "1", "mode(@$1)~", 'A', 0},
    {"approx_count_distinct", 1, 2, "aq", "BIGINT", "count(DISTINCT $1)~", 'A', 0},
    {"collect_list", 1, 1, "a", "[", "coalesce(list(@$1)~n, [])", 'A', 0},
    {"array_agg", 1, 1, "a", "[", "coalesce(list(@$1)~n, [])", 'A', 0},
    {"collect_set", 1, 1, "a", "[", "coalesce(list(DISTINCT $1)~n, [])", 'A', 0},
    {"listagg", 1, 2, "sk", "STRING", "=listagg", 'A', 0},
    {"string_agg", 1, 2, "sk", "STRING", "=listagg", 'A', 0},
    {"bit_and", 1, 1, "a", "1", "bit_and(@$1)~", 'A', 0},
    {"bit_or", 1, 1, "a", "1", "bit_or(@$1)~", 'A', 0},
    {"bit_xor", 1, 1, "a", "1", "bit_xor(@$1)~", 'A', 0},
    {"grouping", 1, 1, "a", "TINYINT", "CAST(grouping($1) AS TINYINT)", 0, 0},
    {"grouping_id", 1, -1, "a", "BIGINT", "CAST(grouping($*) AS BIGINT)", 0, 0},
    REFUSED("histogram_numeric", "use width_bucket and count"),

    /* windows */
    {"row_number", 0, 0, "", "INT", "CAST(row_number()~ AS INTEGER)", 'W', 0},
    {"rank", 0, 0, "", "INT", "CAST(rank()~ AS INTEGER)", 'W', 0},
    {"dense_rank", 0, 0, "", "INT", "CAST(dense_rank()~ AS INTEGER)", 'W', 0},
    {"percent_rank", 0, 0, "", "DOUBLE", "percent_rank()~", 'W', 0},
    {"cume_dist", 0, 0, "", "DOUBLE", "cume_dist()~", 'W', 0},
    {"ntile", 1, 1, "i", "INT", "CAST(ntile($1)~ AS INTEGER)", 'W', 0},
    {"lag", 1, 3, "cic", "1", "=lag", 'W', 0},
    {"lead", 1, 3, "cic", "1", "=lag", 'W', 0},
    {"nth_value", 2, 2, "ai", "1", "nth_value($1, $2)~", 'W', 0},

    /* rows from values */
    {"explode", 1, 1, "a", "?", "=generator", 'G', 0},
    {"explode_outer", 1, 1, "a", "?", "=generator", 'G', 0},
    {"posexplode", 1, 1, "a", "?", "=generator", 'G', 0},
    {"posexplode_outer", 1, 1, "a", "?", "=generator", 'G', 0},
    {"inline", 1, 1, "A", "?", "=generator", 'G', 0},
    {"inline_outer", 1, 1, "A", "?", "=generator", 'G', 0},
    REFUSED("stack", "use VALUES or inline(array(struct(..), ..))"),

    /* casts written as functions */
    {"boolean", 1, 1, "a", "BOOLEAN", "=cast", 0, 0},
    {"tinyint", 1, 1, "a", "TINYINT", "=cast", 0, 0},
    {"smallint", 1, 1, "a", "SMALLINT", "=cast", 0, 0},
    {"int", 1, 1, "a", "INT", "=cast", 0, 0},
    {"bigint", 1, 1, "a", "BIGINT", "=cast", 0, 0},
    {"float", 1, 1, "a", "FLOAT", "=cast", 0, 0},
    {"double", 1, 1, "a", "DOUBLE", "=cast", 0, 0},
    {"decimal", 1, 1, "a", "DECIMAL(10,0)", "=cast", 0, 0},
    {"string", 1, 1, "a", "STRING", "=cast", 0, 0},
    {"binary", 1, 1, "a", "BINARY", "=cast", 0, 0},
    {"date", 1, 1, "a", "DATE", "=cast", 0, 0},
    {"timestamp", 1, 1, "a", "TIMESTAMP", "=cast", 0, 0},

    /* who and where */
    {"current_user", 0, 0, "", "STRING", "=user", 0, 0},
    {"user", 0, 0, "", "STRING", "=user", 0, 0},
    {"session_user", 0, 0, "", "STRING", "=user", 0, 0},
    {"is_member", 1, 1, "s", "BOOLEAN", "dbx_is_member($1)", 0, 0},
    {"is_account_group_member", 1, 1, "s", "BOOLEAN", "dbx_is_member($1)", 0, 0},
    REFUSED("current_catalog", "names are mapped: write the name"),
    REFUSED("current_schema", "names are mapped: write the name"),
    REFUSED("current_database", "names are mapped: write the name"),
    REFUSED("version", "ask the program: secchi --version"),
    REFUSED("input_file_name", "use the column bronze_source_file"),
    REFUSED("read_files", "SQL reads registered sources only"),
    REFUSED("ai_query", "SQL calls no services"),
};

static const struct sql_builtin *sorted[ARRAY_LEN(builtins)];
static const char *names[ARRAY_LEN(builtins)];
static size_t name_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int by_name(const void *x, const void *y)
{
    const struct sql_builtin *const *a = x, *const *b = y;
    return strcmp((*a)->name, (*b)->name);
}

static bool of_simulator(const char *name) { return strncasecmp(name, "sim_", 4) == 0; }

static void sort_once(void)
{
    for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
        sorted[i] = &builtins[i];
    qsort(sorted, ARRAY_LEN(sorted), sizeof(sorted[0]), by_name);
    for (size_t i = 0; i < ARRAY_LEN(sorted); i++)
        if (sorted[i]->sql[0] != '!' && !of_simulator(sorted[i]->name))
            names[name_count++] = sorted[i]->name;
}

const struct sql_builtin *sql_find_builtin(const char *name)
{
    pthread_once(&once, sort_once);
    char low[64];
    size_t n = strlen(name);
    if (n >= sizeof(low))
        return NULL;
    memcpy(low, name, n + 1);
    str_lower(low);
    struct sql_builtin key = {.name = low};
    const struct sql_builtin *k = &key, *const *hit = bsearch(&k, sorted, ARRAY_LEN(sorted), sizeof(sorted[0]), by_name);
    return hit ? *hit : NULL;
}

bool sql_function_known(const char *name)
{
    const struct sql_builtin *f = sql_find_builtin(name);
    return f && f->sql[0] != '!' && !of_simulator(name);
}

const char *const *sql_function_names(size_t *ret_count)
{
    pthread_once(&once, sort_once);
    *ret_count = name_count;
    return names;
}

const char *sql_nearest_function(const char *name)
{
    pthread_once(&once, sort_once);
    return nearest_name(name, names, name_count);
}
