/* See admission.h. What says nothing about secrets is judged before who it is. */
#include "core/http/admission.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/http/credentials.h"
#include "core/http/fault.h"
#include "core/http/head.h"
#include "core/http/route.h"
#include "core/http/signature.h"

/* application/json, with or without parameters. None at all is taken: the body will show. */
static bool is_json(struct span type)
{
    if (!type.start)
        return true;
    const char *semicolon = memchr(type.start, ';', type.length);
    if (semicolon)
        type.length = (size_t)(semicolon - type.start);
    while (type.length > 0 &&
           (type.start[type.length - 1] == ' ' || type.start[type.length - 1] == '\t'))
        type.length--;
    return span_equal_folded(type, "application/json");
}

/* Why nobody is let in, by what they have tried. */
static const char *stranger_fault(const struct head *head, const struct credentials *credentials,
                                  int64_t now_unix_ms)
{
    bool takes_tokens = credentials->token_count > 0;
    bool takes_signatures = credentials->secret_count > 0;
    bool signs = head->headers[HEAD_WEBHOOK_SIGNATURE].start != NULL;
    if (takes_signatures && (signs || head->headers[HEAD_WEBHOOK_TIMESTAMP].start))
        return signature_fault(head, now_unix_ms);
    if (takes_tokens && head->headers[HEAD_AUTHORIZATION].start)
        return "The header Authorization is not `Bearer TOKEN` with a token of this server.";
    if (takes_tokens && signs)
        return "This server takes no signatures: send `Authorization: Bearer TOKEN`.";
    if (takes_tokens && takes_signatures)
        return "Send `Authorization: Bearer TOKEN`, or sign the request.";
    return takes_tokens ? "Send `Authorization: Bearer TOKEN`."
                        : "Sign the request: webhook-id, webhook-timestamp, webhook-signature.";
}

static int prove(const struct head *head, const struct credentials *credentials,
                 int64_t now_unix_ms, struct admission *admission, struct fault *fault)
{
    struct span bearer = head->headers[HEAD_AUTHORIZATION];
    admission->proven =
        bearer.start && credentials_admit_bearer(credentials, bearer.start, bearer.length);
    admission->signs =
        !admission->proven && credentials->secret_count > 0 && !signature_fault(head, now_unix_ms);
    if (admission->proven || admission->signs)
        return 0;
    return fault_set(fault, 401, stranger_fault(head, credentials, now_unix_ms));
}

static int check_events(const struct head *head, struct admission *admission, struct fault *fault)
{
    if (!head->has_length && !head->chunked)
        return fault_set(fault, 411, "Send the body with a Content-Length, or chunked.");
    if (!is_json(head->headers[HEAD_CONTENT_TYPE]))
        admission->unreadable = "Send JSON, with `Content-Type: application/json`.";
    if (head->headers[HEAD_CONTENT_ENCODING].start &&
        !span_equal_folded(head->headers[HEAD_CONTENT_ENCODING], "identity"))
        admission->unreadable = "Send the body as it is, without a Content-Encoding.";
    return 0;
}

int admission_judge(enum door_role role, const struct head *head,
                    const struct credentials *credentials, int64_t now_unix_ms,
                    struct admission *admission, struct fault *fault)
{
    *admission = (struct admission){.route = NULL};
    admission->route = route_find(role, head, &admission->allow);
    if (!admission->route && admission->allow)
        return fault_set(fault, 405, "This path takes another method; see the header Allow.");
    if (!admission->route)
        return fault_set(fault, 404,
                         role == DOOR_ROLE_ADMIN
                             ? "There is nothing at this path; there are /healthz, /readyz and "
                               "/metrics."
                             : "There is nothing at this path; events are taken at /v1/events.");
    if (!admission->route->takes_events && (head->length > 0 || head->chunked))
        return fault_set(fault, 413, "This path takes no body.");
    if (head->length > HTTP_BODY_BYTES_MAX)
        return fault_set(fault, 413, "The body is larger than 1,048,576 bytes.");
    if (!admission->route->takes_events)
        return 0;
    if (prove(head, credentials, now_unix_ms, admission, fault) < 0)
        return -1;
    return check_events(head, admission, fault);
}
