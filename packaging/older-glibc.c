/* Linked into what interpreter.sh compiles, so that it starts on a glibc older than 2.30, which has no sem_clockwait.
   Where there is one it is used: it waits by a clock that nobody can set. Both are looked up, since not everything this
   is linked into is linked with libpthread. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <semaphore.h>
#include <time.h>

#define SECOND 1000000000L /* nanoseconds */

typedef int clockwait(sem_t *, clockid_t, const struct timespec *);
typedef int timedwait(sem_t *, const struct timespec *);

__attribute__((visibility("hidden"))) int
sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    static clockwait *theirs;
    static timedwait *older;
    static int looked_up; /* by two threads at once, if need be: both find the same */
    struct timespec now, real;

    if (!looked_up) {
        theirs = (clockwait *)dlsym(RTLD_DEFAULT, "sem_clockwait"); /* this one is hidden */
        older = (timedwait *)dlsym(RTLD_DEFAULT, "sem_timedwait");
        looked_up = 1;
    }
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
    return older(semaphore, &real);
}
