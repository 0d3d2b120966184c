/** A transport over a fetch function: what it asks of fetch, what it tells, and that it stops when it is told to. */
import { fetchTransport, type FetchFunction } from "brigade/http";
import { expect, test } from "vitest";
import { bytes, get, post, settled, Told } from "./told.ts";

/** A response whose pieces are pulled, and the number of pieces that were. */
function pulled(pieces: number): { response: Response; readonly count: number } {
  const state = { response: undefined as unknown as Response, count: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.count === pieces) controller.close();
        else controller.enqueue(bytes(`piece ${++state.count}\n`));
      },
    },
    { highWaterMark: 0 },
  );
  state.response = new Response(body);
  return state;
}

test("an exchange is told in order: connected, sent, head, data, ended", async () => {
  const told = new Told();
  fetchTransport(async () => new Response("hello", { status: 201, statusText: "Created" })).send(
    get("http://a/"),
    told,
  );
  await told.until("ended");
  expect(told.events).toEqual(["connected", "sent", "head", "data 5", "ended"]);
  expect(told.response).toMatchObject({ status: 201, statusText: "Created" });
  expect(told.response?.headers["content-type"]).toBe("text/plain;charset=UTF-8");
});

test("cookies stay apart, and a field named __proto__ is a field", async () => {
  const headers = new Headers([
    ["set-cookie", "a=1; Path=/, b"],
    ["set-cookie", "b=2"],
    ["__proto__", "mine"],
    ["x-twice", "1"],
    ["x-twice", "2"],
  ]);
  const told = new Told();
  fetchTransport(async () => new Response(null, { headers })).send(get("http://a/"), told);
  await told.until("ended");
  expect(Object.entries(told.response?.headers ?? {})).toEqual([
    ["__proto__", "mine"],
    ["set-cookie", ["a=1; Path=/, b", "b=2"]],
    ["x-twice", "1, 2"],
  ]);
});

test("a response to HEAD, and one without a body, end without data", async () => {
  for (const request of [{ ...get("http://a/"), method: "HEAD" }, get("http://a/")]) {
    const told = new Told();
    fetchTransport(async () => new Response(null, { status: 204 })).send(request, told);
    await told.until("ended");
    expect(told.events).toEqual(["connected", "sent", "head", "ended"]);
  }
});

test("while it is paused nothing is told, and no piece is taken from the body", async () => {
  const body = pulled(5);
  const told = new Told();
  const data = told.data.bind(told);
  const exchange = fetchTransport(async () => body.response).send(get("http://a/"), told);
  told.data = (chunk) => {
    data(chunk);
    if (body.count === 2) exchange.pause();
  };
  await told.until("head");
  await settled();
  expect(told.text).toBe("piece 1\npiece 2\n");
  expect(body.count).toBe(2);
  exchange.resume();
  await told.until("ended");
  expect(told.text).toBe("piece 1\npiece 2\npiece 3\npiece 4\npiece 5\n");
});

test("a piece that is on its way when it is paused is held back, not lost", async () => {
  let give: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (give = controller) });
  const told = new Told();
  const exchange = fetchTransport(async () => new Response(body)).send(get("http://a/"), told);
  await told.until("head");
  await settled();
  exchange.pause();
  give?.enqueue(bytes("held"));
  give?.close();
  await settled();
  expect(told.events).not.toContain("data 4");
  expect(told.events).not.toContain("ended");
  exchange.resume();
  await told.until("ended");
  expect(told.text).toBe("held");
});

test("after abort nothing is told: while requesting, while reading, while paused", async () => {
  for (const when of ["requesting", "reading", "paused"] as const) {
    const body = pulled(1_000);
    const signals: AbortSignal[] = [];
    let give: () => void = () => {};
    const answer = new Promise<void>((resolve) => (give = resolve));
    const told = new Told();
    const exchange = fetchTransport(async (_url, init) => {
      signals.push(init.signal as AbortSignal);
      if (when === "requesting") await answer;
      return body.response;
    }).send(get("http://a/"), told);
    if (when === "requesting") await settled();
    else await told.until("data 8");
    if (when === "paused") exchange.pause();
    exchange.abort(new Error("enough"));
    const before = [...told.events];
    give();
    exchange.resume();
    await settled();
    expect(signals[0]?.aborted, when).toBe(true);
    expect(told.events, when).toEqual(before);
  }
});

test("a browser's fetch follows redirects, collects the body, and says itself who it is", async () => {
  const asked: RequestInit[] = [];
  const browser: FetchFunction = async (_url, init) => {
    asked.push(init);
    const response = new Response("there");
    Object.defineProperties(response, { redirected: { value: true }, url: { value: "http://b/there" } });
    return response;
  };
  async function* body(): AsyncGenerator<Uint8Array> {
    yield bytes("one ");
    yield bytes("two");
  }
  const told = new Told();
  const headers = ["user-agent", "brigade", "x-mine", "1"];
  fetchTransport(browser, { browser: true }).send({ ...post("http://a/", body()), headers }, told);
  await told.until("ended");
  expect(asked[0]?.redirect).toBe("follow");
  expect(new TextDecoder().decode(asked[0]?.body as Uint8Array)).toBe("one two");
  expect([...new Headers(asked[0]?.headers)]).toEqual([["x-mine", "1"]]);
  expect(told.response?.url).toBe("http://b/there");
});

test("a fetch that hides a redirect gets an error that says what to do", async () => {
  const hiding: FetchFunction = async () => {
    const response = new Response(null);
    Object.defineProperty(response, "type", { value: "opaqueredirect" });
    return response;
  };
  const told = new Told();
  fetchTransport(hiding, { browser: false }).send(get("http://a/"), told);
  await told.until("failed");
  expect(String(told.failure)).toContain("fetchTransport(fetch, { browser: true })");
});

test("what fetch can't send fails as an invalid request, before anything is sent", async () => {
  let asked = 0;
  const transport = fetchTransport(async () => {
    asked++;
    return new Response();
  });
  const withBody = { ...post("http://a/", bytes("x")), method: "GET" };
  const withHeader = { ...get("http://a/"), headers: ["a b", "c"] };
  for (const request of [withBody, withHeader]) {
    const told = new Told();
    transport.send(request, told);
    await told.until("failed");
    expect((told.failure as Error).name).toBe("InvalidRequestError");
  }
  expect(asked).toBe(0);
});

test("closing the transport ends what runs, and says so", async () => {
  const told = new Told();
  const transport = fetchTransport(
    (_url, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error))),
  );
  transport.send(get("http://a/"), told);
  await transport.close();
  expect(told.events.at(-1)).toBe("failed");
  expect(String(told.failure)).toContain("the transport was closed");
});
