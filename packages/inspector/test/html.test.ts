import { expect, test } from "vitest";
import { pageHtml, timelineHtml } from "../src/index.ts";
import { crowd } from "./traces.ts";

test("the built page is one file: it names no script, style or picture outside itself", () => {
  const html = pageHtml();
  const outside = [...html.matchAll(/<(?:script|img)[^>]*\ssrc=|<link[^>]*\shref="(?!data:)/g)].map(([tag]) => tag);
  expect(outside).toEqual([]);
  expect(html).toMatch(/<script type="module">.{1000}/s);
});

test("the page's rules allow its own scripts and no others", () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(pageHtml())?.[1] ?? "";
  expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'/);
  expect(policy).not.toContain("unsafe");
  expect(policy).toContain("connect-src 'self'");
});

test("a page with a trace may ask nobody, and no text in it can end its script", () => {
  const html = Buffer.concat([...timelineHtml({ trace: crowd(3, 2).bytes(), title: "</script><b>" })]).toString();
  expect(html).toContain("connect-src 'none'");
  expect(html).toContain("<title>&lt;/script&gt;&lt;b&gt; · brigade</title>");
  expect(html.split("</script>")).toHaveLength(4);
});

test("a trace comes in pieces that are one base64 together, compressed", () => {
  const trace = crowd(1_000, 300).bytes();
  const pieces = [...timelineHtml({ trace, title: "crowd" })];
  const html = Buffer.concat(pieces).toString();
  const base64 = /id="trace">([^<]+)</.exec(html)?.[1] ?? "";
  expect(Buffer.from(base64, "base64").length * 1.34).toBeGreaterThan(base64.length - 4);
  expect(base64.length).toBeLessThan(trace.length / 2);
});
