/*
 * Memory for SQLite that costs little: AddressSanitizer makes each malloc dear, and SQLite is not
 * what is tested here. Blocks are kept by their sizes and never given back.
 */
#ifndef AFFN_TESTS_SIM_CHEAP_MEMORY_H
#define AFFN_TESTS_SIM_CHEAP_MEMORY_H

/* SQLite uses it from now on. Before its first use in a process. */
void cheap_memory_install(void);

#endif
