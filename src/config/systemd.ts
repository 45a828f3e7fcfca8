/**
 * Prints the units with which systemd opens the socket of an app and starts the app.
 *
 * @module
 */

import { formatAddress } from "../address.ts";
import { type Backend, descriptors, serveFlags, type Settings } from "./settings.ts";
import { ScgiError } from "../errors.ts";

/** The socket unit, the service unit, or both. */
export function systemd(settings: Settings): string {
  if (settings.unit === "socket") return socketUnit(settings);
  if (settings.unit === "service") return serviceUnit(settings);
  return `# An SCGI app under systemd: two files, ready to paste. The line "# == …" begins each.
#
# systemd keeps the socket open before the app starts and while it restarts, so that no request is
# refused. The app notifies systemd when it is ready and when it stops.

${socketUnit(settings)}
${serviceUnit(settings)}`;
}

function socketUnit({ backend, group, name }: Settings): string {
  return `# == /etc/systemd/system/${name}.socket
[Unit]
Description=Socket of the SCGI app${titled(name)}

[Socket]
ListenStream=${listenStream(backend)}
${
    backend.unix === undefined ? "" : `# Only root and the web server's group may connect.
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

function serviceUnit(settings: Settings): string {
  const { module, connections, runtime, cli, name } = settings;
  const inHome = [module, runtime, cli].some((path) => /^\/(home|root)\//.test(path));
  const folder = module.slice(0, module.lastIndexOf("/")) || "/";
  const serve = [
    ...["serve", word(module), "--listen systemd", ...serveFlags(settings)],
    ...(settings.workers === undefined ? [] : ["--workers", settings.workers]),
  ].join(" ");
  const [own, other] = commands(settings);
  return `# == /etc/systemd/system/${name}.service
#
#   sudo systemctl daemon-reload && sudo systemctl enable --now ${name}.socket ${name}.service
[Unit]
Description=SCGI app${titled(name)}
Requires=${name}.socket
After=${name}.socket network.target
# A crash is no reason to give up: by default the fifth within 10 s would be.
StartLimitIntervalSec=0

[Service]
${notifying(settings)}WorkingDirectory=${escaped(folder)}
ExecStart=${own} ${serve}
# On ${other.name}:
# ExecStart=${other.command} ${serve}

# After SIGTERM, requests have 10 s to end (--shutdown-timeout); TimeoutStopSec must be longer.
KillMode=mixed
TimeoutStopSec=20
Restart=on-failure
RestartSec=2
# An app whose event loop is blocked for so long is ended and started anew.
WatchdogSec=60
# For ${connections} requests at a time (--connections): each takes a connection, and the app opens
# files of its own.
LimitNOFILE=${descriptors(connections)}

# A user that exists only while the app runs. Only StateDirectory (/var/lib/${name}) can be written.
# MemoryDenyWriteExecute stays off: JavaScript is compiled while it runs.
DynamicUser=yes
StateDirectory=${name}
CacheDirectory=${name}
Environment=HOME=/var/lib/${name} DENO_DIR=/var/cache/${name} NODE_ENV=production
NoNewPrivileges=yes
ProtectSystem=strict
${
    inHome
      ? `# The app, its runtime or scgi is in a home folder, which every user must be able to enter.
# Better: /srv, /opt, /usr/local.
ProtectHome=read-only
`
      : "ProtectHome=yes\n"
  }PrivateTmp=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
`;
}

/** The name in a description, for an app that was given one. */
function titled(name: string): string {
  return name === "app" ? "" : ` ${name}`;
}

/** The lines by which the app tells systemd of its state. Without workers, SIGHUP would end it. */
function notifying({ workers }: Settings): string {
  if (workers === undefined) {
    return `# A child of the app, systemd-notify, sends READY, STOPPING and WATCHDOG.
Type=notify
NotifyAccess=all
`;
  }
  return `# A child of the app, systemd-notify, sends READY, RELOADING, STOPPING and WATCHDOG. Before systemd 253
# (Debian 12, Ubuntu 22.04), replace the next line by the two after it.
Type=notify-reload
# Type=notify
# ExecReload=/bin/kill -HUP $MAINPID
NotifyAccess=all
`;
}

/** The value of ListenStream. systemd does not look up host names. */
function listenStream(backend: Backend): string {
  if (backend.unix !== undefined) return backend.unix;
  if (backend.hostname.includes(":") || /^[0-9]+(\.[0-9]+){3}$/.test(backend.hostname)) {
    return formatAddress(backend);
  }
  throw new ScgiError(
    "OPTION_INVALID",
    `listen is ${formatAddress(backend)}: it must be an IP address, such as 127.0.0.1, since ` +
      "systemd does not look up host names",
  );
}

/** The command for the given runtime, and the command for the other runtime. */
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

/** Escapes `%`, which begins a specifier. */
function escaped(path: string): string {
  return path.replaceAll("%", "%%");
}
