#!/bin/sh
# Takes Slipway off this machine: `make uninstall`, as root. What cannot be made again stays, and is named at the end.
# With DESTDIR=DIR only what `DESTDIR=DIR make install` laid out is removed.
set -eu
dest=${DESTDIR:-}

main() {
    [ -n "$dest" ] || stop_service
    for file in \
        /usr/local/lib/systemd/system/slipway.service \
        /usr/local/lib/systemd/system/slipway-images.service \
        /usr/local/lib/systemd/system/slipway-images.timer \
        /usr/local/lib/systemd/system/slipway-recommend.service \
        /usr/local/lib/systemd/system/slipway-recommend.timer \
        /usr/local/lib/systemd/system/slipway-prune.service \
        /usr/local/lib/systemd/system/slipway-prune.timer \
        /usr/local/lib/sysusers.d/slipway.conf \
        /usr/local/lib/tmpfiles.d/slipway.conf \
        /etc/systemd/journald@slipway.conf \
        /etc/ssh/sshd_config.d/slipway.conf \
        /etc/profile.d/slipway-journal.sh \
        /usr/local/bin/slipway; do
        rm -f "$dest$file"
    done
    rm -rf "$dest/opt/slipway"
    [ -n "$dest" ] || tell_the_machine
    echo "uninstall: these stay; when nobody needs them any more, remove them by hand:"
    echo "  /etc/slipway /etc/ssh/slipway-sftp.keys     configuration, layouts, keys of those who drop"
    echo "  /var/lib/slipway /srv/slipway               ledger, orders, notes, receipts: names and addresses"
    echo "  /var/cache/slipway                          pictures"
    echo "  journalctl --namespace=slipway              the log, until its retention is over"
    echo "  slipway, slipway-sftp, slipway-drop         users and groups, which own the above"
}

stop_service() {
    [ "$(id -u)" = 0 ] || {
        echo "uninstall: this is not root: sudo make uninstall" >&2
        exit 1
    }
    for unit in slipway.service slipway-images.timer slipway-recommend.timer slipway-prune.timer; do
        systemctl disable --now --quiet $unit 2>/dev/null || true
    done
    [ ! -x /opt/slipway/current/deploy/cups/apply.sh ] || /opt/slipway/current/deploy/cups/apply.sh --remove
}

tell_the_machine() {
    systemctl daemon-reload
    if systemctl is-active --quiet ssh; then
        systemctl reload ssh
    fi
}

main
