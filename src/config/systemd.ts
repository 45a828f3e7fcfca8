/**
 * systemd as what starts an app and holds its socket.
 *
 * @module
 */

import { formatAddress } from "../address.ts";
import type { Backend, Settings } from "./settings.ts";
import { ScgiError } from "../errors.ts";

/** A socket unit and a service unit, one after the other, or one of them. */
export function systemd(settings: Settings): string {
  if (settings.unit === "socket") return socketUnit(settings);
  if (settings.unit === "service") return serviceUnit(settings);
  return `# An SCGI app under systemd: two files, ready to paste. The line "# == …" begins each.
#
# systemd holds the socket, so that it is there before the app and while the app restarts, and no
# request is refused. The app says itself when it is ready and when it stops.

${socketUnit(settings)}
${serviceUnit(settings)}`;
}

/** The unit that holds the socket. */
function socketUnit({ backend, group }: Settings): string {
  return `# == /etc/systemd/system/app.socket
[Unit]
Description=Socket of the SCGI app

[Socket]
ListenStream=${place(backend)}
${
    backend.unix === undefined ? "" : `# The web server's group may use it, and nobody else.
SocketUser=root
SocketGroup=${group}
SocketMode=0660
RemoveOnStop=yes
`
  }
[Install]
WantedBy=sockets.target
`;
}

/** The unit that runs the app. */
function serviceUnit(settings: Settings): string {
  const { module, mount, runtime, cli } = settings;
  const atHome = [module, runtime, cli].some((path) => /^\/(home|root)\//.test(path));
  const folder = module.slice(0, module.lastIndexOf("/")) || "/";
  const prefix = mount === "" ? "" : ` --strip-prefix ${mount}`;
  const serve = `serve ${word(module)} --listen systemd${prefix}`;
  const [own, other] = commands(settings);
  return `# == /etc/systemd/system/app.service
#
#   sudo systemctl daemon-reload && sudo systemctl enable --now app.socket app.service
[Unit]
Description=SCGI app
Requires=app.socket
After=app.socket network.target

[Service]
# READY and STOPPING are told by a child, systemd-notify.
Type=notify
NotifyAccess=all
WorkingDirectory=${escaped(folder)}
ExecStart=${own} ${serve}
# On ${other.name}:
# ExecStart=${other.command} ${serve}

# SIGTERM lets requests end: 10 s for them (--shutdown-timeout), and some more.
KillMode=mixed
TimeoutStopSec=20
Restart=on-failure
RestartSec=1
# Each request holds a connection (--max-connections), and the app opens files of its own.
LimitNOFILE=65536

# A user that exists only while the app runs. Only StateDirectory (/var/lib/app) can be written.
# MemoryDenyWriteExecute stays off: JavaScript is compiled while it runs.
DynamicUser=yes
StateDirectory=app
CacheDirectory=app
Environment=HOME=/var/lib/app DENO_DIR=/var/cache/app NODE_ENV=production
NoNewPrivileges=yes
ProtectSystem=strict
${
    atHome
      ? `# Some of it is in a home folder, which must let everybody in. Better: /srv, /opt, /usr/local.
ProtectHome=read-only
`
      : "ProtectHome=yes\n"
  }PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
UMask=0027

[Install]
WantedBy=multi-user.target
`;
}

/** systemd looks no names up. */
function place(backend: Backend): string {
  if (backend.unix !== undefined) return backend.unix;
  if (backend.hostname.includes(":") || /^[0-9]+(\.[0-9]+){3}$/.test(backend.hostname)) {
    return formatAddress(backend);
  }
  throw new ScgiError(
    "OPTION_INVALID",
    `listen is ${formatAddress(backend)}: systemd listens on addresses only, such as 127.0.0.1`,
  );
}

/** The command for the runtime that was named, and the one for the other. */
function commands({ runtime, cli }: Settings): [string, { name: string; command: string }] {
  const bun = (program: string) => `${word(program)} ${word(cli)}`;
  const deno = (program: string) => `${word(program)} run -A ${word(cli)}`;
  return runtime.endsWith("/deno")
    ? [deno(runtime), { name: "Bun", command: bun("/usr/local/bin/bun") }]
    : [bun(runtime), { name: "Deno", command: deno("/usr/local/bin/deno") }];
}

function word(path: string): string {
  return path.includes(" ") ? `"${escaped(path)}"` : escaped(path);
}

/** `%` begins a specifier; no path that was checked has one, but nothing here depends on it. */
function escaped(path: string): string {
  return path.replaceAll("%", "%%");
}
