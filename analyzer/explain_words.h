/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_words.h - what the words of a report mean, in the order of words.def. */
#ifndef TCPRST_ANALYZER_EXPLAIN_WORDS_H
#define TCPRST_ANALYZER_EXPLAIN_WORDS_H

#include <stddef.h>

/* A heading (title not NULL, and nothing else), or a word below it. In English: _() says them. */
struct explain_word {
    const char *title;
    const char *kind,
        *word; /* kind: of translate_word(); NULL: the word is none of an enumeration */
    const char *sentence;
};

const struct explain_word *explain_words(size_t *count);
/* As reports say it; valid as what _() returns. */
const char *explain_word_shown(const struct explain_word *word);

#endif
