/** Draws the page: of the trace that is in it, of the server that it came from, or of a file that is dropped on it. */
import { render } from "preact";
import { App } from "./app.tsx";
import { origin } from "./open/origin.ts";

const root = document.getElementById("page");
if (root !== null) render(<App origin={origin()} />, root);
