/*
 * A SETUP of the bus's, taken: certificate, tokens and secrets come into use, and what is to be
 * listened on and is not yet is opened. Each listener stands for itself: what one cannot have keeps
 * no other from opening, and one that is open goes on with what it had.
 */
#ifndef AFFN_HTTP_SETUP_H
#define AFFN_HTTP_SETUP_H

struct buffer;
struct door;
struct door_setup;

/* Adds the STATE that answers it. */
void setup_take(struct door *door, const struct door_setup *setup, struct buffer *answer);

#endif
