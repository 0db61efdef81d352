/* See fault.h. */
#include "core/http/fault.h"

int fault_set(struct fault *fault, int status, const char *detail)
{
    *fault = (struct fault){.status = status, .detail = detail};
    return -1;
}

/* RFC 9110, 15, and RFC 6585. */
static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {202, "Accepted"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

#define REASONS (sizeof reasons / sizeof *reasons)

const char *fault_reason(int status)
{
    for (size_t i = 0; i < REASONS; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Error";
}

int fault_status(size_t index)
{
    return index < REASONS ? reasons[index].status : 0;
}
