/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_words.c - see explain_words.h. */
#include "explain_words.h"

#include "translate.h"

#include <glib.h>

static const struct explain_word words[] = {
#define KIND(title) {title, NULL, NULL, NULL},
#define WORD(kind, word, sentence) {NULL, kind, word, sentence},
#define TERM(term, sentence) {NULL, NULL, term, sentence},
#include "tcprst/words.def"
};

const struct explain_word *explain_words(size_t *count)
{
    *count = G_N_ELEMENTS(words);
    return words;
}

const char *explain_word_shown(const struct explain_word *word)
{
    return word->kind ? translate_word(word->kind, word->word) : _(word->word);
}
