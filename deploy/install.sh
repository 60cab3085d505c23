#!/bin/sh
# Installs Slipway on a Debian machine, or brings it up to this checkout: `make install`, as root. As often as you like.
#
#   /opt/slipway/releases/...    the program with a venv at the versions of requirements.lock; `current` is the one in use
#   /etc/slipway                 configuration and layouts; what is there is left alone
#   /var/lib/slipway             the spool; /srv/slipway/incoming the hot folder; /var/cache/slipway the pictures
#   /usr/local/lib, /etc         units, users, folders; the journal's namespace; cupsd's settings; the SFTP drop
#
# A new release is checked on this machine's configuration before it takes the old one's place.
# With DESTDIR=DIR the files are laid out under DIR, without the venv, and nothing else is touched.
set -eu
umask 022
source=$(cd "$(dirname "$0")/.." && pwd)
dest=${DESTDIR:-}
packages="python3 python3-venv python3-dev gcc libcups2-dev cups-daemon cups-client cups-ipp-utils
    fonts-noto-core fonts-dejavu-core fonts-droid-fallback fonts-nanum fonts-symbola"

main() {
    [ -n "$dest" ] || require_this_machine
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$source/pyproject.toml")
    release=/opt/slipway/releases/$version-$(cat_program | cksum | cut -d' ' -f1)
    lay_out_release
    lay_out_configuration
    make_users_and_folders
    [ -n "$dest" ] || check_first
    lay_out_machine
    use_release
    [ -n "$dest" ] || start
}

say() {
    echo "install: $*"
}

fail() { # FACT WHAT_TO_DO
    echo "install: $1" >&2
    echo "  do:    $2" >&2
    exit 1
}

require_this_machine() {
    [ "$(id -u)" = 0 ] || fail "this is not root" "sudo make install"
    [ -d /run/systemd/system ] || fail "systemd does not run this machine" "use a container's own way: make setup"
    missing=
    for package in $packages; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        say "packages:$missing"
        apt-get update -qq
        # shellcheck disable=SC2086 # a list of words
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    fi
}

# What makes one release differ from another.
cat_program() {
    cd "$source"
    find service docs deploy config layouts -type f ! -name '*.pyc' | LC_ALL=C sort | xargs cat
    cat pyproject.toml requirements.lock
}

lay_out_release() {
    if [ -e "$dest$release/.complete" ]; then
        say "release $release is there"
        return
    fi
    say "release $release"
    rm -rf "$dest$release"
    mkdir -p "$dest$release"
    for part in service docs deploy config layouts CHANGELOG.md README.md pyproject.toml requirements.lock; do
        cp -R "$source/$part" "$dest$release/"
    done
    find "$dest$release" -name __pycache__ -prune -exec rm -rf {} +
    [ -n "$dest" ] || make_venv
    touch "$dest$release/.complete"
}

make_venv() {
    say "the program and what it needs, at the versions of requirements.lock"
    /usr/bin/python3 -m venv "$release/venv"
    "$release/venv/bin/pip" install --quiet --use-pep517 --disable-pip-version-check --no-warn-script-location \
        -c "$release/requirements.lock" -e "$release[cups]"
    "$release/venv/bin/python" -m compileall -q "$release/service" # the service itself may not write there
}

make_users_and_folders() {
    put deploy/sysusers.d/slipway.conf /usr/local/lib/sysusers.d
    put deploy/tmpfiles.d/slipway.conf /usr/local/lib/tmpfiles.d
    if [ -z "$dest" ]; then
        systemd-sysusers /usr/local/lib/sysusers.d/slipway.conf
        systemd-tmpfiles --create /usr/local/lib/tmpfiles.d/slipway.conf
        chgrp -R slipway /etc/slipway
    fi
    # the service reads all of it but the environment, which systemd reads for it: secrets stand there
    find "$dest/etc/slipway" ! -name environment -exec chmod g+rX,o= {} +
}

check_first() {
    "$source/deploy/cups/apply.sh" # the check looks whether cupsd has these settings
    say "the check of this machine's configuration"
    if ! runuser -u slipway -- "$release/venv/bin/slipway" --config /etc/slipway check; then
        fail "the check has findings; what ran before goes on as it was" "mend /etc/slipway, then make install again"
    fi
}

lay_out_machine() {
    put deploy/systemd/slipway.service /usr/local/lib/systemd/system
    for job in images recommend prune; do
        put deploy/systemd/slipway-$job.service /usr/local/lib/systemd/system
        put deploy/systemd/slipway-$job.timer /usr/local/lib/systemd/system
    done
    put deploy/journald/journald@slipway.conf /etc/systemd
    put deploy/sshd_config.d/slipway.conf /etc/ssh/sshd_config.d
    put deploy/journalctl.sh /etc/profile.d slipway-journal.sh
    put deploy/slipway /usr/local/bin
    chmod 755 "$dest/usr/local/bin/slipway"
}

put() { # FILE FOLDER [NAME]
    mkdir -p "$dest$2"
    cp "$source/$1" "$dest$2/${3:-$(basename "$1")}"
}

lay_out_configuration() {
    etc=$dest/etc/slipway
    if [ -e "$etc/slipway.toml" ]; then
        say "/etc/slipway is left as it is; what is new: diff -r /etc/slipway $release/config"
        return
    fi
    mkdir -p "$etc"
    cp -R "$source/config/." "$etc/"
    cp -R "$source/layouts" "$etc/layouts"
    sed -i -e 's|^spool = "var" |spool = "/var/lib/slipway" |' \
        -e 's|^image_cache = "image_cache" |image_cache = "/var/cache/slipway/images" |' \
        -e 's|^layouts = "layouts" |layouts = "/etc/slipway/layouts" |' "$etc/slipway.toml"
    [ "$(grep -c '^\(spool\|image_cache\|layouts\) = "/' "$etc/slipway.toml")" = 3 ] ||
        fail "config/slipway.toml has other lines than this script expects" "name spool, image_cache and layouts in it"
}

use_release() {
    ln -sfn "$release" "$dest/opt/slipway/current.new"
    mv -T "$dest/opt/slipway/current.new" "$dest/opt/slipway/current"
}

start() {
    [ -e /etc/ssh/slipway-sftp.keys ] || install -m 644 /dev/null /etc/ssh/slipway-sftp.keys
    if systemctl is-active --quiet ssh; then
        /usr/sbin/sshd -t && systemctl reload ssh
    fi
    systemctl daemon-reload
    systemctl enable --quiet slipway.service slipway-images.timer slipway-recommend.timer slipway-prune.timer
    systemctl restart slipway.service
    systemctl start slipway-images.timer slipway-recommend.timer slipway-prune.timer
    remove_old_releases
    say "slipway is $(systemctl is-active slipway): $(systemctl show --property=StatusText --value slipway)"
}

# The one in use and the two before it stay, to go back to.
remove_old_releases() {
    find /opt/slipway/releases -mindepth 1 -maxdepth 1 -type d ! -path "$release" -printf '%T@ %p\n' |
        sort -rn | tail -n +3 | cut -d' ' -f2- | xargs -r rm -rf
}

main
