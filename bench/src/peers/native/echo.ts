/** Bare node:net: each connection gets back what it sends. */
import { createServer, type Socket } from "node:net";
import { addressOf, BACKLOG } from "../../node/echo.ts";

function echo(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    if (socket.write(bytes)) return;
    socket.pause();
    socket.once("drain", () => socket.resume());
  });
}

export function listen(): Promise<string> {
  const server = createServer(echo);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", BACKLOG, () => resolve(addressOf(server)));
  });
}
