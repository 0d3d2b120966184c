/** How the page of a timeline looks, in light and in dark. */
export const style: string = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --edge: #dfe3e8; --text: #1b2129; --quiet: #647080; --grid: #eceff3;
  --waiting: #c9d0d9; --retries: #a78bda; --connect: #eda63a; --response: #3c82e0; --body: #19a78f; --failed: #d9364b;
  --veil: rgb(246 247 249 / 0.78); --shadow: 0 8px 28px rgb(20 30 45 / 0.16);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1217; --surface: #161c23; --edge: #2a323c; --text: #e4e9ef; --quiet: #8f9baa; --grid: #232b34;
    --waiting: #46515e; --retries: #9d80d8; --connect: #e2a03f; --response: #4b8fe8; --body: #22b49b; --failed: #f0525f;
    --veil: rgb(14 18 23 / 0.72); --shadow: 0 8px 28px rgb(0 0 0 / 0.55);
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
  display: flex; flex-direction: column; gap: 14px; padding: 18px 22px 10px; min-height: 520px;
  background: var(--page); color: var(--text);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { margin: 0; font-size: 18px; font-weight: 650; letter-spacing: -0.01em; }
h1 small { margin-left: 8px; font-size: 14px; font-weight: 400; color: var(--quiet); letter-spacing: 0; }
.numbers { display: flex; flex-wrap: wrap; gap: 1px; margin: 12px 0 0; border: 1px solid var(--edge); border-radius: 10px;
  overflow: hidden; background: var(--edge); }
.numbers div { flex: 1 1 auto; padding: 9px 16px 10px; background: var(--surface); }
.numbers dt { color: var(--quiet); font-size: 12px; }
.numbers dd { margin: 0; font-size: 18px; font-weight: 600; white-space: nowrap; letter-spacing: -0.01em; }
.numbers dd small { font-size: 12px; font-weight: 400; color: var(--quiet); letter-spacing: 0; }
.numbers .bad dd { color: var(--failed); }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 18px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0; padding: 0; list-style: none; }
.legend li, .legend label { display: flex; align-items: center; gap: 6px; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 3px; }
.waiting { background: var(--waiting); } .retries { background: var(--retries); } .connect { background: var(--connect); }
.response { background: var(--response); } .body { background: var(--body); } .failed { background: var(--failed); }
.space { flex: 1; }
.seek { display: flex; align-items: center; gap: 8px; }
#matches { color: var(--quiet); font-size: 12px; }
input[type="search"], button {
  font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--edge); border-radius: 7px; padding: 4px 10px;
}
input[type="search"] { width: 230px; }
button { cursor: pointer; min-width: 32px; }
button:hover { border-color: var(--quiet); }
input:focus-visible, button:focus-visible, canvas:focus-visible { outline: 2px solid var(--response); outline-offset: 1px; }
.zoom { display: flex; gap: 4px; }
.frame { flex: 1; display: flex; flex-direction: column; min-height: 220px; background: var(--surface);
  border: 1px solid var(--edge); border-radius: 10px; overflow: hidden; }
#overview { width: 100%; height: 56px; border-bottom: 1px solid var(--edge); cursor: ew-resize; touch-action: none; }
#lanes { flex: 1; width: 100%; min-height: 0; cursor: grab; touch-action: none; }
footer { color: var(--quiet); font-size: 12px; display: flex; flex-wrap: wrap; gap: 2px 20px; justify-content: space-between; }
kbd { font: inherit; border: 1px solid var(--edge); border-radius: 4px; padding: 0 4px; background: var(--surface); }
#card { position: fixed; z-index: 1; max-width: min(440px, 90vw); padding: 11px 14px; pointer-events: none;
  background: var(--surface); border: 1px solid var(--edge); border-radius: 10px; box-shadow: var(--shadow); }
#card.pinned { pointer-events: auto; border-color: var(--quiet); }
#card p { margin: 0 0 4px; overflow-wrap: anywhere; }
#card .outcome { font-weight: 650; }
#card .ok { color: var(--body); } #card .bad { color: var(--failed); }
#card .url { display: -webkit-box; -webkit-line-clamp: 4; -webkit-box-orient: vertical; overflow: hidden; }
#card.pinned .url { display: block; max-height: 9em; overflow: auto; }
#card .message, #card .facts { color: var(--quiet); font-size: 13px; }
#card dl { display: grid; grid-template-columns: auto auto; justify-content: space-between; gap: 1px 24px; margin: 8px 0 0; }
#card dt { display: flex; align-items: center; gap: 7px; } #card dd { margin: 0; text-align: right; }
#card dt:nth-last-of-type(1), #card dd:nth-last-of-type(1) { font-weight: 600; }
@media (max-width: 700px) { body { padding: 12px; } input[type="search"] { width: 150px; } }
`;
