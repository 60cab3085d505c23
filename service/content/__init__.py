"""Content packs: a week's words and art, unpacked, checked, switched as a whole."""
