/** How often a test tries what is random: a quarter of all, or all with BRIGADE_LONG=1 (`npm run test:long`). */
export function often(all: number): number {
  return process.env["BRIGADE_LONG"] === "1" ? all : Math.ceil(all / 4);
}
