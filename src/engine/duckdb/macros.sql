-- Functions of Databricks SQL that DuckDB lacks or means differently. Purpose: called by the SQL that src/sql writes, never by people.
-- Loaded into every instance when it is opened; all names begin with dbx_, those of the simulator with sim_. Settings that are counted on: TimeZone = 'UTC'.
-- An argument that would be computed several times is bound once by list_transform([x], lambda ..: ..)[1] where that matters.

-- ---- the clock of views: the engine sets the variable dbx_now before each statement ----
CREATE OR REPLACE MACRO dbx_now() AS
    CASE WHEN getvariable('dbx_now') IS NULL THEN error('the clock of this connection is not set (variable dbx_now)') ELSE CAST(getvariable('dbx_now') AS TIMESTAMP) END;

-- ---- who asks: set with the clock ----
CREATE OR REPLACE MACRO dbx_user() AS
    CASE WHEN getvariable('dbx_user') IS NULL THEN error('current_user() is not known here') ELSE CAST(getvariable('dbx_user') AS VARCHAR) END;
CREATE OR REPLACE MACRO dbx_is_member(g) AS
    CASE WHEN g IS NOT NULL THEN coalesce(list_contains(CAST(getvariable('dbx_groups') AS VARCHAR[]), g), false) END;

-- ---- errors of ANSI mode ----
CREATE OR REPLACE MACRO dbx_divide(a, b) AS
    a / CASE WHEN b = 0 AND a IS NOT NULL THEN error('[DIVIDE_BY_ZERO] division by zero: use try_divide, which gives NULL') ELSE b END;
CREATE OR REPLACE MACRO dbx_div(a, b) AS
    a // CASE WHEN b = 0 AND a IS NOT NULL THEN error('[DIVIDE_BY_ZERO] division by zero: use try_divide, which gives NULL') ELSE b END;
CREATE OR REPLACE MACRO dbx_mod(a, b) AS
    a % CASE WHEN b = 0 AND a IS NOT NULL THEN error('[REMAINDER_BY_ZERO] remainder by zero: use try_mod, which gives NULL') ELSE b END;
CREATE OR REPLACE MACRO dbx_pmod(a, b) AS
    CASE WHEN dbx_mod(a, b) < 0 THEN (dbx_mod(a, b) + b) % b ELSE dbx_mod(a, b) END;

