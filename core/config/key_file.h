/*
 * Key files: a key of 256 bits on one line, `affnotify-key:v1:` and base64. Whoever can read one can
 * open what was sealed by it, so a file that others can read is refused. Used by keyring.c, and by
 * `affnotify keygen`.
 */
#ifndef AFFN_CONFIG_KEY_FILE_H
#define AFFN_CONFIG_KEY_FILE_H

#include <stdbool.h>
#include <sys/types.h>

struct error;

#define KEY_BYTES   32
#define KEY_ID_SIZE (8 + 1)

struct secret_key {
    char id[KEY_ID_SIZE]; /* 8 hex digits of a digest over the key; no secret */
    unsigned char bytes[KEY_BYTES];
};

/* Who may own a key file, beside root and the user that this process runs as. */
#define KEY_NO_OTHER_OWNER ((uid_t)-1)

/* Reads a key file. What is wrong begins with its path. */
int key_file_read(const char *path, uid_t owner, struct secret_key *key, struct error *error);

/*
 * The same for a systemd credential. Its folder is closed to others, and systemd lets the service
 * in by an ACL, which shows as a right of the file's group: that to read is passed over here.
 */
int key_file_read_credential(const char *path, struct secret_key *key, struct error *error);

/* Makes a file of mode 0600 with a new random key, durably; one that is there is an error. */
int key_file_make(const char *path, struct secret_key *key, struct error *error);

/* A key of given bytes, with its ID. */
void key_init(struct secret_key *key, const unsigned char *bytes);

void key_wipe(struct secret_key *key);

#endif
