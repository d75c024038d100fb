/** Signs of life. Asks Python now and then while something runs; 15 s of silence from a kernel that is not busy means it is gone. */
import { ask, connect, contextOf, loose, observe, send, type Loose, type Model } from "./model";

const BEAT = 1000;
const ASK_AFTER = 5000;
const GONE_AFTER = 15_000;
/** An idle kernel that does not answer for this long is spoken to anew. */
const DEAF_AFTER = 3000;
/** A step of the timer far over its period: the machine slept, and silence means nothing. */
const SLEPT = 10_000;
const DEAD = new Set(["dead", "restarting", "autorestarting", "terminating"]);

export interface Heartbeat {
  /** The first hello, once everything is there that an answer, or its lack, may change. */
  start(): void;
  /** Whether something still runs; only then it asks by itself. */
  active(on: boolean): void;
  /** A press went out: an answer is expected even if nothing runs. */
  expect(): void;
  /** Nothing was heard since then (the page's milliseconds), and as far as the host tells, the kernel is not idle. */
  busySince(at: number): boolean;
}

interface HeartbeatTools {
  model: Model;
  id(): string;
  /** The kernel went, or came back. */
  changed(gone: boolean): void;
  signal: AbortSignal;
  now?: () => number;
}

function kernelOf(model: Model): Loose {
  try {
    return loose(loose(model.widget_manager)?.["kernel"]);
  } catch {
    return null;
  }
}

const statusOf = (model: Model): string => String(kernelOf(model)?.["status"] ?? "");

export function heartbeat({ model, id, changed, signal, now = Date.now }: HeartbeatTools): Heartbeat {
  /** The document: once it was moved, only the page knows its path on the server. */
  const context = contextOf(model);
  let heard = now();
  let asked = 0;
  let beat = now();
  let on = false;
  let expecting = false;
  let gone = false;
  /** A hello is not answered yet; one silence is broken once. */
  let open = false;
  let woken = false;
  let timer: ReturnType<typeof setInterval> | undefined;

  const set = (next: boolean): void => {
    if (next === gone || signal.aborted) return;
    gone = next;
    changed(gone);
  };
  const hello = (): void => {
    asked = now();
    open = true;
    if (!send(model, { kind: "hello", id: id(), path: context?.["localPath"] })) set(true);
  };
  const hear = (): void => {
    heard = now();
    expecting = open = woken = false;
    set(false);
    run();
  };
  const step = (): void => {
    const at = now();
    if (at - beat > SLEPT) heard = at;
    beat = at;
    const status = statusOf(model);
    if (DEAD.has(status)) return set(true);
    if (status === "busy") heard = Math.max(heard, at - ASK_AFTER);
    if (at - heard >= ASK_AFTER && at - asked >= ASK_AFTER) hello();
    if (status === "idle" && open && !woken && !gone && at - asked >= DEAF_AFTER) {
      woken = true;
      wake(model);
    }
    if (at - heard >= GONE_AFTER) set(true);
  };
  const run = (): void => {
    const needed = (on || expecting || gone) && !signal.aborted;
    if (needed && timer === undefined) {
      beat = now();
      timer = setInterval(step, BEAT);
    } else if (!needed && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const expect = (): void => {
    if (!expecting && !on) heard = now();
    expecting = true;
    run();
  };

  observe(model, "msg:custom", hear, signal);
  for (const trait of ["view", "views", "price", "sheet", "heartbeat"]) observe(model, `change:${trait}`, hear, signal);
  connect(context?.["pathChanged"], hello, signal);
  connect(kernelOf(model)?.["statusChanged"], (_, status) => (DEAD.has(String(status)) ? (set(true), run()) : undefined), signal);
  signal.addEventListener("abort", () => (clearInterval(timer), (timer = undefined)), { once: true });
  const start = (): void => {
    hello();
    expect();
  };
  return { start, active: (next) => ((on = next), run()), expect, busySince: (at) => heard < at && statusOf(model) !== "idle" };
}

/** A request can lie unread in ipykernel 7.0 to 7.3 until the next connection (ipykernel #1554): this is one. Nothing is sent a second time by it. */
function wake(model: Model): void {
  Promise.resolve(ask(kernelOf(model), "reconnect")).catch(() => undefined);
}
