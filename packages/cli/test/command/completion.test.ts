/** Completion, in the shells themselves. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CommandFolder, hasProgram, program } from "./process.ts";

const folder = new CommandFolder();
writeFileSync(join(folder.path, "urls.txt"), "");
writeFileSync(join(folder.path, "body.json"), "");
mkdirSync(join(folder.path, "bodies"));
afterAll(() => folder[Symbol.dispose]());

async function inShell(shell: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await program(shell, args, { cwd: folder.path, env: folder.env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

test.each(["bash", "zsh", "fish"])("%s accepts its script", async (shell) => {
  const script = await inShell(join(folder.path, "bin/brigade"), ["completion", shell]);
  expect(script.length).toBeGreaterThan(1_000);
  const file = join(folder.path, `brigade.${shell}`);
  writeFileSync(file, script);
  if (hasProgram(shell)) await inShell(shell, ["-n", file]);
});

/** Prints what bash would offer after these words, the last of which is being typed, as one line. */
const offer = `
  offer() {
    COMP_WORDS=(brigade "$@"); COMP_CWORD=$#; COMP_LINE="brigade $*"; COMP_POINT=\${#COMP_LINE}
    _brigade brigade "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\\n' "\${COMPREPLY[@]}" | sort | paste -s -d ' '
  }
  source <(brigade completion bash)
  complete -p brigade`;

test("bash completes commands, options, values, files and folders", async () => {
  const offered = await inShell("bash", [
    "--norc",
    "-c",
    `${offer}
    offer fe
    offer fetch --per-
    offer fetch --method P
    offer fetch ur
    offer fetch --output-dir bo
    offer run --tra
    offer run ur
    offer timeline --ht
    offer export --format ch`,
  ]);
  expect(offered.trimEnd().split("\n")).toEqual([
    "complete -F _brigade brigade",
    "fetch",
    "--per-host --per-host-rate",
    "PATCH POST PUT",
    "urls.txt",
    "bodies/",
    "--trace",
    "urls.txt",
    "--html",
    "chrome",
  ]);
});

test.skipIf(!hasProgram("fish"))("fish completes options, with what they mean", async () => {
  const offered = await inShell("fish", [
    "--no-config",
    "-c",
    'brigade completion fish | source; complete -C "brigade fetch --per-host-"',
  ]);
  expect(offered).toBe("--per-host-rate\tThe same for each host.\n");
});

const zshAtTheKeyboard = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit; compinit -u -D; source <(brigade completion zsh); print begin-\${:-here}'
zpty -r shell seen '*begin-here*'
zpty -w -n shell $'brigade fetch --per-host-\\t'
zpty -r shell seen '*--per-host-rate*'
print completed
`;

test.skipIf(!hasProgram("zsh"))("zsh completes an option when Tab is pressed", async () => {
  expect(await inShell("zsh", ["-f", "-c", zshAtTheKeyboard])).toBe("completed\n");
});
