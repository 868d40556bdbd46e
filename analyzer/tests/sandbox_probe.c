/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_probe CALL [outside]: locks itself in (but not outside), then does what CALL names; says
 * "done" where it lives on. Exit code 77: no sandbox. */
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

enum { NO_SANDBOX = 77 };

static void probe_open(void)
{
    if (open("/etc/passwd", O_RDONLY) < 0)
        perror("open");
}

static void probe_create(void)
{
    if (open("/tmp/tcprst-sandbox-probe", O_WRONLY | O_CREAT, 0600) < 0)
        perror("create");
}

static void probe_unlink(void)
{
    unlink("/tmp/tcprst-sandbox-probe");
}

static void probe_execute(void)
{
    char name[] = "true";
    char *const words[] = {name, NULL};
    execv("/bin/true", words);
}

static void probe_fork(void)
{
    if (fork() == 0)
        _exit(0);
}

static void *nothing(void *argument)
{
    return argument;
}

static void probe_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) == 0)
        pthread_join(thread, NULL);
}

static void probe_socket(void)
{
    if (socket(AF_INET, SOCK_STREAM, 0) < 0)
        perror("socket");
}

static void probe_pair(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        perror("socketpair");
}

static void probe_trace(void)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void probe_signal(void)
{
    kill(getppid(), 0);
}

static void probe_executable_memory(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

static void probe_executable_map(void)
{
    (void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void probe_rename(void)
{
    rename("/tmp/tcprst-sandbox-probe", "/tmp/tcprst-sandbox-probe-2");
}

static void probe_mode(void)
{
    /* The test's own pipe: its standard input is /dev/null, which outside the sandbox would be
     * closed to everybody. */
    fchmod(STDOUT_FILENO, 0600);
}

static void probe_directory(void)
{
    if (chdir("/") != 0)
        perror("chdir");
}

static void probe_terminal(void)
{
    /* Would type into the terminal for whoever reads it next. */
    char letter = 'x';
    ioctl(STDIN_FILENO, TIOCSTI, &letter);
}

static void probe_limits(void)
{
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &limit);
}

/* What must stay possible. */
static void probe_work(void)
{
    char *memory = calloc(1, 100U << 20);
    if (!memory)
        abort();
    memory[99U << 20] = 1;
    free(memory);
    fprintf(stderr, "%s\n", strerror(ENOMEM));
    char octet;
    if (read(STDIN_FILENO, &octet, 1) != 0)
        abort();
}

static const struct {
    const char *name;
    void (*probe)(void);
} probes[] = {
    {"open", probe_open},
    {"create", probe_create},
    {"unlink", probe_unlink},
    {"execute", probe_execute},
    {"fork", probe_fork},
    {"thread", probe_thread},
    {"socket", probe_socket},
    {"socketpair", probe_pair},
    {"trace", probe_trace},
    {"signal", probe_signal},
    {"executable-memory", probe_executable_memory},
    {"executable-map", probe_executable_map},
    {"rename", probe_rename},
    {"mode", probe_mode},
    {"directory", probe_directory},
    {"terminal", probe_terminal},
    {"limits", probe_limits},
    {"abort", abort},
    {"work", probe_work},
};

#ifdef __linux__
/* Replaces itself by a program under a kernel that refuses a sandbox: seccomp() and its older way,
 * prctl(PR_SET_SECCOMP), fail. */
static void run_refused(char **command)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        execv(command[0], command);
    perror(command[0]);
}
#endif

int main(int argc, char **argv)
{
#ifdef __linux__
    if (argc > 2 && strcmp(argv[1], "refused") == 0) {
        run_refused(argv + 2);
        return 2;
    }
#endif
    const char *why = NULL;
    bool outside = argc == 3 && strcmp(argv[2], "outside") == 0;
    for (size_t i = 0; (argc == 2 || outside) && i < sizeof probes / sizeof *probes; i++) {
        if (strcmp(argv[1], probes[i].name) != 0)
            continue;
        if (!outside && !sandbox_enter(&why)) {
            fprintf(stderr, "no sandbox: %s\n", why);
            return NO_SANDBOX;
        }
        probes[i].probe();
        printf("done\n");
        return 0;
    }
    fprintf(stderr, "usage: sandbox_probe CALL [outside]\n");
    return 2;
}
