"""Loaded by every Python that a crash run starts, and by none else: the run alone puts this directory on the path."""

import os
import sys

part = {"web": "web", "worker": "worker"}.get(os.environ.get("ONECOUNTER_ROLE", ""), "relay" if "relay" in sys.orig_argv else "")
if part and os.environ.get("ONECOUNTER_CRASH_POINTS"):
    from tests.crash.points import watch

    watch(part=part)
