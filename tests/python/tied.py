"""Runs another program in this process, and ends with whoever holds the other end of the standard input.

usage: tied.py PROGRAM ARGUMENT...

A test binary may end in any way; what it started must not stay.
"""

import os
import runpy
import sys
import threading


def wait_for_end():
    while os.read(0, 1):
        pass
    os._exit(0)


threading.Thread(target=wait_for_end, daemon=True).start()
sys.argv = sys.argv[1:]
# Beside the program lie modules that it may use.
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
