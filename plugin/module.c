/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module.c - what Wireshark looks for in a module: its version, the release it fits, its entry. */

/* These symbols are exported from this module, not imported into it; to be said before any header,
 * and of this file only. */
#define WS_BUILD_DLL

#include "plugin.h"
#include "versions.h"

WS_DLL_PUBLIC_DEF const char plugin_version[] = TCPRST_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC uint32_t plugin_describe(void);

void plugin_register(void)
{
    tcprst_plugin_register();
}

uint32_t plugin_describe(void)
{
    return TCPRST_PLUGIN_KIND;
}
