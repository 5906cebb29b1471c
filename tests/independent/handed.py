"""Files that somebody handed over: regular files alone, opened without waiting, and never more bytes than are asked for.

A file that the user names may be a link to one; inside a folder links are not followed. Knows nothing of what is in them.
"""
import os
import stat

MOST_EXTRACT_BYTES, PIECE_BYTES = 512 * 1024 * 1024, 1024 * 1024


class CannotRead(Exception):
    """The machine refuses, or it is no file: no verdict follows from that."""


def read_file(path, most, follow=True):
    """The bytes of a regular file, at most `most` and one more. Raises FileNotFoundError, and CannotRead for the rest."""
    return b"".join(read_pieces(path, most, follow))


def read_pieces(path, most, follow=True):
    """The same, piece by piece."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        # Asked before it is opened: the opening of a device can do something.
        if not stat.S_ISREG(os.stat(path, follow_symlinks=follow).st_mode):
            raise CannotRead(f"{path}: not a regular file")
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CannotRead(f"{path}: not a regular file")
            left = most + 1
            while left > 0 and (piece := file.read(min(left, PIECE_BYTES))):
                left -= len(piece)
                yield piece
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CannotRead(f"{path}: {error.strerror}") from None


def read_named(path, most):
    """As `read_file`, of a document that the user names: one that is not there or too long can't be read either, and one with a
    byte that no JSON has is read to there alone, so that a hole in a file costs nothing."""
    try:
        if os.stat(path).st_size > most:
            raise CannotRead(f"{path}: more than {most} bytes")
        pieces = []
        for piece in read_pieces(path, most):
            pieces.append(piece)
            if b"\0" in piece:
                break
    except FileNotFoundError as error:
        raise CannotRead(f"{path}: {error.strerror}") from None
    except OSError as error:
        raise CannotRead(f"{path}: {error.strerror}") from None
    data = b"".join(pieces)
    if len(data) > most:
        raise CannotRead(f"{path}: more than {most} bytes")
    return data
