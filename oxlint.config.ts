/** Lint rules. Which way imports may point inside the runtime stands in one table, `arrows`; why, in docs/adr/0102. */
import { defineConfig, type OxlintConfig, type OxlintOverride } from "oxlint";

/** What each folder of packages/brigade/src may import, beside the leaves and its own files. Types count as arrows. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  task: ["kernel"],
  scope: ["kernel", "task"],
  sync: ["kernel", "task", "scope"],
  border: ["kernel", "task"],
  flow: ["kernel", "task", "scope", "sync", "border"],
  many: ["kernel", "task", "scope", "sync", "border", "flow"],
  testing: ["kernel", "task", "scope", "sync", "border", "flow", "many"],
  trace: ["kernel", "task", "scope", "sync", "border", "flow", "many"],
  node: ["kernel", "task", "scope", "sync", "border", "flow", "many", "trace"],
  http: ["kernel", "task", "scope", "sync", "border", "flow", "many"],
};

/** Of packages/data/src: no database knows another. */
const dataArrows: Readonly<Record<string, readonly string[]>> = {
  connections: [],
  postgres: ["connections"],
  sqlite: ["connections"],
  redis: ["connections"],
  s3: ["connections"],
};

/** Of packages/workers/src: an engine knows the port, engine/, and the port knows no engine. */
const workersArrows: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  engines: ["engine"],
};

/** Files of packages/brigade/src that every folder may import, and that import nothing but each other. */
const leaves = ["errors.ts", "duration.ts", "types.ts"];

/** The only folders that may import `node:*` or a dependency. */
const hostFolders = new Set(["node", "http"]);

interface ImportPattern {
  readonly group?: string[];
  readonly regex?: string;
  readonly message: string;
}

const noPackages: ImportPattern = {
  regex: "^[^.]",
  message: "Only node/ and http/ import `node:*` or a dependency: the rest of the runtime runs in every host.",
};

function restrictImports(files: string[], patterns: ImportPattern[]): OxlintOverride {
  return { files, rules: { "eslint/no-restricted-imports": ["error", { patterns }] } };
}

/** `depth` is how many folders a file stands below src: what is named from there begins with as many `../`. */
function outwardOf(folder: string, allowed: readonly string[], depth: number): ImportPattern {
  const up = "../".repeat(depth);
  const reached = [...allowed, folder].map((name) => (name.endsWith(".ts") ? name : `${name}/**`));
  return {
    group: [`${up}**`, ...reached.map((path) => `!${up}${path}`)],
    message: `${folder}/ may import ${allowed.join(", ")} and nothing else.`,
  };
}

function filesOf(packageName: string, folder: string, depth: number): string[] {
  return [`packages/${packageName}/src/${folder}/${"*/".repeat(depth - 1)}*.ts`];
}

const depths = [1, 2, 3];

function arrowsOf(folder: string, allowed: readonly string[]): readonly OxlintOverride[] {
  return depths.map((depth) => {
    const outward = outwardOf(folder, [...leaves, ...allowed], depth);
    return restrictImports(
      filesOf("brigade", folder, depth),
      hostFolders.has(folder) ? [outward] : [outward, noPackages],
    );
  });
}

/** A package beside the runtime: it imports the runtime by name, and what stands directly in its src is for every folder. */
function arrowsBeside(packageName: string, table: typeof arrows, shared: readonly string[]): readonly OxlintOverride[] {
  return Object.entries(table).flatMap(([folder, allowed]) =>
    depths.map((depth) =>
      restrictImports(filesOf(packageName, folder, depth), [
        throughTheFrontDoor,
        outwardOf(folder, [...shared, ...allowed], depth),
      ]),
    ),
  );
}

const leafArrows: ImportPattern = {
  group: ["./**", "../**", ...leaves.map((leaf) => `!./${leaf}`)],
  message: `${leaves.join(", ")} import nothing but each other.`,
};

const unnamedFolder: ImportPattern = {
  group: ["../**"],
  message: "The table `arrows` in oxlint.config.ts does not say what this folder may import: give it a row.",
};

const throughTheFrontDoor: ImportPattern = {
  group: ["**/packages/brigade/**", "**/brigade/src/**", "**/packages/inspector/**", "**/inspector/src/**"],
  message: 'Programs import "brigade", "brigade/trace", "@brigade/inspector" and their like by name, as users do.',
};

const belowTheCommandLine: ImportPattern = {
  group: ["**/command/**", "**/main.ts"],
  message:
    "What does the work knows nothing of how it was asked: command/ imports the other folders, never the other way.",
};

const inTheBrowser: ImportPattern = {
  regex: "^node:|^brigade/(node|instruments|http)$",
  message: "The page runs in a browser: of the runtime it has what runs there.",
};

