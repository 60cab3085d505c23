# Goes to /etc/profile.d/slipway-journal.sh. The events of slipway lie in a journal namespace of their own; in a login
# shell, journalctl shows them together with the machine's: journalctl -u slipway ORDER_ID=509217
journalctl() { command journalctl --namespace=+slipway "$@"; }
