/*
 * Lists of addresses as an operator writes them: `Ann Lee <ann@example.com>, bob@example.com`.
 * Names may be UTF-8, and stand in quotes when they hold a comma or its like; so may what stands
 * before the @, and a domain, of which the ASCII form is given. Says what is wrong with a list in a
 * sentence. Used by envelope.c.
 */
#ifndef SMTP_ADDRESS_H
#define SMTP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_BYTES_MAX 254 /* RFC 5321 4.5.3.1.3, erratum 1690 */
#define NAME_BYTES_MAX    256

struct address {
    char name[NAME_BYTES_MAX + 1]; /* "" for none */
    char address[ADDRESS_BYTES_MAX + 1];
};

/* Where reading a list has come to; set `rest` to the list, and the others to 0. */
struct address_list {
    const char *rest;
    unsigned number; /* of the address read last, from 1 */
};

/*
 * Reads the next address: 1, or 0 at the end of the list, or -1 with a sentence in mistake. A list
 * of nothing is a mistake.
 */
int address_next(struct address_list *list, struct address *address, char *mistake, size_t room);

/* An address that is not ASCII needs a server that offers SMTPUTF8 (RFC 6531). */
bool address_is_ascii(const char *address);

/* Whether two addresses reach the same mailbox: upper and lower case do not differ. */
int address_same(const char *one, const char *other);

#endif
