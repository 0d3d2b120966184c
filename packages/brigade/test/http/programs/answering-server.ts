/** Answers every request after a moment, until it is killed; prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  request.resume();
  setTimeout(() => response.end(`answer to ${request.url}`), 2);
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
