-- State store, version 1. One row a thing; times are microseconds since 1970-01-01T00:00:00Z, 0 means "not yet" or "never".

CREATE TABLE run (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL,
    requested_by  TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    created_us    INTEGER NOT NULL,
    started_us    INTEGER NOT NULL DEFAULT 0,
    ended_us      INTEGER NOT NULL DEFAULT 0,
    error         TEXT,
    options       TEXT    NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE step (
    run_id        INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    seq           INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    started_us    INTEGER NOT NULL,
    ended_us      INTEGER NOT NULL,
    rows_in       INTEGER NOT NULL,
    rows_changed  INTEGER NOT NULL,
    rows_rejected INTEGER NOT NULL,
    error         TEXT,
    PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    tenant     TEXT,
    lookup     TEXT    NOT NULL UNIQUE,
    salt       BLOB    NOT NULL,
    digest     BLOB    NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL DEFAULT 0,
    revoked_us INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_us   INTEGER NOT NULL,
    user    TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    object  TEXT    NOT NULL,
    detail  TEXT,
    allowed INTEGER NOT NULL
) STRICT;

CREATE TABLE fact (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
