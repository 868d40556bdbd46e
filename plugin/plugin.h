/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin.h - the plugin's entry, for the module's. */
#ifndef TCPRST_PLUGIN_PLUGIN_H
#define TCPRST_PLUGIN_PLUGIN_H

/* Hands the plugin to Wireshark; called once, before any other of its functions. */
void tcprst_plugin_register(void);

#endif
