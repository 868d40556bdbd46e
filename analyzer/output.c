/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.c - opens and closes the report's stream; no error on the way to the disk is lost. */
#include "output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 18 };

bool output_is_capture(const char *path, const struct options *options)
{
    struct stat to, from;
    if (stat(path, &to) != 0 || !S_ISREG(to.st_mode))
        return false;
    for (size_t i = 0; i < options->capture_count; i++) {
        const char *name = options->captures[i];
        int failed = strcmp(name, "-") == 0 ? fstat(STDIN_FILENO, &from) : stat(name, &from);
        if (failed == 0 && from.st_dev == to.st_dev && from.st_ino == to.st_ino)
            return true;
    }
    return false;
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

FILE *output_open(const struct options *options, char **error)
{
    FILE *out = stdout;
    if (options->output) {
        if (output_is_capture(options->output, options)) {
            *error = g_strdup_printf("'%s' is one of the captures and would be overwritten",
                                     options->output);
            return NULL;
        }
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
