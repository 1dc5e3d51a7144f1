/*
 * Private to the Spark engine: a client of Spark Connect, gRPC over HTTP/2 by libcurl.
 *
 * An address is what all connections share; a session is one connection: its settings and temporary views are its own. A session runs
 * one statement at a time and is used by one thread at a time, spark_session_interrupt excepted.
 *
 * Statements are reattachable: when the connection breaks, or the server ends the stream as it does every two minutes, the session takes
 * the statement up behind the last answer that it has. Nothing runs twice by that: a statement is sent again only when the server says
 * that it never got it.
 *
 * Answers are pulled: of a result at most some megabytes are held (the window of HTTP/2 and one message of at most LIMIT_ANSWER).
 *
 * Errors: ERROR_UNAVAILABLE (nobody listens, TLS does not come about, the server went away), ERROR_DENIED (the token is refused),
 * ERROR_FORBIDDEN, ERROR_NOT_FOUND (a table is not there), ERROR_INTERRUPTED, ERROR_LIMIT, else ERROR_ENGINE with the text of Spark, and
 * where = "line:column" of the statement when Spark tells it.
 */
#ifndef SECCHI_ENGINE_SPARK_CONNECT_H
#define SECCHI_ENGINE_SPARK_CONNECT_H

#include "engine/spark/proto.h"

#define LIMIT_ANSWER (256u << 20)  /* bytes of one message of an answer */
#define LIMIT_REQUEST (120u << 20) /* bytes of one request: Spark takes 128 MiB */

/* ---- addresses ---------------------------------------------------------------------------------------------- */

struct spark_address {
    const char *host; /* as in a URL: an IPv6 one in brackets */
    int port;
    bool tls;
    const char *token;   /* NULL: none. Never in an error */
    const char *user_id; /* NULL: the user of the process */
    const char *user_agent;
    const char *ca_file; /* NULL: the system's */
    const char *(*headers)[2];
    size_t header_count;
};
/* Reads sc://HOST[:PORT][/;use_ssl=true;token=..;user_id=..;user_agent=..;HEADER=..] as Spark's clients do; values are
 * percent-encoded. The port is 15002 unless given; a token turns TLS on except for loopback, and is never sent elsewhere without it.
 * token and ca_file (NULL or "": none) go before those of the url. ERROR_USAGE. */
int spark_address_parse(const char *url, const char *token, const char *ca_file, struct arena *a, struct spark_address *ret,
                        struct error *err) MUST_CHECK;

/* ---- sessions ------------------------------------------------------------------------------------------------- */

struct spark_session;
/* Opens a session and gives it settings (names and values). cancel may be NULL. */
int spark_session_open(const struct spark_address *address, const char *const (*settings)[2], size_t setting_count,
                       struct spark_session **ret, struct error *err) MUST_CHECK;
void spark_session_close(struct spark_session *s); /* ends what still runs; NULL is fine */
int spark_session_version(struct spark_session *s, struct arena *a, const char **ret, struct error *err) MUST_CHECK;
/* Sets settings of the session; between statements. */
int spark_session_set(struct spark_session *s, const char *const (*pairs)[2], size_t count, struct error *err) MUST_CHECK;
void spark_uuid(char ret[37]); /* a new one, at random */
/* Columns of the result of a query, and of a table or view by its name as SQL text. */
int spark_session_schema(struct spark_session *s, const struct spark_plan *query, struct arena *a, struct engine_column **ret,
                         size_t *ret_count, struct error *err) MUST_CHECK;
int spark_session_table(struct spark_session *s, const char *table, struct arena *a, struct engine_column **ret, size_t *ret_count,
                        struct error *err) MUST_CHECK;

/* Sends a statement; its answers are then taken by spark_next until *ret_end, or spark_end stops it. What an answer points to lives
 * until the next call. */
int spark_begin(struct spark_session *s, const struct spark_plan *plan, struct error *err) MUST_CHECK;
int spark_next(struct spark_session *s, struct spark_response *ret, bool *ret_end, struct error *err) MUST_CHECK;
void spark_end(struct spark_session *s); /* what still runs is interrupted; without a statement it does nothing */
/* From any thread: the running statement ends with ERROR_INTERRUPTED, or nothing happens when none runs. */
void spark_session_interrupt(struct spark_session *s);
bool spark_session_interrupted(struct spark_session *s); /* since spark_begin */
double spark_session_progress(struct spark_session *s);  /* of the running statement, by its tasks, 0..1; -1 unknown. From any thread */

#endif
