// Oracle reads a published log with the Go tool chain's own sumdb packages: oracle FOLDER VKEY [OLDER-NOTE].
// Prints one line and exits with 0, or says on standard error what does not hold and exits with 1.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"oracle/note"
	"oracle/tlog"
)

type folder string // the published files

func (folder) Height() int                         { return 8 }
func (folder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) (all [][]byte, err error) {
	for _, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/") // tlog-tiles leaves the height out
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func must(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

// open checks the signature of a checkpoint and reads its tree.
func open(path, vkey string) (tree tlog.Tree) {
	data, err := os.ReadFile(path)
	must(err, "checkpoint")
	verifier, err := note.NewVerifier(vkey)
	must(err, "key")
	signed, err := note.Open(data, note.VerifierList(verifier))
	must(err, "signature")
	lines := strings.Split(signed.Text, "\n")
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err, "root")
	copy(tree.Hash[:], root)
	return tree
}

// entries reads every entry, bundle by bundle; a bundle is at the path of a tile of data.
func (f folder) entries(size int64) (all [][]byte) {
	for start := int64(0); start < size; start += 256 {
		tile := tlog.Tile{H: 8, L: -1, N: start / 256, W: int(min(256, size-start))}
		path := "tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/data/")
		data, err := os.ReadFile(filepath.Join(string(f), path))
		must(err, "bundle")
		for len(data) > 2 && len(data) >= 2+int(binary.BigEndian.Uint16(data)) {
			end := 2 + int(binary.BigEndian.Uint16(data))
			all, data = append(all, data[2:end]), data[end:]
		}
	}
	return all
}

// compare names the first entry that is not the one whose hash is in the tree.
func compare(leaves []tlog.Hash, entries [][]byte) {
	known, found := map[tlog.Hash]int{}, map[tlog.Hash]int{}
	for i, leaf := range leaves {
		known[leaf] = i
	}
	for i, entry := range entries {
		found[tlog.RecordHash(entry)] = i
	}
	for i, leaf := range leaves {
		if i < len(entries) && tlog.RecordHash(entries[i]) == leaf {
			continue
		}
		what := "replaced"
		if _, moved := found[leaf]; moved {
			what = "reordered"
		} else if i >= len(entries) {
			what = "dropped"
		} else if _, other := known[tlog.RecordHash(entries[i])]; other {
			what = "dropped"
		}
		must(fmt.Errorf("%s", what), fmt.Sprintf("entry %d", i))
	}
}

func main() {
	place, tree := folder(os.Args[1]), open(filepath.Join(os.Args[1], "checkpoint"), os.Args[2])
	reader := tlog.TileHashReader(tree, place)
	leaves := []tlog.Hash{}
	for start := int64(0); start < tree.N; start += 256 {
		indexes := []int64{}
		for i := start; i < min(start+256, tree.N); i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, i))
		}
		hashes, err := reader.ReadHashes(indexes)
		must(err, "tile")
		leaves = append(leaves, hashes...)
	}
	compare(leaves, place.entries(tree.N))
	if len(os.Args) > 3 {
		old := open(os.Args[3], os.Args[2])
		if old.N > tree.N {
			must(fmt.Errorf("%d entries were %d", tree.N, old.N), "rollback")
		}
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		must(err, "proof")
		must(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash), "fork")
	}
	fmt.Printf("%d entries hold\n", tree.N)
}
