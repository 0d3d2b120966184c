/** Files that are no traces, or broken ones, given to every command that reads traces: one line, the byte, and no more work than the file is worth. */
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { CREATED, NAMED, STEP, TraceWriter, WOKEN } from "brigade/trace";
import { expect, test } from "vitest";
import { type Ended, Place } from "../run/place.ts";

const commands: readonly (readonly [string, ...string[]])[] = [
  ["timeline"],
  ["advise"],
  ["export", "--format", "json"],
];

/** What a TraceWriter makes of this. */
function trace(write: (writer: TraceWriter) => void): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new TraceWriter((bytes) => parts.push(bytes), { startedAt: 0, program: "sample" });
  write(writer);
  return Buffer.concat(parts);
}

/** Two tasks, one of which waits for the other. */
const sample: Uint8Array = trace((writer) => {
  const main = writer.string("main");
  const place = writer.place({ kind: "sleep", label: "5 ms", frames: [{ name: "main" }], exact: false });
  for (let task = 1; task <= 2; task++) {
    writer.event(CREATED, task, task, task - 1, main);
    writer.event(NAMED, task, task, 0, task);
    writer.event(STEP, task, task, 5_000, place);
    writer.event(WOKEN, task + 5, task, 0, 0);
    writer.event(STEP, task + 5, task, 5_000, place);
    writer.flush();
  }
  writer.close();
});

/** What each command says of the file. */
async function each(
  place: Place,
  file: string,
  check: (ended: Ended, command: string) => void,
  asked: readonly (readonly [string, ...string[]])[] = commands,
): Promise<void> {
  const all = await Promise.all(asked.map((words) => place.start([...words, file]).ended));
  all.forEach((ended, i) => {
    const [command = ""] = asked[i] ?? [];
    expect(ended.stderr + ended.stdout, command).not.toMatch(/\n {4}at /);
    check(ended, command);
  });
}

function expectRefused({ exitCode, stdout, stderr }: Ended, command: string, words: RegExp): void {
  expect([exitCode, stdout], command).toEqual([2, ""]);
  expect(stderr.trimEnd().split("\n"), command).toHaveLength(1);
  expect(stderr, command).toMatch(words);
}

const foreign: Readonly<Record<string, readonly [bytes: Uint8Array, words: RegExp]>> = {
  "an empty file": [new Uint8Array(), /empty/],
  "a PNG": [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), /byte 1\b/],
  JSON: [Buffer.from('{"traceEvents":[]}'), /byte 0\b/],
  "a compressed trace": [gzipSync(sample), /byte 0\b/],
  "half a header": [sample.subarray(0, 11), /byte 11\b/],
  "a trace of another version": [Uint8Array.from(sample, (byte, i) => (i === 8 ? 9 : byte)), /version 9/],
  "a trace with a byte changed": [
    Uint8Array.from(sample, (byte, i) => (i === 60 ? byte ^ 1 : byte)),
    /damaged.*byte \d+/,
  ],
};

test("what is no trace is refused in one line that names the file and the byte", { timeout: 60_000 }, async () => {
  using place = new Place();
  for (const [what, [bytes, words]] of Object.entries(foreign)) {
    writeFileSync(`${place.path}/x.brigade`, bytes);
    const check = (ended: Ended): void => {
      expectRefused(ended, what, words);
      expect(ended.stderr, what).toContain("x.brigade");
    };
    await each(place, "x.brigade", check, [["timeline"]]);
  }
});

test("each command refuses it, and what is not there, and what is no file", { timeout: 60_000 }, async () => {
  using place = new Place();
  writeFileSync(`${place.path}/x.png`, foreign["a PNG"]?.[0] ?? "");
  for (const [file, words] of [
    ["x.png", /x\.png.*byte 1\b/],
    ["no-such.brigade", /no-such\.brigade/],
    [".", /folder/],
    ["/dev/null", /empty/],
  ] as const) {
    await each(place, file, (ended, command) => expectRefused(ended, `${command} ${file}`, words));
  }
});

