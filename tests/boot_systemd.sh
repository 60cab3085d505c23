#!/bin/sh
# Becomes systemd, as PID 1 of namespaces of its own, on an overlay of this machine's root: see systemd_lab.py.
#   boot_systemd.sh HOME     HOME/layer is laid over the root, HOME/units are the only units beside Debian's own,
#                            HOME/binds are lines of FROM TO, HOME/console gets what PID 1 says
# Nothing outside the namespaces is written but HOME; the mounts go with them.
set -eu
home=$1
root=$home/root

mount --make-rprivate /
mkdir "$home/over" "$root"
mount -t tmpfs -o size=1g tmpfs "$home/over"
mkdir "$home/over/work"
cp -R "$home/layer" "$home/over/upper"
mount -t overlay overlay -o "lowerdir=/,upperdir=$home/over/upper,workdir=$home/over/work" "$root"
rm -rf "$root"/etc/systemd/system/*
cp -R "$home/units/." "$root/etc/systemd/system/"

mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,ro,bind "$root/proc/sys" # the kernel's settings are the machine's
mount -t sysfs -o ro sysfs "$root/sys"
umount "$root/sys/fs/cgroup" 2>/dev/null || true
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
touch "$root/dev/console"
mount --bind "$home/console" "$root/dev/console"
for fresh in run tmp var/log var/lib/systemd; do
    mount -t tmpfs -o mode=755 tmpfs "$root/$fresh"
done
chmod 1777 "$root/tmp"
while read -r from to; do
    mkdir -p "$root$to"
    mount --bind "$from" "$root$to"
done <"$home/binds"

cd "$root"
mkdir -p mnt
pivot_root . mnt
umount -l /mnt
export container=slipway-test PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec /lib/systemd/systemd --system --unit=lab.target --log-level=info --log-target=console --show-status=1 \
    </dev/null >/dev/console 2>&1
