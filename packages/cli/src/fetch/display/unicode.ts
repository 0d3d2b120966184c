/** Whether the terminal has more than ASCII, as far as the environment tells. */
export function hasUnicode(): boolean {
  const locale = process.env["LC_ALL"] || process.env["LC_CTYPE"] || process.env["LANG"] || "";
  return process.env["TERM"] !== "linux" && locale !== "C" && locale !== "POSIX";
}
