/** Redis and PostgreSQL on one of the machines, reachable by its address. They end with the machine or this program; their folders go then. */
import { type ChildProcess, execFileSync } from "node:child_process";
import { appendFileSync, chownSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemProgram } from "../../../../scripts/system-programs.ts";
import { GuardedFolder } from "../../../data/test/servers/guarded-folder.ts";
import type { Machine } from "./machines.ts";

export interface MachineServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Until it answers: asked on the machine itself, since nobody else can reach it. */
async function listens(machine: Machine, port: number, server: ChildProcess): Promise<void> {
  const ask = `require("node:net").connect(${port}, "${machine.address}")
    .on("connect", () => process.exit(0)).on("error", () => process.exit(1))`;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the server on ${machine.address} ended with ${server.exitCode}`);
    const probe = machine.spawn(process.execPath, ["-e", ask], { stdio: "ignore" });
    const code = await new Promise((resolve) => probe.once("exit", resolve));
    if (code === 0) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

export async function redisOn(machine: Machine): Promise<MachineServer> {
  const folder = new GuardedFolder("redis");
  const options = ["--port", "6379", "--bind", machine.address, "--protected-mode", "no", "--save", ""];
  const server = machine.spawn(await systemProgram("redis-server"), options, {
    cwd: folder.path,
    stdio: "ignore",
  });
  await listens(machine, 6379, server);
  return { url: `redis://${machine.address}:6379`, stop: () => folder.remove() };
}

/** Why there can be no PostgreSQL on a machine, if so. */
export const whyNoPostgres: string | undefined =
  process.getuid?.() === 0 ? undefined : "PostgreSQL refuses to run as root, the only user of a namespace of one's own";

export async function postgresOn(machine: Machine): Promise<MachineServer> {
  const folder = new GuardedFolder("postgres");
  const [uid = 0, gid = 0] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, "postgres"])));
  chownSync(folder.path, uid, gid);
  const data = join(folder.path, "data");
  const creating = ["-D", data, "-U", "brigade", "-A", "trust", "--no-sync", "-E", "UTF8"];
  const postgres = await systemProgram("postgres");
  execFileSync(join(dirname(postgres), "initdb"), creating, { uid, gid, cwd: folder.path, stdio: "ignore" });
  appendFileSync(join(data, "pg_hba.conf"), "host all all all trust\n");
  const settings = { listen_addresses: machine.address, unix_socket_directories: "", fsync: "off" };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = machine.spawn(postgres, ["-D", data, ...options], {
    user: { uid, gid },
    cwd: folder.path,
    stdio: "ignore",
  });
  await listens(machine, 5432, server);
  return { url: `postgres://brigade@${machine.address}/postgres`, stop: () => folder.remove() };
}
