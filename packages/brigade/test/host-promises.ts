/** Promises as the host gives them. */

/** Settles after so many real milliseconds. */
export const really = <T>(milliseconds: number, value: T): Promise<T> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds, value));

/** Rejects with the signal's reason when that aborts, as fetch does. */
export const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
