/** What the harness has to know of one web server, to run what `scgi config` prints for it. */

/** What the configuration is printed for. */
export interface Site {
  /** The SCGI server's address: `127.0.0.1:4000`, `unix:/run/app.sock`. */
  listen: string;
  /** The prefix that the app is mounted under. */
  mount?: string | undefined;
  /** The most requests that are open at a time. */
  connections?: number | undefined;
}

/** Where that configuration is run: what of it has to be another here. */
export interface Places {
  /** An empty folder for logs and temporary files. */
  folder: string;
  port: number;
  securePort: number;
  /** Files: the certificate, its key, and the passwords. */
  certificate: string;
  key: string;
  passwords: string;
  /** The file that tells that it runs. */
  pidFile: string;
}

/** How one web server is started. */
export interface Program {
  /** Its configuration, changed where the place makes it necessary and nowhere else. */
  configuration(site: Site, places: Places): string;
  /** The arguments that run it with that file, in the foreground. */
  args(file: string, places: Places): string[];
  env?(places: Places): Record<string, string>;
  /** Lines of its error log that tell of no error. */
  chatter: RegExp;
}

/** A configuration with a few of its texts replaced; throws where one of them is not there. */
export function edited(text: string, edits: [from: string, to: string][]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) {
      throw new Error(`The printed configuration has lost the text ${from}:\n${text}`);
    }
    return text.replaceAll(from, () => to);
  }, text);
}
