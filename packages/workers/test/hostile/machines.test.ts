/** The machines that the other tests run on are what they say. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { machines, whyNoMachines } from "./machines.ts";

if (whyNoMachines !== undefined) console.log(`No tests on two machines: ${whyNoMachines}.`);

/** Sends back, in capitals, every line that arrives. */
const server = (address: string): string => `
  const { createServer } = require("node:net");
  createServer((socket) => socket.on("data", (data) => socket.write(String(data).toUpperCase())))
    .listen(7007, "${address}", () => console.log("listens"));`;

/** Writes what it is told on its standard input to the server, and what comes back to its standard output. */
const client = (address: string): string => `
  const socket = require("node:net").connect(7007, "${address}");
  socket.on("connect", () => console.log("connected"));
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);`;

async function said(child: ChildProcess): Promise<string> {
  const [data] = (await once(child.stdout!, "data")) as [Buffer];
  return String(data).trim();
}

test.skipIf(whyNoMachines !== undefined)(
  "what is sent over a cut cable arrives when it is mended, and not before; the machines end with what runs on them",
  async () => {
    const pids: number[] = [];
    {
      await using pair = await machines();
      const { left, right } = pair;
      const stdio = ["pipe", "pipe", "inherit"] as const;
      const serving = left.spawn(process.execPath, ["-e", server(left.address)], { stdio: [...stdio] });
      expect(await said(serving)).toBe("listens");
      const asking = right.spawn(process.execPath, ["-e", client(left.address)], { stdio: [...stdio] });
      pids.push(serving.pid!, asking.pid!);
      expect(await said(asking)).toBe("connected");
      asking.stdin!.write("one\n");
      expect(await said(asking)).toBe("ONE");

      pair.cut();
      let early = true;
      const answer = said(asking);
      void answer.then(() => (early = false));
      asking.stdin!.write("two\n");
      // Long enough for a packet on a loopback cable, were there one.
      await new Promise((done) => setTimeout(done, 300));
      expect(early).toBe(true);
      pair.mend();
      expect(await answer).toBe("TWO");
    }
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  },
);
