/* See request_keys.h. */
#include "core/host/request_keys.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/config/value.h"
#include "core/host/blot.h"
#include "core/host/findings.h"
#include "core/host/sentences.h"

static const char schemes[] = "http https socks5 socks5h";

static const char *const http_versions[] = {"1.1", "2", NULL};

const struct affn_option request_keys_table[] = {
    AFFN_OPT_PATH(struct request_keys, ca_file, 0, NULL,
                  "A PEM file of certificates to trust beside the system's."),
    AFFN_OPT_PATH(struct request_keys, client_certificate, 0, NULL,
                  "A PEM file of the certificate to show to the far side."),
    AFFN_OPT_PATH(struct request_keys, client_key, 0, NULL,
                  "A PEM file of that certificate's key, when it is not in the same file."),
    AFFN_OPT_STRING(struct request_keys, proxy, 0, NULL,
                    "The proxy to go through, such as http://proxy:3128; none when left out."),
    AFFN_OPT_CHOICE(struct request_keys, http_version, 0, "1.1", http_versions,
                    "The HTTP version to speak."),
};

const uint32_t request_keys_count = AFFN_COUNT(request_keys_table);

/*
 * A proxy's user and password stand in its URL, where no other key's may: it has no keys for them.
 */
static int check_proxy(const char *proxy, struct error *error)
{
    const char *start = strstr(proxy, "://");
    const char *at = start ? strchr(start, '@') : NULL;
    if (!at)
        return value_url(proxy, schemes, error);
    char *plain = memory_format("%.*s%s", (int)(start + 3 - proxy), proxy, at + 1);
    int result = value_url(plain, schemes, error);
    free(plain);
    return result;
}

void request_keys_check(const struct request_keys *keys, struct findings *findings,
                        struct blot *secrets)
{
    if (keys->client_key && !keys->client_certificate)
        findings_add(findings, "client_key", SAY_CLIENT_KEY_ALONE);
    if (!keys->proxy)
        return;
    struct error error;
    blot_add_userinfo(secrets, keys->proxy);
    if (check_proxy(keys->proxy, &error) < 0)
        findings_add(findings, "proxy", "%s", error.text);
}
