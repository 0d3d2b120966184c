/** The lines of a stream of text, as they come; what stands after the last line end is no line. */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void> {
  let begun: string[] = [];
  for await (const chunk of chunks) {
    const [end, ...more] = chunk.split("\n");
    begun.push(end as string);
    for (const next of more) {
      yield begun.join("");
      begun = [next];
    }
  }
}
