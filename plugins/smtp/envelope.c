/* See envelope.h. */
#include "envelope.h"

#include <stdio.h>
#include <string.h>

#include "../common/draft.h"
#include "header.h"
#include "sentences.h"

/* An option that names people; the lists of several options become one envelope. */
struct people {
    const char *option;
    const char *list;
    char *header; /* PEOPLE_BYTES_MAX; NULL: it has none */
};

static void add_mistake(struct affn_mistakes *mistakes, const char *option, const char *text)
{
    if (mistakes)
        mistakes->add(mistakes, option, text);
}

static void add_person(struct draft *header, const struct address *person)
{
    if (header->length > 0)
        draft_add(header, ", ");
    if (!person->name[0]) {
        draft_add(header, person->address);
        return;
    }
    header_add_name(header, person->name);
    draft_add(header, " <");
    draft_add(header, person->address);
    draft_add(header, ">");
}

static bool has_recipient(const struct envelope *envelope, const char *address)
{
    for (uint32_t i = 0; i < envelope->recipient_count; i++) {
        if (address_same(envelope->recipients[i], address))
            return true;
    }
    return false;
}

static void add_recipient(struct envelope *envelope, const char *option, const char *address,
                          struct affn_mistakes *mistakes)
{
    char text[ADDRESS_BYTES_MAX + 80];
    if (has_recipient(envelope, address)) {
        snprintf(text, sizeof text, SAY_RECIPIENT_TWICE, address);
        if (mistakes)
            mistakes->warn(mistakes, option, text);
        return;
    }
    if (envelope->recipient_count == RECIPIENTS_MAX) {
        snprintf(text, sizeof text, SAY_RECIPIENTS, RECIPIENTS_MAX);
        add_mistake(mistakes, option, text);
        return;
    }
    snprintf(envelope->recipients[envelope->recipient_count++], ADDRESS_BYTES_MAX + 1, "%s",
             address);
}

static void read_recipients(struct envelope *envelope, const struct people *people,
                            struct affn_mistakes *mistakes)
{
    struct address_list list = {.rest = people->list};
    struct address person;
    struct draft header;
    char unused[PEOPLE_BYTES_MAX];
    char mistake[1024];
    draft_init(&header, people->header ? people->header : unused, PEOPLE_BYTES_MAX);
    int result;
    while ((result = address_next(&list, &person, mistake, sizeof mistake)) > 0) {
        bool room = envelope->recipient_count < RECIPIENTS_MAX;
        add_recipient(envelope, people->option, person.address, mistakes);
        if (!room && envelope->recipient_count == RECIPIENTS_MAX)
            return; /* one sentence is enough */
        add_person(&header, &person);
    }
    if (result < 0)
        add_mistake(mistakes, people->option, mistake);
    if (header.full)
        add_mistake(mistakes, people->option, SAY_HEADER_TOO_LONG);
}

static void read_sender(struct envelope *envelope, const char *from, struct affn_mistakes *mistakes)
{
    struct address_list list = {.rest = from};
    struct address person;
    struct address second;
    struct draft header;
    char mistake[1024];
    draft_init(&header, envelope->from, sizeof envelope->from);
    if (address_next(&list, &person, mistake, sizeof mistake) < 0) {
        add_mistake(mistakes, "from", mistake);
        return;
    }
    if (address_next(&list, &second, mistake, sizeof mistake) != 0)
        add_mistake(mistakes, "from", SAY_ONE_SENDER);
    add_person(&header, &person);
    memcpy(envelope->sender, person.address, sizeof envelope->sender);
}

void envelope_read(struct envelope *envelope, const struct options *options,
                   struct affn_mistakes *mistakes)
{
    const struct people all[] = {
        {"to", options->to, envelope->to},
        {"cc", options->cc, envelope->cc},
        {"bcc", options->bcc, NULL},
    };
    *envelope = (struct envelope){.recipient_count = 0};
    if (options->from)
        read_sender(envelope, options->from, mistakes);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].list)
            read_recipients(envelope, &all[i], mistakes);
    }
}

const char *envelope_domain(const struct envelope *envelope)
{
    return strchr(envelope->sender, '@') + 1;
}
