/* SPDX-License-Identifier: GPL-2.0-or-later */
/* menu.h - what the plugin adds to Wireshark's menus. */
#ifndef TCPRST_PLUGIN_MENU_H
#define TCPRST_PLUGIN_MENU_H

/* Tools > TCP Resets, and Conversation Filter > TCP reset event; without effect in tshark. */
void tcprst_menu_register(int proto);

#endif
