#!/bin/sh
# Installs what the tests start: the web servers, other people's SCGI servers, the browser, and the
# tools around them (Debian).
# Run it as often as you like. It starts no server and leaves none running.
set -eu

packages="nginx lighttpd lighttpd-mod-openssl apache2 openssl chromium curl wrk fonts-liberation perl
  libscgi-perl python3-websockets uwsgi uwsgi-plugin-python3 uwsgi-plugin-psgi uwsgi-plugin-lua5.1 uwsgi-plugin-php
  uwsgi-plugin-rack-ruby3.1 ruby-rack tcl rtorrent systemd logrotate acl prometheus"

missing=""
for package in $packages; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
    missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "All installed: $packages"
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "There is no apt-get here. Install these by hand:$missing" >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null && exec sudo sh "$0"
  echo "Run this as root, or install sudo." >&2
  exit 1
fi

# Debian starts a server when it is installed, unless this program says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" \
    </dev/null
}

echo "Installing:$missing"
apt update || echo "Some lists could not be fetched; trying with those at hand."
# shellcheck disable=SC2086 # a list of names
apt install -y --no-install-recommends $missing

# Nor shall they start with the machine. A server that was there before keeps its ways.
if [ -d /run/systemd/system ]; then
  for package in $missing; do
    case $package in
      nginx | lighttpd | prometheus | uwsgi) systemctl disable --quiet "$package" ;;
      apache2) systemctl disable --quiet apache2 apache-htcacheclean ;;
    esac
  done
fi
echo "Installed:$missing"
