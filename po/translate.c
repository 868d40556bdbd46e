/* SPDX-License-Identifier: GPL-2.0-or-later */
/* translate.c - see translate.h; of libintl, where there is one. */
#include "translate.h"

#include <glib.h>
#include <locale.h>
#include <string.h>

bool translate_has(const char *const *directories, const char *language)
{
    bool found = false;
    char *bare = g_strndup(language, strcspn(language, ".@"));
    for (; *directories && !found && *bare && !strchr(bare, '/'); directories++) {
        char *path = g_build_filename(*directories, bare, "LC_MESSAGES", "tcprst.mo", NULL);
        found = g_file_test(path, G_FILE_TEST_EXISTS);
        g_free(path);
    }
    g_free(bare);
    return found;
}

#ifdef TCPRST_GETTEXT
#include <libintl.h>

#define DOMAIN "tcprst"

static bool speaking; /* another language than English */
static char spoken[24] = "en";

static bool is_english(const char *language)
{
    return strcmp(language, "C") == 0 || strcmp(language, "POSIX") == 0 ||
           (g_str_has_prefix(language, "en") && !g_ascii_isalpha(language[2]));
}

/* A catalogue's header says its language. */
static bool find_catalogue(const char *const *directories)
{
    static const char field[] = "\nLanguage: ";
    for (; *directories; directories++) {
        bindtextdomain(DOMAIN, *directories);
        bind_textdomain_codeset(DOMAIN, "UTF-8");
        const char *header = dgettext(DOMAIN, ""), *said = strstr(header, field);
        if (!said)
            continue;
        said += strlen(field);
        g_snprintf(spoken, sizeof spoken, "%.*s", (int)strcspn(said, "\n"), said);
        return true;
    }
    return false;
}

/* In the locale "C" libintl does not translate, whatever LANGUAGE says; nor in C.UTF-8 that of
 * newer systems (glibc 2.41: Debian 13). */
static void leave_c_locale(const char *language)
{
    static const char *const others[] = {"en_US.UTF-8", "C.UTF-8", "C.utf8"};
    const char *now = setlocale(LC_MESSAGES, NULL);
    if (now && strcmp(now, "C") != 0 && strcmp(now, "POSIX") != 0 && !g_str_has_prefix(now, "C."))
        return;
    char *own = g_strconcat(language, ".UTF-8", NULL);
    bool left = setlocale(LC_MESSAGES, own) != NULL;
    g_free(own);
    for (size_t i = 0; !left && i < G_N_ELEMENTS(others); i++)
        left = setlocale(LC_MESSAGES, others[i]) != NULL;
}

bool translate_begin(const char *const *directories, const char *language)
{
    bool english = language && is_english(language);
    setlocale(LC_MESSAGES, "");
    if (language && !english) {
        leave_c_locale(language);
        g_setenv("LANGUAGE", language, TRUE);
    }
    /* Where nobody asked for it, a terminal that does not show it gets none. */
    speaking = !english && (language || g_get_charset(NULL)) && find_catalogue(directories);
    if (!speaking) {
        translate_end();
        return english || !language;
    }
    /* The rest of what libintl would open later, where nothing may be opened any more. */
    (void)dgettext(DOMAIN, "\001");
    (void)g_strerror(0);
    return true;
}

void translate_end(void)
{
    speaking = false;
    strcpy(spoken, "en");
    setlocale(LC_MESSAGES, "C");
}

const char *translate_language(void)
{
    return spoken;
}

const char *translate(const char *text)
{
    /* Of the empty text there is the catalogue's header. */
    return speaking && text && *text ? dgettext(DOMAIN, text) : text;
}

const char *translate_plural(const char *one, const char *many, uint64_t n)
{
    /* No language tells numbers above a million by more than their last digits. */
    unsigned long count = (unsigned long)(n < 1000000 ? n : 1000000 + n % 1000000);
    return speaking ? dngettext(DOMAIN, one, many, count) : n == 1 ? one : many;
}

const char *translate_word(const char *kind, const char *word)
{
    char key[80]; /* gettext's form of a text in a context */
    if (!speaking || !word)
        return word;
    g_snprintf(key, sizeof key, "%s\004%s", kind, word);
    const char *said = dgettext(DOMAIN, key);
    return said == key ? word : said;
}

#else

bool translate_begin(const char *const *directories, const char *language)
{
    (void)directories;
    return !language || strcmp(language, "en") == 0;
}

void translate_end(void)
{
}

const char *translate_language(void)
{
    return "en";
}

const char *translate(const char *text)
{
    return text;
}

const char *translate_plural(const char *one, const char *many, uint64_t n)
{
    return n == 1 ? one : many;
}

const char *translate_word(const char *kind, const char *word)
{
    (void)kind;
    return word;
}

#endif

const char *translate_sentence(const char *text, const char *many, uint64_t n)
{
    return many ? translate_plural(text, many, n) : translate(text);
}
