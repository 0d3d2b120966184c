/** An object storage that speaks S3, for tests: a process of its own on a free port of the loopback interface. */
import { join } from "node:path";
import { type AsyncContextManager, contextManager, fromPromise, shield } from "brigade";
import { LocalServer, type ServerKind } from "./local-server.ts";

export interface S3ServerOptions {
  /** There from the start: `["brigade"]`. */
  readonly buckets?: readonly string[];
}

const DEFAULT_BUCKETS: readonly string[] = ["brigade"];

function s3Kind(buckets: readonly string[]): ServerKind {
  const program = join(import.meta.dirname, "s3-process.ts");
  return {
    name: "s3",
    endsBy: "SIGTERM",
    command(folder, port) {
      return { file: process.execPath, args: [program, String(port), join(folder, "data"), buckets.join(",")] };
    },
    serves: ({ port, logged }) => logged().split("\n").includes(String(port)),
  };
}

export class S3Server extends LocalServer {
  readonly buckets: readonly string[];
  readonly region: string = "us-east-1";
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } = {
    accessKeyId: "S3RVER",
    secretAccessKey: "S3RVER",
  };

  private constructor(buckets: readonly string[]) {
    super(s3Kind(buckets));
    this.buckets = buckets;
  }

  static async start({ buckets = DEFAULT_BUCKETS }: S3ServerOptions = {}): Promise<S3Server> {
    const server = new S3Server(buckets);
    await server.begin();
    return server;
  }

  get url(): string {
    return this.urlAt(this.port);
  }

  /** Its URL at another port, such as a proxy's. */
  urlAt(port: number): string {
    return `http://${this.host}:${port}`;
  }
}

export const startS3: (options?: S3ServerOptions) => Promise<S3Server> = S3Server.start;

export const s3Server: (options?: S3ServerOptions) => AsyncContextManager<S3Server> = contextManager(function* s3Server(
  options: S3ServerOptions = {},
) {
  const server = yield* shield(fromPromise(() => startS3(options)));
  try {
    yield server;
  } finally {
    yield* fromPromise(() => server.stop());
  }
});