const config: OxlintConfig = defineConfig({
  plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "promise", "node", "vitest"],
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "error" },
  categories: { correctness: "error", suspicious: "error" },
  ignorePatterns: ["**/dist", ".docstring-examples"],
  rules: {
    "import/no-cycle": ["error", { ignoreTypes: false }],
    "typescript/no-explicit-any": "error",
    // `threadPool<typeof import("./crunch.ts")>(…)` names the types of a module that is loaded elsewhere.
    "typescript/consistent-type-imports": [
      "error",
      { disallowTypeAnnotations: false, fixStyle: "inline-type-imports" },
    ],
    "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    "eslint/eqeqeq": "error",
    "eslint/no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx"], location: "start" }],

    // A coroutine that has nothing to wait for is still a coroutine.
    "eslint/require-yield": "off",
    // Tasks and futures are PromiseLike.
    "unicorn/no-thenable": "off",
    // What a generator is resumed with is `unknown` to the compiler; each assertion stands beside the invariant that makes it true.
    "typescript/no-unsafe-type-assertion": "off",
    // noImplicitReturns says it, and knows generators.
    "typescript/consistent-return": "off",
    // `using _permit = …` names what nobody reads.
    "eslint/no-underscore-dangle": "off",
    // A coroutine stays beside the lines that use it, though it captures nothing.
    "unicorn/consistent-function-scoping": "off",
    // Another task changes what a loop waits for, and changes a collection while it is iterated: hence conditions and copies.
    "eslint/no-unmodified-loop-condition": "off",
    "unicorn/no-useless-spread": "off",
    // `const waitFor = coroutine(function* waitFor() …)`: reports and stacks show the generator's name.
    "eslint/no-shadow": "off",
    // Sorting or turning round an array that was just made harms nobody.
    "unicorn/no-array-sort": "off",
    "unicorn/no-array-reverse": "off",
    // Brigade's own futures have a `then` that takes nothing.
    "promise/valid-params": "off",
    // A ring of a known size, n promises: a length is what is meant.
    "unicorn/no-new-array": "off",
    // `port.onmessage = …` starts the port as well.
    "unicorn/prefer-add-event-listener": "off",
    "vitest/valid-expect": ["error", { maxArgs: 2 }],
    // `virtually` fails the test when the loop reports anything.
    "vitest/expect-expect": ["error", { assertFunctionNames: ["expect*", "virtually"] }],
  },
  // Of the overrides that hold for a file, the last one sets the rule.
  overrides: [
    restrictImports(["packages/brigade/src/*/**"], [unnamedFolder, noPackages]),
    ...Object.entries(arrows).flatMap(([folder, allowed]) => arrowsOf(folder, allowed)),
    restrictImports(
      leaves.map((leaf) => `packages/brigade/src/${leaf}`),
      [leafArrows, noPackages],
    ),
    restrictImports(["packages/brigade/src/index.ts"], [noPackages]),
    restrictImports(
      ["bench/**", "examples/**", ...["cli", "data", "inspector", "workers"].map((name) => `packages/${name}/**`)],
      [throughTheFrontDoor],
    ),
    ...arrowsBeside("data", dataArrows, ["errors.ts", "row-schema.ts"]),
    ...arrowsBeside("workers", workersArrows, ["codec.ts", "durations.ts", "errors.ts"]),
    restrictImports(["packages/cli/src/*/**"], [throughTheFrontDoor, belowTheCommandLine]),
    restrictImports(["packages/cli/src/command/**"], [throughTheFrontDoor]),
    restrictImports(["packages/inspector/src/page/**"], [throughTheFrontDoor, inTheBrowser]),
    {
      files: ["packages/brigade/src/**"],
      rules: {
        // Error.captureStackTrace is told by a method where a stack ends.
        "typescript/unbound-method": "off",
        // A walk along frames, tasks or loops begins at `this`.
        "typescript/no-this-alias": "off",
        // Callers in plain JavaScript hand in what the types forbid.
        "typescript/no-unnecessary-type-conversion": "off",
      },
    },
    {
      files: ["packages/data/src/**", "packages/workers/src/**"],
      rules: {
        // Callers in plain JavaScript hand in what the types forbid.
        "typescript/no-unnecessary-type-conversion": "off",
      },
    },
    {
      files: ["**/test/**"],
      rules: {
        // What a throw in `finally` does is a promise that tests hold.
        "eslint/no-unsafe-finally": "off",
        // One test runs every interleaving of a program, and what it expects depends on which one ran.
        "vitest/no-conditional-expect": "off",
        "vitest/no-standalone-expect": "off",
        // A test's words show whatever value broke the claim, and a test hands methods to whoever calls them.
        "typescript/restrict-template-expressions": "off",
        "typescript/unbound-method": "off",
        // `value satisfies number;` and a statement that must not compile are what a type test is made of.
        "eslint/no-unused-expressions": "off",
      },
    },
  ],
});

export default config;