CREATE OR REPLACE MACRO dbx_power(n) AS CAST('1' || repeat('0', n) AS HUGEINT);
-- Quotient of two decimals: their digits as whole numbers, a * k / b rounded half away from zero, as text with `scale` digits.
CREATE OR REPLACE MACRO dbx_decimal_divide(a, b, k, scale) AS (
    list_transform(
        list_transform(
            [{'a': CAST(replace(CAST(a AS VARCHAR), '.', '') AS HUGEINT), 'b': CAST(replace(CAST(b AS VARCHAR), '.', '') AS HUGEINT)}],
            lambda _dd1: CASE
                WHEN _dd1.a IS NULL OR _dd1.b IS NULL THEN NULL
                WHEN _dd1.b = 0 THEN error('[DIVIDE_BY_ZERO] division by zero: use try_divide, which gives NULL')
                ELSE {'minus': (_dd1.a < 0) <> (_dd1.b < 0),
                      'q': CAST((abs(_dd1.a) * k) // abs(_dd1.b) AS HUGEINT)
                           + CASE WHEN 2::HUGEINT * ((abs(_dd1.a) * k) % abs(_dd1.b)) >= abs(_dd1.b) THEN 1 ELSE 0 END}
            END),
        lambda _dd2: CASE
            WHEN _dd2 IS NULL THEN NULL
            WHEN scale = 0 THEN CASE WHEN _dd2.minus THEN '-' ELSE '' END || CAST(_dd2.q AS VARCHAR)
            ELSE CASE WHEN _dd2.minus THEN '-' ELSE '' END || CAST(_dd2.q // dbx_power(scale) AS VARCHAR)
                 || '.' || lpad(CAST(_dd2.q % dbx_power(scale) AS VARCHAR), scale, '0')
        END)
)[1];

-- Product of two decimals as text with all its digits; zeros at the end of the operands are left out before they are multiplied.
CREATE OR REPLACE MACRO dbx_bare_digits(x) AS CASE WHEN contains(x, '.') THEN rtrim(rtrim(x, '0'), '.') ELSE x END;
CREATE OR REPLACE MACRO dbx_digits_behind(x) AS CASE WHEN contains(x, '.') THEN length(x) - instr(x, '.') ELSE 0 END;
CREATE OR REPLACE MACRO dbx_decimal_multiply(a, b) AS (
    list_transform(
        list_transform(
            [{'a': dbx_bare_digits(CAST(a AS VARCHAR)), 'b': dbx_bare_digits(CAST(b AS VARCHAR))}],
            lambda _dm1: {'q': CAST(replace(_dm1.a, '.', '') AS HUGEINT) * CAST(replace(_dm1.b, '.', '') AS HUGEINT),
                          's': CAST(dbx_digits_behind(_dm1.a) + dbx_digits_behind(_dm1.b) AS INTEGER)}),
        lambda _dm2: CASE
            WHEN _dm2.q IS NULL THEN NULL
            ELSE CASE WHEN _dm2.q < 0 THEN '-' ELSE '' END
                 || CASE WHEN _dm2.s > 37 THEN '0' ELSE CAST(abs(_dm2.q) // dbx_power(least(_dm2.s, 37)) AS VARCHAR) END
                 || '.' || lpad(CASE WHEN _dm2.s > 37 THEN CAST(abs(_dm2.q) AS VARCHAR) ELSE CAST(abs(_dm2.q) % dbx_power(least(_dm2.s, 37)) AS VARCHAR) END, _dm2.s, '0')
        END)
)[1];

-- ---- texts of values, as Java writes them ----
CREATE OR REPLACE MACRO dbx_scientific(minus, digits) AS (
    list_transform([digits], lambda _sc: minus || CASE
        WHEN contains(_sc, 'e') THEN split_part(_sc, 'e', 1) || CASE WHEN contains(split_part(_sc, 'e', 1), '.') THEN '' ELSE '.0' END
             || 'E' || CAST(CAST(split_part(_sc, 'e', 2) AS INTEGER) AS VARCHAR)
        WHEN starts_with(_sc, '0.') THEN left(ltrim(substring(_sc, 3), '0'), 1) || '.'
             || CASE WHEN length(ltrim(substring(_sc, 3), '0')) > 1 THEN substring(ltrim(substring(_sc, 3), '0'), 2) ELSE '0' END
             || 'E-' || CAST(length(_sc) - 1 - length(ltrim(substring(_sc, 3), '0')) AS VARCHAR)
        ELSE left(_sc, 1) || '.'
             || CASE WHEN rtrim(substring(replace(_sc, '.', ''), 2), '0') = '' THEN '0' ELSE rtrim(substring(replace(_sc, '.', ''), 2), '0') END
             || 'E' || CAST(length(split_part(_sc, '.', 1)) - 1 AS VARCHAR)
    END)
)[1];
CREATE OR REPLACE MACRO dbx_double_text(x) AS (
    list_transform([x], lambda _dt: CASE
        WHEN _dt IS NULL THEN NULL
        WHEN isnan(_dt) THEN 'NaN'
        WHEN isinf(_dt) THEN CASE WHEN _dt > 0 THEN 'Infinity' ELSE '-Infinity' END
        WHEN _dt = 0 OR (abs(_dt) >= 0.001 AND abs(_dt) < 1e7) THEN CAST(_dt AS VARCHAR)
        ELSE dbx_scientific(CASE WHEN _dt < 0 THEN '-' ELSE '' END, CAST(abs(_dt) AS VARCHAR))
    END)
)[1];
CREATE OR REPLACE MACRO dbx_float_text(x) AS dbx_double_text(x);
CREATE OR REPLACE MACRO dbx_json_double(x) AS
    CASE WHEN isnan(x) THEN '"NaN"' WHEN isinf(x) THEN CASE WHEN x > 0 THEN '"Infinity"' ELSE '"-Infinity"' END ELSE dbx_double_text(x) END;
CREATE OR REPLACE MACRO dbx_any_text(x) AS CASE WHEN typeof(x) = 'DOUBLE' THEN dbx_double_text(TRY_CAST(x AS DOUBLE)) ELSE CAST(x AS VARCHAR) END;

-- ---- strict reading of strings: what Spark would not read is made unreadable for DuckDB too, by '? ' before it, which errors.c takes off ----
CREATE OR REPLACE MACRO dbx_trimmed(s) AS trim(s, ' ' || chr(9) || chr(10) || chr(13));
CREATE OR REPLACE MACRO dbx_int_text(s) AS regexp_replace(dbx_trimmed(s), '^(.*[^0-9+-].*)$', '? \1', 's');
CREATE OR REPLACE MACRO dbx_number_text(s) AS
    regexp_replace(dbx_trimmed(s), '^(.*[^0-9+.eEiInNfFtTyYaA-].*)$', '? \1', 's');
CREATE OR REPLACE MACRO dbx_bool_text(s) AS
    regexp_replace(regexp_replace(lower(dbx_trimmed(s)), '^(t|true|y|yes|1)$', 'true'), '^(f|false|n|no|0)$', 'false');
CREATE OR REPLACE MACRO dbx_slow_date_text(s) AS
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(dbx_trimmed(s), '^(\d{4}-\d{1,2}-\d{1,2})[T ].*$', '\1'), '^(\d{4})-(\d{1,2})$', '\1-\2-01'),
        '^(\d{4})$', '\1-01-01'), '^(.*[^0-9-].*)$', '? \1', 's');
