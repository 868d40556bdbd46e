/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decompress.c - reads a file or pipe into a sliding window, through the library that the magic
 * asks for. */
#include "decompress.h"
#include "translate.h"

#include <bzlib.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZLIB_CONST /* inflate() does not write to its input */
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    /* Big enough that a read call costs nothing a packet, small enough to stay in the second-level
       cache. */
    WINDOW_SIZE = 256 * 1024,
    RAW_SIZE = 128 * 1024,
    MAGIC_SIZE = 4,
    /* Octets of a frame that are enough to go on. */
    ZSTD_FIRST = 5,
    LZ4_FIRST = 7,
    /* How long an interrupt may go unnoticed between two looks at the flag, in milliseconds. */
    LOOK_UP_MS = 200,
};

static const char no_memory_words[] = N_("no memory to read it");

/* One of the libraries. run() moves octets from in to out as far as it can. */
enum run_result { RUN_MORE, RUN_FRAME_END, RUN_ERROR };

struct run {
    const uint8_t *in;
    size_t in_size;
    uint8_t *out;
    size_t out_size;
    size_t consumed, produced;
    const char *error;
    const char *refused; /* a reason that is no damage */
};

struct decompressor {
    const char *name;
    enum run_result (*run)(struct decompressor *d, struct run *r);
    void (*free)(struct decompressor *d);
    bool inside; /* between a frame's first octet and its last */
    size_t next; /* octets the library wants: about a block, so that a damaged one takes none before
                    it along */
    union {
        z_stream zlib;
        ZSTD_DStream *zstd;
        LZ4F_dctx *lz4;
        lzma_stream xz;
        bz_stream bzip2;
    };
};

static enum run_result run_zlib(struct decompressor *d, struct run *r)
{
    z_stream *z = &d->zlib;
    z->next_in = r->in;
    z->avail_in = (uInt)r->in_size;
    z->next_out = r->out;
    z->avail_out = (uInt)r->out_size;
    int result = inflate(z, Z_NO_FLUSH);
    r->consumed = r->in_size - z->avail_in;
    r->produced = r->out_size - z->avail_out;
    if (result == Z_STREAM_END) {
        inflateReset(z);
        return RUN_FRAME_END;
    }
    if (result == Z_OK || result == Z_BUF_ERROR)
        return RUN_MORE;
    r->refused = result == Z_MEM_ERROR ? _(no_memory_words) : NULL;
    r->error = z->msg ? z->msg : zError(result);
    return RUN_ERROR;
}

static enum run_result run_zstd(struct decompressor *d, struct run *r)
{
    ZSTD_inBuffer in = {r->in, MIN(r->in_size, d->next), 0};
    ZSTD_outBuffer out = {r->out, r->out_size, 0};
    size_t result = ZSTD_decompressStream(d->zstd, &out, &in);
    r->consumed = in.pos;
    r->produced = out.pos;
    if (ZSTD_isError(result)) {
        ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
        if (code == ZSTD_error_memory_allocation)
            r->refused = _(no_memory_words);
        else if (code == ZSTD_error_frameParameter_windowTooLarge)
            r->refused = _("decompressing it takes more than 128 MiB (zstd --long)");
        r->error = ZSTD_getErrorName(result);
        return RUN_ERROR;
    }
    d->next = result ? result : ZSTD_FIRST;
    return result == 0 ? RUN_FRAME_END : RUN_MORE;
}

static enum run_result run_lz4(struct decompressor *d, struct run *r)
{
    r->consumed = MIN(r->in_size, d->next);
    r->produced = r->out_size;
    size_t result = LZ4F_decompress(d->lz4, r->out, &r->produced, r->in, &r->consumed, NULL);
    if (LZ4F_isError(result)) {
        r->consumed = r->produced = 0;
        r->error = LZ4F_getErrorName(result);
        if (strcmp(r->error, "ERROR_allocation_failed") == 0)
            r->refused = _(no_memory_words);
        return RUN_ERROR;
    }
    d->next = result ? result : LZ4_FIRST;
    return result == 0 ? RUN_FRAME_END : RUN_MORE;
}

/* As much memory as zstd may take: more than xz -9 asks for (65 MiB). */
static bool start_xz(struct decompressor *d)
{
    enum { MOST_MEMORY = 128 << 20 };
    return lzma_stream_decoder(&d->xz, MOST_MEMORY, 0) == LZMA_OK;
}

