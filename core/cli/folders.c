/* See folders.h. */
#include "core/cli/folders.h"

#include <stdlib.h>

#include "core/cli/show.h"
#include "core/config/config_option.h"

void folders_print(FILE *file, const json_t *folders)
{
    for (size_t i = 0; i < json_array_size(folders); i++) {
        char *shown = show_text(json_string_value(json_array_get(folders, i)));
        fprintf(file, "made the folder %s, of mode 0750\n", shown);
        free(shown);
    }
}

void folders_print_steps(FILE *file, const json_t *folders)
{
    for (size_t i = 0; i < json_array_size(folders); i++) {
        char *quoted = config_quoted(json_string_value(json_array_get(folders, i)));
        char *shown = show_text(quoted);
        fprintf(file, "  chgrp affnotify %s\n", shown);
        free(shown);
        free(quoted);
    }
}
