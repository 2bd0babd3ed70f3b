"""Puts what is no regular file in the place of one, and limits the time of a test that might wait for it."""

import contextlib
import os
import signal
import socket


def put_pipe(path):
    os.mkfifo(path)


def put_socket(path):
    with socket.socket(socket.AF_UNIX) as opened, contextlib.chdir(path.parent):  # the length of its path is limited
        opened.bind(path.name)


def put_folder(path):
    path.mkdir()


def put_device(path):
    path.symlink_to("/dev/zero")


SPECIAL = {"a named pipe": put_pipe, "a socket": put_socket, "a directory": put_folder, "a device": put_device}


@contextlib.contextmanager
def time_limit(seconds=20):
    """Raises TimeoutError in code that waits, for example for a writer of a named pipe."""

    def stop(*_):
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
