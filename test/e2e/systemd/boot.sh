#!/bin/sh
# Boots systemd with some units alone, in namespaces that the caller has made for it. Nothing of the
# machine is changed: all that can be written is memory, and no unit of the machine is known.
# Arguments: the folder of the units, the project, the app.
set -eu
mount -t tmpfs tmpfs /opt
mkdir /opt/scgi
mount --bind "$2" /opt/scgi
mount -t tmpfs tmpfs /srv
mkdir /srv/app
cp "$3" /srv/app
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
cp "$1"/* /run/systemd/system
for folder in /tmp /var; do mount -t tmpfs tmpfs $folder; done
mkdir /var/lib /var/cache /var/log /var/tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -o remount,bind,ro /
export container=test SYSTEMD_UNIT_PATH=/run/systemd/system SYSTEMD_GENERATOR_PATH=/none
export SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/none
exec /lib/systemd/systemd --system --unit=app.target --log-target=console --show-status=no
