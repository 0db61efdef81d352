/*
 * Whose certificates are trusted: the system's and, beside them, those of `ca_file`. Both are laid
 * together in one file in memory, because libcurl reads such a file once, not once a connection.
 * Called by requests.c when the sink is opened.
 */
#ifndef AFFN_HOST_TRUST_H
#define AFFN_HOST_TRUST_H

struct error;

struct trust {
    int fd;        /* -1: the system's alone */
    char path[64]; /* of what libcurl is to read; "" for libcurl's own choice */
};

/* 0, or -1 when ca_file (NULL for none) cannot be read or holds no certificate. */
int trust_init(struct trust *trust, const char *ca_file, struct error *error);
void trust_finish(struct trust *trust);

#endif
