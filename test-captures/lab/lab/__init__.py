# SPDX-License-Identifier: GPL-2.0-or-later
"""The recording laboratory: what scenarios are written with (`from lab import *`)."""

from .middlebox import Middlebox, challenged_or_ignored, client_far, masquerade, server_far
from .packets import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG
from .registry import scenario
from .sockets import (Ghost, IPPROTO_MPTCP, TCP_LINGER2, TCP_QUEUE_SEQ, TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE,
                      TCP_USER_TIMEOUT, abort, disconnect, linger_zero, receive_error, next_sequence, receive_exactly,
                      set_next_sequence, vanish)
from .truth import NotAsClaimed

__all__ = [name for name in dir() if not name.startswith("_")]