CREATE OR REPLACE MACRO dbx_date_text(s) AS
    CASE WHEN strlen(s) = 10 AND s[5] = '-' AND s[8] = '-' THEN s ELSE dbx_slow_date_text(s) END;
CREATE OR REPLACE MACRO dbx_slow_time_text(s) AS
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(dbx_trimmed(s), '^(.*/.*)$', '? \1', 's'), '^(\d{4})$', '\1-01-01'), '^(\d{4})-(\d{1,2})$', '\1-\2-01'),
        '^(\d{4}-\d{1,2}-\d{1,2})[T ](\d{1,2}:\d{1,2})(Z|[+-].*)?$', '\1 \2:00\3');
CREATE OR REPLACE MACRO dbx_time_text(s) AS
    CASE WHEN strlen(s) >= 19 AND s[5] = '-' AND s[8] = '-' AND s[14] = ':' AND s[17] = ':' THEN s ELSE dbx_slow_time_text(s) END;
CREATE OR REPLACE MACRO dbx_any_whole(x BIGINT) AS x, (x DOUBLE) AS trunc(x), (x VARCHAR) AS dbx_int_text(x), (x) AS x;

-- ---- numbers ----
CREATE OR REPLACE MACRO dbx_round(x, rounded) AS CASE WHEN abs(x) < 9007199254740992 THEN CAST(rounded AS DOUBLE) ELSE CAST(x AS DOUBLE) END;
CREATE OR REPLACE MACRO dbx_nanvl(x, y) AS CASE WHEN isnan(x) THEN y ELSE x END;
CREATE OR REPLACE MACRO dbx_sqrt(x) AS CASE WHEN x < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt(x) END;
CREATE OR REPLACE MACRO dbx_ln(x) AS CASE WHEN x > 0 THEN ln(x) END;
CREATE OR REPLACE MACRO dbx_log10(x) AS CASE WHEN x > 0 THEN log10(x) END;
CREATE OR REPLACE MACRO dbx_log2(x) AS CASE WHEN x > 0 THEN log2(x) END;
CREATE OR REPLACE MACRO dbx_log(b, x) AS CASE WHEN b > 0 AND x > 0 THEN ln(x) / ln(b) END;
CREATE OR REPLACE MACRO dbx_asin(x) AS CASE WHEN abs(x) > 1 THEN CAST('NaN' AS DOUBLE) ELSE asin(x) END;
CREATE OR REPLACE MACRO dbx_acos(x) AS CASE WHEN abs(x) > 1 THEN CAST('NaN' AS DOUBLE) ELSE acos(x) END;
CREATE OR REPLACE MACRO dbx_hypot(x, y) AS sqrt(x * x + y * y);
CREATE OR REPLACE MACRO dbx_factorial(n) AS CASE WHEN n BETWEEN 0 AND 20 THEN CAST(factorial(n) AS BIGINT) END;
CREATE OR REPLACE MACRO dbx_width_bucket(v, low, high, n) AS CASE
    WHEN n <= 0 OR low = high THEN NULL
    WHEN low < high THEN CASE WHEN v < low THEN 0 WHEN v >= high THEN n + 1 ELSE CAST(floor(n * (v - low) / (high - low)) AS BIGINT) + 1 END
    ELSE CASE WHEN v > low THEN 0 WHEN v <= high THEN n + 1 ELSE CAST(floor(n * (low - v) / (low - high)) AS BIGINT) + 1 END
