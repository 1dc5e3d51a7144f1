/*
 * server - the owner of a home and its HTTP API: routing, rate limits, caching, events, the page; one file per group of routes.
 *
 * One owner: whoever holds flock on <home>/owner.lock owns the warehouse and the state store and serves the API on a Unix socket
 * (same user = administrator) as long as it lives; `secchi serve` adds a TCP port. Every other command is a client of the socket.
 * The flock decides, never a stale socket. The socket lies in $XDG_RUNTIME_DIR or /tmp/secchi-<uid> (0700) under a hash of the home.
 *
 * All routes are rows of one table (method, path, parameters with types, ranges and defaults, role, help, handler): parsing,
 * 422 answers, permission check and OpenAPI 3.1 come from it. A route without a role does not compile.
 */
#ifndef SECCHI_SERVER_H
#define SECCHI_SERVER_H

#include "base/base.h"
#include "config/config.h"

struct owner;

/* Takes the home's lock and opens everything: engine, packs, state, schedule, semantic; serves the socket. ERROR_CONFLICT when
 * another process owns the home (not an error for a client: it connects to the socket). packs: --packs or NULL. */
int owner_open(const struct config *config, const char *packs, struct owner **ret, struct error *err) MUST_CHECK;
/* Waits for running requests of others (up to 10 s, then interrupts them), checkpoints, removes the socket, drops the lock last. */
void owner_close(struct owner *o);
/* Also listens on host:port with the page (web_dir NULL: the built-in one). port 0: any; *ret_port is the one taken. */
int owner_listen(struct owner *o, const char *host, int port, const char *web_dir, int *ret_port, struct error *err) MUST_CHECK;
bool owner_stop_requested(const struct owner *o); /* POST /api/v1/stop was called */
/* Path of the socket of a home, in the arena, and whether somebody owns it now (flock). */
const char *owner_socket_path(const char *home, struct arena *a);
bool owner_exists(const char *home);

/* ---- the client half: how every command reaches the owner ------------------------------------------------------- */

struct client;

/* Connects to the owner of the home; where there is none, becomes the owner in this process and talks to itself through the
 * socket, so that there is one way. An owner that is just ending is waited for, then its place is taken. */
int client_open(const struct config *config, const char *packs, struct client **ret, struct error *err) MUST_CHECK;
/* Only connects; ERROR_UNAVAILABLE when nobody owns the home (stop, status of a stopped home). */
int client_connect(const struct config *config, struct client **ret, struct error *err) MUST_CHECK;
void client_close(struct client *c); /* and the owner, when this process became it */

/* One request. The bytes of a good answer go to put (NULL: dropped) as they come; an answer of status >= 400 becomes err (kind,
 * what, where, hint as the server said them). body NULL: none; else JSON. cancel: the request is closed, which ends the statement
 * at the server, and ERROR_INTERRUPTED returned. */
typedef int client_put_fn(void *context, const void *data, size_t len);
int client_request(struct client *c, const char *method, const char *path, const char *body, client_put_fn *put, void *context,
                   const struct cancel *cancel, struct error *err) MUST_CHECK;
/* Whether the rows of the last good answer of client_request were cut by a limit (the caller should say so). */
bool client_truncated(const struct client *c);
/* The whole answer as text in the arena. */
int client_get(struct client *c, const char *method, const char *path, const char *body, struct arena *a, const char **ret_text,
               struct error *err) MUST_CHECK;
/* Reads the events of a run until it has ended; each event's JSON object goes to on_event. On cancel the run is cancelled (DELETE) and
 * reading goes on until it has ended. */
int client_events(struct client *c, int64_t run_id, void (*on_event)(void *context, const char *json, size_t len), void *context,
                  const struct cancel *cancel, struct error *err) MUST_CHECK;

/* The OpenAPI 3.1 document of the route table, malloc'd. */
char *server_openapi(void);
/* The reference of the API as Markdown (docs/api.md), malloc'd. */
char *server_reference(void);

#endif
