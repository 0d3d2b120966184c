/** Redis for tests: a server of its own on a free port of the loopback interface; what it has answered to outlives SIGKILL. */
import { createConnection } from "node:net";
import { type AsyncContextManager, contextManager, fromPromise, shield } from "brigade";
import { systemProgram } from "../../../../scripts/system-programs.ts";
import { LocalServer, type ServerKind } from "./local-server.ts";

export interface RedisServerOptions {
  /** Asked of whoever connects. */
  readonly password?: string;
  /** Lines of redis.conf, such as `{ maxmemory: "2mb" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Not before its data are loaded: until then it answers LOADING. */
async function answersPing(port: number, password: string | undefined): Promise<boolean> {
  const socket = createConnection({ host: "127.0.0.1", port });
  const auth = password === undefined ? "" : `AUTH ${password}\r\n`;
  let answer = "";
  const expected = password === undefined ? "+PONG\r\n" : "+OK\r\n+PONG\r\n";
  return new Promise((resolve) => {
    const end = (): void => {
      socket.destroy();
      resolve(answer === expected);
    };
    socket.setTimeout(1000, end);
    socket.on("error", end);
    socket.on("close", end);
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      if (answer.length >= expected.length) end();
    });
    socket.write(`${auth}PING\r\n`);
  });
}

function redisKind(file: string, { password, settings }: RedisServerOptions): ServerKind {
  return {
    name: "redis",
    endsBy: "SIGTERM",
    command(folder, port) {
      const all: Record<string, string> = {
        port: String(port),
        bind: "127.0.0.1",
        dir: folder,
        save: "",
        appendonly: "yes",
        ...(password === undefined ? {} : { requirepass: password }),
        ...settings,
      };
      return { file, args: Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]) };
    },
    serves: ({ port }) => answersPing(port, password),
  };
}

export class RedisServer extends LocalServer {
  readonly password: string | undefined;

  private constructor(program: string, options: RedisServerOptions) {
    super(redisKind(program, options));
    this.password = options.password;
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await systemProgram("redis-server"), options);
    await server.begin();
    return server;
  }

  get url(): string {
    return this.urlAt(this.port);
  }

  /** Its URL at another port, such as a proxy's. */
  urlAt(port: number): string {
    return `redis://${this.password === undefined ? "" : `:${this.password}@`}${this.host}:${port}`;
  }
}

export const startRedis: (options?: RedisServerOptions) => Promise<RedisServer> = RedisServer.start;

export const redisServer: (options?: RedisServerOptions) => AsyncContextManager<RedisServer> = contextManager(
  function* redisServer(options: RedisServerOptions = {}) {
    const server = yield* shield(fromPromise(() => startRedis(options)));
    try {
      yield server;
    } finally {
      yield* fromPromise(() => server.stop());
    }
  },
);
