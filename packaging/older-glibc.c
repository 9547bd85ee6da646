/* Linked into what interpreter.sh compiles, so that it starts on a glibc older than 2.30, which has no sem_clockwait.
   Where there is one it is used: it waits by a clock that nobody can set. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <semaphore.h>
#include <time.h>

#define SECOND 1000000000L /* nanoseconds */

#pragma weak sem_timedwait /* configure links this into programs without libpthread */

typedef int clockwait(sem_t *, clockid_t, const struct timespec *);

static clockwait *theirs;

__attribute__((constructor)) static void
look_up(void)
{
    theirs = (clockwait *)dlsym(RTLD_NEXT, "sem_clockwait");
}

__attribute__((visibility("hidden"))) int
sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    struct timespec now, real;

    if (theirs)
        return theirs(semaphore, clock, until);
    if (clock_gettime(clock, &now) || clock_gettime(CLOCK_REALTIME, &real)) {
        errno = EINVAL;
        return -1;
    }
    real.tv_sec += until->tv_sec - now.tv_sec;
    real.tv_nsec += until->tv_nsec - now.tv_nsec;
    if (real.tv_nsec >= SECOND) {
        real.tv_nsec -= SECOND;
        real.tv_sec++;
    }
    else if (real.tv_nsec < 0) {
        real.tv_nsec += SECOND;
        real.tv_sec--;
    }
    return sem_timedwait(semaphore, &real);
}
