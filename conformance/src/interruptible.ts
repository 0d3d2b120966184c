/** Work that a signal to the process ends in an orderly way: what was started is ended first, then the process. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Hands the work a controller that a signal, too, aborts; when the work has ended, the signal takes its course. */
export async function interruptible<T>(work: (stop: AbortController) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let received: NodeJS.Signals | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    received = signal;
    stop.abort(new Error(`stopped by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  try {
    return await work(stop);
  } finally {
    for (const signal of SIGNALS) process.off(signal, listener);
    if (received !== undefined) process.kill(process.pid, received);
  }
}
