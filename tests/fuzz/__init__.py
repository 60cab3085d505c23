"""The mutation fuzzer: files of ours, changed at random, and what reads them; docs/proving.md."""
