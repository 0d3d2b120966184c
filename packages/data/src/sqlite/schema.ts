/** Rows held against a Standard Schema (https://standardschema.dev): Zod, Valibot, ArkType and others make them. */
import { type Awaitable, type CoroutineBody, coroutine, fromPromise } from "brigade";

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type Validated<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

/** What a row must be, and what it is turned into. */
export interface RowSchema<Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validated<Output> | Promise<Validated<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** The row as the schema has it. Throws `TypeError` where it is not what the schema says. */
export const validated: (schema: RowSchema<unknown>, row: unknown) => Awaitable<unknown> = coroutine(
  function* validated(schema: RowSchema<unknown>, row: unknown): CoroutineBody<unknown> {
    const given = schema["~standard"].validate(row);
    const result = given instanceof Promise ? yield* fromPromise(given) : given;
    if (result.issues === undefined) return result.value;
    const [issue] = result.issues;
    const path = (issue?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    throw new TypeError(`a row is not what the schema says: ${path ? `${path}: ` : ""}${issue?.message ?? "invalid"}`);
  },
);
