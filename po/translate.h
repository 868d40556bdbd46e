/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * translate.h - what both front doors say in the reader's language: gettext's domain tcprst.
 *
 * The core names sentences in English and knows nothing of languages: its doors hand it
 * translate_sentence(). Every function here gives back what it was given where nothing is to be
 * translated: before translate_begin(), after translate_end(), without libintl, and where a
 * catalogue lacks it. What is given back is static.
 */
#ifndef TCPRST_TRANSLATE_H
#define TCPRST_TRANSLATE_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TRANSLATE_FORMAT(n) __attribute__((format_arg(n)))
#else
#define TRANSLATE_FORMAT(n)
#endif

/* Marks a text for po/make_pot.py that is translated where it is said. */
#define N_(text) text
#define _(text) translate(text)

/* Looks for catalogues below each directory (NULL ends them), in the language that
 * LANGUAGE, LC_ALL, LC_MESSAGES and LANG name, or in language where that is not NULL ("zh_CN").
 * Returns false where language was given and there is no catalogue for it; English always is.
 * To be called before there are threads: it may change the process's environment and locale. */
bool translate_begin(const char *const *directories, const char *language);
/* Whether a catalogue for that language lies below one of the directories, usable or not: in the
 * locale "C" none is. */
bool translate_has(const char *const *directories, const char *language);
/* English from here on, the system's own messages too. */
void translate_end(void);
/* What is spoken: "en", "zh_CN". */
const char *translate_language(void);

const char *translate(const char *text) TRANSLATE_FORMAT(1);
/* The one of both, or of as many as the language has, that goes with n. */
const char *translate_plural(const char *one, const char *many, uint64_t n) TRANSLATE_FORMAT(1)
    TRANSLATE_FORMAT(2);
/* A word of an enumeration: the same word may be another one elsewhere. kind: "strength". */
const char *translate_word(const char *kind, const char *word);
/* tcprst_translate of the core. */
const char *translate_sentence(const char *text, const char *many, uint64_t n);

#endif
