/* See reconcile_parts.h: the difference, for people and as JSON. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/cli/connection.h"
#include "core/cli/personal.h"
#include "core/cli/reconcile_parts.h"
#include "core/cli/show.h"

void reconcile_print_json(const struct reconciling *work)
{
    json_t *missing = json_array();
    for (size_t i = 0; i < work->count; i++) {
        const struct reconcile_missing *one = &work->missing[i];
        json_array_append_new(
            missing,
            json_pack("{s:s, s:s, s:s?, s:o}", "missing", one->type, "email", one->email,
                      "affiliate_id", *one->affiliate_id ? one->affiliate_id : NULL, "line",
                      one->line_number ? json_integer((json_int_t)one->line_number) : json_null()));
    }
    json_t *differing = json_array();
    for (size_t i = 0; i < work->differing_count; i++) {
        const struct reconcile_differing *one = &work->differing[i];
        json_array_append_new(differing,
                              json_pack("{s:s, s:s, s:s, s:s}", "email", one->email, "what",
                                        one->what, "here", one->here, "there", one->there));
    }
    json_t *answer =
        json_pack("{s:b, s:I, s:I, s:I, s:I, s:o, s:o, s:O?}", "ok", 1, "in_file",
                  (json_int_t)work->dashboard.count, "active_in_file",
                  (json_int_t)work->dashboard.active, "refused_rows",
                  (json_int_t)work->dashboard.refused, "active_here", (json_int_t)work->active,
                  "missing", missing, "differing", differing, "emitted", work->emitted);
    connection_print_json(answer);
    json_decref(answer);
}

#define ROWS_ON_A_TERMINAL 20

/* How many rows of a list are named. */
static size_t rows_max(const struct reconciling *work)
{
    bool names_all = work->invocation->values[OPTION_ALL] || !isatty(STDOUT_FILENO);
    return names_all ? SIZE_MAX : ROWS_ON_A_TERMINAL;
}

static void print_rest(size_t count, size_t max)
{
    if (count > max)
        printf("  … and %zu more; --all names them\n", count - max);
}

char *reconcile_address(const struct reconciling *work, const char *address)
{
    char *masked = email_mask(address, work->shown);
    char *shown = show_text(masked);
    free(masked);
    return shown;
}

static void print_side(const struct reconciling *work, bool created)
{
    size_t printed = 0, max = rows_max(work);
    for (size_t i = 0; i < work->count && printed < max; i++) {
        const struct reconcile_missing *one = &work->missing[i];
        if (reconcile_is_created(one) != created)
            continue;
        char *email = reconcile_address(work, one->email);
        printf("  %-11s  %s\n", *one->affiliate_id ? one->affiliate_id : "-", email);
        free(email);
        printed++;
    }
    print_rest(created ? work->created : work->count - work->created, max);
}

static void print_differing(const struct reconciling *work)
{
    size_t max = rows_max(work);
    if (work->differing_count > 0)
        printf("\nElse there than here: %zu\n", work->differing_count);
    for (size_t i = 0; i < work->differing_count && i < max; i++) {
        const struct reconcile_differing *one = &work->differing[i];
        char *email = reconcile_address(work, one->email);
        printf("  %s: %s %s, here %s\n", email, one->what, one->there,
               *one->here ? one->here : "none");
        free(email);
    }
    print_rest(work->differing_count, max);
}

/* Of a file that says who is active, that is what counts. */
void reconcile_print(const struct reconciling *work)
{
    const struct dashboard *dashboard = &work->dashboard;
    const char *path = dashboard->name;
    bool says = dashboard->has_status;
    printf("%zu in %s, ", dashboard->count, path);
    if (says)
        printf("%zu of them active, ", dashboard->active);
    printf("%zu active here\n", work->active);
    if (work->wants_created) {
        printf("\n%s %s, and not active here: %zu\n", says ? "Active in" : "In", path,
               work->created);
        print_side(work, true);
    }
    if (work->wants_deactivated) {
        printf("\nActive here, and not %s %s: %zu\n", says ? "active in" : "in", path,
               work->count - work->created);
        print_side(work, false);
    }
    print_differing(work);
}
