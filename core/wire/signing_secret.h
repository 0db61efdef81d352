/*
 * How a secret for Standard Webhooks signatures is written: `whsec_` and base64. Known to the bus,
 * whose `check` must find what the door would not take, and to the door. Pure.
 */
#ifndef AFFN_WIRE_SIGNING_SECRET_H
#define AFFN_WIRE_SIGNING_SECRET_H

#define SIGNING_SECRET_BYTES_MAX 512 /* decoded */

/* The base64 in it, which is right in form and not too long; NULL when it is no such secret. */
const char *signing_secret_base64(const char *text);

#endif
