/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * count_steps.c - counts the steps of a program whose files were built with
 * -fsanitize-coverage=trace-pc: the compiler calls in here at the start of every basic block. The
 * number stands in the file that TCPRST_STEPS names, however the program ends.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void __sanitizer_cov_trace_pc(void);

static uint64_t nowhere;
static uint64_t *steps = &nowhere;

void __sanitizer_cov_trace_pc(void)
{
    ++*steps;
}

/* Before main(), which gives up all that this needs. */
__attribute__((constructor)) static void begin(void)
{
    const char *name = getenv("TCPRST_STEPS");
    int fd = name ? open(name, O_RDWR | O_CREAT, 0600) : -1;
    if (fd < 0)
        return;
    if (ftruncate(fd, sizeof *steps) == 0) {
        void *page = mmap(NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (page != MAP_FAILED)
            steps = page;
    }
    close(fd);
}
