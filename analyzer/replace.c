/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replace.c - see replace.h. */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is said to the keeper, an octet; it answers with an errno. Without a word it was left. */
enum { WANTED = 'w', UNWANTED = 'u' };

struct replace {
    int keeper; /* a socket */
};

/* A link that leads to nothing yet: where to, g_free(); NULL: it is none. */
static char *link_target(const char *name, const char *directory)
{
    char *to = g_file_read_link(name, NULL);
    if (!to || g_path_is_absolute(to))
        return to;
    char *target = g_build_filename(directory, to, NULL);
    g_free(to);
    return target;
}

static char *find_target(const char *name, unsigned links)
{
    char *real = realpath(name, NULL);
    if (real) {
        char *target = g_strdup(real);
        free(real);
        return target;
    }
    char *directory = g_path_get_dirname(name), *base = g_path_get_basename(name);
    char *target = links > 0 ? link_target(name, directory) : NULL;
    if (target) {
        char *behind = find_target(target, links - 1);
        g_free(target);
        target = behind;
    } else {
        real = realpath(directory, NULL);
        target = real ? g_build_filename(real, base, NULL) : g_strdup(name);
        free(real);
    }
    g_free(directory);
    g_free(base);
    return target;
}

char *replace_target(const char *name)
{
    enum { MOST_LINKS = 20 };
    return find_target(name, MOST_LINKS);
}

/* A descriptor by name is the file it leads to, not one beside it. */
static bool is_special(const char *name, const struct stat *file)
{
    return g_str_has_prefix(name, "/dev/") || g_str_has_prefix(name, "/proc/") ||
           !S_ISREG(file->st_mode);
}

/* ---- the keeper ---- */

static void close_all_but(int kept)
{
    GDir *list = g_dir_open("/proc/self/fd", 0, NULL);
    GArray *open = g_array_new(FALSE, FALSE, sizeof(int));
    const char *name;
    while (list && (name = g_dir_read_name(list))) {
        int fd = (int)g_ascii_strtoll(name, NULL, 10);
        g_array_append_val(open, fd);
    }
    if (list)
        g_dir_close(list);
    for (guint i = 0; i < open->len; i++)
        if (g_array_index(open, int, i) != kept)
            close(g_array_index(open, int, i));
    g_array_unref(open);
}

_Noreturn static void keep(int channel, const char *temporary, const char *target)
{
    static const int ours[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    char word = 0;
    /* What ends the reader, from a terminal or by its group, must not end who cleans up. */
    for (size_t i = 0; i < G_N_ELEMENTS(ours); i++)
        signal(ours[i], SIG_IGN);
    close_all_but(channel);
    ssize_t said;
    do {
        said = read(channel, &word, 1);
    } while (said < 0 && errno == EINTR);
    bool done = said == 1 && word == WANTED && rename(temporary, target) == 0;
    int error = said == 1 && word == WANTED && !done ? errno : 0;
    if (!done)
        unlink(temporary);
    if (said == 1)
        said = write(channel, &error, sizeof error);
    _exit(0);
}

static bool start_keeper(struct replace *replace, const char *temporary, const char *target)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return false;
    /* Nobody has to wait for it. */
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        keep(ends[1], temporary, target);
    }
    int error = errno;
    close(ends[1]);
    if (child > 0) {
        replace->keeper = ends[0];
        return true;
    }
    close(ends[0]);
    errno = error;
    return false;
}

/* ---- opening and ending ---- */

/* As whoever made the old file had it, or as a new file would be. */
static void set_mode(int fd, const struct stat *old)
{
    mode_t mask = umask(0);
    umask(mask);
    /* Where that is not allowed it stays ours. */
    if (old && fchown(fd, old->st_uid, old->st_gid) < 0)
        errno = 0;
    if (fchmod(fd, old ? old->st_mode & 07777 : 0666 & ~mask) < 0)
        errno = 0;
}

static FILE *open_beside(const char *target, const struct stat *old, struct replace **replace)
{
    if (old && access(target, W_OK) < 0)
        return NULL;
    char *directory = g_path_get_dirname(target);
    char *temporary = g_build_filename(directory, ".tcprst-XXXXXX", NULL);
    FILE *file = NULL;
    int fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0600);
    *replace = g_new0(struct replace, 1);
    if (fd >= 0) {
        set_mode(fd, old);
        file = fdopen(fd, "wb");
    }
    bool kept = file && start_keeper(*replace, temporary, target);
    int error = errno;
    if (!kept) {
        if (file)
            fclose(file);
        else if (fd >= 0)
            close(fd);
        if (fd >= 0)
            unlink(temporary);
        g_clear_pointer(replace, g_free);
        file = NULL;
    }
    g_free(directory);
    g_free(temporary);
    errno = error;
    return file;
}

FILE *replace_open(const char *name, struct replace **replace)
{
    struct stat old;
    bool there = stat(name, &old) == 0;
    *replace = NULL;
    if (there && is_special(name, &old))
        return fopen(name, "wb");
    char *target = replace_target(name);
    FILE *file = open_beside(target, there ? &old : NULL, replace);
    int error = errno;
    g_free(target);
    errno = error;
    return file;
}

int replace_end(struct replace *replace, bool wanted)
{
    if (!replace)
        return 0;
    char word = wanted ? WANTED : UNWANTED;
    int error = EIO;
    /* Should the keeper be no more, that is no reason to end without a word. */
    signal(SIGPIPE, SIG_IGN);
    if (write(replace->keeper, &word, 1) == 1 &&
        read(replace->keeper, &error, sizeof error) != (ssize_t)sizeof error)
        error = EIO;
    signal(SIGPIPE, SIG_DFL);
    close(replace->keeper);
    g_free(replace);
    return error;
}
