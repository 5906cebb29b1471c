#!/usr/bin/env bash
# Has an exported folder verified by Go's own notes and trees, then copies of it in which one byte is another: the verifier
# must take the first and refuse all others. Needs Debian's golang-go and golang-golang-x-mod-dev; asks no network.
#
#     tests/go/check.sh FOLDER WORK        WORK is a folder of its own, removed first
set -euo pipefail
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$2"
mkdir -p "$2"
work=$(cd "$2" && pwd)

# Debian lays the packages where the older way of finding them looks.
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="$work/cache"
unformatted=$(gofmt -l "$here")
if [ -n "$unformatted" ]; then
    echo "run gofmt -w on these: $unformatted" >&2
    exit 1
fi
go vet "$here/verify_export.go"
go build -o "$work/verify_export" "$here/verify_export.go"
"$work/verify_export" "$folder"

# refused FILE OFFSET: flips the lowest bit of that byte in a copy; a negative offset counts from the end.
refused() {
    rm -rf "$work/copy"
    cp -r "$folder" "$work/copy"
    python3 - "$work/copy/$1" "$2" <<'PYTHON'
import sys
path, offset = sys.argv[1], int(sys.argv[2])
with open(path, "r+b") as file:
    data = bytearray(file.read())
    data[offset] ^= 1
    file.seek(0)
    file.write(data)
PYTHON
    if "$work/verify_export" "$work/copy" 2>"$work/said"; then
        echo "a copy with another byte in $1 at $2 was taken for good" >&2
        exit 1
    fi
    echo "refused, as it must be: $(sed "s|$work/copy/||" "$work/said")"
}

# The newest partial tile and bundle, whatever the size of the log.
partial=$(cd "$folder" && find tile/0 -path '*.p/*' | sort | tail -n 1)
bundle=$(cd "$folder" && find tile/entries -path '*.p/*' | sort | tail -n 1)
refused checkpoint 3
refused checkpoint -5
refused policy -20
refused tile/entries/000 100
refused tile/0/000 0
refused tile/1/000.p/"$(ls "$folder/tile/1/000.p" | tail -n 1)" 40
refused "${partial:?the log fills its tiles: export one that does not}" -1
refused "${bundle:?}" -1
