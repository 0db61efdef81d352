/* See request_keys.h. */
#include "core/host/request_keys.h"

#include "core/base/error.h"
#include "core/config/value.h"
#include "core/host/findings.h"

static const char *const http_versions[] = {"1.1", "2", NULL};

const struct affn_option request_keys_table[] = {
    AFFN_OPT_PATH(struct request_keys, ca_file, 0, NULL,
                  "A PEM file of certificates to trust beside the system's."),
    AFFN_OPT_PATH(struct request_keys, client_certificate, 0, NULL,
                  "A PEM file of the certificate to show to the far side."),
    AFFN_OPT_PATH(struct request_keys, client_key, 0, NULL,
                  "A PEM file of that certificate's key, when it is not in the same file."),
    AFFN_OPT_URL(struct request_keys, proxy, 0, NULL,
                 "The proxy to go through, such as http://proxy:3128; none when left out."),
    AFFN_OPT_CHOICE(struct request_keys, http_version, 0, "1.1", http_versions,
                    "The HTTP version to speak."),
};

const uint32_t request_keys_count = AFFN_COUNT(request_keys_table);

void request_keys_check(const struct request_keys *keys, struct findings *findings)
{
    if (keys->client_key && !keys->client_certificate)
        findings_add(findings, "client_key", "needs client_certificate beside it");
    struct error error;
    if (keys->proxy && value_url(keys->proxy, "http https socks5 socks5h", &error) < 0)
        findings_add(findings, "proxy", "%s", error.text);
}
