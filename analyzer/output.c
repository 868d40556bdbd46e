/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.c - opens and closes the report's stream; no error on the way to the disk is lost. */
#include "output.h"

#include "translate.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Large enough that writing costs little, and small enough to stay in the cache. */
enum { BUFFER = 1 << 16 };

/* Whoever gives no buffer gets one of 4,096 octets, whatever size is asked for: glibc. */
static void make_buffer(struct output *output)
{
    output->buffer = g_malloc(BUFFER);
    setvbuf(output->stream, output->buffer, _IOFBF, BUFFER);
}

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
        *error = g_strdup_printf(_("cannot make a temporary file in '%s' (TMPDIR): %s"),
                                 g_get_tmp_dir(), g_strerror(errno));
    if (!file && fd >= 0)
        close(fd);
    g_free(path);
    return file;
}

/* Two names for a file that need not be there yet. What is no file can be written to twice. */
static bool one_target(const char *one, const char *other)
{
    struct stat there;
    if (stat(one, &there) == 0 && !S_ISREG(there.st_mode))
        return false;
    char *first = replace_target(one), *second = replace_target(other);
    bool same = strcmp(first, second) == 0;
    g_free(first);
    g_free(second);
    return same;
}

/* Why the report must not go there; NULL: it may. */
static char *refuse(const struct options *options)
{
    const char *name = options->output ? options->output : _("standard output");
    struct stat to, copy;
    if (options->output && options->annotate && one_target(options->output, options->annotate))
        return g_strdup_printf(_("'%s' and '%s' (--annotate) are the same file"), name,
                               options->annotate);
    if ((options->output ? stat(options->output, &to) : fstat(STDOUT_FILENO, &to)) != 0 ||
        !S_ISREG(to.st_mode))
        return NULL;
    if (is_capture(&to, options))
        return g_strdup_printf(_("'%s' is one of the captures and would be overwritten"), name);
    if (options->annotate && stat(options->annotate, &copy) == 0 && same_file(&copy, &to))
        return g_strdup_printf(_("'%s' and '%s' (--annotate) are the same file"), name,
                               options->annotate);
    return NULL;
}

bool output_open_file(struct output *output, const char *name, char **error)
{
    *output = (struct output){.name = name};
    output->stream = replace_open(name, &output->replace);
    if (!output->stream) {
        *error = g_strdup_printf(_("cannot write '%s': %s"), name, g_strerror(errno));
        return false;
    }
    make_buffer(output);
    return true;
}

bool output_open(struct output *output, const struct options *options, char **error)
{
    *output = (struct output){.stream = NULL};
    *error = refuse(options);
    if (*error)
        return false;
    if (options->output)
        return output_open_file(output, options->output, error);
    output->stream = stdout;
    make_buffer(output);
    return true;
}

bool output_close(struct output *output, int why, bool wanted, char **error)
{
    FILE *out = output->stream;
    bool bad = ferror(out) != 0;
    if (!bad)
        errno = 0;
    /* A report on a full disk shows it only here; so does one on a closed standard output. */
    bool late = fflush(out) != 0;
    if (output->replace && !bad && !late && wanted)
        late = fsync(fileno(out)) != 0;
    int error_late = errno;
    late |= fclose(out) != 0;
    g_free(output->buffer);
    if (late && !bad)
        why = error_late ? error_late : errno;
    bool written = !bad && !late;
    int misplaced = replace_end(output->replace, written && wanted);
    if (written && misplaced)
        why = misplaced;
    *output = (struct output){.name = output->name};
    if (written && !misplaced)
        return true;
    const char *name = output->name;
    const char *reason = g_strerror(why ? why : EIO);
    *error = name ? g_strdup_printf(_("cannot write '%s': %s"), name, reason)
                  : g_strdup_printf(_("cannot write '%s': %s"), _("standard output"), reason);
    return false;
}