END;

CREATE OR REPLACE MACRO dbx_not_nan(x) AS CASE WHEN NOT isnan(x) THEN x END;
CREATE OR REPLACE MACRO dbx_corr(x) AS CASE WHEN isnan(x) THEN error('[DIVIDE_BY_ZERO] corr: a column is constant') ELSE x END;

-- ---- text ----
CREATE OR REPLACE MACRO dbx_substring(s, p, n) AS (
    list_transform([{'s': s, 'n': CAST(n AS BIGINT), 'from': CASE WHEN p > 0 THEN p - 1 WHEN p < 0 THEN length(s) + p ELSE 0 * p END}],
        lambda _ss: substring(_ss.s, CAST(greatest(_ss."from", 0) + 1 AS BIGINT), CAST(greatest(_ss."from" + _ss.n - greatest(_ss."from", 0), 0) AS BIGINT)))
)[1];
CREATE OR REPLACE MACRO dbx_substring_index(s, d, n) AS CASE
    WHEN s IS NULL OR d IS NULL OR n IS NULL THEN NULL
    WHEN n = 0 OR d = '' THEN ''
    WHEN n > 0 THEN array_to_string(list_slice(string_split(s, d), 1, n), d)
    ELSE array_to_string(list_slice(string_split(s, d), greatest(len(string_split(s, d)) + n + 1, 1), len(string_split(s, d))), d)
END;
CREATE OR REPLACE MACRO dbx_locate(part, s, p) AS CASE
    WHEN part IS NULL OR s IS NULL OR p IS NULL THEN NULL
    WHEN p < 1 OR instr(substring(s, p), part) = 0 THEN 0
    ELSE CAST(instr(substring(s, p), part) + p - 1 AS INTEGER)
END;
CREATE OR REPLACE MACRO dbx_overlay(s, r, p, n) AS
    substring(s, 1, p - 1) || r || substring(s, p + CASE WHEN n < 0 THEN length(r) ELSE n END);
CREATE OR REPLACE MACRO dbx_initcap(s) AS
    array_to_string(list_transform(string_split(lower(s), ' '), lambda _ic: upper(_ic[1]) || substring(_ic, 2)), ' ');
CREATE OR REPLACE MACRO dbx_chr(n) AS CASE
    WHEN n < 0 THEN ''
    WHEN n & 255 = 0 THEN error('chr(0) is not supported')
    ELSE chr(CAST(n & 255 AS INTEGER))
END;
CREATE OR REPLACE MACRO dbx_split_part(s, d, n) AS split_part(s, d, CASE WHEN n = 0 THEN error('[INVALID_INDEX_OF_ZERO] the index 0 is invalid') ELSE n END);
CREATE OR REPLACE MACRO dbx_find_in_set(x, s) AS CASE
    WHEN x IS NULL OR s IS NULL THEN NULL
    WHEN contains(x, ',') THEN 0
    ELSE coalesce(CAST(list_position(string_split(s, ','), x) AS INTEGER), 0)
END;
CREATE OR REPLACE MACRO dbx_elt(n, l) AS CASE WHEN n < 1 OR n > len(l) THEN error('[INVALID_ARRAY_INDEX] elt: the index is out of bounds') ELSE list_extract(l, n) END;

