/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox.c - the list of system calls that reading and reporting need; all others end the process
 * (seccomp). */
#ifdef TCPRST_SECCOMP
#define _GNU_SOURCE

#include "sandbox.h"

#include "translate.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Allowed whatever the arguments. One that only other machines have, as those of 32 bits do, is
 * passed over. */
static const int allowed[] = {
    /* what is open: captures, report, standard error */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64),
    SCMP_SYS(fsync),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fadvise64_64),
    SCMP_SYS(arm_fadvise64_64),
    SCMP_SYS(close),
    /* waiting for a pipe */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(select),
    SCMP_SYS(_newselect),
    SCMP_SYS(pselect6),
    SCMP_SYS(pselect6_time64),
    SCMP_SYS(restart_syscall),
    /* memory that cannot be executed: mmap and mprotect are below */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    /* time and chance */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(nanosleep),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    /* threads that exist already, signals, the end */
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(sched_yield),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* TCGETS2, with which newer versions of glibc ask; its definition needs a struct that <termios.h>
 * does not get along with. */
#define TCGETS2_REQUEST _IOC(_IOC_READ, 'T', 0x2a, 44)

/* Allowed with that argument only: its bits under mask must be value. */
struct limited {
    int call;
    unsigned argument;
    scmp_datum_t mask, value;
};

static bool add_limited(scmp_filter_ctx filter)
{
    const struct limited limited[] = {
#ifndef __i386__ /* where its argument is a pointer to what it means; all use mmap2() there */
        {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
#endif
        {SCMP_SYS(mmap2), 2, PROT_EXEC, 0},
        {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
        {SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS}, /* isatty() */
        {SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS2_REQUEST},
        {SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGWINSZ},
        {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL}, /* fdopen() */
        {SCMP_SYS(fcntl64), 1, UINT32_MAX, F_GETFL},
        /* fstat() of glibc 2.33 and later: by descriptor. At worst it tells that a file exists. */
        {SCMP_SYS(newfstatat), 3, UINT32_MAX, AT_EMPTY_PATH},
        {SCMP_SYS(fstatat64), 3, UINT32_MAX, AT_EMPTY_PATH},
        {SCMP_SYS(statx), 2, AT_EMPTY_PATH, AT_EMPTY_PATH},        /* 32 bits, and newer machines */
        {SCMP_SYS(tgkill), 0, UINT32_MAX, (scmp_datum_t)getpid()}, /* abort() */
    };
    for (size_t i = 0; i < sizeof limited / sizeof *limited; i++) {
        const struct scmp_arg_cmp compare = {limited[i].argument, SCMP_CMP_MASKED_EQ,
                                             limited[i].mask, limited[i].value};
        if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, limited[i].call, 1, &compare) != 0)
            return false;
    }
    return true;
}

static bool add_rules(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) != 0)
            return false;
    /* One filter for all threads, also those that were started before. */
    return add_limited(filter) && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0;
}

/* What the C library reads files for at its first use: error messages in another charset, the time
 * zone. */
static void use_once(void)
{
    tzset();
    (void)strerror(ENOENT);
}

const char *sandbox_missing(void)
{
    return NULL;
}

enum { ROOM = 4 << 20 };

bool sandbox_enter(const char **why)
{
    static const char refused[] = N_("the kernel does not take the list of system calls");
    use_once();
    /* libseccomp 2.5 does not look whether it got what it asks for, much less than this. */
    void *volatile room = malloc(ROOM); /* volatile: or the compiler takes it for granted */
    bool enough = room != NULL;
    free(room);
    scmp_filter_ctx filter = enough ? seccomp_init(SCMP_ACT_KILL_PROCESS) : NULL;
    if (!filter) {
        *why = enough ? refused : N_("no memory for the list of system calls");
        return false;
    }
    bool entered = add_rules(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    *why = entered ? NULL : refused;
    return entered;
}

#else

#include "sandbox.h"
#include "translate.h"

#include <stddef.h>

const char *sandbox_missing(void)
{
#ifdef TCPRST_SANITIZED
    return N_("built with sanitizers, which need more than it allows");
#else
    return N_("built without libseccomp");
#endif
}

bool sandbox_enter(const char **why)
{
    *why = sandbox_missing();
    return false;
}

#endif
