/** Everything that was written to the standard streams is out, as far as anybody reads it: the process may end. */
export async function flushed(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(written));
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve()); // also where nobody reads any more
  });
}
