# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the exam itself can fail."""


def check(place, options, counts):
    return 0
