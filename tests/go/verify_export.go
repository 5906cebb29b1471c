// Verifies an exported folder with Go's own notes and trees (golang.org/x/mod/sumdb), which share no code with this project.
//
// The checkpoint must open with the key of the folder's policy; the root, every tile and proofs between sizes and for
// entries must follow from the entries alone. Knows nothing of what the entries say: their signatures are for other verifiers.
// Exit codes: 0 good, 1 a fault, 2 usage.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: verify_export FOLDER")
		os.Exit(2)
	}
	report, err := verify(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "fault:", err)
		os.Exit(1)
	}
	fmt.Println("ok", report)
}

func verify(folder string) (string, error) {
	origin, tree, err := openCheckpoint(folder)
	if err != nil {
		return "", err
	}
	stored, err := hashesOfEntries(folder, tree.N)
	if err != nil {
		return "", err
	}
	root, err := tlog.TreeHash(tree.N, stored)
	if err != nil {
		return "", err
	}
	if root != tree.Hash {
		return "", fmt.Errorf("the entries have the root %v, the checkpoint says %v", root, tree.Hash)
	}
	tiles, err := checkTiles(folder, tree.N, stored)
	if err != nil {
		return "", err
	}
	proofs, err := checkProofs(folder, tree, stored)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %d entries, root %v, %d tiles, %d proofs", origin, tree.N, tree.Hash, tiles, proofs), nil
}

// openCheckpoint checks the signature by the log key of the policy; the answer is the origin, and the size and root.
func openCheckpoint(folder string) (string, tlog.Tree, error) {
	var tree tlog.Tree
	policy, err := os.ReadFile(filepath.Join(folder, "policy"))
	if err != nil {
		return "", tree, err
	}
	var keys []note.Verifier
	for _, line := range strings.Split(string(policy), "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "log" {
			continue
		}
		key, err := note.NewVerifier(words[1])
		if err != nil {
			return "", tree, fmt.Errorf("policy: %v", err)
		}
		keys = append(keys, key)
	}
	message, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return "", tree, err
	}
	opened, err := note.Open(message, note.VerifierList(keys...))
	if err != nil {
		return "", tree, fmt.Errorf("checkpoint: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != opened.Sigs[0].Name {
		return "", tree, fmt.Errorf("checkpoint: not three lines, of which the first is the signer's name")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 1 || strconv.FormatInt(size, 10) != lines[1] {
		return "", tree, fmt.Errorf("checkpoint: the size %q", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return "", tree, fmt.Errorf("checkpoint: the root %q", lines[2])
	}
	tree.N = size
	copy(tree.Hash[:], root)
	return lines[0], tree, nil
}

// memory holds the hashes of a tree in the order of tlog.StoredHashIndex.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		if index < 0 || index >= int64(len(m)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		hashes[at] = m[index]
	}
	return hashes, nil
}

// pathOf is the place of a tile: C2SP tlog-tiles leaves away the height that this package puts first.
func pathOf(folder string, tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tile.H))
	return filepath.Join(folder, "tile", filepath.FromSlash(path))
}

// pathOfBundle is that of the tile of leaves, under another name.
func pathOfBundle(folder string, tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/0/", tile.H))
	return filepath.Join(folder, "tile", "entries", filepath.FromSlash(path))
}

// hashesOfEntries builds the whole tree from the bundles of entries.
func hashesOfEntries(folder string, size int64) (memory, error) {
	var stored memory
	for first := int64(0); first < size; first += width {
		tile := tlog.Tile{H: height, L: 0, N: first / width, W: int(min(width, size-first))}
		path := pathOfBundle(folder, tile)
		rest, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for at := 0; at < tile.W; at++ {
			if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
				return nil, fmt.Errorf("%s: entry %d is cut off", path, first+int64(at))
			}
			length := int(binary.BigEndian.Uint16(rest))
			hashes, err := tlog.StoredHashes(first+int64(at), rest[2:2+length], stored)
			if err != nil {
				return nil, err
			}
			stored = append(stored, hashes...)
			rest = rest[2+length:]
		}
		if len(rest) > 0 {
			return nil, fmt.Errorf("%s: %d bytes after its last entry", path, len(rest))
		}
	}
	return stored, nil
}

// checkTiles compares every tile of the folder with what the entries give.
func checkTiles(folder string, size int64, stored memory) (int, error) {
	tiles := 0
	for _, tile := range tlog.NewTiles(height, 0, size) {
		// Of partial tiles all widths are listed; a folder needs the widest.
		if widest := size>>(height*tile.L) - tile.N*width; int64(tile.W) != min(width, widest) {
			continue
		}
		tiles++
		path := pathOf(folder, tile)
		found, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		expected, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(found, expected) {
			return 0, fmt.Errorf("%s: not the hashes of the entries below it", path)
		}
	}
	return tiles, nil
}

// fromTiles reads tiles for proofs, as a client of the log would.
type fromTiles struct{ folder string }

func (fromTiles) Height() int                     { return height }
func (fromTiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (f fromTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(pathOf(f.folder, tile))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// checkProofs makes proofs from the tiles and checks them: that entries are in the tree, and that it continues smaller ones.
func checkProofs(folder string, tree tlog.Tree, stored memory) (int, error) {
	reader := tlog.TileHashReader(tree, fromTiles{folder})
	proofs := 0
	for _, place := range []int64{0, 1, width - 1, width, tree.N / 2, tree.N - 2, tree.N - 1} {
		if place < 0 || place >= tree.N {
			continue
		}
		included, err := tlog.ProveRecord(tree.N, place, reader)
		if err != nil {
			return 0, fmt.Errorf("entry %d: %v", place, err)
		}
		leaf := stored[tlog.StoredHashIndex(0, place)]
		if err := tlog.CheckRecord(included, tree.N, tree.Hash, place, leaf); err != nil {
			return 0, fmt.Errorf("entry %d: %v", place, err)
		}
		size := place + 1
		continued, err := tlog.ProveTree(tree.N, size, reader)
		if err != nil {
			return 0, fmt.Errorf("size %d: %v", size, err)
		}
		root, err := tlog.TreeHash(size, stored)
		if err != nil {
			return 0, fmt.Errorf("size %d: %v", size, err)
		}
		if err := tlog.CheckTree(continued, tree.N, tree.Hash, size, root); err != nil {
			return 0, fmt.Errorf("size %d: %v", size, err)
		}
		proofs += 2
	}
	return proofs, nil
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
