/* Who we are, for sentences about rights that are missing. */
#ifndef COMMON_USER_H
#define COMMON_USER_H

#define USER_BYTES 64

/* "the user affnotify", or by number when it has no name. */
void user_name(char name[USER_BYTES]);

#endif