test("a trace that is broken off is shown as far as it goes, and the byte is told on stderr", {
  timeout: 60_000,
}, async () => {
  using place = new Place();
  for (const length of [sample.length - 1, sample.length - 20]) {
    writeFileSync(`${place.path}/cut.brigade`, sample.subarray(0, length));
    await each(place, "cut.brigade", ({ exitCode, stdout, stderr }, command) => {
      expect(exitCode, command).toBe(1);
      expect(stdout, command).not.toBe("");
      expect(stderr, command).toContain(`byte ${length}`);
    });
  }
});

test("a trace of a program that was killed is shown up to its last flush", { timeout: 60_000 }, async () => {
  using place = new Place();
  place.program(
    "main.ts",
    `
    const tick = coroutine(function* tick() { yield* sleep(1); });
    export const main = coroutine(function* main() {
      for (let i = 0; ; i++) {
        yield* gather([tick(), tick()]);
        if (i === 400) console.log("long enough");
      }
    });`,
  );
  const { child, says, ended } = place.start(["run", "main.ts", "--trace", "out.brigade"]);
  await says("long enough");
  child.kill("SIGKILL");
  expect((await ended).exitCode).toBe("SIGKILL");
  const shown = await place.start(["timeline", "out.brigade"]).ended;
  // The system may have written half of what it was given last.
  if (shown.exitCode !== 0)
    expect(shown).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/broken off at byte \d+/) });
  expect(shown.stdout).toContain("tick");
});

test("what a trace holds moves no cursor and turns no writing round, whoever named it", {
  timeout: 60_000,
}, async () => {
  using place = new Place();
  const evil = "\u001b[2J\u001b]0;owned\u0007\u202egnp.exe\u2028\r\nforged line\u009b31m";
  const bytes = trace((writer) => {
    const name = writer.string(evil);
    const frames = [{ name: evil, file: `/tmp/${evil}.ts`, line: 3, column: 1 }];
    const at = writer.place({ kind: evil, label: evil, frames, exact: true });
    const lock = writer.resource({ kind: evil, name: evil, capacity: 1 });
    writer.event(CREATED, 0, 1, 0, name);
    writer.event(NAMED, 0, 1, name, 0);
    writer.event(7, 0, 1, lock, 2);
    writer.event(STEP, 0, 1, 5_000_000, at);
    writer.event(WOKEN, 2_000, 1, 0, 0);
    writer.event(5, 2_000, 1, 2, name);
    writer.event(STEP, 2_000, 1, 5_000_000, 0);
    writer.close();
  });
  writeFileSync(`${place.path}/evil.brigade`, bytes);
  for (const command of [["timeline"], ["advise"]]) {
    const { exitCode, stdout, stderr } = await place.start([...command, "evil.brigade"]).ended;
    expect(exitCode).toBe(0);
    expect((stdout + stderr).replaceAll("\n", ""), command[0]).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028]/u);
    expect(stdout, command[0]).not.toMatch(/^forged line/m);
  }
});

test("output that can't be written is told, and no half of a file stands for a whole one", {
  timeout: 60_000,
}, async () => {
  using place = new Place();
  writeFileSync(`${place.path}/x.brigade`, sample);
  for (const words of [
    ["timeline", "x.brigade", "--html", "no/such/page.html"],
    ["timeline", "x.brigade", "--svg", "/dev/full"],
    ["export", "x.brigade", "--format", "json", "-o", "/dev/full"],
    ["export", "x.brigade", "--format", "chrome", "-o", "no/such/file.json"],
  ]) {
    const { exitCode, stderr } = await place.start(words).ended;
    expect([1, 2], words.join(" ")).toContain(exitCode);
    expect(stderr, words.join(" ")).toContain(words.at(-1));
    expect(stderr, words.join(" ")).not.toMatch(/\n {4}at /);
  }
});

test("a trace is not overwritten by what is made of it", { timeout: 60_000 }, async () => {
  using place = new Place();
  writeFileSync(`${place.path}/x.brigade`, sample);
  for (const words of [
    ["timeline", "x.brigade", "--html", "x.brigade"],
    ["export", "x.brigade", "--format", "json", "-o", "./x.brigade"],
  ]) {
    const { exitCode } = await place.start(words).ended;
    expect([1, 2]).toContain(exitCode);
    expect(readFileSync(`${place.path}/x.brigade`).equals(sample), words.join(" ")).toBe(true);
  }
});
