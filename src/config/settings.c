#include "config/config.h"

#define GIB 1073741824.0
#define DAY 86400.0

/* Columns: key, type, default, min, max, choices, help. Bytes take KiB, MiB, GiB (or KB, MB, GB); durations ms, s, m, h, d,
 * w (7 d) and y (365 d). */
const struct setting config_settings[] = {
    {"account_id", SETTING_TEXT, "", 0, 0, NULL, "account that rows of sources without an account are given"},
    {"workspace_id", SETTING_TEXT, "spark", 0, 0, NULL, "workspace that rows of Spark event logs are given, unless their source names one"},
    {"catalog", SETTING_TEXT, "secchi", 0, 0, NULL, "name of the catalogue that holds all schemas"},
    {"timezone", SETTING_TEXT, "UTC", 0, 0, NULL, "zone of business hours and schedules; storage and API are always UTC"},
    {"engine.kind", SETTING_ENUM, "duckdb", 0, 0, "duckdb", "engine that holds the warehouse"},
    {"engine.memory_limit", SETTING_BYTES, "0", 0, 1024 * GIB, NULL,
     "memory of the engine; 0 takes a quarter of the machine, 1 GiB at the least"},
    {"engine.threads", SETTING_INT, "0", 0, 1024, NULL, "threads of the engine; 0 takes one a core"},
    {"engine.temp_limit", SETTING_BYTES, "10 GiB", 0, 1024 * 1024 * GIB, NULL, "disk that the engine may spill to"},
    {"server.host", SETTING_TEXT, "127.0.0.1", 0, 0, NULL, "address that `secchi serve` listens on"},
    {"server.port", SETTING_INT, "8000", 0, 65535, NULL, "port that `secchi serve` listens on; 0 takes a free one"},
    {"server.mode", SETTING_ENUM, "development", 0, 0, "development|production",
     "development asks no token on loopback; production always does"},
    {"server.threads", SETTING_INT, "4", 1, 256, NULL, "threads that answer requests"},
    {"server.tls_certificate", SETTING_PATH, "", 0, 0, NULL, "PEM file with the certificate chain; with server.tls_key it turns TLS on"},
    {"server.tls_key", SETTING_PATH, "", 0, 0, NULL, "PEM file with the private key"},
    {"rate_limit.read", SETTING_INT, "600", 0, 1000000, NULL, "requests a minute and token that look something up; 0 means no limit"},
    {"rate_limit.query", SETTING_INT, "600", 0, 1000000, NULL, "requests a minute and token that run a statement; 0 means no limit"},
    {"rate_limit.change", SETTING_INT, "120", 0, 1000000, NULL, "requests a minute and token that change something; 0 means no limit"},
    {"query.timeout", SETTING_DURATION, "60s", 0.001, DAY, NULL, "longest run of one statement of a person"},
    {"query.max_rows", SETTING_INT, "100000", 1, 1e9, NULL, "rows that one statement of a person may return"},
    {"query.concurrency", SETTING_INT, "8", 1, 256, NULL, "statements of people that run at the same time; more wait"},
    {"ingest.lookback", SETTING_DURATION, "0s", 0, 36500 * DAY, NULL,
     "age of the oldest rows that the first run loads, by event time; 0s loads all"},
    {"ingest.retention", SETTING_DURATION, "0s", 0, 36500 * DAY, NULL,
     "age after which bronze rows are deleted, by event time; 0s keeps all"},
    {"ingest.batch_bytes", SETTING_BYTES, "1 GiB", 1048576, 1024 * GIB, NULL,
     "input bytes of one table that are loaded in one transaction"},
    {"budget.monthly", SETTING_FLOAT, "100000", 0, 1e12, NULL,
     "what usage of a calendar month may cost, in the currency of the list prices"},
    {"budget.job_day", SETTING_FLOAT, "500", 0, 1e12, NULL, "what one job may cost a day"},
    {"budget.untagged_day", SETTING_FLOAT, "1000", 0, 1e12, NULL, "what usage without tags may cost a day"},
    {"business_hours.start", SETTING_INT, "7", 0, 23, NULL, "hour of the day, in timezone, at which business hours begin"},
    {"business_hours.end", SETTING_INT, "19", 1, 24, NULL, "hour of the day, in timezone, before which they end"},
    {"log.level", SETTING_ENUM, "info", 0, 0, "error|warn|info|debug", "least severe lines that the log keeps"},
};
const size_t config_setting_count = ARRAY_LEN(config_settings);