static enum run_result run_xz(struct decompressor *d, struct run *r)
{
    lzma_stream *z = &d->xz;
    z->next_in = r->in;
    z->avail_in = r->in_size;
    z->next_out = r->out;
    z->avail_out = r->out_size;
    lzma_ret result = lzma_code(z, LZMA_RUN);
    r->consumed = r->in_size - z->avail_in;
    r->produced = r->out_size - z->avail_out;
    if (result == LZMA_STREAM_END && start_xz(d))
        return RUN_FRAME_END;
    if (result == LZMA_OK || result == LZMA_BUF_ERROR)
        return RUN_MORE;
    if (result == LZMA_MEM_ERROR || result == LZMA_STREAM_END)
        r->refused = _(no_memory_words);
    else if (result == LZMA_MEMLIMIT_ERROR)
        r->refused = _("decompressing it takes more than 128 MiB");
    r->error = result == LZMA_OPTIONS_ERROR ? _("unknown options") : _("its contents do not fit");
    return RUN_ERROR;
}

static bool start_bzip2(struct decompressor *d)
{
    d->bzip2 = (bz_stream){.next_in = NULL};
    return BZ2_bzDecompressInit(&d->bzip2, 0, 0) == BZ_OK;
}

static enum run_result run_bzip2(struct decompressor *d, struct run *r)
{
    bz_stream *z = &d->bzip2;
    /* It does not write there; its interface is older than const. */
    union {
        const uint8_t *in;
        char *next;
    } input = {r->in};
    z->next_in = input.next;
    z->avail_in = (unsigned)r->in_size;
    z->next_out = (char *)r->out;
    z->avail_out = (unsigned)r->out_size;
    int result = BZ2_bzDecompress(z);
    r->consumed = r->in_size - z->avail_in;
    r->produced = r->out_size - z->avail_out;
    if (result == BZ_STREAM_END) {
        BZ2_bzDecompressEnd(z);
        if (start_bzip2(d))
            return RUN_FRAME_END;
        result = BZ_MEM_ERROR;
    }
    if (result == BZ_OK)
        return RUN_MORE;
    r->refused = result == BZ_MEM_ERROR ? _(no_memory_words) : NULL;
    r->error = _("its contents do not fit");
    return RUN_ERROR;
}

static void free_xz(struct decompressor *d)
{
    lzma_end(&d->xz);
}

static void free_bzip2(struct decompressor *d)
{
    BZ2_bzDecompressEnd(&d->bzip2);
}

static void free_zlib(struct decompressor *d)
{
    inflateEnd(&d->zlib);
}

static void free_zstd(struct decompressor *d)
{
    ZSTD_freeDStream(d->zstd);
}

static void free_lz4(struct decompressor *d)
{
    LZ4F_freeDecompressionContext(d->lz4);
}

static void decompressor_free(struct decompressor *d)
{
    if (!d)
        return;
    d->free(d);
    free(d);
}

static bool is_gzip(const uint8_t *magic)
{
    return magic[0] == 0x1f && magic[1] == 0x8b;
}

