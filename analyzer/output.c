/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.c - opens and closes the report's stream; no error on the way to the disk is lost. */
#include "output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 18 };

static bool same_file(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool is_capture(const struct stat *to, const struct options *options)
{
    struct stat from;
    if (!S_ISREG(to->st_mode))
        return false;
    for (size_t i = 0; i < options->capture_count; i++) {
        const char *name = options->captures[i];
        int failed = strcmp(name, "-") == 0 ? fstat(STDIN_FILENO, &from) : stat(name, &from);
        if (failed == 0 && same_file(&from, to))
            return true;
    }
    return false;
}

bool output_is_capture(const char *path, const struct options *options)
{
    struct stat to;
    return stat(path, &to) == 0 && is_capture(&to, options);
}

bool output_rereadable(const struct options *options)
{
    struct stat file;
    for (size_t i = 0; i < options->capture_count; i++)
        if (strcmp(options->captures[i], "-") == 0 ||
            (stat(options->captures[i], &file) == 0 && !S_ISREG(file.st_mode)))
            return false;
    return true;
}

FILE *output_temporary(char **error)
{
    /* tmpfile() knows /tmp only. */
    char *path = g_build_filename(g_get_tmp_dir(), "tcprst-XXXXXX", NULL);
    FILE *file = NULL;
    int fd = g_mkstemp(path);
    if (fd >= 0 && unlink(path) == 0)
        file = fdopen(fd, "w+b");
    if (!file)
        *error = g_strdup_printf("cannot make a temporary file in '%s' (TMPDIR): %s",
                                 g_get_tmp_dir(), g_strerror(errno));
    if (!file && fd >= 0)
        close(fd);
    g_free(path);
    return file;
}

/* Why the report must not go there; NULL: it may. */
static char *refuse(const struct options *options)
{
    const char *name = options->output ? options->output : "standard output";
    struct stat to, copy;
    if ((options->output ? stat(options->output, &to) : fstat(STDOUT_FILENO, &to)) != 0 ||
        !S_ISREG(to.st_mode))
        return NULL;
    if (is_capture(&to, options))
        return g_strdup_printf("'%s' is one of the captures and would be overwritten", name);
    if (options->annotate && stat(options->annotate, &copy) == 0 && same_file(&copy, &to))
        return g_strdup_printf("'%s' and '%s' (--annotate) are the same file", name,
                               options->annotate);
    return NULL;
}

FILE *output_open(const struct options *options, char **error)
{
    FILE *out = stdout;
    *error = refuse(options);
    if (*error)
        return NULL;
    if (options->output) {
        out = fopen(options->output, "wb");
        if (!out) {
            *error = g_strdup_printf("cannot write '%s': %s", options->output, g_strerror(errno));
            return NULL;
        }
    }
    setvbuf(out, NULL, _IOFBF, BUFFER);
    return out;
}

bool output_close(FILE *out, const struct options *options, int why, char **error)
{
    bool bad = ferror(out) != 0;
    if (!bad)
        errno = 0;
    /* A report on a full disk shows it only here; so does one on a closed standard output. */
    bool late = fflush(out) != 0;
    late |= fclose(out) != 0;
    if (late && !bad)
        why = errno;
    if (!bad && !late)
        return true;
    const char *name = options->output ? options->output : "standard output";
    *error = g_strdup_printf("cannot write '%s': %s", name, g_strerror(why ? why : EIO));
    return false;
}
