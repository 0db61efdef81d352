/* See envelope.h. */
#include "envelope.h"

#include <stdio.h>
#include <string.h>

#include "../common/draft.h"
#include "../common/mistake.h"
#include "header.h"
#include "sentences.h"

#define LIST_ID_BYTES_MAX 255 /* RFC 2919, 3 */

/* An option that names people; the lists of several options become one envelope. */
struct people {
    const char *option;
    const char *list;
    char *header; /* PEOPLE_BYTES_MAX; NULL: it has none */
    bool get_mail;
};

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
    if (has_recipient(envelope, address)) {
        mistake_warn(mistakes, option, SAY_RECIPIENT_TWICE, address);
        return;
    }
    if (envelope->recipient_count == RECIPIENTS_MAX) {
        mistake_add(mistakes, option, SAY_RECIPIENTS, RECIPIENTS_MAX);
        return;
    }
    snprintf(envelope->recipients[envelope->recipient_count++], ADDRESS_BYTES_MAX + 1, "%s",
             address);
}

static void read_people(struct envelope *envelope, const struct people *people,
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
        if (people->get_mail)
            add_recipient(envelope, people->option, person.address, mistakes);
        if (people->get_mail && !room)
            return; /* one sentence is enough */
        add_person(&header, &person);
    }
    if (result < 0)
        mistake_add(mistakes, people->option, "%s", mistake);
    if (header.full)
        mistake_add(mistakes, people->option, SAY_HEADER_TOO_LONG);
}

/* The one address that an option names; false when it names none. */
static bool read_one(const char *option, const char *text, struct address *person,
                     struct affn_mistakes *mistakes)
{
    struct address_list list = {.rest = text};
    struct address second;
    char mistake[1024];
    if (address_next(&list, person, mistake, sizeof mistake) < 0) {
        mistake_add(mistakes, option, "%s", mistake);
        return false;
    }
    if (address_next(&list, &second, mistake, sizeof mistake) != 0)
        mistake_add(mistakes, option, SAY_ONE_SENDER);
    return true;
}

static void read_from(struct envelope *envelope, const char *from, struct affn_mistakes *mistakes)
{
    struct address person;
    struct draft header;
    draft_init(&header, envelope->from, sizeof envelope->from);
    if (!read_one("from", from, &person, mistakes))
        return;
    add_person(&header, &person);
    memcpy(envelope->sender, person.address, sizeof envelope->sender);
    snprintf(envelope->domain, sizeof envelope->domain, "%s", strchr(person.address, '@') + 1);
}

static void read_envelope_from(struct envelope *envelope, const char *text,
                               struct affn_mistakes *mistakes)
{
    struct address person;
    if (!read_one("envelope_from", text, &person, mistakes))
        return;
    if (person.name[0])
        mistake_add(mistakes, "envelope_from", SAY_NAME_OF_SENDER);
    memcpy(envelope->sender, person.address, sizeof envelope->sender);
}

/* ---- List-Id ---- */

/* Words of atoms with dots between, two at least (RFC 2919, 2 and 3). */
static bool is_list_id(const char *id, size_t length)
{
    size_t dots = 0;
    if (length == 0 || length > LIST_ID_BYTES_MAX || id[0] == '.' || id[length - 1] == '.')
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!header_is_atom(id[i]) && (id[i] != '.' || id[i - 1] == '.'))
            return false;
        dots += id[i] == '.';
    }
    return dots > 0;
}

/* "NAME <ID>" or "ID"; there is no mistake in it that a sentence of its own would help with. */
static void read_list(struct envelope *envelope, const char *text, struct affn_mistakes *mistakes)
{
    const char *bracket = strchr(text, '<');
    const char *id = bracket ? bracket + 1 : text;
    size_t id_bytes = strcspn(id, ">");
    size_t name_bytes = bracket ? (size_t)(bracket - text) : 0;
    bool closed = strcmp(id + id_bytes, bracket ? ">" : "") == 0;
    char name[NAME_BYTES_MAX + 1];
    struct draft header;
    while (name_bytes > 0 && text[name_bytes - 1] == ' ')
        name_bytes--;
    if (!closed || !is_list_id(id, id_bytes)) {
        mistake_add(mistakes, "list_id", SAY_LIST_ID);
        return;
    }
    if (name_bytes > NAME_BYTES_MAX) {
        mistake_add(mistakes, "list_id", SAY_NAME_TOO_LONG);
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)name_bytes, text);
    draft_init(&header, envelope->list, sizeof envelope->list);
    header_add_name(&header, name);
    draft_format(&header, "%s<%.*s>", *name ? " " : "", (int)id_bytes, id);
}

/* ---- SMTPUTF8 ---- */

static bool is_ascii(const struct envelope *envelope)
{
    for (uint32_t i = 0; i < envelope->recipient_count; i++) {
        if (!address_is_ascii(envelope->recipients[i]))
            return false;
    }
    return address_is_ascii(envelope->sender);
}

/*
 * A mail is said to be one of SMTPUTF8 when its envelope needs that, so no other may have UTF-8 in
 * its headers. Names are encoded words and domains ASCII: what is not stands before an @.
 */
static void check_headers(const struct envelope *envelope, struct affn_mistakes *mistakes)
{
    if (!is_ascii(envelope))
        return;
    if (!address_is_ascii(envelope->from))
        mistake_add(mistakes, "from", SAY_LOCAL_IN_HEADER_ONLY);
    if (!address_is_ascii(envelope->reply_to))
        mistake_add(mistakes, "reply_to", SAY_LOCAL_IN_HEADER_ONLY);
}

void envelope_read(struct envelope *envelope, const struct options *options,
                   struct affn_mistakes *mistakes)
{
    const struct people all[] = {
        {"to", options->to, envelope->to, true},
        {"cc", options->cc, envelope->cc, true},
        {"bcc", options->bcc, NULL, true},
        {"reply_to", options->reply_to, envelope->reply_to, false},
    };
    *envelope = (struct envelope){.recipient_count = 0};
    if (options->from)
        read_from(envelope, options->from, mistakes);
    if (options->envelope_from)
        read_envelope_from(envelope, options->envelope_from, mistakes);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].list)
            read_people(envelope, &all[i], mistakes);
    }
    if (options->list_id && *options->list_id) /* smtp.c says that it is empty */
        read_list(envelope, options->list_id, mistakes);
    check_headers(envelope, mistakes);
}
