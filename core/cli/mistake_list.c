/* See mistake_list.h. */
#include "core/cli/mistake_list.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/cli/show.h"
#include "core/cli/wrap.h"

#define INDENT 4 /* of a mistake's further lines */

void mistake_list_print(const json_t *mistakes)
{
    size_t count = json_array_size(mistakes), warnings = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *mistake = json_array_get(mistakes, i);
        char *message = show_member(mistake, "message");
        bool is_warning = json_is_true(json_object_get(mistake, "warning"));
        char *line = memory_format("%s%s", message, is_warning ? " (warning)" : "");
        wrap_print(stdout, show_columns(stdout), INDENT, line);
        warnings += is_warning;
        free(message);
        free(line);
    }
    size_t errors = count - warnings;
    printf("%zu mistake%s, %zu warning%s\n", errors, errors == 1 ? "" : "s", warnings,
           warnings == 1 ? "" : "s");
}
