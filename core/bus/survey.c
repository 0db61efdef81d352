/* See survey.h. Every sentence is in sentences.h. */
#include "core/bus/survey.h"

#include <stdio.h>
#include <sys/stat.h>

#include "core/bus/sentences.h"
#include "core/config/config.h"

/* ---- The state folder ---- */

static void check_state(struct config *config)
{
    struct stat status;
    const struct section *bus = document_section(&config->document, "bus");
    struct place place = section_place(bus, section_setting(bus, "state"));
    if (stat(config->state, &status) < 0)
        return;
    unsigned mode = status.st_mode & 07777;
    if (!S_ISDIR(status.st_mode))
        mistakes_add(&config->mistakes, &place, SAY_STATE_NO_FOLDER, config->state);
    else if (mode & 022)
        mistakes_warn(&config->mistakes, &place, SAY_STATE_OPEN, config->state, mode, mode & ~066u,
                      config->state);
    else if (mode & 044)
        mistakes_warn(&config->mistakes, &place, SAY_STATE_LISTED, config->state, mode,
                      mode & ~066u, config->state);
}

void survey(struct config *config)
{
    check_state(config);
}
