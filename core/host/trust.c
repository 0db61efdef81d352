/* See trust.h. */
#include "core/host/trust.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/file.h"

#define BUNDLE_BYTES_MAX (16 * 1024 * 1024) /* Debian's has 220 KiB */

static int read_both(const char *ca_file, struct buffer *both, struct error *error)
{
    if (file_read(ca_file, both, error) < 0)
        return -1;
    if (!strstr(both->data, "-----BEGIN CERTIFICATE-----") &&
        !strstr(both->data, "-----BEGIN TRUSTED CERTIFICATE-----"))
        return error_set(error, "%s: holds no certificate in PEM form", ca_file);
    const char *system = curl_version_info(CURLVERSION_NOW)->cainfo;
    struct error ignored; /* a machine without such a bundle trusts ca_file alone */
    buffer_add_text(both, "\n");
    if (system && access(system, R_OK) == 0)
        file_read(system, both, &ignored);
    return 0;
}

int trust_init(struct trust *trust, const char *ca_file, struct error *error)
{
    *trust = (struct trust){.fd = -1};
    if (!ca_file)
        return 0;
    struct buffer both;
    buffer_init(&both, BUNDLE_BYTES_MAX);
    int result = read_both(ca_file, &both, error);
    if (result == 0) {
        trust->fd = memfd_create("trust", MFD_CLOEXEC);
        if (trust->fd < 0 || file_write_all(trust->fd, both.data, both.len) < 0)
            result = error_set_errno(error, "a file in memory");
        snprintf(trust->path, sizeof trust->path, "/proc/self/fd/%d", trust->fd);
    }
    buffer_finish(&both);
    return result;
}

/* A zeroed struct has no path and must not close fd 0. */
void trust_finish(struct trust *trust)
{
    if (trust->path[0] && trust->fd >= 0)
        close(trust->fd);
    *trust = (struct trust){.fd = -1};
}
