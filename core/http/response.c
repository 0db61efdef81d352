/* See response.h. */
#include "core/http/response.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/buffer.h"
#include "core/http/fault.h"

void response_date(long long unix_seconds, char date[RESPONSE_DATE_SIZE])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)unix_seconds;
    struct tm tm;
    gmtime_r(&seconds, &tm); /* not strftime, which speaks the locale's language */
    snprintf(date, RESPONSE_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
             days + 3 * tm.tm_wday, (unsigned)tm.tm_mday % 100, months + 3 * tm.tm_mon,
             (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
             (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

void response_write(struct buffer *out, const struct response *response, const char *date)
{
    int failed = buffer_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", response->status,
                               fault_reason(response->status), date);
    if (response->status == 401)
        failed |= buffer_add_text(out, "WWW-Authenticate: Bearer realm=\"affnotify\"\r\n");
    if (response->allow)
        failed |= buffer_printf(out, "Allow: %s\r\n", response->allow);
    if (response->retry_after_s > 0)
        failed |= buffer_printf(out, "Retry-After: %d\r\n", response->retry_after_s);
    if (response->content_type)
        failed |= buffer_printf(out, "Content-Type: %s\r\n", response->content_type);
    if (response->closes)
        failed |= buffer_add_text(out, "Connection: close\r\n");
    failed |= buffer_printf(out, "Content-Length: %zu\r\n\r\n", response->body_bytes);
    if (!response->without_content)
        failed |= buffer_add(out, response->body, response->body_bytes);
    assert(failed == 0);
    (void)failed;
}

char *response_problem(int status, const char *detail, json_t *more)
{
    json_t *problem = json_pack("{s:s,s:s,s:i,s:s}", "type", "about:blank", "title",
                                fault_reason(status), "status", status, "detail", detail);
    assert(problem); /* details are UTF-8: ours, or out of the bus's JSON */
    if (more)
        json_object_update(problem, more);
    json_decref(more);
    char *text = json_dumps(problem, JSON_COMPACT);
    assert(text);
    json_decref(problem);
    return text;
}
