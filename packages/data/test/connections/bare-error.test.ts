/** Causes of errors carry what a driver says, and nothing that hangs on its error. */
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { bareError } from "../../src/connections/bare-error.ts";

test("a bare error has the name, message, code and stack of the driver's, and none of its other properties", () => {
  const error = Object.assign(new TypeError("it broke"), {
    code: "X1",
    parameters: ["hidden"],
    options: { pass: "hidden" },
  });
  const bare = bareError(error);
  expect(bare.name).toBe("TypeError");
  expect(bare.message).toBe("it broke");
  expect((bare as { code?: string }).code).toBe("X1");
  expect(bare.stack).toBe(error.stack);
  expect(inspect(bare, { showHidden: true, depth: 5 })).not.toContain("hidden");
});

test("a secret is taken out of all texts, as it is, in a URL and in JSON; so are the names and passwords of URLs", () => {
  const secret = 'pass"word/@';
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret)].join(" ");
  const bare = bareError(Object.assign(new Error(`${forms} postgres://me:other@host/db`), { code: secret }), [secret]);
  const shown = inspect(bare, { showHidden: true });
  for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), "other"])
    expect(shown).not.toContain(form);
  expect(bare.message).toContain("postgres://host/db");
});