static bool is_zstd(uint32_t magic)
{
    return magic == ZSTD_MAGICNUMBER ||
           (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

static bool is_lz4(uint32_t magic)
{
    return magic == 0x184d2204;
}

static bool is_xz(const uint8_t *magic)
{
    return memcmp(magic,
                  "\xfd"
                  "7zX",
                  4) == 0;
}

static bool is_bzip2(const uint8_t *magic)
{
    return memcmp(magic, "BZh", 3) == 0 && magic[3] >= '1' && magic[3] <= '9';
}

/* Prepares d for data that begins with these four octets; d->run stays NULL for plain data. */
static bool decompressor_start(struct decompressor *d, const uint8_t *magic)
{
    uint32_t number =
        (uint32_t)magic[3] << 24 | (uint32_t)magic[2] << 16 | (uint32_t)magic[1] << 8 | magic[0];
    if (is_gzip(magic)) {
        d->name = "gzip";
        d->run = run_zlib;
        d->free = free_zlib;
        return inflateInit2(&d->zlib, 15 + 16) == Z_OK; /* 16: with a gzip header */
    }
    if (is_zstd(number)) {
        d->name = "zstd";
        d->run = run_zstd;
        d->next = ZSTD_FIRST;
        d->free = free_zstd;
        return (d->zstd = ZSTD_createDStream()) != NULL;
    }
    if (is_lz4(number)) {
        d->name = "lz4";
        d->run = run_lz4;
        d->next = LZ4_FIRST;
        d->free = free_lz4;
        return !LZ4F_isError(LZ4F_createDecompressionContext(&d->lz4, LZ4F_VERSION));
    }
    if (is_xz(magic)) {
        d->name = "xz";
        d->run = run_xz;
        d->free = free_xz;
        return start_xz(d);
    }
    if (is_bzip2(magic)) {
        d->name = "bzip2";
        d->run = run_bzip2;
        d->free = free_bzip2;
        return start_bzip2(d);
    }
    return true;
}

static enum source_status fail(struct source *source, char *error)
{
    g_free(source->error);
    source->error = error;
    return SOURCE_FAILED;
}

static enum source_status no_memory(struct source *source)
{
    return fail(source, g_strdup(_(no_memory_words)));
}

/* A ring buffer may have more files than a process may open at first. */
static bool raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
        return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static int open_file(const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && errno == EMFILE && raise_limit())
        fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd;
}

bool source_open(struct source *source, const char *name)
{
    *source = (struct source){.fd = -1};
    source->fd = strcmp(name, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open_file(name);
    struct stat status;
    if (source->fd < 0 || fstat(source->fd, &status) < 0) {
        fail(source, g_strdup(g_strerror(errno)));
        source_close(source);
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        const char *slash = g_str_has_suffix(name, "/") ? "" : "/";
        fail(source, g_strdup_printf(_("it is a directory (what lies in it: tcprst %s%s*.pcap*)"),
                                     name, slash));
        source_close(source);
        return false;
    }
    source->live = !S_ISREG(status.st_mode);
    source->total = source->live ? 0 : (uint64_t)status.st_size;
    return true;
}

static void release_buffers(struct source *source)
{
    decompressor_free(source->decompressor);
    free(source->buffer);
    free(source->raw);
    source->decompressor = NULL;
    source->buffer = source->raw = NULL;
    source->data = NULL;
    source->size = source->capacity = source->raw_start = source->raw_end = 0;
}

void source_close(struct source *source)
{
    release_buffers(source);
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
}

bool source_rewind(struct source *source)
{
    if (source->live || lseek(source->fd, 0, SEEK_SET) < 0)
        return false;
    release_buffers(source);
    source->started = source->at_end = false;
    source->read = 0;
    return true;
}

static bool interrupted(const struct source *source)
{
    return source->interrupted && *source->interrupted;
}

/* Waits for octets from something that may be silent. */
static enum source_status wait_live(struct source *source)
{
    int left = source->pause_ms;
    for (;;) {
        if (interrupted(source))
            return SOURCE_INTERRUPTED;
        int slice = source->pause_ms && left < LOOK_UP_MS ? left : LOOK_UP_MS;
        struct pollfd pollfd = {.fd = source->fd, .events = POLLIN};
        if (poll(&pollfd, 1, slice) > 0)
            return SOURCE_READY;
        left -= slice;
        if (source->pause_ms && left <= 0)
            return SOURCE_PAUSED;
    }
}

/* One read call. SOURCE_END: nothing more will come. */
static enum source_status read_some(struct source *source, uint8_t *to, size_t size, size_t *got)
{
    *got = 0;
    for (;;) {
        if (source->at_end)
            return SOURCE_END;
        if (interrupted(source))
            return SOURCE_INTERRUPTED;
        if (source->live) {
            enum source_status status = wait_live(source);
            if (status != SOURCE_READY)
                return status;
        }
        ssize_t count = read(source->fd, to, size);
        if (count > 0) {
            *got = (size_t)count;
            source->read += (uint64_t)count;
            return SOURCE_READY;
        }
        if (count == 0)
            source->at_end = true;
        else if (errno != EINTR && errno != EAGAIN)
            return fail(source, g_strdup_printf(_("cannot be read: %s"), g_strerror(errno)));
    }
}

static enum source_status refill_raw(struct source *source)
{
    if (source->raw_start < source->raw_end)
        return SOURCE_READY;
    size_t got;
    enum source_status status = read_some(source, source->raw, RAW_SIZE, &got);
    source->raw_start = 0;
    source->raw_end = got;
    return status;
}

/* What remains behind a compressed frame: another one, or (after tar, dd, tape drives) zeros that
 * mean nothing. */
static bool only_zeros(const struct source *source)
{
    for (size_t i = source->raw_start; i < source->raw_end; i++)
        if (source->raw[i])
            return false;
    return true;
}

/* Decompresses some octets into to. */
static enum source_status decompress_some(struct source *source, uint8_t *to, size_t size,
                                          size_t *got)
{
    struct decompressor *d = source->decompressor;
    *got = 0;
    for (;;) {
        /* The library may hold back output that had no room: it is asked before the file is. */
        struct run run = {.in = source->raw + source->raw_start,
                          .in_size = source->raw_end - source->raw_start,
                          .out = to,
                          .out_size = size};
        if (!d->inside && run.in_size && only_zeros(source))
            run.in_size = source->raw_start = source->raw_end = 0;
        if (d->inside || run.in_size) {
            enum run_result result = d->run(d, &run);
            /* What comes before the damage counts; asked again, the library says the same. */
            if (result == RUN_ERROR && run.produced == 0)
                return fail(source, run.refused ? g_strdup(run.refused)
                                                : g_strdup_printf(_("the %s data is damaged: %s"),
                                                                  d->name, run.error));
            source->raw_start += run.consumed;
            d->inside = result != RUN_FRAME_END;
            *got = run.produced;
            if (run.produced)
                return SOURCE_READY;
            if (run.consumed)
                continue;
        }
        enum source_status status = refill_raw(source);
        if (status == SOURCE_END && d->inside)
            return fail(source, g_strdup_printf(_("the %s data is cut short"), d->name));
        if (status != SOURCE_READY)
            return status;
    }
}

/* Reads the magic octets and sets up what they ask for. */
static enum source_status start(struct source *source)
{
    if (!source->buffer) {
        source->buffer = calloc(1, WINDOW_SIZE);
        if (!source->buffer)
            return no_memory(source);
        source->capacity = WINDOW_SIZE;
        source->data = source->buffer;
    }
    while (source->size < MAGIC_SIZE) {
        size_t got;
        enum source_status status =
            read_some(source, source->buffer + source->size, source->capacity - source->size, &got);
        if (status == SOURCE_END)
            break;
        if (status != SOURCE_READY)
            return status;
        source->size += got;
    }
    source->started = true;
    if (source->size < MAGIC_SIZE)
        return SOURCE_READY;
    struct decompressor *d = calloc(1, sizeof *d);
    if (!d || !decompressor_start(d, source->buffer)) {
        free(d);
        return no_memory(source);
    }
    if (!d->run) {
        free(d);
        return SOURCE_READY;
    }
    source->decompressor = d;
    source->compression = d->name;
    /* What was read so far is raw: the window becomes the raw buffer. */
    source->raw = source->buffer;
    source->raw_end = source->size;
    source->size = 0;
    source->data = source->buffer = calloc(1, WINDOW_SIZE);
    return source->buffer ? SOURCE_READY : no_memory(source);
}

/* Moves the window to the buffer's beginning and makes room for need octets. */
static bool make_room(struct source *source, size_t need)
{
    if (source->size)
        memmove(source->buffer, source->data, source->size);
    source->data = source->buffer;
    if (need <= source->capacity)
        return true;
    size_t capacity = source->capacity;
    while (capacity < need)
        capacity *= 2;
    uint8_t *grown = realloc(source->buffer, capacity);
    if (!grown)
        return false;
    source->data = source->buffer = grown;
    source->capacity = capacity;
    return true;
}

enum source_status source_fill(struct source *source, size_t need)
{
    if (source->size >= need)
        return SOURCE_READY;
    if (!source->started) {
        enum source_status status = start(source);
        if (status != SOURCE_READY)
            return status;
        if (source->size >= need)
            return SOURCE_READY;
    }
    if (!make_room(source, need))
        return no_memory(source);
    while (source->size < need) {
        uint8_t *to = source->buffer + source->size;
        size_t room = source->capacity - source->size;
        size_t got;
        enum source_status status = source->decompressor ? decompress_some(source, to, room, &got)
                                                         : read_some(source, to, room, &got);
        source->size += got;
        if (status != SOURCE_READY)
            return status;
    }
    return SOURCE_READY;
}
