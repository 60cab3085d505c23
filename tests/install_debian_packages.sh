#!/bin/sh
# Installs what the tests need beside Python: a real cupsd with IPP printers, PDF tools, a barcode reader,
# another PNG decoder, fonts; what the fault rig injects faults with.
# Says so, and goes on, where it may not install; then the tests that need them are skipped (in CI they fail).
set -eu
packages="cups-daemon cups-client cups-ipp-utils libcups2-dev gcc python3-dev dbus-daemon
    systemd openssh-server strace e2fsprogs
    poppler-utils ghostscript qpdf zbar-tools netpbm
    fonts-noto-core fonts-dejavu-core fonts-droid-fallback fonts-nanum fonts-symbola"
missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "tests: not installed, and not root:$missing"
    echo "tests: what needs them is skipped; to run everything: apt-get install$missing"
    exit 0
fi
echo "tests: installing$missing"
apt-get update -qq
# no service may start by itself: the tests run a cupsd of their own
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made=yes
fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
