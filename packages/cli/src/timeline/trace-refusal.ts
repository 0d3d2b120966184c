/** What can't be shown or written: one line, and exit code 2. */
export class TraceRefusal extends Error {
  override readonly name: string = "TraceRefusal";
}
