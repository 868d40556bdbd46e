/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay FILE...: runs a fuzz target over files, without a fuzzer: what was once found stays a test
 * with any compiler. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of some targets. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

int main(int argc, char **argv)
{
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        char *contents = NULL;
        gsize size = 0;
        if (!g_file_get_contents(argv[i], &contents, &size, NULL)) {
            fprintf(stderr, "replay: cannot read '%s'\n", argv[i]);
            return 2;
        }
        /* A copy of the exact length: GLib adds an octet. */
        uint8_t *data = g_malloc(size ? size : 1);
        memcpy(data, contents, size);
        g_free(contents);
        fprintf(stderr, "%s\n", argv[i]);
        LLVMFuzzerTestOneInput(data, size);
        g_free(data);
    }
    return argc > 1 ? 0 : 2;
}
