/** What can't be run as it was asked for: one line that says what was found and what to write instead, and exit code 2. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
}