-- ---- dates and times ----
-- Whole months from a to b as java.time counts them: by month, day and time of day, toward zero.
CREATE OR REPLACE MACRO dbx_months(a, b) AS (
    list_transform(
        list_transform([{'a': a, 'b': b}], lambda _mo1: {'a': CAST(_mo1.a AS DATE), 'b': CAST(_mo1.b AS DATE) + CASE
            WHEN CAST(_mo1.b AS DATE) > CAST(_mo1.a AS DATE) AND CAST(_mo1.b AS TIME) < CAST(_mo1.a AS TIME) THEN -1
            WHEN CAST(_mo1.b AS DATE) < CAST(_mo1.a AS DATE) AND CAST(_mo1.b AS TIME) > CAST(_mo1.a AS TIME) THEN 1
            ELSE 0 END}),
        lambda _mo2: ((year(_mo2.b) * 12 + month(_mo2.b)) * 32 + day(_mo2.b) - (year(_mo2.a) * 12 + month(_mo2.a)) * 32 - day(_mo2.a)) // 32)
)[1];
CREATE OR REPLACE MACRO dbx_months_between(a, b) AS (
    list_transform([{'a': a, 'b': b}], lambda _mb: CASE
        WHEN _mb.a IS NULL OR _mb.b IS NULL THEN NULL
        WHEN day(_mb.a) = day(_mb.b) OR (last_day(_mb.a) = CAST(_mb.a AS DATE) AND last_day(_mb.b) = CAST(_mb.b AS DATE))
            THEN CAST((year(_mb.a) * 12 + month(_mb.a)) - (year(_mb.b) * 12 + month(_mb.b)) AS DOUBLE)
        ELSE round((year(_mb.a) * 12 + month(_mb.a)) - (year(_mb.b) * 12 + month(_mb.b))
            + (day(_mb.a) * 86400 + hour(_mb.a) * 3600 + minute(_mb.a) * 60 + second(_mb.a)
               - day(_mb.b) * 86400 - hour(_mb.b) * 3600 - minute(_mb.b) * 60 - second(_mb.b)) / 2678400.0::DOUBLE, 8)
    END)
)[1];
CREATE OR REPLACE MACRO dbx_week_day(name) AS CASE
    WHEN regexp_full_match(upper(name), 'MO|MON|MONDAY') THEN 1
    WHEN regexp_full_match(upper(name), 'TU|TUE|TUESDAY') THEN 2
    WHEN regexp_full_match(upper(name), 'WE|WED|WEDNESDAY') THEN 3
    WHEN regexp_full_match(upper(name), 'TH|THU|THURSDAY') THEN 4
    WHEN regexp_full_match(upper(name), 'FR|FRI|FRIDAY') THEN 5
    WHEN regexp_full_match(upper(name), 'SA|SAT|SATURDAY') THEN 6
    WHEN regexp_full_match(upper(name), 'SU|SUN|SUNDAY') THEN 7
    WHEN name IS NULL THEN NULL
    ELSE error('[ILLEGAL_DAY_OF_WEEK] next_day: unknown day of the week')
END;
CREATE OR REPLACE MACRO dbx_next_day(d, name) AS d + CAST((dbx_week_day(name) - isodow(d) + 6) % 7 + 1 AS INTEGER);
CREATE OR REPLACE MACRO dbx_date_trunc(unit, t) AS
    date_trunc(CASE lower(unit) WHEN 'yyyy' THEN 'year' WHEN 'yy' THEN 'year' WHEN 'mm' THEN 'month' WHEN 'mon' THEN 'month' WHEN 'dd' THEN 'day' ELSE lower(unit) END, t);
CREATE OR REPLACE MACRO dbx_day_sequence(a, b) AS
    CASE WHEN a <= b THEN generate_series(a, b, INTERVAL 1 DAY) WHEN a > b THEN generate_series(a, b, to_days(-1)) END;

-- ---- arrays and maps ----
CREATE OR REPLACE MACRO dbx_sequence(a, b) AS CASE WHEN a <= b THEN generate_series(a, b, 1) WHEN a > b THEN generate_series(a, b, -1) END;
CREATE OR REPLACE MACRO dbx_step_sequence(a, b, step) AS CASE
    WHEN a IS NULL OR b IS NULL OR step IS NULL THEN NULL
    WHEN (step > 0 AND a > b) OR (step < 0 AND a < b) OR (step = 0 AND a <> b) THEN error('[ILLEGAL_SEQUENCE] sequence: the step leads away from the end')
    WHEN step = 0 THEN [CAST(a AS BIGINT)]
    ELSE generate_series(a, b, step)
END;
CREATE OR REPLACE MACRO dbx_has_null(l) AS len(list_filter(l, lambda _hn: _hn IS NULL)) > 0;
CREATE OR REPLACE MACRO dbx_array_contains(l, v) AS CASE
    WHEN l IS NULL OR v IS NULL THEN NULL
    WHEN list_contains(l, v) THEN true
    WHEN dbx_has_null(l) THEN NULL
    ELSE false
END;
CREATE OR REPLACE MACRO dbx_array_distinct(l) AS list_filter(l, lambda _ad, _ai: list_position(l, _ad) = _ai);
CREATE OR REPLACE MACRO dbx_array_position(l, v) AS CASE WHEN l IS NULL OR v IS NULL THEN NULL ELSE CAST(coalesce(list_position(l, v), 0) AS BIGINT) END;
CREATE OR REPLACE MACRO dbx_array_remove(l, v) AS CASE WHEN v IS NULL THEN NULL ELSE list_filter(l, lambda _ar: _ar IS DISTINCT FROM v) END;
CREATE OR REPLACE MACRO dbx_array_repeat(v, n) AS CASE WHEN n IS NULL THEN NULL ELSE list_transform(range(greatest(n, 0)), lambda _rp: v) END;
CREATE OR REPLACE MACRO dbx_array_intersect(x, y) AS CASE
    WHEN x IS NULL OR y IS NULL THEN NULL ELSE dbx_array_distinct(list_filter(x, lambda _it: coalesce(list_position(y, _it), 0) > 0)) END;
CREATE OR REPLACE MACRO dbx_array_except(x, y) AS CASE
    WHEN x IS NULL OR y IS NULL THEN NULL ELSE dbx_array_distinct(list_filter(x, lambda _ex: coalesce(list_position(y, _ex), 0) = 0)) END;
CREATE OR REPLACE MACRO dbx_array_append(l, v) AS CASE WHEN l IS NULL THEN NULL ELSE list_append(l, v) END;
CREATE OR REPLACE MACRO dbx_array_prepend(l, v) AS CASE WHEN l IS NULL THEN NULL ELSE list_prepend(v, l) END;
CREATE OR REPLACE MACRO dbx_arrays_overlap(x, y) AS CASE
    WHEN x IS NULL OR y IS NULL THEN NULL
    WHEN len(list_filter(x, lambda _ov: _ov IS NOT NULL AND list_contains(y, _ov))) > 0 THEN true
    WHEN len(x) > 0 AND len(y) > 0 AND (dbx_has_null(x) OR dbx_has_null(y)) THEN NULL
    ELSE false
END;
CREATE OR REPLACE MACRO dbx_array_get(l, i) AS CASE WHEN i >= 0 THEN list_extract(l, i + 1) END;
CREATE OR REPLACE MACRO dbx_array_item(l, i) AS CASE
    WHEN i < 0 OR i >= len(l) THEN error('[INVALID_ARRAY_INDEX] the index is out of bounds of the array: use get(array, index), which gives NULL')
    ELSE list_extract(l, i + 1)
END;
CREATE OR REPLACE MACRO dbx_element_at(l, i) AS CASE
    WHEN i = 0 AND l IS NOT NULL THEN error('[INVALID_INDEX_OF_ZERO] element_at: the first index is 1')
    WHEN abs(i) > len(l) THEN error('[INVALID_ARRAY_INDEX_IN_ELEMENT_AT] the index is out of bounds of the array: use try_element_at, which gives NULL')
    ELSE list_extract(l, i)
END;
CREATE OR REPLACE MACRO dbx_try_element_at(l, i) AS CASE
    WHEN i = 0 AND l IS NOT NULL THEN error('[INVALID_INDEX_OF_ZERO] try_element_at: the first index is 1') ELSE list_extract(l, i) END;
CREATE OR REPLACE MACRO dbx_flatten(l) AS CASE WHEN dbx_has_null(l) THEN NULL ELSE flatten(l) END;
CREATE OR REPLACE MACRO dbx_slice(l, start, n) AS CASE
    WHEN l IS NULL OR start IS NULL OR n IS NULL THEN NULL
    WHEN start = 0 THEN error('[INVALID_PARAMETER_VALUE.START] slice: the first index is 1')
    WHEN n < 0 THEN error('[INVALID_PARAMETER_VALUE.LENGTH] slice: the length is negative')
    WHEN start < 0 AND len(l) + start < 0 THEN list_slice(l, 1, 0)
    WHEN start < 0 THEN list_slice(l, len(l) + start + 1, len(l) + start + n)
    ELSE list_slice(l, start, start + n - 1)
END;
CREATE OR REPLACE MACRO dbx_any(l) AS list_reduce(l, lambda _an1, _an2: _an1 OR _an2, false);
CREATE OR REPLACE MACRO dbx_all(l) AS list_reduce(l, lambda _al1, _al2: _al1 AND _al2, true);
CREATE OR REPLACE MACRO dbx_outer(l) AS CASE WHEN len(l) > 0 THEN l ELSE [NULL] END;
CREATE OR REPLACE MACRO dbx_str_to_map(s, pairs, middle) AS
    map_from_entries(list_transform(string_split(s, pairs), lambda _sm: {'key': split_part(_sm, middle, 1),
        'value': CASE WHEN contains(_sm, middle) THEN substring(_sm, instr(_sm, middle) + length(middle)) END}));

-- ---- JSON: what is not JSON gives NULL ----
CREATE OR REPLACE MACRO dbx_get_json_object(s, path) AS CASE WHEN json_valid(s) THEN json_extract_string(s, path) END;
CREATE OR REPLACE MACRO dbx_json_array_length(s) AS
    CASE WHEN json_valid(s) THEN CASE WHEN json_type(s) = 'ARRAY' THEN CAST(json_array_length(s) AS INTEGER) END END;
CREATE OR REPLACE MACRO dbx_json_object_keys(s) AS CASE WHEN json_valid(s) THEN CASE WHEN json_type(s) = 'OBJECT' THEN json_keys(s) END END;
CREATE OR REPLACE MACRO dbx_json(s) AS CASE WHEN json_valid(s) THEN CAST(s AS JSON) ELSE CAST('null' AS JSON) END;
CREATE OR REPLACE MACRO dbx_not_null(x, y) AS CASE WHEN x IS NOT NULL THEN y END;

-- ---- the simulator: shapes of a hash (src/sql/functions.c, sim_..) ----
-- Sum of three uniforms, centred and scaled: mean 0, standard deviation 1, within -3 and 3.
CREATE OR REPLACE MACRO sim_bell(h) AS
    (CAST((h & 2097151) + ((h >> 21) & 2097151) + ((h >> 42) & 2097151) AS DOUBLE) / 2097152.0::DOUBLE - 1.5::DOUBLE) * 2.0::DOUBLE;
CREATE OR REPLACE MACRO sim_hex16(h) AS lower(to_hex(h | 1152921504606846976));
CREATE OR REPLACE MACRO sim_hex32(h) AS lower(concat(to_hex(h | 1152921504606846976), to_hex(hash(h) | 1152921504606846976)));
CREATE OR REPLACE MACRO sim_dashed(h) AS
    lower(concat(to_hex((h >> 32) | 268435456), '-', to_hex(((h >> 16) & 65535) | 4096), '-4', to_hex((h & 4095) | 256), '-a',
        to_hex((hash(h) >> 52) | 256), '-', to_hex((hash(h) & 281474976710655) | 17592186044416)));
