#!/bin/sh
# Gives cupsd the settings that Slipway needs; as root, as often as you like.
#   deploy/cups/apply.sh             put them in, say what changed
#   deploy/cups/apply.sh --dry-run   only say what would change
#   deploy/cups/apply.sh --remove    take them out again
# cupsd of CUPS 2.4 includes no further files: a marked block at the end of its own two does it. What a run changes
# lies beside it as it was before that run, as NAME.before-slipway.
# cupsd is restarted if it has no job; else the command is named. Elsewhere than /etc: CUPS_ROOT, LOGROTATE_FILE.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
root=${CUPS_ROOT:-/etc/cups}
logrotate=${LOGROTATE_FILE:-/etc/logrotate.d/cups-daemon}
begin='# >>> slipway: deploy/cups/apply.sh writes this block; changes in it are lost'
end='# <<< slipway'
what=${1:-}
changed=

fail() { # FACT WHAT_TO_DO EXIT_CODE
    echo "apply: $1" >&2
    echo "  do:  $2" >&2
    exit "$3"
}

require_paired_marks() { # FILE: else what people wrote behind the block would go with it
    awk '/^# >>> slipway/ { inside++ } /^# <<< slipway/ { inside-- } inside < 0 || inside > 1 { exit }
        END { exit (inside != 0) }' "$1" || fail "$1: its marks \`# >>> slipway\` and \`# <<< slipway\` don't pair" \
        "Delete the lines of deploy/cups/$(basename "$1") and the marks from it by hand, then run this again." 1
}

without_block() { # FILE
    sed -e "/^# >>> slipway/,/^# <<< slipway/d" -e '$a\' "$1" # $a\ ends the last line, if nothing does
}

wanted_block() { # FILE
    [ "$what" = --remove ] && return
    echo "$begin"
    grep -v -e '^#' -e '^$' "$here/$(basename "$1")"
    echo "$end"
}

is_ours() { # FILE: wholly, as logrotate's is; an older one of ours is nothing to keep
    [ "$(head -n 1 "$1")" = "$(head -n 1 "$here/logrotate")" ]
}

put() { # NEW FILE KEPT: NEW takes FILE's place, with its owner and mode; FILE as it was becomes KEPT
    if cmp -s "$1" "$2"; then
        echo "$2: nothing to do"
        return
    fi
    changed=yes
    if [ "$what" = --dry-run ]; then
        echo "$2: would change"
        diff -u "$2" "$1" | sed -n '3,$p' || true
        return
    fi
    [ "$1" = "$3" ] || is_ours "$2" || cp -p "$2" "$3"
    cp -p "$2" "$2.new"
    cat "$1" >"$2.new"
    sync "$2.new"
    mv "$2.new" "$2"
    if [ "$1" = "$3" ]; then
        echo "$2: as it was before Slipway"
    else
        echo "$2: changed; as it was before: $3"
    fi
}

case $what in
'' | --dry-run | --remove) ;;
*) fail "there is no option $what" "deploy/cups/apply.sh [--dry-run | --remove]" 64 ;;
esac
[ -e "$root/cupsd.conf" ] || fail "there is no $root/cupsd.conf" "Install CUPS first: apt-get install cups" 1
[ "$what" = --dry-run ] || [ -w "$root/cupsd.conf" ] || fail "$root can't be written" "Run this as root." 1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for name in cupsd.conf cups-files.conf; do
    require_paired_marks "$root/$name"
    { without_block "$root/$name"; wanted_block "$name"; } >"$scratch/$name"
done
if ! /usr/sbin/cupsd -t -c "$scratch/cupsd.conf" -s "$scratch/cups-files.conf" >"$scratch/said" 2>&1; then
    cat "$scratch/said" >&2
    fail "cupsd does not take its configuration with these settings; nothing was changed" "Mend the line it names." 78
fi
for name in cupsd.conf cups-files.conf; do
    put "$scratch/$name" "$root/$name" "$root/$name.before-slipway"
done
if [ -e "$logrotate" ]; then
    kept=$root/logrotate.before-slipway
    if [ "$what" != --remove ]; then
        put "$here/logrotate" "$logrotate" "$kept"
    elif [ -e "$kept" ]; then
        put "$kept" "$logrotate" "$kept"
    fi
fi

if [ -z "$changed" ] || [ "$what" = --dry-run ] || [ "$root" != /etc/cups ]; then
    exit 0
fi
if [ ! -d /run/systemd/system ] || ! systemctl is-active --quiet cups; then
    echo "cupsd does not run here: it takes the settings when it starts"
elif [ -z "$(lpstat -h /run/cups/cups.sock -o 2>&1)" ]; then
    systemctl restart cups
    echo "cupsd restarted: it runs with the settings now"
else
    echo "cupsd has jobs, and a restart may lose sight of one at its printer. When \`lpstat -o\` shows none:"
    echo "  systemctl restart cups"
fi
