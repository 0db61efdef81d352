/*
 * sim: runs the bus in a simulated world, a run for each seed.
 *
 *     sim --seeds 1-2000 --jobs 2      all of them; says what happened how often
 *     sim --seed 17 --trace            one of them, step by step
 *     sim --file seeds.txt             those that a file names, one at the front of each line
 *     … --expect-broken                a bug is planted: well done when a rule is found broken
 */
#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "tests/sim/cheap_memory.h"
#include "tests/sim/disk.h"
#include "tests/sim/run.h"
#include "tests/sim/tally.h"

#define SEEDS_FOR_ALL  1000 /* in so many runs, everything that can happen has to */
#define FILE_SEEDS_MAX 1000

/* AddressSanitizer asks for it: a run allocates much and keeps little, so a small quarantine will do. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=8:max_malloc_fill_size=0";
}

struct options {
    uint64_t *seeds;
    size_t count;
    size_t jobs;
    bool trace;
    bool expect_broken;
};

/* ---- Options ---- */

static _Noreturn void refuse(const char *what)
{
    fprintf(stderr,
            "sim: %s\nsim: --seeds FIRST-LAST | --seed N | --file FILE, --jobs N, --trace, "
            "--expect-broken\n",
            what);
    exit(2);
}

static void read_range(struct options *options, const char *text)
{
    uint64_t first, last;
    if (sscanf(text, "%" SCNu64 "-%" SCNu64, &first, &last) != 2)
        last = first = strtoull(text, NULL, 10);
    if (last < first)
        refuse("the last seed is before the first");
    options->count = (size_t)(last - first + 1);
    options->seeds = memory_new(options->count, sizeof *options->seeds);
    for (size_t i = 0; i < options->count; i++)
        options->seeds[i] = first + i;
}

static void read_file(struct options *options, const char *path)
{
    char line[256];
    FILE *file = fopen(path, "r");
    if (!file)
        refuse("the file of seeds cannot be read");
    options->seeds = memory_new(FILE_SEEDS_MAX, sizeof *options->seeds);
    while (fgets(line, sizeof line, file) && options->count < FILE_SEEDS_MAX) {
        uint64_t seed = strtoull(line, NULL, 10);
        if (seed > 0)
            options->seeds[options->count++] = seed;
    }
    fclose(file);
}

static const char *next(int count, char **arguments, int *at)
{
    if (++*at >= count)
        refuse("an option lacks its value");
    return arguments[*at];
}

static void read_options(int count, char **arguments, struct options *options)
{
    *options = (struct options){.jobs = 1};
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--seeds") == 0 || strcmp(arguments[i], "--seed") == 0)
            read_range(options, next(count, arguments, &i));
        else if (strcmp(arguments[i], "--file") == 0)
            read_file(options, next(count, arguments, &i));
        else if (strcmp(arguments[i], "--jobs") == 0)
            options->jobs = strtoull(next(count, arguments, &i), NULL, 10);
        else if (strcmp(arguments[i], "--trace") == 0)
            options->trace = true;
        else if (strcmp(arguments[i], "--expect-broken") == 0)
            options->expect_broken = true;
        else
            refuse("an option is not known");
    }
    if (!options->seeds)
        refuse("no seed is named");
    if (options->jobs < 1 || options->jobs > TALLY_JOBS_MAX)
        refuse("--jobs must be 1 to 16");
}

/* ---- Running ---- */

static bool any_broken(const struct tally *tallies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (tallies[i].broken)
            return true;
    }
    return false;
}

/* Every job takes each so-many-th seed; all end once a rule was found broken. */
static void work(const struct options *options, struct tally *tallies, size_t job)
{
    char directory[] = "/tmp/affnotify-sim-XXXXXX";
    char *made = mkdtemp(directory);
    assert(made);
    cheap_memory_install();
    disk_install();
    for (size_t i = job; i < options->count && !any_broken(tallies, options->jobs);
         i += options->jobs)
        tallies[job].broken =
            !run_seed(options->seeds[i], directory, options->trace, &tallies[job]);
    rmdir(made);
}

/* False when a job has crashed, which is found by its seed as well. */
static bool run_jobs(const struct options *options, struct tally *tallies)
{
    pid_t pids[TALLY_JOBS_MAX];
    bool whole = true;
    fflush(stdout);
    for (size_t i = 0; i < options->jobs; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            work(options, tallies, i);
            exit(0);
        }
    }
    for (size_t i = 0; i < options->jobs; i++) {
        int status;
        waitpid(pids[i], &status, 0);
        if (status == 0)
            continue;
        printf("seed %" PRIu64 " or one before it: the program died (status %d)\n", tallies[i].seed,
               status);
        tallies[i].broken = true;
        whole = false;
    }
    return whole;
}

static int conclude(const struct options *options, const struct tally *tallies, bool whole)
{
    bool broken = any_broken(tallies, options->jobs);
    if (options->expect_broken) {
        printf(broken ? "the planted bug was found\n" : "the planted bug was not found\n");
        return broken ? 0 : 1;
    }
    if (broken || !whole)
        return 1;
    size_t never = tally_print(tallies, options->jobs);
    if (never == 0 || options->count < SEEDS_FOR_ALL)
        return 0;
    printf("\n%zu of these never happened\n", never);
    return 1;
}

int main(int count, char **arguments)
{
    struct options options;
    read_options(count, arguments, &options);
    struct tally *tallies = tally_new(options.jobs);
    bool whole = run_jobs(&options, tallies);
    int status = conclude(&options, tallies, whole);
    tally_free(tallies, options.jobs);
    free(options.seeds);
    return status;
}
