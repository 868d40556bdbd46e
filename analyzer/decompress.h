/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decompress.h - a file or pipe as a window of octets that slides forward, decompressed on the way
 * where it needs to be. */
#ifndef TCPRST_ANALYZER_DECOMPRESS_H
#define TCPRST_ANALYZER_DECOMPRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum source_status {
    SOURCE_READY,       /* the octets asked for are there */
    SOURCE_PAUSED,      /* a pipe is silent; ask again */
    SOURCE_END,         /* the data ends; what is left is fewer octets than asked for */
    SOURCE_FAILED,      /* cannot be read on: see error; octets before it are in the window */
    SOURCE_INTERRUPTED, /* the flag was set */
};

struct decompressor;

struct source {
    const uint8_t *data; /* the window: octets not yet taken */
    size_t size;
    const char
        *compression; /* "gzip", "zstd", "lz4", "xz", "bzip2" or NULL; known after the first fill */
    char *error;      /* after SOURCE_FAILED: the reason in words */
    uint64_t read;    /* octets read from the file */
    uint64_t total;   /* octets in the file, 0 where unknown */

    /* private */
    int fd;
    bool live; /* may block: a pipe, a terminal, a socket */
    bool at_end, started;
    int pause_ms;
    const volatile sig_atomic_t *interrupted;
    uint8_t *buffer;
    size_t capacity;
    struct decompressor *decompressor;
    uint8_t *raw; /* compressed octets not yet decompressed */
    size_t raw_start, raw_end;
};

/* Opens a file ("-": standard input) without reading it. Returns false with the reason in
 * source->error. */
bool source_open(struct source *source, const char *name);
void source_close(struct source *source);
/* Gives the buffers back and starts again at the file's beginning; false (and nothing is changed)
 * for a pipe. */
bool source_rewind(struct source *source);

/* Makes the window at least need octets long. It may move: pointers into it are invalid afterwards.
 */
enum source_status source_fill(struct source *source, size_t need);

static inline void source_take(struct source *source, size_t count)
{
    source->data += count;
    source->size -= count;
}

#endif
