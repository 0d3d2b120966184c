/** PostgreSQL for tests: a cluster of its own on a free port of the loopback interface, with a user that has a password. */
import { execFile } from "node:child_process";
import { chownSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type AsyncContextManager, contextManager, fromPromise, shield } from "brigade";
import { systemProgram } from "../../../../scripts/system-programs.ts";
import { LocalServer, type ServerKind } from "./local-server.ts";

export interface PostgresServerOptions {
  /** Lines of postgresql.conf, such as `{ max_connections: "20" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const USER = "brigade";
const PASSWORD = "open-sesame";
const DATABASE = "postgres";

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
function account(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8"));
  if (line === null) throw new Error("there is no user postgres, which PostgreSQL runs as where a test runs as root");
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

const fixedSettings: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  // A crash of the server loses nothing without it; only one of the machine would.
  fsync: "off",
  full_page_writes: "off",
  // In files of its folder, which go with it.
  dynamic_shared_memory_type: "mmap",
  logging_collector: "off",
};

async function postgresKind(options: PostgresServerOptions): Promise<ServerKind> {
  const owner = account();
  const postgres = await systemProgram("postgres");
  // On the PATH there may be a link to it alone.
  const initdb = join(dirname(realpathSync(postgres)), "initdb");
  const settings = { ...fixedSettings, ...options.settings };
  return {
    name: "postgres",
    endsBy: "SIGINT",
    ...(owner === undefined ? {} : { account: owner }),
    async prepare(folder) {
      const passwordFile = join(folder, "password");
      writeFileSync(passwordFile, PASSWORD);
      if (owner !== undefined) {
        chownSync(folder, owner.uid, owner.gid);
        chownSync(passwordFile, owner.uid, owner.gid);
      }
      const args = ["-D", join(folder, "data"), "-U", USER, "-A", "scram-sha-256", "--pwfile", passwordFile];
      const rest = ["-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"];
      await promisify(execFile)(initdb, [...args, ...rest], { ...owner, cwd: folder });
    },
    command(folder, port) {
      const named = Object.entries({ ...settings, port: String(port) });
      const args = named.flatMap(([name, value]) => ["-c", `${name}=${value}`]);
      return { file: postgres, args: ["-D", join(folder, "data"), ...args] };
    },
    // The file that pg_ctl looks at: its first line is the process, its eighth the state.
    serves({ pid, folder }) {
      try {
        const lines = readFileSync(join(folder, "data/postmaster.pid"), "utf8").split("\n");
        return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
      } catch {
        return false;
      }
    },
  };
}

export class PostgresServer extends LocalServer {
  readonly user: string = USER;
  readonly password: string = PASSWORD;
  readonly database: string = DATABASE;

  static async start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    const server = new PostgresServer(await postgresKind(options));
    await server.begin();
    return server;
  }

  get url(): string {
    return this.urlAt(this.port);
  }

  /** Its URL at another port, such as a proxy's. */
  urlAt(port: number): string {
    return `postgres://${USER}:${PASSWORD}@${this.host}:${port}/${DATABASE}`;
  }
}

export const startPostgres: (options?: PostgresServerOptions) => Promise<PostgresServer> = PostgresServer.start;

export const postgresServer: (options?: PostgresServerOptions) => AsyncContextManager<PostgresServer> = contextManager(
  function* postgresServer(options: PostgresServerOptions = {}) {
    const server = yield* shield(fromPromise(() => startPostgres(options)));
    try {
      yield server;
    } finally {
      yield* fromPromise(() => server.stop());
    }
  },
);
