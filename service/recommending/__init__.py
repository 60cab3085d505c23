"""What goes with what: learned from order histories, kept as a compact model, asked while a note is planned."""
