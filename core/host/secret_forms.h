/*
 * How a secret may stand in a text of others: as it is, in hex, in base64 at each of its three
 * alignments, and all of that escaped as in JSON, a URL or HTML. Made once a secret; blot.c looks for
 * them. Pure.
 */
#ifndef AFFN_HOST_SECRET_FORMS_H
#define AFFN_HOST_SECRET_FORMS_H

#include <stdbool.h>
#include <stddef.h>

enum secret_form {
    FORM_PLAIN,
    FORM_HEX,
    FORM_BASE64, /* three, by how many bytes before it share its first group */
    FORM_BASE64_ONE,
    FORM_BASE64_TWO,
    FORM_COUNT,
};

struct secret_forms {
    char *texts[FORM_COUNT]; /* NULL: not looked for */
    bool any_case;           /* of the plain one: A is a */
};

/* Of a secret; a long one is found in any case. */
void secret_forms_init(struct secret_forms *forms, const char *secret);

/* Of an address: it may be spelled in any case, but only as it is. */
void secret_forms_init_address(struct secret_forms *forms, const char *address);

/* Wipes and frees. */
void secret_forms_finish(struct secret_forms *forms);

/* Adds to each byte the forms (1 << FORM_…) that may begin with it, escaped or not. */
void secret_forms_add_starts(const struct secret_forms *forms, unsigned char starts[256]);

/*
 * How many bytes of text are the secret in one of the forms that `begun` has, each byte of that as it
 * is or escaped; with `cut` also the beginning of it, of bytes_min bytes or more, that the text ends
 * with. 0 when it is not there.
 */
size_t secret_forms_match(const struct secret_forms *forms, unsigned begun, const char *text,
                          size_t length, bool cut, size_t bytes_min);

#endif
