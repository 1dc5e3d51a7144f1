#include "state/store.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/random.h>

/* A token is "secchi_" + 8 hex digits that find its row + "_" + 64 hex digits. Only SHA-256(salt, token) is stored: 256 random
 * bits need no slow hash. */

#define SALT_BYTES 16
#define DIGEST_BYTES 32

static int random_bytes(void *data, size_t len, struct error *err)
{
    if (getrandom(data, len, 0) != (ssize_t)len)
        return error_set(err, ERROR_INTERNAL, "the system gave no random bytes");
    return 0;
}

static int digest_of(const void *salt, const char *secret, unsigned char ret[DIGEST_BYTES], struct error *err)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) && EVP_DigestUpdate(ctx, salt, SALT_BYTES) &&
              EVP_DigestUpdate(ctx, secret, strlen(secret)) && EVP_DigestFinal_ex(ctx, ret, NULL);
    EVP_MD_CTX_free(ctx);
    return ok ? 0 : error_set(err, ERROR_INTERNAL, "SHA-256 failed");
}

int state_token_create(struct state *s, const char *name, const char *role, const char *tenant, int64_t expires_us, struct arena *a,
                       const char **ret_secret, struct error *err)
{
    STATE_LOCKED(s);
    unsigned char lookup[4], key[32], salt[SALT_BYTES], digest[DIGEST_BYTES];
    char lookup_hex[9], key_hex[65];
    int rc = random_bytes(lookup, sizeof(lookup), err);
    if (!rc)
        rc = random_bytes(key, sizeof(key), err);
    if (!rc)
        rc = random_bytes(salt, sizeof(salt), err);
    if (rc)
        return rc;
    hex_encode(lookup, sizeof(lookup), lookup_hex);
    hex_encode(key, sizeof(key), key_hex);
    const char *secret = arena_printf(a, "secchi_%s_%s", lookup_hex, key_hex);
    rc = digest_of(salt, secret, digest, err);
    if (!rc)
        rc = state_run_sql(
            s, err,
            "INSERT INTO token (name, role, tenant, lookup, salt, digest, created_us, expires_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            "ttttbbii", name, role, tenant, lookup_hex, (const void *)salt, SALT_BYTES, (const void *)digest, DIGEST_BYTES, clock_real_us(),
            expires_us);
    if (!rc)
        *ret_secret = secret;
    return rc;
}

#define TOKEN_COLUMNS "SELECT id, name, role, tenant, created_us, expires_us, revoked_us, salt, digest FROM token "

static void fill_token(struct arena *a, sqlite3_stmt *row, struct state_token *t)
{
    *t = (struct state_token){
        .id = sqlite3_column_int64(row, 0),
        .name = state_column(a, row, 1),
        .role = state_column(a, row, 2),
        .tenant = state_column(a, row, 3),
        .created_us = sqlite3_column_int64(row, 4),
        .expires_us = sqlite3_column_int64(row, 5),
        .revoked_us = sqlite3_column_int64(row, 6),
    };
}

static int denied(struct error *err)
{
    error_set(err, ERROR_DENIED, "the token is not known, has expired or was revoked");
    error_hint(err, "an administrator makes one with `secchi token create`");
    return ERROR_DENIED;
}

int state_token_find(struct state *s, const char *secret, struct arena *a, struct state_token *ret, struct error *err)
{
    STATE_LOCKED(s);
    char lookup[9] = "";
    if (!str_starts(secret, "secchi_") || strlen(secret) != 7 + 8 + 1 + 64)
        return denied(err);
    memcpy(lookup, secret + 7, 8);
    sqlite3_stmt *row CLEANUP(state_finalize) = NULL;
    int rc = state_prepare(s, &row, err, TOKEN_COLUMNS "WHERE lookup = ?1", "t", lookup);
    if (rc)
        return rc;
    int step = sqlite3_step(row);
    if (step == SQLITE_DONE)
        return denied(err);
    if (step != SQLITE_ROW || sqlite3_column_bytes(row, 7) != SALT_BYTES || sqlite3_column_bytes(row, 8) != DIGEST_BYTES)
        return state_failed(s, "read", err);
    unsigned char digest[DIGEST_BYTES];
    if ((rc = digest_of(sqlite3_column_blob(row, 7), secret, digest, err)))
        return rc;
    struct state_token t;
    fill_token(a, row, &t);
    bool same = CRYPTO_memcmp(digest, sqlite3_column_blob(row, 8), DIGEST_BYTES) == 0;
    if (!same || t.revoked_us || (t.expires_us && t.expires_us <= clock_real_us()))
        return denied(err);
    *ret = t;
    return 0;
}

int state_tokens(struct state *s, struct arena *a, struct state_token **ret, size_t *ret_count, struct error *err)
{
    STATE_LOCKED(s);
    sqlite3_stmt *row CLEANUP(state_finalize) = NULL;
    int rc = state_prepare(s, &row, err, TOKEN_COLUMNS "ORDER BY id", "");
    if (rc)
        return rc;
    VEC(struct state_token) tokens = {0};
    int step;
    while ((step = sqlite3_step(row)) == SQLITE_ROW)
        fill_token(a, row, VEC_ADD(&tokens));
    *ret = VEC_COPY(a, &tokens);
    *ret_count = tokens.len;
    VEC_FREE(&tokens);
    return step == SQLITE_DONE ? 0 : state_failed(s, "read", err);
}

int state_token_revoke(struct state *s, int64_t id, struct error *err)
{
    STATE_LOCKED(s);
    int rc = state_run_sql(s, err, "UPDATE token SET revoked_us = ?2 WHERE id = ?1 AND revoked_us = 0", "ii", id, clock_real_us());
    if (!rc && sqlite3_changes(s->db) == 0)
        return error_set(err, ERROR_NOT_FOUND, "there is no token %lld that could be revoked", (long long)id);
    return rc;
}
