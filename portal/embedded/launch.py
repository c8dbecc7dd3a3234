"""Becomes another program, under another account, that ends when its supervisor ends.

Arguments: the supervisor's pid, the signal to receive when the supervisor is gone, the user and the group to
become (-1: stay as we are), the program and its arguments.

Run by path with `python -I -S`, so it imports nothing of the portal. It starts as the supervisor's account
and drops privileges itself, which `Popen(user=…)` cannot do here, for two reasons: an interpreter inside
/root is out of reach for the account we become, and Linux forgets the death signal when the user changes, so
it has to be asked for after the drop.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    supervisor, last_signal, user, group = (int(word) for word in arguments[:4])
    program = arguments[4:]
    os.umask(0o077)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and the program would inherit that
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, last_signal, 0, 0, 0)
    if os.getppid() != supervisor:  # it ended before the signal was arranged
        sys.exit("The supervisor ended first.")
    os.execv(program[0], program)  # noqa: S606 - becoming the program is the point; no shell wanted


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"{sys.argv[5]}: {error.strerror}")
