/** What a transport tells of a body whose content encoding can't be undone. */
export class DecodingFailure extends Error {
  override readonly name: string = "DecodingFailure";
}
