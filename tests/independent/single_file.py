"""Documents of docs/spec/evidence.md section 2: one JSON object with exactly its fields, each once. Reads one
file and prints the report on it."""
import json
import re
import sys

import signed_note
from handed import CannotRead, read_named
from report import finish, plain

MOST_BYTES = 524_288
HEX, HASH = re.compile("(?:[0-9a-f]{2})*"), re.compile("[0-9a-f]{64}")


class NotSuchAFile(Exception):
    """The document is not of its form: the text says where."""


def is_text(value):
    return isinstance(value, str)


def is_hash(value):
    return is_text(value) and HASH.fullmatch(value) is not None


def is_hex(value):
    return is_text(value) and HEX.fullmatch(value) is not None


def is_signature(value):
    return is_hex(value) and len(value) == 128


def is_pair(value):
    return isinstance(value, list) and len(value) == 2


def fields(value, where, checks, optional=()):
    """The object with these fields, each as its check asks."""
    if not isinstance(value, dict) or not set(checks) - set(optional) <= set(value) <= set(checks):
        raise NotSuchAFile(f"{where} has the fields {', '.join(checks)}")
    for name in value:
        if not checks[name](value[name]):
            raise NotSuchAFile(f"{name} of {where}")
    return value


def once(pairs):
    """An object whose fields are each there once."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotSuchAFile("a field is there twice")
    return made


def read_json(data):
    if len(data) > MOST_BYTES:
        raise NotSuchAFile(f"at most {MOST_BYTES} bytes")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise NotSuchAFile(f"JSON in UTF-8: {error}") from None


def run(parser, words, verify, keyless=None):
    """A program over one file: the exit code. `keyless` is what to say if no log key is given and one is needed."""
    parser.add_argument("file")
    signed_note.add_log_key(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args(words)
    log_key = signed_note.log_key_of(parser, arguments)
    if keyless and log_key is None:
        parser.error(keyless)
    try:
        data = read_named(arguments.file, MOST_BYTES)
    except CannotRead as fault:
        print(plain(f"cannot read {fault}"), file=sys.stderr)
        return 3
    return finish(verify(data, log_key), arguments.json)
